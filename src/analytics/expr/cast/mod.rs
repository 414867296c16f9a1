//! CAST: which conversions there are, and the kernels that do them.
//!
//! A conversion that the dialect does not have is refused when the application is planned; one that a value does not
//! survive (overflow, text that is no number, a target text that is too short) fails the row.
//!
//! Source: Kinesis Data Analytics SQL Reference, "CAST".

mod datetime;
mod interval;
mod number;
mod parse;
mod text;

use super::kernel::DatetimeShift;
use super::{Expr, ExprType};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::Clock;

use number::NumberCast;
use parse::TextParse;
use text::{TextFit, TextFormat};

pub(crate) use text::{Fit, write_value};

/// `expr` as a value of type `to`; `None` when there is no such conversion.
pub(crate) fn cast(expr: Expr, to: &ExprType) -> Result<Option<Expr>> {
    let from = expr.sql_type().clone();
    if from == *to {
        return Ok(Some(expr));
    }
    if from.is_null() {
        return Ok(Some(Expr::null(to.clone())));
    }
    let converted = match (&from, to) {
        (_, ExprType::Sql(target)) if from.is_numeric() && to.is_numeric() => {
            Expr::call(NumberCast { from, to: *target }, vec![expr], to.clone())?
        }
        (_, ExprType::Sql(target)) if from.is_text() && to.is_text() => fit_text(expr, *target, Fit::Strict)?,
        (_, _) if from.is_text() => Expr::call(TextParse { to: to.clone() }, vec![expr], to.clone())?,
        (ExprType::Interval(one), ExprType::Interval(other)) if one.is_year_month() == other.is_year_month() => {
            Expr::call(interval::IntervalCast(*other), vec![expr], to.clone())?
        }
        (ExprType::Interval(qualifier), ExprType::Sql(target))
            if (to.is_integer() || to.is_decimal()) && qualifier.first == qualifier.last =>
        {
            Expr::call(interval::IntervalToNumber { unit: qualifier.first, to: *target }, vec![expr], to.clone())?
        }
        (ExprType::Interval(_), ExprType::Sql(target)) if to.is_text() => format_text(expr, *target, Fit::Cut)?,
        (ExprType::Sql(_), ExprType::Sql(target)) if to.is_text() && !from.is_binary() => {
            format_text(expr, *target, Fit::Strict)?
        }
        (ExprType::Sql(SqlType::Date), ExprType::Sql(SqlType::Timestamp)) => {
            Expr::call(datetime::DatetimeCast(SqlType::Timestamp), vec![expr], to.clone())?
        }
        (ExprType::Sql(SqlType::Timestamp), ExprType::Sql(target @ (SqlType::Date | SqlType::Time))) => {
            Expr::call(datetime::DatetimeCast(*target), vec![expr], to.clone())?
        }
        (ExprType::Sql(SqlType::Time), ExprType::Sql(SqlType::Timestamp)) => {
            // A time of day becomes one of the present day.
            let today = Expr::clock(Clock::Date);
            let midnight = Expr::call(datetime::DatetimeCast(SqlType::Timestamp), vec![today], to.clone())?;
            let shift = DatetimeShift { subtract: false, months: false };
            Expr::call(shift, vec![midnight, expr], to.clone())?
        }
        (_, ExprType::Sql(target)) if from.is_binary() && to.is_binary() => {
            Expr::call(text::BinaryFit { to: *target, fit: Fit::Strict }, vec![expr], to.clone())?
        }
        _ => return Ok(None),
    };
    Ok(Some(converted))
}

/// The value as text of type `to`.
pub(crate) fn format_text(expr: Expr, to: SqlType, fit: Fit) -> Result<Expr> {
    let from = expr.sql_type().clone();
    Expr::call(TextFormat { from, to, fit }, vec![expr], to.into())
}

/// Text as text of another length; nothing is done where all of it fits by its type.
pub(crate) fn fit_text(expr: Expr, to: SqlType, fit: Fit) -> Result<Expr> {
    let fits = match (expr.sql_type(), to) {
        (ExprType::Sql(SqlType::Char(have) | SqlType::Varchar(have)), SqlType::Varchar(most)) => *have <= most,
        _ => false,
    };
    if fits {
        return Ok(expr.retyped(to.into()));
    }
    Expr::call(TextFit { to, fit }, vec![expr], to.into())
}

/// Bytes as bytes of another length.
pub(crate) fn fit_binary(expr: Expr, to: SqlType) -> Result<Expr> {
    Expr::call(text::BinaryFit { to, fit: Fit::Cut }, vec![expr], to.into())
}
