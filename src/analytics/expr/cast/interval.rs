//! Intervals to intervals of other fields, and to numbers.

use super::number::{Number, NumberCast};
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::{Kernel, arguments, collect_datetime, milliseconds};
use crate::analytics::expr::{ExprType, Message, Values};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{IntervalQualifier, Unit};

/// An interval cut to the fields of another qualifier.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntervalCast(pub(super) IntervalQualifier);

impl Kernel for IntervalCast {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let read = milliseconds(value)?;
        let qualifier = self.0;
        collect_datetime(rows, value.array.data_type(), |row| {
            let Some(value) = read(row) else { return Ok(None) };
            if !qualifier.holds(value) {
                return Err(Message::Owned(format!(
                    "The interval {} does not fit {qualifier}",
                    qualifier.render(value)
                )));
            }
            Ok(Some(value - value % qualifier.step()))
        })
    }
}

/// An interval of one field as the number in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntervalToNumber {
    pub(super) unit: Unit,
    pub(super) to: SqlType,
}

impl Kernel for IntervalToNumber {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let read = milliseconds(value)?;
        let unit = self.unit;
        let numbers = NumberCast { from: ExprType::BIGINT, to: self.to };
        numbers.collect(rows, &self.to.to_arrow(), |row| {
            // Only seconds have a fraction.
            Ok(read(row).map(|value| match unit {
                Unit::Second => Number::Exact(value.into(), 3),
                _ => Number::Exact((value / unit.size()).into(), 0),
            }))
        })
    }
}
