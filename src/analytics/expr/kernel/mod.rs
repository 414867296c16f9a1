//! Computations over values: one file for each family of operators. Functions have theirs in `function`.

mod arithmetic;
mod comparison;
mod datetime;
mod decimal;
mod interval;
mod membership;
mod truth;

use std::fmt;

use super::Values;
use crate::analytics::error::{Error, Result};

pub(crate) use arithmetic::{Arithmetic, DIVISION_BY_ZERO, Negate, OVERFLOW};
pub(crate) use comparison::{Comparison, Distinct};
pub(crate) use datetime::{DatetimeDifference, DatetimeShift, add_months, collect_datetime, milliseconds};
pub(crate) use decimal::{DecimalArithmetic, decimal_type, exact, pow10, rescale};
pub(crate) use interval::{IntervalAdd, IntervalScale};
pub(crate) use membership::Membership;
pub(crate) use truth::{IsNull, Not, Truth};

/// A computation over values.
pub(crate) trait Kernel: fmt::Debug + Send + Sync {
    /// The result for `rows` rows: 1 when all arguments are constant, and then the result is too.
    ///
    /// Failures of the arguments are none of its business; a failed argument is NULL.
    fn evaluate(&self, arguments: &[Values], rows: usize) -> Result<Values>;
}

/// The arguments of a kernel of fixed width.
pub(crate) fn arguments<const N: usize>(arguments: &[Values]) -> Result<&[Values; N]> {
    arguments.try_into().map_err(|_| wrong_number(arguments.len()))
}

/// That a kernel was bound to a number of arguments that it does not take.
pub(crate) fn wrong_number(found: usize) -> Error {
    Error::Internal(format!("a kernel got {found} arguments"))
}
