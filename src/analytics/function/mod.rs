//! Scalar functions: those of the dialect, one file for each family, and those written in SQL.
//!
//! A function is bound by its name and the types of its arguments; what it computes is a
//! [`Kernel`](crate::analytics::expr::Kernel). Functions whose arguments stand between words (SUBSTRING, TRIM, EXTRACT …)
//! come from the binder directly; the others are found by [`bind`].
//!
//! Source: Kinesis Data Analytics SQL Reference, "Functions".

mod arguments;
mod characters;
mod clock;
mod date_format;
mod definition;
mod java_regex;
mod like;
mod log_parser;
mod nearest;
mod number;
mod pattern;
mod period;
mod regex_replace;
mod rounding;
mod similar;
mod substring;
mod text;

use super::error::Result;
use super::expr::Expr;

pub(crate) use arguments::Arguments;
pub(crate) use clock::extract;
pub(crate) use definition::{Definition, Functions};
pub(crate) use java_regex::JavaRegex;
pub(crate) use like::Like;
pub(crate) use nearest::nearest;
pub(crate) use period::period;
pub(crate) use rounding::{Round, StepNumber, StepTime};
pub(crate) use substring::{SubstringRegex, SubstringSimilar, substring};
pub(crate) use text::{Concat, Overlay, Position, Trim, TrimBlanks};

/// Aggregate and analytic functions, which the planner takes out before anything is bound.
pub(crate) const AGGREGATES: [&str; 18] = [
    "ANY",
    "AVG",
    "COUNT",
    "EVERY",
    "EXP_AVG",
    "FIRST_VALUE",
    "LAG",
    "LAST_VALUE",
    "MAX",
    "MIN",
    "MONOTONIC",
    "NTH_VALUE",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "SUM",
    "VAR_POP",
    "VAR_SAMP",
    "STDDEV",
];

/// Functions of the dialect that are called with commas.
const NAMES: [&str; 33] = [
    "ABS",
    "CEIL",
    "CEILING",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "CHAR_TO_DATE",
    "CHAR_TO_TIME",
    "CHAR_TO_TIMESTAMP",
    "COALESCE",
    "DATE_TO_CHAR",
    "EXP",
    "FLOOR",
    "INITCAP",
    "LN",
    "LOG10",
    "LOWER",
    "MOD",
    "NULLIF",
    "POWER",
    "REGEX_REPLACE",
    "SUBSTRING",
    "TIMESTAMP_TO_CHAR",
    "TIME_TO_CHAR",
    "TO_TIMESTAMP",
    "TSDIFF",
    "UNIX_TIMESTAMP",
    "UPPER",
    "CAST",
    "EXTRACT",
    "OVERLAY",
    "POSITION",
    "STEP",
    "TRIM",
];

/// Names of functions, for messages that guess what was meant.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain(AGGREGATES)
}

/// The call of a function of the dialect; `None` when there is none of that name.
///
/// # Errors
/// An error with the forms that the function has, when the arguments fit none of them.
pub(crate) fn bind(arguments: Arguments<'_>) -> Result<Option<Expr>> {
    Ok(Some(match arguments.name {
        "ABS" => number::abs(arguments)?,
        "CEIL" | "CEILING" => number::round(arguments, true)?,
        "FLOOR" => number::round(arguments, false)?,
        "EXP" | "LN" | "LOG10" => number::logarithm(arguments)?,
        "POWER" => number::power(arguments)?,
        "MOD" => number::modulo(arguments)?,
        "CHAR_LENGTH" | "CHARACTER_LENGTH" => text::length(arguments)?,
        "LOWER" | "UPPER" | "INITCAP" => text::fold(arguments)?,
        "SUBSTRING" => substring::with_commas(arguments)?,
        "REGEX_REPLACE" => regex_replace::bind(arguments)?,
        "TSDIFF" => clock::tsdiff(arguments)?,
        "UNIX_TIMESTAMP" => clock::unix_timestamp(arguments)?,
        "TO_TIMESTAMP" => clock::to_timestamp(arguments)?,
        "CHAR_TO_TIMESTAMP" | "CHAR_TO_DATE" | "CHAR_TO_TIME" => date_format::parse(arguments)?,
        "TIMESTAMP_TO_CHAR" | "DATE_TO_CHAR" | "TIME_TO_CHAR" => date_format::format(arguments)?,
        _ => return log_parser::bind(&arguments),
    }))
}

#[cfg(test)]
mod tests;
