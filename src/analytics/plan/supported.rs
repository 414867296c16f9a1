//! Which clauses of a query are run: all others are refused by name, none is ignored.

use sqlparser::ast::{
    GroupByExpr, Query, Select, SelectFlavor, SetExpr, SetOperator, SetQuantifier, Spanned, TableFactor, TableWithJoins,
};
use sqlparser::tokenizer::{Location, Span};

use crate::analytics::error::{Error, Result};

/// Checks a query against what is run; the patterns name every field, so that a new one asks for its place here.
pub(crate) struct Refusals<'a> {
    pub(crate) text: &'a str,
    /// Where the query begins, for clauses that the parser gives no place.
    pub(crate) at: Location,
}

impl Refusals<'_> {
    pub(crate) fn check_query(&self, query: &Query) -> Result<()> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        self.refuse(with.is_some(), Span::empty(), "WITH")?;
        self.refuse(order_by.is_some(), order_by.as_ref().map_or(Span::empty(), Spanned::span), "ORDER BY")?;
        self.refuse(limit_clause.is_some() || fetch.is_some(), Span::empty(), "LIMIT")?;
        self.refuse(!locks.is_empty() || for_clause.is_some(), Span::empty(), "FOR")?;
        self.refuse(settings.is_some() || format_clause.is_some(), Span::empty(), "SETTINGS or FORMAT")?;
        self.refuse(!pipe_operators.is_empty(), Span::empty(), "A pipe operator")?;
        self.check_body(body)
    }

    fn check_body(&self, body: &SetExpr) -> Result<()> {
        match body {
            SetExpr::Select(select) => self.check_select(select),
            SetExpr::Query(query) => self.check_query(query),
            SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: SetQuantifier::All, left, right } => {
                self.check_body(left)?;
                self.check_body(right)
            }
            SetExpr::SetOperation { op, set_quantifier, left: _, right } => {
                let clause = format!("{op} {set_quantifier} of streams");
                self.refuse(true, right.span(), clause.replace("  ", " ").trim())
            }
            SetExpr::Values(_) => self.refuse(true, body.span(), "VALUES"),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) | SetExpr::Table(_) => {
                self.refuse(true, body.span(), "A statement inside of a query")
            }
        }
    }

    fn check_select(&self, select: &Select) -> Result<()> {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection: _,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection: _,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        self.refuse(!optimizer_hints.is_empty(), Span::empty(), "An optimizer hint")?;
        self.refuse(distinct.is_some(), Span::empty(), "SELECT DISTINCT")?;
        self.refuse(select_modifiers.is_some() || value_table_mode.is_some(), Span::empty(), "A SELECT modifier")?;
        self.refuse(top.is_some(), Span::empty(), "TOP")?;
        self.refuse(exclude.is_some(), Span::empty(), "EXCLUDE")?;
        self.refuse(into.is_some(), Span::empty(), "SELECT INTO")?;
        self.refuse(!lateral_views.is_empty(), Span::empty(), "LATERAL VIEW")?;
        self.refuse(prewhere.is_some(), Span::empty(), "PREWHERE")?;
        self.refuse(!connect_by.is_empty(), Span::empty(), "CONNECT BY")?;
        match group_by {
            GroupByExpr::All(_) => self.refuse(true, Span::empty(), "GROUP BY ALL")?,
            GroupByExpr::Expressions(keys, modifiers) => {
                let span = keys.first().map_or(Span::empty(), Spanned::span);
                self.refuse(!keys.is_empty() || !modifiers.is_empty(), span, "GROUP BY (a tumbling window)")?;
            }
        }
        self.refuse(
            !cluster_by.is_empty() || !distribute_by.is_empty() || !sort_by.is_empty(),
            Span::empty(),
            "CLUSTER, DISTRIBUTE or SORT BY",
        )?;
        self.refuse(having.is_some(), having.as_ref().map_or(Span::empty(), Spanned::span), "HAVING")?;
        self.refuse(!named_window.is_empty(), Span::empty(), "WINDOW")?;
        self.refuse(qualify.is_some(), Span::empty(), "QUALIFY")?;
        self.refuse(*flavor != SelectFlavor::Standard, Span::empty(), "A query that begins with FROM")?;
        match &from[..] {
            [] => self.refuse(true, select.span(), "SELECT without FROM"),
            [table] => self.check_table(table),
            [_, second, ..] => self.refuse(true, second.span(), "A join of streams"),
        }
    }

    fn check_table(&self, table: &TableWithJoins) -> Result<()> {
        let TableWithJoins { relation, joins } = table;
        if let Some(join) = joins.first() {
            return self.refuse(true, join.span(), "JOIN");
        }
        match relation {
            TableFactor::Table {
                name: _,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                let renames = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty() || alias.at.is_some());
                self.refuse(renames, relation.span(), "Column names behind a stream's alias")?;
                let extras = args.is_some() || !with_hints.is_empty() || version.is_some() || *with_ordinality;
                let more = !partitions.is_empty() || json_path.is_some() || sample.is_some() || !index_hints.is_empty();
                self.refuse(extras || more, relation.span(), "A modifier behind a stream's name")
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                self.refuse(*lateral, relation.span(), "LATERAL")?;
                self.refuse(sample.is_some(), relation.span(), "TABLESAMPLE")?;
                let renames = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty() || alias.at.is_some());
                self.refuse(renames, relation.span(), "Column names behind a sub-query's alias")?;
                self.check_query(subquery)
            }
            TableFactor::TableFunction { .. } | TableFactor::Function { .. } => {
                self.refuse(true, relation.span(), "A table function")
            }
            other => self.refuse(true, other.span(), "This form of FROM"),
        }
    }

    fn refuse(&self, present: bool, span: Span, clause: &str) -> Result<()> {
        if !present {
            return Ok(());
        }
        let at = if span == Span::empty() { self.at } else { span.start };
        Err(Error::unsupported(self.text, at.line, at.column, clause))
    }
}
