//! What names mean at a place: the columns of relations, parameters of lambdas, aliases, and the scopes around.

use std::sync::Arc;

use arrow_schema::Field as ArrowField;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::OutputColumn;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast::Name;
use crate::sql::trino::types::TrinoType;

/// A column that can be named.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The relation's name with what may stand before it, as `[db, t]`; empty without one.
    pub(crate) relation: Vec<String>,
    /// As the user wrote it; `None` for expressions without alias.
    pub(crate) name: Option<String>,
    /// The plan's column.
    pub(crate) column: Column,
    pub(crate) data_type: TrinoType,
    /// Whether `*` leaves it out.
    pub(crate) is_hidden: bool,
}

impl Field {
    /// The column as an expression.
    pub(crate) fn expr(&self) -> Expr {
        Expr::Column(self.column.clone())
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.to_lowercase() == name)
    }

    fn is_of(&self, relation: &[Name]) -> bool {
        relation.len() <= self.relation.len()
            && self.relation.iter().rev().zip(relation.iter().rev()).all(|(own, name)| *own == name.text)
    }
}

/// The columns of a relation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) fields: Vec<Field>,
}

/// A plan and the names of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) plan: LogicalPlan,
    pub(crate) scope: Scope,
}

impl Scope {
    /// The columns as a result has them.
    pub(crate) fn output(&self) -> Vec<OutputColumn> {
        let column = |(place, field): (usize, &Field)| OutputColumn {
            name: field.name.clone().unwrap_or_else(|| format!("_col{place}")),
            is_named: field.name.is_some(),
            data_type: field.data_type.clone(),
        };
        self.fields.iter().filter(|field| !field.is_hidden).enumerate().map(column).collect()
    }

    /// The column of a name, with the relation before it or without.
    fn find(&self, parts: &[Name]) -> Result<Option<&Field>, SqlError> {
        let Some((name, relation)) = parts.split_last() else { return Ok(None) };
        let mut found = self.fields.iter().filter(|field| field.is_named(&name.text) && field.is_of(relation));
        let first = found.next();
        if first.is_some() && found.next().is_some() {
            return Err(SqlError::new("AMBIGUOUS_NAME", name.at, format!("Column '{}' is ambiguous", shown(parts)))
                .hint("name the relation before the column, as in t.x"));
        }
        Ok(first)
    }

    /// Whether a relation of that name is here.
    pub(crate) fn has_relation(&self, parts: &[Name]) -> bool {
        self.fields.iter().any(|field| field.is_of(parts))
    }

    /// The columns of a relation, or all; without hidden ones.
    pub(crate) fn visible(&self, relation: &[Name]) -> Vec<&Field> {
        self.fields.iter().filter(|field| !field.is_hidden && field.is_of(relation)).collect()
    }
}

pub(crate) fn shown(parts: &[Name]) -> String {
    parts.iter().map(|part| part.written.as_str()).collect::<Vec<_>>().join(".")
}

/// What may stand in an expression besides scalars.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) aggregates: bool,
    pub(crate) windows: bool,
    /// The clause, for messages.
    pub(crate) clause: &'static str,
}

impl Allowed {
    /// Scalars only.
    pub(crate) fn scalars(clause: &'static str) -> Self {
        Self { aggregates: false, windows: false, clause }
    }
}

/// Where names are looked up, from the inside out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Env<'e> {
    pub(crate) kind: EnvKind<'e>,
    pub(crate) parent: Option<&'e Self>,
    pub(crate) allowed: Allowed,
}

/// One level of names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EnvKind<'e> {
    /// The relations of a query; what is outside of it is correlated.
    Query(&'e Scope),
    /// Names of expressions: parameters of a lambda, or aliases of the select list.
    Named(&'e [(String, Typed)]),
}

impl<'e> Env<'e> {
    /// The names of a query's relations.
    pub(crate) fn query(scope: &'e Scope, parent: Option<&'e Self>, allowed: Allowed) -> Self {
        Self { kind: EnvKind::Query(scope), parent, allowed }
    }

    /// More names inside of this one.
    pub(crate) fn named(&'e self, names: &'e [(String, Typed)]) -> Self {
        Self { kind: EnvKind::Named(names), parent: Some(self), allowed: self.allowed }
    }

    /// What a name stands for; `None` when nothing has it.
    pub(crate) fn find(&self, parts: &[Name]) -> Result<Option<Typed>, SqlError> {
        let mut level = Some(self);
        let mut is_outer = false;
        while let Some(env) = level {
            match env.kind {
                EnvKind::Named(names) => {
                    if let [name] = parts
                        && let Some((_, typed)) = names.iter().find(|(known, _)| *known == name.text)
                    {
                        return Ok(Some(typed.clone()));
                    }
                }
                EnvKind::Query(scope) => {
                    if let Some(field) = scope.find(parts)? {
                        let expr = if is_outer { outer(field) } else { field.expr() };
                        return Ok(Some(Typed::new(expr, field.data_type.clone())));
                    }
                    is_outer = true;
                }
            }
            level = env.parent;
        }
        Ok(None)
    }

    /// The innermost query's relations.
    pub(crate) fn scope(&self) -> Option<&'e Scope> {
        let mut level = Some(self);
        while let Some(env) = level {
            if let EnvKind::Query(scope) = env.kind {
                return Some(scope);
            }
            level = env.parent;
        }
        None
    }

    /// The error for a name that nothing has, with names that are near it.
    pub(crate) fn unknown(&self, parts: &[Name]) -> SqlError {
        let at = parts.first().map_or(Place { line: 1, column: 1 }, |name| name.at);
        let error = SqlError::new("COLUMN_NOT_FOUND", at, format!("Column '{}' cannot be resolved", shown(parts)));
        let wanted = parts.last().map(|name| name.text.as_str()).unwrap_or_default();
        let scope = self.scope();
        let fields = scope.iter().flat_map(|scope| scope.fields.iter());
        let mut near: Vec<(usize, String)> = fields
            .filter_map(|field| field.name.clone())
            .map(|name| (distance(wanted, &name.to_lowercase()), name))
            .collect();
        near.sort();
        match near.first() {
            Some((steps, name)) if *steps <= 2.max(wanted.len() / 3) => {
                error.hint(format!("did you mean `{name}`? A text is written in single quotes"))
            }
            _ => {
                let mut names: Vec<String> = near.into_iter().map(|(_, name)| format!("`{name}`")).collect();
                names.truncate(8);
                if names.is_empty() { error } else { error.hint(format!("there are {}", names.join(", "))) }
            }
        }
    }
}

fn outer(field: &Field) -> Expr {
    let arrow = Arc::new(ArrowField::new(field.column.name(), field.data_type.arrow(), true));
    Expr::OuterReferenceColumn(arrow, field.column.clone())
}

/// How many letters two words differ in.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
