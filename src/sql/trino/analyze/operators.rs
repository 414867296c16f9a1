//! Operators and predicates over expressions.

use datafusion::logical_expr::expr::{InList, Like};
use datafusion::logical_expr::{Expr, Operator};

use super::Planner;
use super::capture::lazy;
use super::emit::{binary, is_native, not};
use super::scope::Env;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::LazyKind;
use crate::sql::trino::operator;
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Arithmetic, Comparison};
use crate::sql::trino::registry::NullRule;
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    pub(super) fn arithmetic(
        &self,
        operator: Arithmetic,
        left: Typed,
        right: Typed,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let symbol = operator.symbol();
        let Some(operation) = operator::arithmetic(operator, &left.data_type, &right.data_type) else {
            let message = format!("Cannot apply operator: {} {symbol} {}", left.data_type, right.data_type);
            let error = SqlError::mismatch(at, message);
            let is_text = left.data_type.is_text() || right.data_type.is_text();
            return Err(if is_text {
                error.hint("text is not converted by itself: write CAST(… AS …)")
            } else {
                error
            });
        };
        let (left, right) = (self.coerce(left, &operation.left), self.coerce(right, &operation.right));
        Ok(match operation.kernel {
            Some(kernel) => self.kernel(symbol, kernel, NullRule::Called, vec![left, right], operation.result, true),
            None => {
                let native = match operator {
                    Arithmetic::Add => Operator::Plus,
                    Arithmetic::Subtract => Operator::Minus,
                    Arithmetic::Multiply => Operator::Multiply,
                    Arithmetic::Divide => Operator::Divide,
                    Arithmetic::Modulus => Operator::Modulo,
                };
                binary(left, native, right, operation.result)
            }
        })
    }

    pub(super) fn negative(&mut self, value: &ast::Expr, at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let value = self.expression(value, env)?;
        let data_type = match &value.data_type {
            TrinoType::Unknown => TrinoType::Integer,
            TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth => value.data_type.clone(),
            number if number.is_numeric() => number.clone(),
            other => return Err(SqlError::mismatch(at, format!("Cannot apply operator: -{other}"))),
        };
        // A negative literal stays a literal.
        if let Some(literal) = value.literal()
            && let Ok(negated) = literal.arithmetic_negate()
        {
            return Ok(Typed::new(Expr::Literal(negated, None), data_type));
        }
        let value = self.coerce(value, &data_type);
        let may_fail = !matches!(data_type, TrinoType::Real | TrinoType::Double | TrinoType::Decimal(..));
        Ok(self.kernel("-", operator::negative, NullRule::Propagate, vec![value], data_type, may_fail))
    }

    pub(super) fn concat(&self, left: Typed, right: Typed, at: Place) -> Result<Typed, SqlError> {
        let Some(found) = operator::concatenation(&left.data_type, &right.data_type) else {
            let message =
                format!("Unexpected parameters ({}, {}) for function concat", left.data_type, right.data_type);
            return Err(
                SqlError::mismatch(at, message).hint("text is not converted by itself: write CAST(… AS varchar)")
            );
        };
        // An element that is NULL becomes part of the array; everything else that is NULL makes the result NULL.
        let is_element = matches!(found.result, TrinoType::Array(_)) && found.left != found.right;
        let nulls = if is_element { NullRule::Called } else { NullRule::Propagate };
        let args = vec![self.coerce(left, &found.left), self.coerce(right, &found.right)];
        Ok(self.kernel("concat", found.kernel, nulls, args, found.result, false))
    }

    /// AND, OR. Where a later term may fail, it is not evaluated for rows that an earlier one decides.
    pub(super) fn connective(
        &mut self,
        terms: &[ast::Expr],
        is_or: bool,
        env: &Env<'_>,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let what = if is_or { "OR" } else { "AND" };
        let terms = terms.iter().map(|term| self.condition(term, env, what)).collect::<Result<Vec<_>, _>>()?;
        connect(terms, is_or, at)
    }

    pub(super) fn between(
        &mut self,
        (value, low, high): (&ast::Expr, &ast::Expr, &ast::Expr),
        is_negated: bool,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let (value, low, high) =
            (self.expression(value, env)?, self.expression(low, env)?, self.expression(high, env)?);
        let above = self.compare(Comparison::GreaterOrEqual, value.clone(), low, at)?;
        let below = self.compare(Comparison::LessOrEqual, value, high, at)?;
        let inside = binary(above, Operator::And, below, TrinoType::Boolean);
        Ok(if is_negated { not(inside) } else { inside })
    }

    pub(super) fn in_list(
        &mut self,
        value: &ast::Expr,
        list: &[ast::Expr],
        is_negated: bool,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let value = self.expression(value, env)?;
        let items = list.iter().map(|item| self.expression(item, env)).collect::<Result<Vec<_>, _>>()?;
        let value = match items.first() {
            Some(first) => self.beside(value, &first.data_type),
            None => value,
        };
        let mut common = value.data_type.clone();
        for (item, expr) in items.iter().zip(list) {
            common = common.common(&item.data_type).ok_or_else(|| {
                let message = format!("IN value and list items must be the same type: {common} and {}", item.data_type);
                SqlError::mismatch(expr.at, message)
            })?;
        }
        if is_native(&common) && !matches!(common, TrinoType::Unknown) {
            let can_fail = value.can_fail || items.iter().any(|item| item.can_fail);
            let value = self.coerce(value, &common);
            let list = items.into_iter().map(|item| self.coerce(item, &common).expr).collect();
            let expr = Expr::InList(InList::new(Box::new(value.expr), list, is_negated));
            return Ok(Typed::failing(expr, TrinoType::Boolean, can_fail));
        }
        let equal = items
            .into_iter()
            .map(|item| self.compare(Comparison::Equal, value.clone(), item, at))
            .collect::<Result<Vec<_>, _>>()?;
        let found = connect(equal, true, at)?;
        Ok(if is_negated { not(found) } else { found })
    }

    pub(super) fn like(
        &mut self,
        (value, pattern, escape): (&ast::Expr, &ast::Expr, Option<&ast::Expr>),
        is_negated: bool,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let mut args = vec![self.expression(value, env)?, self.expression(pattern, env)?];
        if let Some(escape) = escape {
            args.push(self.expression(escape, env)?);
        }
        for arg in &args {
            if !arg.data_type.is_text() && !matches!(arg.data_type, TrinoType::Unknown) {
                let message =
                    format!("Left side of LIKE expression must evaluate to a varchar (actual: {})", arg.data_type);
                return Err(SqlError::mismatch(at, message));
            }
        }
        let args: Vec<Typed> = args.into_iter().map(|arg| self.cast_to(arg, &TrinoType::VARCHAR, false)).collect();
        // The engine's LIKE takes a backslash for an escape; without one it is the same and can prune.
        let pattern = args.get(1).and_then(|pattern| pattern.expr.as_literal()).and_then(|value| value.try_as_str());
        let is_plain = args.len() == 2 && pattern.flatten().is_some_and(|pattern| !pattern.contains('\\'));
        let matched = if is_plain {
            let mut args = args.into_iter();
            match (args.next(), args.next()) {
                (Some(value), Some(pattern)) => {
                    let can_fail = value.can_fail;
                    let like = Like::new(false, Box::new(value.expr), Box::new(pattern.expr), None, false);
                    Typed::failing(Expr::Like(like), TrinoType::Boolean, can_fail)
                }
                _ => return Err(SqlError::syntax(at, "LIKE takes a value and a pattern")),
            }
        } else if args.len() == 2 {
            self.kernel("like", operator::like, NullRule::Propagate, args, TrinoType::Boolean, false)
        } else {
            self.kernel("like", operator::like_escape, NullRule::Propagate, args, TrinoType::Boolean, true)
        };
        Ok(if is_negated { not(matched) } else { matched })
    }
}

/// IS [NOT] NULL.
pub(super) fn is_null(value: Typed, is_negated: bool) -> Typed {
    let can_fail = value.can_fail;
    let value = Box::new(value.expr);
    let expr = if is_negated { Expr::IsNotNull(value) } else { Expr::IsNull(value) };
    Typed::failing(expr, TrinoType::Boolean, can_fail)
}

/// Truth values by AND or OR.
pub(super) fn connect(terms: Vec<Typed>, is_or: bool, at: Place) -> Result<Typed, SqlError> {
    if terms.iter().skip(1).any(|term| term.can_fail) {
        let kind = if is_or { LazyKind::Or } else { LazyKind::And };
        return lazy(kind, terms, TrinoType::Boolean, at);
    }
    let operator = if is_or { Operator::Or } else { Operator::And };
    let joined = terms.into_iter().reduce(|left, right| binary(left, operator, right, TrinoType::Boolean));
    Ok(joined.unwrap_or_else(|| Typed::boolean(!is_or)))
}
