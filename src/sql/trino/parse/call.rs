//! Calls of functions, with FILTER, OVER and what else may stand behind them.

use super::ast::{Bound, Expr, ExprKind, Frame, FrameUnit, FunctionCall, Name, NullTreatment, Over, SortItem, Window};
use super::expression::expr;
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::{Place, SqlError};

impl Parser {
    /// Whether a name with a parenthesis behind it is next.
    pub(super) fn begins_call(&self) -> bool {
        let mut ahead = 0;
        loop {
            let is_word = matches!(self.peek_at(ahead), Token::Word(_) | Token::Quoted(_));
            match self.peek_at(ahead + 1) {
                Token::Symbol("(") => return is_word,
                Token::Symbol(".") if is_word => ahead += 2,
                _ => return false,
            }
        }
    }

    fn function_name(&mut self) -> Result<Vec<Name>, SqlError> {
        let mut names = Vec::new();
        loop {
            let at = self.at();
            let written = match self.peek() {
                Token::Word(word) | Token::Quoted(word)
                    if self.is_name_at(0) || matches!(word.to_lowercase().as_str(), "left" | "right") =>
                {
                    word.clone()
                }
                _ => return Err(self.unexpected("<identifier>")),
            };
            self.skip();
            names.push(Name { text: written.to_lowercase(), written, at });
            if !self.take(".") {
                return Ok(names);
            }
        }
    }

    pub(super) fn function_call(&mut self, at: Place) -> Result<Expr, SqlError> {
        let name = self.function_name()?;
        self.expect("(")?;
        let is_star = self.take("*");
        let is_distinct = self.keyword(&["distinct"]);
        if !is_distinct && self.is_keyword_at(0, "all") && !matches!(self.peek_at(1), Token::Symbol("," | ")" | ".")) {
            self.skip();
        }
        let ends = matches!(self.peek(), Token::Symbol(")")) || self.is_next(&["order", "by"]);
        let arguments = if is_star || ends { Vec::new() } else { self.list(Self::expression)? };
        let order_by = self.order_by()?;
        // `lag(x IGNORE NULLS)` is other engines' place for it.
        self.expect(")")?;
        let mut call =
            FunctionCall { name, arguments, is_star, is_distinct, order_by, filter: None, nulls: None, over: None };
        self.call_suffix(&mut call)?;
        Ok(expr(ExprKind::Function(Box::new(call)), at))
    }

    fn call_suffix(&mut self, call: &mut FunctionCall) -> Result<(), SqlError> {
        if self.is_next(&["within", "group"]) {
            return Err(SqlError::syntax(self.at(), "WITHIN GROUP is for LISTAGG only"));
        }
        if self.is_keyword_at(0, "filter") && matches!(self.peek_at(1), Token::Symbol("(")) {
            self.skip();
            self.skip();
            self.expect_keyword(&["where"])?;
            call.filter = Some(self.expression()?);
            self.expect(")")?;
        }
        if self.keyword(&["ignore", "nulls"]) {
            call.nulls = Some(NullTreatment::Ignore);
        } else if self.keyword(&["respect", "nulls"]) {
            call.nulls = Some(NullTreatment::Respect);
        }
        if self.is_keyword_at(0, "over") {
            self.skip();
            call.over = Some(if self.take("(") { Over::Window(self.window()?) } else { Over::Named(self.name()?) });
        } else if call.nulls.is_some() {
            return Err(self.unexpected("'OVER'"));
        }
        Ok(())
    }

    /// `LISTAGG([DISTINCT] x [, separator] [ON OVERFLOW …]) WITHIN GROUP (ORDER BY …)`
    pub(super) fn listagg(&mut self, at: Place) -> Result<Expr, SqlError> {
        let written = match self.peek() {
            Token::Word(word) => word.clone(),
            _ => "listagg".into(),
        };
        self.skip();
        let name = vec![Name { text: "listagg".into(), written, at }];
        self.expect("(")?;
        let is_distinct = self.keyword(&["distinct"]);
        let mut arguments = vec![self.expression()?];
        let separator = if self.take(",") { self.text()? } else { String::new() };
        arguments.push(expr(ExprKind::Text(separator), at));
        let overflow = self.at();
        if self.keyword(&["on", "overflow"]) && !self.keyword(&["error"]) {
            return Err(SqlError::unsupported(overflow, "LISTAGG with ON OVERFLOW TRUNCATE is not supported"));
        }
        self.expect(")")?;
        let mut order_by = Vec::new();
        if self.keyword(&["within", "group"]) {
            self.expect("(")?;
            order_by = self.order_by()?;
            self.expect(")")?;
        }
        if order_by.is_empty() {
            return Err(self.unexpected("'WITHIN GROUP (ORDER BY …)'"));
        }
        let mut call = FunctionCall {
            name,
            arguments,
            is_star: false,
            is_distinct,
            order_by,
            filter: None,
            nulls: None,
            over: None,
        };
        self.call_suffix(&mut call)?;
        Ok(expr(ExprKind::Function(Box::new(call)), at))
    }

    /// `POSITION(needle IN text)`
    pub(super) fn position(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let needle = self.value()?;
        self.expect_keyword(&["in"])?;
        let text = self.value()?;
        self.expect(")")?;
        Ok(plain_call("strpos", vec![text, needle], at))
    }

    /// `SUBSTRING(x FROM a FOR b)`, or a plain call.
    pub(super) fn substring(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let mut arguments = vec![self.expression()?];
        if self.keyword(&["from"]) {
            arguments.push(self.value()?);
            if self.keyword(&["for"]) {
                arguments.push(self.value()?);
            }
        } else {
            while self.take(",") {
                arguments.push(self.expression()?);
            }
        }
        self.expect(")")?;
        Ok(plain_call("substring", arguments, at))
    }

    /// ORDER BY, if it is next.
    pub(super) fn order_by(&mut self) -> Result<Vec<SortItem>, SqlError> {
        if self.keyword(&["order", "by"]) { self.list(Self::sort_item) } else { Ok(Vec::new()) }
    }

    fn sort_item(&mut self) -> Result<SortItem, SqlError> {
        let value = self.expression()?;
        let is_descending = self.one_of(&["asc", "desc"]) == Some("desc");
        let nulls_first = if self.keyword(&["nulls"]) {
            match self.one_of(&["first", "last"]) {
                Some(word) => word == "first",
                None => return Err(self.unexpected("'FIRST', 'LAST'")),
            }
        } else {
            false
        };
        Ok(SortItem { value, is_descending, nulls_first })
    }

    /// A window behind its parenthesis.
    pub(super) fn window(&mut self) -> Result<Window, SqlError> {
        let at = self.at();
        let is_clause = |parser: &Self| {
            parser.is_next(&["partition", "by"]) || parser.is_next(&["order", "by"]) || parser.begins_frame()
        };
        let base = if self.is_name_at(0) && !is_clause(self) { Some(self.name()?) } else { None };
        let partition_by = if self.keyword(&["partition", "by"]) { self.list(Self::expression)? } else { Vec::new() };
        let order_by = self.order_by()?;
        let frame = if self.begins_frame() { Some(self.frame()?) } else { None };
        self.expect(")")?;
        Ok(Window { base, partition_by, order_by, frame, at })
    }

    fn begins_frame(&self) -> bool {
        ["rows", "range", "groups"].iter().any(|unit| self.is_keyword_at(0, unit))
            && !matches!(self.peek_at(1), Token::Symbol(_))
    }

    fn frame(&mut self) -> Result<Frame, SqlError> {
        let at = self.at();
        let unit = match self.one_of(&["rows", "range", "groups"]) {
            Some("rows") => FrameUnit::Rows,
            Some("groups") => FrameUnit::Groups,
            _ => FrameUnit::Range,
        };
        if self.keyword(&["between"]) {
            let start = self.bound()?;
            self.expect_keyword(&["and"])?;
            let end = self.bound()?;
            return Ok(Frame { unit, start, end, at });
        }
        Ok(Frame { unit, start: self.bound()?, end: Bound::CurrentRow, at })
    }

    fn bound(&mut self) -> Result<Bound, SqlError> {
        if self.keyword(&["unbounded", "preceding"]) {
            return Ok(Bound::UnboundedPreceding);
        }
        if self.keyword(&["unbounded", "following"]) {
            return Ok(Bound::UnboundedFollowing);
        }
        if self.keyword(&["current", "row"]) {
            return Ok(Bound::CurrentRow);
        }
        let offset = Box::new(self.expression()?);
        match self.one_of(&["preceding", "following"]) {
            Some("preceding") => Ok(Bound::Preceding(offset)),
            Some(_) => Ok(Bound::Following(offset)),
            None => Err(self.unexpected("'FOLLOWING', 'PRECEDING'")),
        }
    }
}

/// A call without anything behind it.
fn plain_call(name: &str, arguments: Vec<Expr>, at: Place) -> Expr {
    let name = vec![Name { text: name.into(), written: name.into(), at }];
    let call = FunctionCall {
        name,
        arguments,
        is_star: false,
        is_distinct: false,
        order_by: Vec::new(),
        filter: None,
        nulls: None,
        over: None,
    };
    expr(ExprKind::Function(Box::new(call)), at)
}
