//! Expressions of the engine for what Trino does: casts, calls of kernels, comparisons.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator};

use super::Planner;
use super::typed::Typed;
use crate::sql::trino::call::Kernel;
use crate::sql::trino::cast::{cast, cast_kernel, is_castable, try_cast_kernel};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::Bound;
use crate::sql::trino::operator::{comparison, distinct};
use crate::sql::trino::parse::ast::Comparison;
use crate::sql::trino::registry::NullRule;
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    /// A kernel over values of the right types.
    pub(super) fn kernel(
        &self,
        name: &str,
        kernel: Kernel,
        nulls: NullRule,
        args: Vec<Typed>,
        result: TrinoType,
        may_fail: bool,
    ) -> Typed {
        let can_fail = may_fail || args.iter().any(|arg| arg.can_fail);
        let (exprs, types): (Vec<Expr>, Vec<TrinoType>) = args.into_iter().map(|arg| (arg.expr, arg.data_type)).unzip();
        let mut bound = Bound::new(name, kernel, types, result.clone(), &self.session);
        bound.nulls = nulls;
        Typed::failing(bound.call(exprs), result, can_fail)
    }

    /// A value where another type is asked for; the type must be one that it becomes.
    pub(super) fn coerce(&self, value: Typed, target: &TrinoType) -> Typed {
        self.cast_to(value, target, false)
    }

    /// CAST and TRY_CAST; there must be such a cast.
    pub(super) fn cast_to(&self, value: Typed, target: &TrinoType, is_safe: bool) -> Typed {
        let Typed { expr, data_type, can_fail } = value;
        if data_type == *target || matches!((&data_type, target), (TrinoType::Varchar(_), TrinoType::Varchar(None))) {
            return Typed::failing(expr, target.clone(), can_fail);
        }
        if let (TrinoType::Varchar(Some(from)), TrinoType::Varchar(Some(to))) = (&data_type, target)
            && from <= to
        {
            return Typed::failing(expr, target.clone(), can_fail);
        }
        if matches!(data_type, TrinoType::Unknown)
            && let (Expr::Literal(..), Ok(null)) = (&expr, ScalarValue::try_from(&target.arrow()))
        {
            return Typed::new(Expr::Literal(null, None), target.clone());
        }
        if let Some(folded) = self.folded(&expr, &data_type, target) {
            return Typed::new(folded, target.clone());
        }
        if is_widening(&data_type, target) {
            let expr = Expr::Cast(Cast::new(Box::new(expr), target.arrow()));
            return Typed::failing(expr, target.clone(), can_fail);
        }
        let may_fail = !is_safe && !data_type.becomes(target);
        let (name, kernel): (&str, Kernel) =
            if is_safe { ("try_cast", try_cast_kernel) } else { ("cast", cast_kernel) };
        let value = Typed::failing(expr, data_type, can_fail);
        self.kernel(name, kernel, NullRule::Called, vec![value], target.clone(), may_fail)
    }

    /// A literal of another type, computed now. One that does not convert is left to fail when it is run.
    fn folded(&self, expr: &Expr, from: &TrinoType, to: &TrinoType) -> Option<Expr> {
        let Expr::Literal(value, _) = expr else { return None };
        let array = value.to_array().ok()?;
        let converted = cast(&array, from, to, &self.session).ok()?;
        ScalarValue::try_from_array(&converted, 0).ok().map(|value| Expr::Literal(value, None))
    }

    /// CAST as a user writes it.
    pub(super) fn explicit_cast(
        &self,
        value: Typed,
        target: &TrinoType,
        is_safe: bool,
        at: Place,
    ) -> Result<Typed, SqlError> {
        if !is_castable(&value.data_type, target) {
            return Err(SqlError::mismatch(at, format!("Cannot cast {} to {target}", value.data_type)));
        }
        Ok(self.cast_to(value, target, is_safe))
    }

    /// A value of a type that it must become.
    pub(super) fn expect_type(
        &self,
        value: Typed,
        target: &TrinoType,
        what: &str,
        at: Place,
    ) -> Result<Typed, SqlError> {
        if value.data_type.becomes(target) {
            return Ok(self.coerce(value, target));
        }
        Err(SqlError::mismatch(at, format!("{what} must evaluate to a {target} (actual: {})", value.data_type)))
    }

    /// A partition key beside text as text. Keys are text in Athena's crawled tables, and a crawl here finds numbers and
    /// dates among them; with this, `year = '2019'` means the same in both.
    pub(super) fn beside(&self, value: Typed, other: &TrinoType) -> Typed {
        let is_key = matches!(&value.expr, Expr::Column(column) if self.partition_keys.contains(column));
        if is_key && other.is_text() && !value.data_type.is_text() {
            return self.cast_to(value, &TrinoType::VARCHAR, false);
        }
        value
    }

    /// Both values in the type that they meet in.
    pub(super) fn common(
        &self,
        left: Typed,
        right: Typed,
        symbol: &str,
        at: Place,
    ) -> Result<(Typed, Typed, TrinoType), SqlError> {
        let left = self.beside(left, &right.data_type);
        let right = self.beside(right, &left.data_type);
        let Some(common) = left.data_type.common(&right.data_type) else {
            let error = SqlError::mismatch(
                at,
                format!("Cannot apply operator: {} {symbol} {}", left.data_type, right.data_type),
            );
            let is_text = |of: &TrinoType| of.is_text();
            return Err(if is_text(&left.data_type) != is_text(&right.data_type) {
                error.hint("text is not converted by itself: write CAST(… AS …)")
            } else {
                error
            });
        };
        Ok((self.coerce(left, &common), self.coerce(right, &common), common))
    }

    /// A comparison.
    pub(super) fn compare(
        &self,
        operator: Comparison,
        left: Typed,
        right: Typed,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let (left, right, common) = self.common(left, right, operator.symbol(), at)?;
        let is_equality = matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if !is_equality && !common.is_orderable() {
            return Err(SqlError::mismatch(at, format!("Type {common} is not orderable")));
        }
        if !is_native(&common) {
            let may_fail = !is_equality && matches!(common, TrinoType::Array(_) | TrinoType::Row(_));
            let args = vec![left, right];
            return Ok(self.kernel(
                operator.symbol(),
                comparison(operator),
                NullRule::Called,
                args,
                TrinoType::Boolean,
                may_fail,
            ));
        }
        let native = match operator {
            Comparison::Equal => Operator::Eq,
            Comparison::NotEqual => Operator::NotEq,
            Comparison::Less => Operator::Lt,
            Comparison::LessOrEqual => Operator::LtEq,
            Comparison::Greater => Operator::Gt,
            Comparison::GreaterOrEqual => Operator::GtEq,
        };
        Ok(binary(left, native, right, TrinoType::Boolean))
    }

    /// IS [NOT] DISTINCT FROM.
    pub(super) fn is_distinct(
        &self,
        left: Typed,
        right: Typed,
        is_negated: bool,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let (left, right, common) = self.common(left, right, "IS DISTINCT FROM", at)?;
        if is_native(&common) {
            let operator = if is_negated { Operator::IsNotDistinctFrom } else { Operator::IsDistinctFrom };
            return Ok(binary(left, operator, right, TrinoType::Boolean));
        }
        let args = vec![left, right];
        let differs = self.kernel("is distinct from", distinct, NullRule::Called, args, TrinoType::Boolean, false);
        Ok(if is_negated { not(differs) } else { differs })
    }
}

/// An operator of the engine.
pub(super) fn binary(left: Typed, operator: Operator, right: Typed, result: TrinoType) -> Typed {
    let can_fail = left.can_fail || right.can_fail;
    let expr = Expr::BinaryExpr(BinaryExpr::new(Box::new(left.expr), operator, Box::new(right.expr)));
    Typed::failing(expr, result, can_fail)
}

/// NOT.
pub(super) fn not(value: Typed) -> Typed {
    Typed::failing(Expr::Not(Box::new(value.expr)), TrinoType::Boolean, value.can_fail)
}

/// Whether the engine compares values of a type as Trino does.
pub(super) fn is_native(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Real
        | TrinoType::Double
        | TrinoType::TimestampWithTimeZone(_)
        | TrinoType::TimeWithTimeZone(_)
        | TrinoType::Array(_)
        | TrinoType::Map(..)
        | TrinoType::Row(_) => false,
        TrinoType::Unknown
        | TrinoType::Boolean
        | TrinoType::Tinyint
        | TrinoType::Smallint
        | TrinoType::Integer
        | TrinoType::Bigint
        | TrinoType::Decimal(..)
        | TrinoType::Varchar(_)
        | TrinoType::Char(_)
        | TrinoType::Varbinary
        | TrinoType::Json
        | TrinoType::Date
        | TrinoType::Time(_)
        | TrinoType::Timestamp(_)
        | TrinoType::IntervalDayToSecond
        | TrinoType::IntervalYearToMonth
        | TrinoType::Ipaddress
        | TrinoType::Uuid => true,
    }
}

/// Whether the engine's cast is Trino's: every value of the one type is one of the other.
fn is_widening(from: &TrinoType, to: &TrinoType) -> bool {
    match (from, to) {
        (from, to) if from.is_integer() && to.is_integer() => from.rank() < to.rank(),
        (from, TrinoType::Double) => from.is_integer() || matches!(from, TrinoType::Real),
        (from, TrinoType::Real) => from.is_integer(),
        (from, TrinoType::Decimal(precision, scale)) if from.is_integer() => {
            from.as_decimal().is_some_and(|(digits, _)| precision - scale >= digits)
        }
        _ => false,
    }
}
