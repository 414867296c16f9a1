//! Expressions: each form of the syntax tree goes to the file that knows it.

use super::Planner;
use super::scope::Env;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast::{Expr, ExprKind, FunctionCall, Name, TrimSide};

impl Planner<'_> {
    /// An expression with its type.
    pub(super) fn expression(&mut self, expr: &Expr, env: &Env<'_>) -> Result<Typed, SqlError> {
        let at = expr.at;
        match &expr.kind {
            ExprKind::Null => Ok(Typed::null()),
            ExprKind::Boolean(value) => Ok(Typed::boolean(*value)),
            ExprKind::Number(digits) => self.number(digits, at),
            ExprKind::Text(text) => Ok(self.text_literal(text)),
            ExprKind::Binary(bytes) => Ok(self.binary_literal(bytes)),
            ExprKind::Typed { type_name, value } => self.typed_literal(type_name, value, at),
            ExprKind::Interval { is_negative, value, from, to } => self.interval(*is_negative, value, *from, *to, at),
            ExprKind::Parameter(place) => self.parameter(*place, at, env),
            ExprKind::Identifier(name) => match env.find(std::slice::from_ref(name))? {
                Some(found) => Ok(found),
                None => Err(env.unknown(std::slice::from_ref(name))),
            },
            ExprKind::Dereference { base, field } => self.dereference(expr, base, field, env),
            ExprKind::Subscript { base, index } => self.subscript(base, index, at, env),
            ExprKind::Row(values) => self.row(values, env),
            ExprKind::Array(elements) => self.array(elements, at, env),
            ExprKind::Negative(value) => self.negative(value, at, env),
            ExprKind::Positive(value) => {
                let value = self.expression(value, env)?;
                if value.data_type.is_numeric() {
                    return Ok(value);
                }
                Err(SqlError::mismatch(at, format!("Cannot apply operator: +{}", value.data_type)))
            }
            ExprKind::Not(value) => {
                let value = self.condition(value, env, "NOT")?;
                Ok(super::emit::not(value))
            }
            ExprKind::Arithmetic { operator, left, right } => {
                let (left, right) = (self.expression(left, env)?, self.expression(right, env)?);
                self.arithmetic(*operator, left, right, at)
            }
            ExprKind::Concat { left, right } => {
                let (left, right) = (self.expression(left, env)?, self.expression(right, env)?);
                self.concat(left, right, at)
            }
            ExprKind::Comparison { operator, left, right } => {
                let (left, right) = (self.expression(left, env)?, self.expression(right, env)?);
                self.compare(*operator, left, right, at)
            }
            ExprKind::And(terms) => self.connective(terms, false, env, at),
            ExprKind::Or(terms) => self.connective(terms, true, env, at),
            ExprKind::IsNull { value, is_negated } => {
                let value = self.expression(value, env)?;
                Ok(super::operators::is_null(value, *is_negated))
            }
            ExprKind::IsDistinct { left, right, is_negated } => {
                let (left, right) = (self.expression(left, env)?, self.expression(right, env)?);
                self.is_distinct(left, right, *is_negated, at)
            }
            ExprKind::Between { value, low, high, is_negated } => {
                self.between((value, low, high), *is_negated, at, env)
            }
            ExprKind::InList { value, list, is_negated } => self.in_list(value, list, *is_negated, at, env),
            ExprKind::InQuery { value, query, is_negated } => self.in_query(value, query, *is_negated, at, env),
            ExprKind::Like { value, pattern, escape, is_negated } => {
                self.like((value, pattern, escape.as_deref()), *is_negated, at, env)
            }
            ExprKind::Quantified { operator, quantifier, value, query } => {
                self.quantified(*operator, *quantifier, value, query, at, env)
            }
            ExprKind::Exists(query) => self.exists(query, at, env),
            ExprKind::Subquery(query) => self.scalar_subquery(query, at, env),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), at, env)
            }
            ExprKind::Cast { value, target, is_safe } => {
                let value = self.expression(value, env)?;
                self.explicit_cast(value, target, *is_safe, at)
            }
            ExprKind::AtTimeZone { value, zone } => {
                let (value, zone) = (self.expression(value, env)?, self.expression(zone, env)?);
                self.call_function("at_timezone", vec![value, zone], at)
            }
            ExprKind::Extract { field, value } => self.extract(field, value, env),
            ExprKind::Function(call) => self.function(call, at, env),
            ExprKind::Lambda { .. } => {
                Err(SqlError::mismatch(at, "A lambda expression is allowed only as an argument of a function"))
            }
            ExprKind::Current { what, precision } => self.current(*what, *precision, at),
            ExprKind::Trim { side, characters, value } => {
                let name = match side {
                    TrimSide::Both => "trim",
                    TrimSide::Leading => "ltrim",
                    TrimSide::Trailing => "rtrim",
                };
                let mut arguments = vec![self.expression(value, env)?];
                if let Some(characters) = characters {
                    arguments.push(self.expression(characters, env)?);
                }
                self.call_function(name, arguments, at)
            }
            ExprKind::Normalize { value, form } => {
                let value = self.expression(value, env)?;
                self.call_function("normalize", vec![value, Typed::text(form.clone())], at)
            }
            ExprKind::Grouping(values) => self.grouping(values, at, env),
            ExprKind::JsonExists { path, on_error } => self.json_exists(path, on_error, at, env),
            ExprKind::JsonValue { path, returning, on_empty, on_error } => {
                self.json_value(path, returning.as_ref(), (on_empty, on_error), at, env)
            }
            ExprKind::JsonQuery { path, wrapper, quotes, on_empty, on_error, returning } => {
                let behaviour = [*wrapper, *quotes, *on_empty, *on_error];
                self.json_query(path, behaviour, returning.as_ref(), at, env)
            }
            ExprKind::JsonObject { members, null_on_null, unique_keys, returning } => {
                self.json_object(members, (*null_on_null, *unique_keys), returning.as_ref(), at, env)
            }
            ExprKind::JsonArray { elements, null_on_null, returning } => {
                self.json_array(elements, *null_on_null, returning.as_ref(), at, env)
            }
        }
    }

    /// An expression that must be a truth value.
    pub(super) fn condition(&mut self, expr: &Expr, env: &Env<'_>, what: &str) -> Result<Typed, SqlError> {
        let value = self.expression(expr, env)?;
        self.expect_type(value, &crate::sql::trino::types::TrinoType::Boolean, what, expr.at)
    }

    fn parameter(&mut self, place: usize, at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let parameters = self.parameters;
        match parameters.get(place) {
            Some(value) => self.expression(value, env),
            None => Err(SqlError::new(
                "INVALID_PARAMETER_USAGE",
                at,
                format!("Incorrect number of parameters: there is no value for parameter {}", place + 1),
            )),
        }
    }

    /// `a.b.c`: the longest part that is a column, then fields of rows.
    fn dereference(&mut self, whole: &Expr, base: &Expr, field: &Name, env: &Env<'_>) -> Result<Typed, SqlError> {
        let Some(parts) = names_of(whole) else {
            let base = self.expression(base, env)?;
            return self.field(base, field);
        };
        for length in (1..=parts.len()).rev() {
            if let Some(mut found) = env.find(&parts[..length])? {
                for field in &parts[length..] {
                    found = self.field(found, field)?;
                }
                return Ok(found);
            }
        }
        Err(env.unknown(&parts))
    }

    /// A call without anything special behind it.
    pub(super) fn is_plain(call: &FunctionCall) -> bool {
        call.filter.is_none()
            && call.over.is_none()
            && call.nulls.is_none()
            && !call.is_star
            && !call.is_distinct
            && call.order_by.is_empty()
    }
}

/// The names of `a.b.c`, if it is nothing but names.
pub(super) fn names_of(expr: &Expr) -> Option<Vec<Name>> {
    match &expr.kind {
        ExprKind::Identifier(name) => Some(vec![name.clone()]),
        ExprKind::Dereference { base, field } => {
            let mut names = names_of(base)?;
            names.push(field.clone());
            Some(names)
        }
        _ => None,
    }
}
