//! Forms that look like functions and are syntax: CASE, IF, COALESCE, NULLIF, TRY, typeof, EXTRACT, rows and subscripts.

use datafusion::logical_expr::{Case, Expr};

use super::Planner;
use super::capture::lazy;
use super::scope::Env;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::LazyKind;
use crate::sql::trino::operator;
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Comparison, Current, FunctionCall, Name};
use crate::sql::trino::registry::NullRule;
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[(ast::Expr, ast::Expr)],
        otherwise: Option<&ast::Expr>,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let operand = operand.map(|operand| self.expression(operand, env)).transpose()?;
        let mut conditions = Vec::with_capacity(branches.len());
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (when, then) in branches {
            conditions.push(match &operand {
                Some(operand) => {
                    let value = self.expression(when, env)?;
                    self.compare(Comparison::Equal, operand.clone(), value, when.at)?
                }
                None => self.condition(when, env, "CASE WHEN clause")?,
            });
            results.push((self.expression(then, env)?, then.at));
        }
        if let Some(otherwise) = otherwise {
            results.push((self.expression(otherwise, env)?, otherwise.at));
        }
        let results = self.unified(results, "All CASE results")?;
        branch(conditions, results, at)
    }

    /// Values in the type that all of them become.
    pub(super) fn unified(&self, values: Vec<(Typed, Place)>, what: &str) -> Result<Vec<Typed>, SqlError> {
        let mut common = TrinoType::Unknown;
        for (value, at) in &values {
            common = common.common(&value.data_type).ok_or_else(|| {
                SqlError::mismatch(*at, format!("{what} must be the same type: {common} and {}", value.data_type))
            })?;
        }
        Ok(values.into_iter().map(|(value, _)| self.coerce(value, &common)).collect())
    }

    /// The forms that are written as calls; `None` when the name is none of theirs.
    pub(super) fn special(
        &mut self,
        name: &str,
        call: &FunctionCall,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Option<Typed>, SqlError> {
        let arguments = call.arguments.as_slice();
        let wrong = |expected: &str| {
            Err(SqlError::new(
                "INVALID_FUNCTION_ARGUMENT",
                at,
                format!("Invalid number of arguments for '{name}': {expected}"),
            ))
        };
        Ok(Some(match (name, arguments) {
            ("if", [condition, then]) => self.case(None, &[(condition.clone(), then.clone())], None, at, env)?,
            ("if", [condition, then, otherwise]) => {
                self.case(None, &[(condition.clone(), then.clone())], Some(otherwise), at, env)?
            }
            ("if", _) => return wrong("2 or 3"),
            ("coalesce", [_, _, ..]) => {
                let values = arguments
                    .iter()
                    .map(|argument| Ok((self.expression(argument, env)?, argument.at)))
                    .collect::<Result<Vec<_>, SqlError>>()?;
                let values = self.unified(values, "All COALESCE operands")?;
                let result = values.first().map_or(TrinoType::Unknown, |value| value.data_type.clone());
                lazy(LazyKind::Coalesce, values, result, at)?
            }
            ("coalesce", _) => return wrong("at least 2"),
            ("nullif", [first, second]) => {
                let (first, second) = (self.expression(first, env)?, self.expression(second, env)?);
                let equal = self.compare(Comparison::Equal, first.clone(), second, at)?;
                let null = self.coerce(Typed::null(), &first.data_type);
                branch(vec![equal], vec![null, first], at)?
            }
            ("nullif", _) => return wrong("2"),
            ("try", [value]) => {
                let value = self.expression(value, env)?;
                let result = value.data_type.clone();
                if value.can_fail { lazy(LazyKind::Try, vec![value], result, at)? } else { value }
            }
            ("try", _) => return wrong("1"),
            ("typeof", [value]) => Typed::text(self.expression(value, env)?.data_type.to_string()),
            ("typeof", _) => return wrong("1"),
            ("now", []) => self.current(Current::Timestamp, None, at)?,
            ("current_timezone", []) => Typed::text(self.session.zone.clone()),
            ("date", [value]) => {
                let value = self.expression(value, env)?;
                self.explicit_cast(value, &TrinoType::Date, false, at)?
            }
            _ => return Ok(None),
        }))
    }

    /// EXTRACT is a call of the field's function.
    pub(super) fn extract(&mut self, field: &Name, value: &ast::Expr, env: &Env<'_>) -> Result<Typed, SqlError> {
        const FIELDS: [&str; 18] = [
            "year",
            "quarter",
            "month",
            "week",
            "day",
            "day_of_month",
            "day_of_week",
            "dow",
            "day_of_year",
            "doy",
            "year_of_week",
            "yow",
            "hour",
            "minute",
            "second",
            "timezone_hour",
            "timezone_minute",
            "millisecond",
        ];
        let Some(name) = FIELDS.iter().take(17).find(|known| **known == field.text) else {
            return Err(SqlError::syntax(field.at, format!("Invalid EXTRACT field: {}", field.written)));
        };
        let value = self.expression(value, env)?;
        self.call_function(name, vec![value], field.at)
    }

    pub(super) fn row(&mut self, values: &[ast::Expr], env: &Env<'_>) -> Result<Typed, SqlError> {
        let values = values.iter().map(|value| self.expression(value, env)).collect::<Result<Vec<_>, _>>()?;
        let result = TrinoType::row(values.iter().map(|value| value.data_type.clone()));
        Ok(self.kernel("row", operator::row_of, NullRule::Called, values, result, false))
    }

    pub(super) fn array(&mut self, elements: &[ast::Expr], _: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let elements = elements
            .iter()
            .map(|element| Ok((self.expression(element, env)?, element.at)))
            .collect::<Result<Vec<_>, SqlError>>()?;
        let elements = self.unified(elements, "All ARRAY elements")?;
        Ok(self.array_of(elements))
    }

    /// An array of elements of one type.
    pub(super) fn array_of(&self, elements: Vec<Typed>) -> Typed {
        let element = elements.first().map_or(TrinoType::Unknown, |element| element.data_type.clone());
        let result = TrinoType::array(element);
        self.kernel("array", operator::array_of, NullRule::Called, elements, result, false)
    }

    /// `row.field`
    pub(super) fn field(&self, base: Typed, field: &Name) -> Result<Typed, SqlError> {
        let TrinoType::Row(fields) = &base.data_type else {
            return Err(SqlError::mismatch(field.at, format!("Expression {} is not of type ROW", base.data_type)));
        };
        let is_named = |own: &Option<String>| own.as_ref().is_some_and(|own| own.to_lowercase() == field.text);
        let mut found = fields.iter().enumerate().filter(|(_, own)| is_named(&own.name));
        match (found.next(), found.next()) {
            (Some((place, own)), None) => {
                let data_type = own.data_type.clone();
                Ok(self.field_at(base.clone(), place, data_type))
            }
            (Some(_), Some(_)) => Err(SqlError::new(
                "AMBIGUOUS_NAME",
                field.at,
                format!("Ambiguous row field reference: {}", field.written),
            )),
            (None, _) => {
                let message =
                    format!("Column '{}' cannot be resolved: {} has no such field", field.written, base.data_type);
                Err(SqlError::new("COLUMN_NOT_FOUND", field.at, message))
            }
        }
    }

    /// The field at a place, from 0.
    pub(super) fn field_at(&self, base: Typed, place: usize, data_type: TrinoType) -> Typed {
        let number = i64::try_from(place + 1).unwrap_or(i64::MAX);
        let args = vec![base, Typed::bigint(number)];
        self.kernel("field", operator::field_at, NullRule::Called, args, data_type, false)
    }

    pub(super) fn subscript(
        &mut self,
        base: &ast::Expr,
        index: &ast::Expr,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let (base, index_at) = (self.expression(base, env)?, index.at);
        let index = self.expression(index, env)?;
        match base.data_type.clone() {
            TrinoType::Array(element) => {
                let index = self.expect_type(index, &TrinoType::Bigint, "Array subscript", index_at)?;
                let args = vec![base, index];
                Ok(self.kernel("array subscript", operator::array_at, NullRule::Propagate, args, *element, true))
            }
            TrinoType::Map(key, value) => {
                let index = self.expect_type(index, &key, "Map subscript", index_at)?;
                let args = vec![base, index];
                Ok(self.kernel("map subscript", operator::map_at, NullRule::Propagate, args, *value, true))
            }
            TrinoType::Row(fields) => {
                let place = match index.literal() {
                    Some(datafusion::common::ScalarValue::Int32(Some(place))) => usize::try_from(*place).ok(),
                    _ => {
                        return Err(SqlError::mismatch(
                            index_at,
                            "Subscript expression on ROW requires an integer constant",
                        ));
                    }
                };
                match place.and_then(|place| place.checked_sub(1)).and_then(|place| Some((place, fields.get(place)?))) {
                    Some((place, field)) => Ok(self.field_at(base, place, field.data_type.clone())),
                    None => Err(SqlError::new(
                        "INVALID_FUNCTION_ARGUMENT",
                        index_at,
                        format!("Invalid subscript index: the row has {} fields, counted from 1", fields.len()),
                    )),
                }
            }
            other => Err(SqlError::mismatch(at, format!("Cannot use a subscript on {other}"))),
        }
    }
}

/// Conditions and results; one more result is for the rest.
pub(super) fn branch(conditions: Vec<Typed>, results: Vec<Typed>, at: Place) -> Result<Typed, SqlError> {
    let result = results.first().map_or(TrinoType::Unknown, |value| value.data_type.clone());
    let fails_late =
        results.iter().any(|value| value.can_fail) || conditions.iter().skip(1).any(|value| value.can_fail);
    let can_fail = fails_late || conditions.iter().any(|value| value.can_fail);
    let mut results = results.into_iter();
    if fails_late {
        let mut parts = Vec::new();
        for condition in conditions {
            parts.push(condition);
            parts.extend(results.next());
        }
        parts.extend(results.next());
        return lazy(LazyKind::Case, parts, result, at);
    }
    let mut pairs = Vec::with_capacity(conditions.len());
    for condition in conditions {
        if let Some(value) = results.next() {
            pairs.push((Box::new(condition.expr), Box::new(value.expr)));
        }
    }
    let otherwise = results.next().map(|value| Box::new(value.expr));
    Ok(Typed::failing(Expr::Case(Case::new(None, pairs, otherwise)), result, can_fail))
}
