//! Types of operators: arithmetic, comparison, `||`, signs, NOT.

use super::Binder;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{
    Arithmetic, Comparison, DatetimeDifference, DatetimeShift, DecimalArithmetic, Distinct, IntervalAdd, IntervalScale,
    Kernel, Negate, Not, decimal_type,
};
use crate::analytics::expr::{Expr, ExprType, common_type};
use crate::analytics::function::{Concat, TrimBlanks};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, BinaryOp, ExprKind, IntervalQualifier};

impl Binder<'_> {
    pub(super) fn not(&self, operand: &syntax::Expr) -> Result<Expr> {
        Expr::call(Not, vec![self.condition(operand)?], ExprType::BOOLEAN)
    }

    /// The opposite of a condition, where a predicate was written with NOT.
    pub(super) fn negated(&self, condition: Expr, negated: bool) -> Result<Expr> {
        if negated { Expr::call(Not, vec![condition], ExprType::BOOLEAN) } else { Ok(condition) }
    }

    pub(super) fn negate(&self, operand: &syntax::Expr, minus: bool, at: At) -> Result<Expr> {
        let expr = self.expr(operand)?;
        let sql_type = expr.sql_type().clone();
        if sql_type.is_null() {
            return Ok(expr);
        }
        if !sql_type.is_numeric() && sql_type.interval().is_none() {
            let message = format!("A sign cannot stand before a value of type {sql_type}");
            return Err(at.error_with_hint(self.text, message, "it belongs to numbers and intervals"));
        }
        if minus { Expr::call(Negate, vec![expr], sql_type) } else { Ok(expr) }
    }

    pub(super) fn binary(&self, op: BinaryOp, left: Expr, right: Expr, at: At) -> Result<Expr> {
        if op.is_comparison() {
            let (left, right) = self.comparable(op.symbol(), left, right, at)?;
            return Expr::call(Comparison(op), vec![left, right], ExprType::BOOLEAN);
        }
        if op == BinaryOp::Concat {
            return self.concat(left, right, at);
        }
        self.arithmetic(op, left, right, at)
    }

    fn arithmetic(&self, op: BinaryOp, left: Expr, right: Expr, at: At) -> Result<Expr> {
        let (left, right) = same_null(left, right);
        let (one, other) = (left.sql_type().clone(), right.sql_type().clone());
        if one.is_numeric() && other.is_numeric() {
            return self.numbers(op, left, right, at);
        }
        let subtract = op == BinaryOp::Subtract;
        let additive = subtract || op == BinaryOp::Add;
        match (one.interval(), other.interval()) {
            (Some(a), Some(b)) if additive && a.is_year_month() == b.is_year_month() => {
                Expr::call(IntervalAdd { subtract }, vec![left, right], ExprType::Interval(a.union(b)))
            }
            (None, Some(interval)) if additive && one.is_datetime() => self.shift(left, right, interval, subtract, at),
            (Some(interval), None) if op == BinaryOp::Add && other.is_datetime() => {
                self.shift(right, left, interval, false, at)
            }
            (Some(_), None) if matches!(op, BinaryOp::Multiply | BinaryOp::Divide) && other.is_numeric() => {
                self.scale(left, right, op == BinaryOp::Divide, at)
            }
            (None, Some(_)) if op == BinaryOp::Multiply && one.is_numeric() => self.scale(right, left, false, at),
            _ => Err(self.no_operator(op, &one, &other, at)),
        }
    }

    fn numbers(&self, op: BinaryOp, left: Expr, right: Expr, at: At) -> Result<Expr> {
        let (one, other) = (left.sql_type().clone(), right.sql_type().clone());
        if let (Some(a), Some(b)) = (one.decimal(), other.decimal())
            && (one.is_decimal() || other.is_decimal())
        {
            let result = decimal_type(op, a, b);
            let kernel = DecimalArithmetic { op, scales: (a.1, b.1), result };
            return Expr::call(kernel, vec![left, right], SqlType::Decimal(result.0, result.1).into());
        }
        let common = if one.is_integer() && other.is_integer() {
            common_type(&one, &other).unwrap_or(ExprType::BIGINT)
        } else {
            ExprType::DOUBLE
        };
        let (left, right) = (self.coerce(left, &common, at)?, self.coerce(right, &common, at)?);
        Expr::call(Arithmetic(op), vec![left, right], common)
    }

    fn shift(
        &self,
        datetime: Expr,
        interval: Expr,
        qualifier: IntervalQualifier,
        subtract: bool,
        at: At,
    ) -> Result<Expr> {
        let sql_type = datetime.sql_type().clone();
        let months = qualifier.is_year_month();
        if months && sql_type == ExprType::Sql(SqlType::Time) {
            return Err(at.error(self.text, format!("A TIME cannot be moved by an INTERVAL {qualifier}")));
        }
        Expr::call(DatetimeShift { subtract, months }, vec![datetime, interval], sql_type)
    }

    fn scale(&self, interval: Expr, number: Expr, divide: bool, at: At) -> Result<Expr> {
        let sql_type = interval.sql_type().clone();
        let scale = number.sql_type().decimal().map_or(0, |(_, scale)| scale);
        let number = if number.sql_type().is_float() { self.coerce(number, &ExprType::DOUBLE, at)? } else { number };
        // The value may need more digits than the literal did.
        let result = match sql_type {
            ExprType::Interval(qualifier) => ExprType::Interval(IntervalQualifier { precision: None, ..qualifier }),
            other => other,
        };
        Expr::call(IntervalScale { divide, scale }, vec![interval, number], result)
    }

    /// `(a - b) qualifier`
    pub(super) fn qualified(&self, ast: &syntax::Expr, qualifier: IntervalQualifier, at: At) -> Result<Expr> {
        let ExprKind::Binary { op: BinaryOp::Subtract, left, right } = &ast.kind else {
            return Err(at.error_with_hint(
                self.text,
                format!("{qualifier} stands behind something that is no difference"),
                "a qualifier belongs to two datetimes: (a - b) SECOND",
            ));
        };
        let (left, right) = same_null(self.expr(left)?, self.expr(right)?);
        let same = left.sql_type() == right.sql_type() && left.sql_type().is_datetime();
        if !same {
            if left.sql_type().is_null() && right.sql_type().is_null() {
                return Ok(Expr::null(ExprType::Interval(qualifier)));
            }
            return Err(at.error_with_hint(
                self.text,
                format!("The distance of {} and {} cannot be computed", left.sql_type(), right.sql_type()),
                "both must be of the same type DATE, TIME or TIMESTAMP; CAST one of them",
            ));
        }
        Expr::call(DatetimeDifference(qualifier), vec![left, right], ExprType::Interval(qualifier))
    }

    fn concat(&self, left: Expr, right: Expr, at: At) -> Result<Expr> {
        let (left, right) = same_null(left, right);
        match (left.sql_type().text_length(), right.sql_type().text_length()) {
            (Some(one), Some(other)) => {
                Expr::call(Concat, vec![left, right], ExprType::varchar(one.saturating_add(other)))
            }
            _ if left.sql_type().is_null() => Ok(Expr::null(ExprType::varchar(1))),
            _ => Err(self.no_operator(BinaryOp::Concat, left.sql_type(), right.sql_type(), at)),
        }
    }

    fn no_operator(&self, op: BinaryOp, left: &ExprType, right: &ExprType, at: At) -> Error {
        let hint = match op {
            BinaryOp::Concat => "`||` joins texts; CAST(value AS VARCHAR(20)) makes text of other values",
            BinaryOp::Add if left.is_text() || right.is_text() => "texts are joined by `||`; CAST text to a number",
            BinaryOp::Subtract if left.is_datetime() && right.is_datetime() => {
                "the distance of two datetimes needs a qualifier: (a - b) SECOND"
            }
            _ if left.is_datetime() || right.is_datetime() => {
                "datetime + interval, datetime - interval, (datetime - datetime) qualifier"
            }
            _ if left.interval().is_some() || right.interval().is_some() => {
                "interval + interval, interval * number, interval / number, datetime + interval"
            }
            _ => "arithmetic works on numbers, intervals and datetimes; CAST text to a number",
        };
        let message = format!("`{}` cannot be applied to {left} and {right}", op.symbol());
        at.error_with_hint(self.text, message, hint)
    }

    /// Two operands in a type in which they can be compared.
    pub(super) fn comparable(&self, symbol: &str, left: Expr, right: Expr, at: At) -> Result<(Expr, Expr)> {
        let (one, other) = (left.sql_type().clone(), right.sql_type().clone());
        if one.is_null() && other.is_null() {
            return Ok((Expr::null(ExprType::INTEGER), Expr::null(ExprType::INTEGER)));
        }
        let comparable = !matches!(one, ExprType::Row(_)) && !matches!(other, ExprType::Row(_));
        let Some(common) = common_type(&one, &other).filter(|_| comparable) else {
            let hint = if one.is_text() || other.is_text() {
                "text is not converted by itself: CAST it, or write a literal such as TIMESTAMP '2020-01-01 00:00:00'"
            } else {
                "numbers compare with numbers, text with text, datetimes with datetimes; CAST one of them"
            };
            return Err(at.error_with_hint(self.text, format!("`{symbol}` cannot compare {one} with {other}"), hint));
        };
        let common = match common {
            // Wider than any result, so that comparing never overflows.
            ExprType::Sql(SqlType::Decimal(_, scale)) if one != other => SqlType::Decimal(38, scale).into(),
            common => common,
        };
        let is_char = |sql_type: &ExprType| matches!(sql_type, ExprType::Sql(SqlType::Char(_)));
        let (left, right) = (self.coerce(left, &common, at)?, self.coerce(right, &common, at)?);
        if is_char(&one) || is_char(&other) {
            // Blanks at the end of a CHAR are filling.
            let trim = |expr: Expr| Expr::call(TrimBlanks, vec![expr], common.clone());
            return Ok((trim(left)?, trim(right)?));
        }
        Ok((left, right))
    }

    /// A kernel over two comparable operands.
    pub(super) fn compare(
        &self,
        symbol: &str,
        kernel: impl Kernel + 'static,
        left: Expr,
        right: Expr,
        at: At,
    ) -> Result<Expr> {
        let (left, right) = self.comparable(symbol, left, right, at)?;
        Expr::call(kernel, vec![left, right], ExprType::BOOLEAN)
    }

    pub(super) fn is_distinct(&self, left: &syntax::Expr, right: &syntax::Expr, negated: bool, at: At) -> Result<Expr> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        self.compare("IS DISTINCT FROM", Distinct { negated }, left, right, at)
    }
}

/// A NULL without type takes that of the other operand.
fn same_null(left: Expr, right: Expr) -> (Expr, Expr) {
    match (left.sql_type().is_null(), right.sql_type().is_null()) {
        (true, false) => (Expr::null(right.sql_type().clone()), right),
        (false, true) => {
            let null = Expr::null(left.sql_type().clone());
            (left, null)
        }
        _ => (left, right),
    }
}
