//! Datetimes taken apart and turned into numbers: EXTRACT, TSDIFF, UNIX_TIMESTAMP, TO_TIMESTAMP.

use std::sync::Arc;

use arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimeUnit};
use chrono::Datelike as _;

use super::Arguments;
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::{OVERFLOW, arguments, collect_datetime, milliseconds};
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, Values};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{Unit, datetime};

const DAY: i64 = 86_400_000;

/// `TSDIFF(a, b)`: a − b in milliseconds.
pub(super) fn tsdiff(call: Arguments<'_>) -> Result<Expr> {
    let forms = "TSDIFF(timestamp, timestamp), TSDIFF(bigint, bigint)";
    let (left, right) = call.two(forms)?;
    let instant = |value: Expr| match value.sql_type() {
        ExprType::Sql(SqlType::Timestamp) => Ok(value),
        _ => call.as_integer(value, forms),
    };
    Expr::call(Difference, vec![instant(left)?, instant(right)?], ExprType::BIGINT)
}

/// `UNIX_TIMESTAMP(ts)`
pub(super) fn unix_timestamp(call: Arguments<'_>) -> Result<Expr> {
    let forms = "UNIX_TIMESTAMP(timestamp)";
    let value = call.as_type(call.one(forms)?, &ExprType::TIMESTAMP, forms)?;
    Expr::call(Reinterpret(DataType::Int64), vec![value], ExprType::BIGINT)
}

/// `TO_TIMESTAMP(milliseconds)`
pub(super) fn to_timestamp(call: Arguments<'_>) -> Result<Expr> {
    let forms = "TO_TIMESTAMP(bigint), milliseconds since 1970";
    let value = call.as_integer(call.one(forms)?, forms)?;
    let target = DataType::Timestamp(TimeUnit::Millisecond, None);
    Expr::call(Reinterpret(target), vec![value], ExprType::TIMESTAMP)
}

/// `EXTRACT(unit FROM value)`; the value has the unit.
pub(crate) fn extract(unit: Unit, value: Expr) -> Result<Expr> {
    let interval = value.sql_type().interval();
    let leading = interval.is_some_and(|interval| interval.first == unit);
    let kernel = Extract { unit, of_interval: interval.is_some(), leading };
    let sql_type = if unit == Unit::Second { SqlType::Decimal(5, 3).into() } else { ExprType::BIGINT };
    Expr::call(kernel, vec![value], sql_type)
}

#[derive(Clone, Copy, Debug)]
struct Difference;

impl Kernel for Difference {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let (left, right) = (milliseconds(left)?, milliseconds(right)?);
        Ok(Values::collect_primitive::<Int64Type>(rows, &DataType::Int64, |row| {
            let (Some(left), Some(right)) = (left(row), right(row)) else { return Ok(None) };
            left.checked_sub(right).map(Some).ok_or(Message::Borrowed(OVERFLOW))
        }))
    }
}

/// The same 64 bits as another type.
#[derive(Clone, Debug)]
struct Reinterpret(DataType);

impl Kernel for Reinterpret {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        if value.array.data_type() == &self.0 {
            return Ok(Values::rows(Arc::clone(&value.array)));
        }
        if matches!(self.0, DataType::Timestamp(..)) {
            let read = milliseconds(value)?;
            return collect_datetime(rows, &self.0, |row| Ok(read(row)));
        }
        Ok(Values::rows(arrow::compute::cast(&value.array, &self.0)?))
    }
}

#[derive(Clone, Copy, Debug)]
struct Extract {
    unit: Unit,
    of_interval: bool,
    /// Whether the unit is the interval's first field.
    leading: bool,
}

impl Kernel for Extract {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let read = milliseconds(value)?;
        if self.unit == Unit::Second {
            let data_type = DataType::Decimal128(5, 3);
            return Ok(Values::collect_primitive::<Decimal128Type>(rows, &data_type, |row| {
                let millis = read(row);
                Ok(millis
                    .map(|millis| if self.of_interval { millis % 60_000 } else { millis.rem_euclid(60_000) }.into()))
            }));
        }
        Ok(Values::collect_primitive::<Int64Type>(rows, &DataType::Int64, |row| {
            let Some(value) = read(row) else { return Ok(None) };
            let field = if self.of_interval { Some(self.interval_field(value)) } else { self.datetime_field(value) };
            field.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        }))
    }
}

impl Extract {
    /// A field of an interval has the interval's sign; the first one holds all that is above it.
    fn interval_field(self, value: i64) -> i64 {
        let whole = value / self.unit.size();
        match self.unit {
            _ if self.leading => whole,
            Unit::Year | Unit::Day => whole,
            Unit::Month => whole % 12,
            Unit::Hour => whole % 24,
            Unit::Minute | Unit::Second => whole % 60,
        }
    }

    fn datetime_field(self, millis: i64) -> Option<i64> {
        let of_day = millis.rem_euclid(DAY);
        Some(match self.unit {
            Unit::Hour => of_day / 3_600_000,
            Unit::Minute => of_day / 60_000 % 60,
            Unit::Second => of_day / 1_000 % 60,
            Unit::Year | Unit::Month | Unit::Day => {
                let date = datetime::date(i32::try_from(millis.div_euclid(DAY)).ok()?)?;
                match self.unit {
                    Unit::Year => date.year().into(),
                    Unit::Month => date.month().into(),
                    _ => date.day().into(),
                }
            }
        })
    }
}
