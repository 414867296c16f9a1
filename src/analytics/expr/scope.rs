//! The columns an expression may name.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::{Expr, ExprType};
use crate::analytics::error::{Error, Result};
use crate::analytics::syntax::{self, ExprKind, Name, Query};

/// A column in scope; its place in [`Scope::columns`] is its place in the batch.
#[derive(Clone, Debug)]
pub(crate) struct ScopeColumn {
    /// The alias or name of its relation.
    pub(crate) qualifier: Option<String>,
    pub(crate) name: String,
    pub(crate) sql_type: ExprType,
    /// Not part of `*`: ROWTIME and the implicit columns.
    pub(crate) hidden: bool,
}

/// Runs the sub-queries of IN and EXISTS, which read tables only.
pub(crate) trait TableQueries: fmt::Debug {
    /// All rows of a query and the types of its columns.
    fn run(&self, query: &Query, text: &str) -> Result<(RecordBatch, Vec<ExprType>)>;
}

/// What an expression may name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) columns: Vec<ScopeColumn>,
    /// Tables for sub-queries, where there are any.
    pub(crate) tables: Option<Arc<dyn TableQueries>>,
}

/// How well a written name fits a stored one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    /// An unquoted name that fits but for its case.
    IgnoringCase,
}

fn fit(written: &Name, stored: &str) -> Option<Fit> {
    if written.value == stored {
        Some(Fit::Exact)
    } else if !written.quoted && written.value.eq_ignore_ascii_case(stored) {
        Some(Fit::IgnoringCase)
    } else {
        None
    }
}

impl Scope {
    /// A scope of columns.
    pub(crate) fn new(columns: Vec<ScopeColumn>) -> Self {
        Self { columns, tables: None }
    }

    /// The column or field that `parts` name, as an expression.
    ///
    /// # Errors
    /// [`Error::Sql`] when there is none, or more than one.
    pub(crate) fn resolve(&self, parts: &[Name], text: &str) -> Result<Expr> {
        if let Some(place) = self.find(parts, text)? {
            let column = self.columns.get(place);
            let sql_type = column.map_or(ExprType::Null, |column| column.sql_type.clone());
            return Ok(Expr::column(place, sql_type));
        }
        if let [before @ .., field] = parts
            && !before.is_empty()
            && let Some(place) = self.find(before, text)?
        {
            return self.field(place, field, text);
        }
        Err(self.unknown(parts, text))
    }

    /// The expression with every name that is a column of this scope replaced by the column's place.
    ///
    /// Two expressions that mean the same columns are then equal, however they name them. Fields of row values and
    /// names that are not found stay as they are.
    pub(crate) fn resolved(&self, expr: &syntax::Expr, text: &str) -> syntax::Expr {
        expr.replaced(&mut |part| {
            let ExprKind::Column(parts) = &part.kind else { return None };
            let place = self.find(parts, text).ok().flatten()?;
            Some(syntax::Expr { kind: ExprKind::Place(place), at: part.at })
        })
    }

    /// The place of the column that `parts` name, schema qualifiers aside; `None` when there is none.
    ///
    /// An unquoted name that fits no column exactly stands for the only one that it fits ignoring case; the planner
    /// warns of that.
    ///
    /// # Errors
    /// [`Error::Sql`] when there is more than one.
    pub(crate) fn find(&self, parts: &[Name], text: &str) -> Result<Option<usize>> {
        let [.., name] = parts else { return Ok(None) };
        let qualifier = parts.len().checked_sub(2).and_then(|place| parts.get(place));
        let mut best: Option<(Fit, Vec<usize>)> = None;
        for (place, column) in self.columns.iter().enumerate() {
            let qualifier_fit = match (qualifier, &column.qualifier) {
                (None, _) => Some(Fit::Exact),
                (Some(written), Some(stored)) => fit(written, stored),
                (Some(_), None) => None,
            };
            let Some(found) = fit(name, &column.name).zip(qualifier_fit).map(|(name, table)| name.max(table)) else {
                continue;
            };
            match &mut best {
                Some((fit, places)) if *fit == found => places.push(place),
                Some((fit, _)) if *fit < found => {}
                _ => best = Some((found, vec![place])),
            }
        }
        let Some((_, mut places)) = best else { return Ok(None) };
        if places.len() > 1 && qualifier.is_none() {
            // A column of the join itself (its ROWTIME, what USING has merged) hides those of its inputs.
            let own = |place: &usize| self.columns.get(*place).is_some_and(|column| column.qualifier.is_none());
            if let (Some(place), 1) =
                (places.iter().copied().find(own), places.iter().filter(|place| own(place)).count())
            {
                places = vec![place];
            }
        }
        match places.as_slice() {
            [place] => Ok(Some(*place)),
            _ => Err(name.at.error_with_hint(
                text,
                format!("The column `{}` is in more than one input", name.value),
                "put the input's name before it, as in `s.column`",
            )),
        }
    }

    fn field(&self, place: usize, field: &Name, text: &str) -> Result<Expr> {
        let column = self.columns.get(place).ok_or_else(|| Error::Internal("a place outside of the scope".into()))?;
        let ExprType::Row(fields) = &column.sql_type else {
            let message = format!("The column `{}` is no row value and has no column `{}`", column.name, field.value);
            return Err(field.at.error(text, message));
        };
        let found = fields
            .iter()
            .position(|(name, _)| fit(field, name) == Some(Fit::Exact))
            .or_else(|| fields.iter().position(|(name, _)| fit(field, name).is_some()));
        match found {
            Some(index) => Expr::field(Expr::column(place, column.sql_type.clone()), index),
            None => {
                let known: Vec<_> = fields.iter().map(|(name, _)| format!("`{name}`")).collect();
                Err(field.at.error_with_hint(
                    text,
                    format!("The row value `{}` has no column `{}`", column.name, field.value),
                    format!("it has {}", known.join(", ")),
                ))
            }
        }
    }

    fn unknown(&self, parts: &[Name], text: &str) -> Error {
        let Some(last) = parts.last() else {
            return Error::Internal("a column without a name".to_owned());
        };
        let at = parts.first().map_or(last.at, |first| first.at);
        let written: Vec<_> = parts.iter().map(|part| part.value.as_str()).collect();
        let message = format!("There is no column `{}`", written.join("."));
        let other_case =
            self.columns.iter().find(|column| last.quoted && column.name.eq_ignore_ascii_case(&last.value));
        if let Some(column) = other_case {
            return at.error_with_hint(text, message, format!("a quoted name is case-sensitive: \"{}\"", column.name));
        }
        let names = self.columns.iter().map(|column| column.name.as_str());
        if let Some(near) = crate::analytics::function::nearest(&last.value, names) {
            return at.error_with_hint(text, message, format!("did you mean `{near}`?"));
        }
        let known: Vec<_> =
            self.columns.iter().filter(|column| !column.hidden).map(|column| format!("`{}`", column.name)).collect();
        if known.is_empty() {
            return at.error_with_hint(text, message, "a text stands in single quotes");
        }
        at.error_with_hint(text, message, format!("there is {}", known.join(", ")))
    }
}
