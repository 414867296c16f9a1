//! Function calls: functions written in SQL first, then those of the dialect.

use super::Binder;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::{Expr, ExprType, Scope, ScopeColumn};
use crate::analytics::function::{self, AGGREGATES, Arguments, Definition};
use crate::analytics::syntax::{At, Call};

/// How deep functions written in SQL may call each other.
const DEEPEST: usize = 32;

impl Binder<'_> {
    pub(super) fn call(&self, call: &Call, at: At) -> Result<Expr> {
        let name = call.name.value.as_str();
        let overloads = self.functions.overloads(&call.name);
        let aggregate = AGGREGATES.contains(&name) && overloads.is_empty();
        if aggregate || call.over.is_some() || call.star || call.distinct || call.filter.is_some() {
            let (what, hint) = if aggregate {
                ("an aggregate or analytic function", "those stand in the select list, in HAVING and in ORDER BY")
            } else {
                ("no aggregate function", "`*`, DISTINCT, FILTER and OVER belong to aggregate functions")
            };
            return Err(at.error_with_hint(
                self.text,
                format!("{name} is {what} and cannot be called like that here"),
                hint,
            ));
        }
        if call.nulls.is_some() || call.from_end.is_some() {
            return Err(at.error(self.text, format!("{name} takes no IGNORE NULLS, RESPECT NULLS or FROM LAST")));
        }
        let values = call
            .arguments
            .iter()
            .map(|argument| Ok((self.expr(argument)?, argument.at)))
            .collect::<Result<Vec<_>>>()?;
        if !overloads.is_empty() {
            return self.defined(&overloads, values, at);
        }
        let first = |values: Vec<(Expr, At)>| values.into_iter().map(|(value, _)| value).collect::<Vec<_>>();
        match (name, values.len()) {
            ("COALESCE", 1..) => return self.coalesce(first(values), at),
            ("NULLIF", 2) => {
                let mut both = first(values).into_iter();
                return match (both.next(), both.next()) {
                    (Some(one), Some(other)) => self.nullif(one, other, at),
                    _ => Err(Error::Internal("two arguments were counted".to_owned())),
                };
            }
            _ => {}
        }
        let arguments = Arguments { name, at, text: self.text, values };
        function::bind(arguments)?.ok_or_else(|| self.unknown(name, at))
    }

    fn unknown(&self, name: &str, at: At) -> Error {
        let message = format!("There is no function `{name}`");
        let known: Vec<&str> = self.functions.names().chain(function::names().map(|name| name as &str)).collect();
        match function::nearest(name, known) {
            Some(near) => at.error_with_hint(self.text, message, format!("did you mean {near}?")),
            None => at.error_with_hint(
                self.text,
                message,
                "CREATE FUNCTION defines one in SQL; the dialect has no others than its reference lists",
            ),
        }
    }

    /// A call of a function written in SQL: the overload whose parameters have the types of the arguments.
    fn defined(&self, overloads: &[(usize, &Definition)], values: Vec<(Expr, At)>, at: At) -> Result<Expr> {
        let fits = |definition: &Definition| {
            let parameters = &definition.parameters;
            parameters.len() == values.len()
                && parameters.iter().zip(&values).all(|((_, to), (value, _))| exact(value.sql_type(), to))
        };
        let Some((index, definition)) = overloads.iter().find(|(_, definition)| fits(definition)) else {
            let forms: Vec<_> = overloads.iter().map(|(_, definition)| definition.to_string()).collect();
            let types: Vec<_> = values.iter().map(|(value, _)| value.sql_type().to_string()).collect();
            return Err(at.error_with_hint(
                self.text,
                format!("No function fits the arguments ({})", types.join(", ")),
                format!("the types must be exact: {}; CAST the arguments", forms.join(" or ")),
            ));
        };
        if self.calling.contains(index) || self.calling.len() >= DEEPEST {
            return Err(at.error(self.text, format!("The function {} calls itself", definition.name)));
        }
        let mut arguments = Vec::with_capacity(values.len());
        for ((value, value_at), (_, to)) in values.into_iter().zip(&definition.parameters) {
            arguments.push(self.coerce(value, to, value_at)?);
        }
        let parameters = definition.parameters.iter().map(|(name, sql_type)| ScopeColumn {
            qualifier: Some(definition.name.clone()),
            name: name.clone(),
            sql_type: sql_type.clone(),
            hidden: false,
        });
        let scope = Scope::new(parameters.collect());
        let mut calling = self.calling.clone();
        calling.push(*index);
        let inner = Binder { scope: &scope, functions: self.functions, text: &definition.text, calling };
        let body = inner.expr(&definition.body)?;
        let from = body.sql_type().clone();
        let body = cast(body, &definition.returns)?.ok_or_else(|| {
            definition.body.at.error(
                &definition.text,
                format!("The function {} gives {from}, not {} as it says", definition.name, definition.returns),
            )
        })?;
        Ok(Expr::function(body.into(), arguments, definition.null_on_null))
    }
}

/// Whether a value may be an argument of type `to`: the same type, lengths and precisions aside.
fn exact(from: &ExprType, to: &ExprType) -> bool {
    match (from, to) {
        (ExprType::Null, _) => true,
        (ExprType::Interval(one), ExprType::Interval(other)) => one.is_year_month() == other.is_year_month(),
        _ => {
            (from.is_text() && to.is_text())
                || (from.is_binary() && to.is_binary())
                || (from.is_decimal() && to.is_decimal())
                || from == to
        }
    }
}
