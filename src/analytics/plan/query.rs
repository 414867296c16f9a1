//! The query of a pump: parsed, checked for clauses that nothing here runs, and made explicit.
//!
//! `*` is written out without the implicit columns, every sub-query hands ROWTIME on, and the outermost items get
//! names of their own, since INSERT assigns by position.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    SetQuantifier, Spanned, TableAlias, TableFactor, WildcardAdditionalOptions,
};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use super::scope::ROWTIME;
use super::supported::Refusals;
use crate::analytics::error::{Error, Result};
use crate::analytics::statement::StreamingDialect;
use crate::sql::parser_message;

/// A query ready for the SQL planner.
#[derive(Debug)]
pub(crate) struct PumpQuery {
    pub(crate) query: Query,
    /// The number of values a row has; with `sets_rowtime` one more item stands behind them.
    pub(crate) values: usize,
    pub(crate) sets_rowtime: bool,
}

/// What the rewriting needs to know about the place it works in.
pub(crate) struct QueryContext<'a> {
    pub(crate) text: &'a str,
    /// Columns of each stream, without the implicit ones.
    pub(crate) streams: &'a BTreeMap<String, Vec<String>>,
    /// Where the query begins.
    pub(crate) at: Location,
}

/// Parse and rewrite the folded tokens of a pump's query.
///
/// # Errors
/// [`Error::Sql`] for what is wrong, [`Error::Unsupported`] for what is not run yet, both with the place.
pub(crate) fn prepare(tokens: Vec<TokenWithSpan>, context: &QueryContext<'_>) -> Result<PumpQuery> {
    let end = tokens.last().map_or(context.at, |token| token.span.end);
    let mut parser = Parser::new(&StreamingDialect).with_tokens_with_locations(tokens);
    let mut query = parser.parse_query().map_err(|error| parse_error(context.text, end, &error))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let at = rest.span.start;
        return Err(Error::sql(
            context.text,
            at.line,
            at.column,
            format!("Expected the end of the query, found `{}`", rest.token),
            None,
        ));
    }
    Refusals { text: context.text, at: context.at }.check_query(&query)?;
    let shape = rewrite_pump_body(&mut query.body, context)?;
    Ok(PumpQuery { query: *query, values: shape.values, sets_rowtime: shape.sets_rowtime })
}

#[derive(PartialEq, Eq)]
struct Shape {
    values: usize,
    sets_rowtime: bool,
}

/// The outermost select, or each branch of the outermost UNION ALL.
fn rewrite_pump_body(body: &mut SetExpr, context: &QueryContext<'_>) -> Result<Shape> {
    match body {
        SetExpr::Query(query) => rewrite_pump_body(&mut query.body, context),
        SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: SetQuantifier::All, left, right } => {
            let left_shape = rewrite_pump_body(left, context)?;
            let right_shape = rewrite_pump_body(right, context)?;
            if left_shape != right_shape {
                return Err(context.error(right.span(), "The sides of UNION ALL have different numbers of columns"));
            }
            Ok(left_shape)
        }
        SetExpr::Select(select) => {
            rewrite_from(select, context)?;
            let mut items = explicit_items(select, context)?;
            let rowtime = items.iter().position(|item| item.alias.as_ref().is_some_and(|alias| alias.value == ROWTIME));
            let rowtime = rowtime.map(|place| items.remove(place));
            let shape = Shape { values: items.len(), sets_rowtime: rowtime.is_some() };
            items.extend(rowtime);
            select.projection =
                items.into_iter().enumerate().map(|(place, item)| item.named(&format!("VALUE_{place}"))).collect();
            Ok(shape)
        }
        other => Err(context.error(other.span(), "SELECT is expected")),
    }
}

/// The FROM clause, with its sub-queries rewritten.
fn rewrite_from(select: &mut Select, context: &QueryContext<'_>) -> Result<()> {
    for table in &mut select.from {
        match &mut table.relation {
            TableFactor::Derived { subquery, .. } => rewrite_subquery(&mut subquery.body, context)?,
            TableFactor::Table { name, .. } if !context.streams.contains_key(&last_part(name)) => {
                return Err(context.unknown_stream(name.span(), &last_part(name)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A sub-query: its items by their own names, and ROWTIME behind them.
fn rewrite_subquery(body: &mut SetExpr, context: &QueryContext<'_>) -> Result<()> {
    match body {
        SetExpr::Query(query) => rewrite_subquery(&mut query.body, context),
        SetExpr::SetOperation { left, right, .. } => {
            rewrite_subquery(left, context)?;
            rewrite_subquery(right, context)
        }
        SetExpr::Select(select) => {
            rewrite_from(select, context)?;
            let items = explicit_items(select, context)?;
            let has_rowtime = items.iter().any(|item| item.output_name().as_deref() == Some(ROWTIME));
            let mut unnamed = 0;
            let mut projection = Vec::with_capacity(items.len() + 1);
            for item in items {
                let name = item.output_name().unwrap_or_else(|| {
                    unnamed += 1;
                    format!("EXPR${}", unnamed - 1)
                });
                projection.push(item.named(&name));
            }
            if !has_rowtime {
                projection.push(Item { expr: Expr::Identifier(quoted(ROWTIME)), alias: None }.named(ROWTIME));
            }
            select.projection = projection;
            Ok(())
        }
        other => Err(context.error(other.span(), "SELECT is expected")),
    }
}

/// One expression of a select list.
struct Item {
    expr: Expr,
    alias: Option<Ident>,
}

impl Item {
    fn output_name(&self) -> Option<String> {
        match (&self.alias, &self.expr) {
            (Some(alias), _) => Some(alias.value.clone()),
            (None, Expr::Identifier(name)) => Some(name.value.clone()),
            (None, Expr::CompoundIdentifier(parts)) => parts.last().map(|name| name.value.clone()),
            _ => None,
        }
    }

    fn named(self, name: &str) -> SelectItem {
        SelectItem::ExprWithAlias { expr: self.expr, alias: quoted(name) }
    }
}

/// The select list with every `*` written out.
fn explicit_items(select: &Select, context: &QueryContext<'_>) -> Result<Vec<Item>> {
    let mut items = Vec::with_capacity(select.projection.len());
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => items.push(Item { expr: expr.clone(), alias: None }),
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push(Item { expr: expr.clone(), alias: Some(alias.clone()) })
            }
            SelectItem::ExprWithAliases { expr, aliases: _ } => {
                return Err(context.error(expr.span(), "An expression takes one alias"));
            }
            SelectItem::Wildcard(options) => {
                context.refuse_options(options)?;
                for relation in relations(select, context)? {
                    items.extend(relation.items());
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                context.refuse_options(options)?;
                let wanted = last_part(name);
                let found = relations(select, context)?.into_iter().find(|relation| relation.name == wanted);
                let Some(relation) = found else {
                    return Err(context.error(name.span(), &format!("No stream or alias `{wanted}` is in FROM")));
                };
                items.extend(relation.items());
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                return Err(context.error(expr.span(), "`*` can follow the name of a stream only"));
            }
        }
    }
    Ok(items)
}

/// One thing that FROM names, with its visible columns.
struct Relation {
    name: String,
    columns: Vec<String>,
}

impl Relation {
    fn items(&self) -> impl Iterator<Item = Item> + '_ {
        let qualifier = quoted(&self.name);
        self.columns.iter().map(move |column| Item {
            expr: Expr::CompoundIdentifier(vec![qualifier.clone(), quoted(column)]),
            alias: Some(quoted(column)),
        })
    }
}

fn relations(select: &Select, context: &QueryContext<'_>) -> Result<Vec<Relation>> {
    select.from.iter().map(|table| relation(&table.relation, context)).collect()
}

fn relation(factor: &TableFactor, context: &QueryContext<'_>) -> Result<Relation> {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            let stream = last_part(name);
            let Some(columns) = context.streams.get(&stream) else {
                return Err(context.unknown_stream(name.span(), &stream));
            };
            Ok(Relation { name: alias_name(alias.as_ref()).unwrap_or(stream), columns: columns.clone() })
        }
        TableFactor::Derived { subquery, alias, .. } => {
            let columns = output_names(&subquery.body).into_iter().filter(|name| name != ROWTIME).collect();
            let Some(name) = alias_name(alias.as_ref()) else {
                return Err(context.error(subquery.span(), "A sub-query needs an alias for `*`"));
            };
            Ok(Relation { name, columns })
        }
        other => Err(context.error(other.span(), "A stream or a sub-query is expected")),
    }
}

/// The names of a rewritten sub-query's columns.
fn output_names(body: &SetExpr) -> Vec<String> {
    match body {
        SetExpr::Select(select) => {
            let named = |item: &SelectItem| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                _ => None,
            };
            select.projection.iter().filter_map(named).collect()
        }
        SetExpr::Query(query) => output_names(&query.body),
        SetExpr::SetOperation { left, .. } => output_names(left),
        _ => Vec::new(),
    }
}

impl QueryContext<'_> {
    pub(crate) fn error(&self, span: Span, message: &str) -> Error {
        let at = if span == Span::empty() { self.at } else { span.start };
        Error::sql(self.text, at.line, at.column, message, None)
    }

    /// The error for a name in FROM that is no stream.
    pub(crate) fn unknown_stream(&self, span: Span, name: &str) -> Error {
        let at = if span == Span::empty() { self.at } else { span.start };
        let known: Vec<String> = self.streams.keys().map(|name| format!("\"{name}\"")).collect();
        let hint = format!("the application has {}; quote a name to keep its case", known.join(", "));
        Error::sql(self.text, at.line, at.column, format!("There is no stream `{name}`"), Some(hint))
    }

    fn refuse_options(&self, options: &WildcardAdditionalOptions) -> Result<()> {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        if opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_except.is_some()
            || opt_replace.is_some()
            || opt_rename.is_some()
            || opt_alias.is_some()
        {
            return Err(self.error(options.wildcard_token.0.span, "`*` takes no options in streaming SQL"));
        }
        Ok(())
    }
}

pub(crate) fn last_part(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), |ident| ident.value.clone())
}

fn alias_name(alias: Option<&TableAlias>) -> Option<String> {
    alias.map(|alias| alias.name.value.clone())
}

fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// The parser's error at its place, or behind the query's end.
fn parse_error(text: &str, end: Location, error: &ParserError) -> Error {
    let (message, place) = parser_message(error);
    let (line, column) = place.unwrap_or((end.line, end.column));
    Error::sql(text, line, column, message, None)
}
