//! Queries: WITH, SELECT, set operations, VALUES, ORDER BY, OFFSET, LIMIT and FETCH.

use super::ast::{
    Cte, Expr, ExprKind, GroupBy, GroupingElement, Limit, Name, Query, QueryBody, Select, SelectItem, SetOperator,
    Window,
};
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::{Place, SqlError};

/// Words that begin the clause behind an expression or a relation, so that they are no alias.
const CLAUSES: [&str; 7] = ["limit", "offset", "fetch", "window", "tablesample", "match_recognize", "qualify"];

impl Parser {
    /// A query.
    ///
    /// # Errors
    /// `SYNTAX_ERROR`, and `NOT_SUPPORTED` for QUALIFY and other engines' clauses.
    pub(crate) fn query(&mut self) -> Result<Query, SqlError> {
        self.deeper(Self::query_with)
    }

    fn query_with(&mut self) -> Result<Query, SqlError> {
        let at = self.at();
        let (mut is_recursive, mut with) = (false, Vec::new());
        if self.keyword(&["with"]) {
            is_recursive = self.keyword(&["recursive"]);
            with = self.list(Self::cte)?;
        }
        let body = self.set_operations()?;
        let order_by = self.order_by()?;
        let offset = if self.keyword(&["offset"]) {
            let count = self.row_count()?;
            self.one_of(&["row", "rows"]);
            Some(count)
        } else {
            None
        };
        let limit = self.limit()?;
        if self.is_keyword_at(0, "offset") && limit.is_some() {
            return Err(self.unexpected("the end of the query").hint("write OFFSET before LIMIT"));
        }
        Ok(Query { is_recursive, with, body, order_by, offset, limit, at })
    }

    fn cte(&mut self) -> Result<Cte, SqlError> {
        let name = self.name()?;
        let columns = if matches!(self.peek(), Token::Symbol("(")) { self.names_in_parentheses()? } else { Vec::new() };
        self.expect_keyword(&["as"])?;
        self.expect("(")?;
        let query = self.query()?;
        self.expect(")")?;
        Ok(Cte { name, columns, query })
    }

    fn row_count(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(digits) => {
                self.skip();
                Ok(Expr { kind: ExprKind::Number(digits), at })
            }
            Token::Symbol("?") => {
                self.skip();
                self.parameters += 1;
                Ok(Expr { kind: ExprKind::Parameter(self.parameters - 1), at })
            }
            _ => Err(self.unexpected("'?', <integer>")),
        }
    }

    fn limit(&mut self) -> Result<Option<Limit>, SqlError> {
        let at = self.at();
        if self.keyword(&["limit"]) {
            let count = if self.keyword(&["all"]) { None } else { Some(self.row_count()?) };
            return Ok(Some(Limit { count, with_ties: false, at }));
        }
        if !self.keyword(&["fetch"]) {
            return Ok(None);
        }
        if self.one_of(&["first", "next"]).is_none() {
            return Err(self.unexpected("'FIRST', 'NEXT'"));
        }
        let one = Expr { kind: ExprKind::Number("1".into()), at };
        let is_counted = !self.is_keyword_at(0, "row") && !self.is_keyword_at(0, "rows");
        let count = Some(if is_counted { self.row_count()? } else { one });
        if self.one_of(&["row", "rows"]).is_none() {
            return Err(self.unexpected("'ROW', 'ROWS'"));
        }
        if self.keyword(&["with", "ties"]) {
            return Ok(Some(Limit { count, with_ties: true, at }));
        }
        self.expect_keyword(&["only"])?;
        Ok(Some(Limit { count, with_ties: false, at }))
    }

    fn set_operations(&mut self) -> Result<QueryBody, SqlError> {
        let mut left = self.intersections()?;
        loop {
            let at = self.at();
            let operator = match self.one_of(&["union", "except"]) {
                Some("union") => SetOperator::Union,
                Some(_) => SetOperator::Except,
                None => return Ok(left),
            };
            let is_all = self.set_quantifier();
            let right = Box::new(self.intersections()?);
            left = QueryBody::Set { operator, is_all, left: Box::new(left), right, at };
        }
    }

    fn intersections(&mut self) -> Result<QueryBody, SqlError> {
        let mut left = self.query_primary()?;
        loop {
            let at = self.at();
            if !self.keyword(&["intersect"]) {
                return Ok(left);
            }
            let is_all = self.set_quantifier();
            let right = Box::new(self.query_primary()?);
            left = QueryBody::Set { operator: SetOperator::Intersect, is_all, left: Box::new(left), right, at };
        }
    }

    fn set_quantifier(&mut self) -> bool {
        self.one_of(&["all", "distinct"]) == Some("all")
    }

    fn query_primary(&mut self) -> Result<QueryBody, SqlError> {
        let at = self.at();
        if self.keyword(&["select"]) {
            return self.select(at).map(|select| QueryBody::Select(Box::new(select)));
        }
        if self.keyword(&["values"]) {
            return Ok(QueryBody::Values { rows: self.list(Self::expression)?, at });
        }
        if self.keyword(&["table"]) {
            return Ok(QueryBody::Table { name: self.qualified_name()?, at });
        }
        if self.take("(") {
            let query = self.query()?;
            self.expect(")")?;
            return Ok(QueryBody::Nested(Box::new(query)));
        }
        Err(self.unexpected("'SELECT', 'TABLE', 'VALUES', <query>"))
    }

    fn select(&mut self, at: Place) -> Result<Select, SqlError> {
        let is_distinct = self.keyword(&["distinct"]);
        if !is_distinct && self.is_keyword_at(0, "all") {
            self.skip();
        }
        let items = self.list(Self::select_item)?;
        let from = if self.keyword(&["from"]) { self.list(Self::relation)? } else { Vec::new() };
        let filter = if self.keyword(&["where"]) { Some(self.expression()?) } else { None };
        let group_by = if self.keyword(&["group", "by"]) { Some(self.group_by()?) } else { None };
        let having = if self.keyword(&["having"]) { Some(self.expression()?) } else { None };
        let windows = if self.keyword(&["window"]) { self.list(Self::named_window)? } else { Vec::new() };
        if self.is_keyword_at(0, "qualify") {
            return Err(SqlError::unsupported(self.at(), "QUALIFY is not a clause of Trino")
                .hint("put the query in a subquery and use WHERE on the window function's column"));
        }
        Ok(Select { is_distinct, items, from, filter, group_by, having, windows, at })
    }

    fn named_window(&mut self) -> Result<(Name, Window), SqlError> {
        let name = self.name()?;
        self.expect_keyword(&["as"])?;
        self.expect("(")?;
        Ok((name, self.window()?))
    }

    fn select_item(&mut self) -> Result<SelectItem, SqlError> {
        let at = self.at();
        if self.take("*") {
            return Ok(SelectItem::All { base: None, aliases: Vec::new(), at });
        }
        let value = self.expression()?;
        if matches!(self.peek(), Token::Symbol(".")) && matches!(self.peek_at(1), Token::Symbol("*")) {
            self.skip();
            self.skip();
            let aliases = if self.keyword(&["as"]) { self.names_in_parentheses()? } else { Vec::new() };
            return Ok(SelectItem::All { base: Some(value), aliases, at });
        }
        Ok(SelectItem::Expression { value, alias: self.alias()? })
    }

    /// An alias, with or without AS.
    pub(super) fn alias(&mut self) -> Result<Option<Name>, SqlError> {
        if self.keyword(&["as"]) {
            return self.name().map(Some);
        }
        let is_clause = CLAUSES.iter().any(|clause| self.is_keyword_at(0, clause)) && self.peek_at(1) != &Token::End;
        if self.is_name_at(0) && !is_clause { self.name().map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<GroupBy, SqlError> {
        let is_distinct = self.keyword(&["distinct"]);
        if !is_distinct && self.is_keyword_at(0, "all") && !matches!(self.peek_at(1), Token::Symbol("," | ")")) {
            self.skip();
        }
        Ok(GroupBy { is_distinct, elements: self.list(Self::grouping_element)? })
    }

    fn grouping_element(&mut self) -> Result<GroupingElement, SqlError> {
        if self.keyword(&["rollup"]) {
            return self.grouping_sets().map(GroupingElement::Rollup);
        }
        if self.keyword(&["cube"]) {
            return self.grouping_sets().map(GroupingElement::Cube);
        }
        if self.keyword(&["grouping", "sets"]) {
            return self.grouping_sets().map(GroupingElement::Sets);
        }
        self.grouping_set().map(GroupingElement::Simple)
    }

    fn grouping_sets(&mut self) -> Result<Vec<Vec<Expr>>, SqlError> {
        self.expect("(")?;
        let sets = if matches!(self.peek(), Token::Symbol(")")) { Vec::new() } else { self.list(Self::grouping_set)? };
        self.expect(")")?;
        Ok(sets)
    }

    /// `a`, `(a, b)` or `()`.
    fn grouping_set(&mut self) -> Result<Vec<Expr>, SqlError> {
        if matches!(self.peek(), Token::Symbol("(")) && matches!(self.peek_at(1), Token::Symbol(")")) {
            self.skip();
            self.skip();
            return Ok(Vec::new());
        }
        let value = self.expression()?;
        match value.kind {
            ExprKind::Row(values) => Ok(values),
            kind => Ok(vec![Expr { kind, at: value.at }]),
        }
    }
}
