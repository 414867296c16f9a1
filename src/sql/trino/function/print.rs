//! Values as text, as `CAST(… AS varchar)` prints them.

use std::fmt::Write;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, DurationMillisecondArray, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, IntervalYearMonthArray, StringArray,
};
use arrow::buffer::NullBuffer;

use super::TrinoError;
use super::column::{is_valid, typed};
use super::datetime::{MomentText, Moments};
use crate::sql::trino::types::TrinoType;

/// Prints the values of one column.
pub(super) struct Printer<'a> {
    values: Values<'a>,
    nulls: Option<NullBuffer>,
}

enum Values<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Tinyint(&'a Int8Array),
    Smallint(&'a Int16Array),
    Integer(&'a Int32Array),
    Bigint(&'a Int64Array),
    Real(&'a Float32Array),
    Double(&'a Float64Array),
    Decimal(&'a Decimal128Array),
    Text(&'a StringArray),
    Moment(Moments<'a>, MomentText),
    Days(&'a DurationMillisecondArray),
    Months(&'a IntervalYearMonthArray),
    Uuid(&'a FixedSizeBinaryArray),
    Address(&'a FixedSizeBinaryArray),
}

impl<'a> Printer<'a> {
    /// A printer of `array`, whose type must be one that can be cast to varchar.
    pub(super) fn new(array: &'a ArrayRef, data_type: &TrinoType) -> Result<Self, TrinoError> {
        let values = match data_type {
            TrinoType::Unknown => Values::Null,
            TrinoType::Boolean => Values::Boolean(typed(array)?),
            TrinoType::Tinyint => Values::Tinyint(typed(array)?),
            TrinoType::Smallint => Values::Smallint(typed(array)?),
            TrinoType::Integer => Values::Integer(typed(array)?),
            TrinoType::Bigint => Values::Bigint(typed(array)?),
            TrinoType::Real => Values::Real(typed(array)?),
            TrinoType::Double => Values::Double(typed(array)?),
            TrinoType::Decimal(..) => Values::Decimal(typed(array)?),
            TrinoType::Varchar(_) | TrinoType::Char(_) | TrinoType::Json => Values::Text(typed(array)?),
            TrinoType::Date
            | TrinoType::Time(_)
            | TrinoType::TimeWithTimeZone(_)
            | TrinoType::Timestamp(_)
            | TrinoType::TimestampWithTimeZone(_) => Values::Moment(Moments::new(array)?, MomentText::of(data_type)),
            TrinoType::IntervalDayToSecond => Values::Days(typed(array)?),
            TrinoType::IntervalYearToMonth => Values::Months(typed(array)?),
            TrinoType::Uuid => Values::Uuid(typed(array)?),
            TrinoType::Ipaddress => Values::Address(typed(array)?),
            TrinoType::Varbinary | TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_) => {
                return Err(TrinoError::new("TYPE_MISMATCH", format!("Cannot cast {data_type} to varchar")));
            }
        };
        Ok(Self { values, nulls: array.logical_nulls() })
    }

    /// Whether row `row` has a value.
    pub(super) fn is_valid(&self, row: usize) -> bool {
        !matches!(self.values, Values::Null) && is_valid(self.nulls.as_ref(), row)
    }

    /// Append the value of row `row`, which is not NULL.
    pub(super) fn print(&self, row: usize, out: &mut String) -> Result<(), TrinoError> {
        let mut digits = itoa::Buffer::new();
        match &self.values {
            Values::Null => {}
            Values::Boolean(values) => out.push_str(if values.value(row) { "true" } else { "false" }),
            Values::Tinyint(values) => out.push_str(digits.format(values.value(row))),
            Values::Smallint(values) => out.push_str(digits.format(values.value(row))),
            Values::Integer(values) => out.push_str(digits.format(values.value(row))),
            Values::Bigint(values) => out.push_str(digits.format(values.value(row))),
            Values::Real(values) => print_scientific(&format!("{:e}", values.value(row)), out),
            Values::Double(values) => print_scientific(&format!("{:e}", values.value(row)), out),
            Values::Decimal(values) => print_decimal(values.value(row), values.scale(), out),
            Values::Text(values) => out.push_str(values.value(row)),
            Values::Moment(moments, text) => text.print(moments, row, out)?,
            Values::Days(values) => print_day_interval(values.value(row), out),
            Values::Months(values) => {
                let months = values.value(row);
                let sign = if months < 0 { "-" } else { "" };
                // Writing to a text cannot fail; nor below.
                let _ = write!(out, "{sign}{}-{}", months.unsigned_abs() / 12, months.unsigned_abs() % 12);
            }
            Values::Uuid(values) => {
                let _ = write!(out, "{}", uuid::Uuid::from_slice(values.value(row)).unwrap_or_default());
            }
            Values::Address(values) => print_address(values.value(row), out),
        }
        Ok(())
    }
}

/// A number in Rust's `{:e}` form as Trino casts floating point numbers: `1.5E0`, `0E0`, `Infinity`.
fn print_scientific(scientific: &str, out: &mut String) {
    match scientific {
        "inf" => out.push_str("Infinity"),
        "-inf" => out.push_str("-Infinity"),
        "NaN" => out.push_str("NaN"),
        "0e0" => out.push_str("0E0"),
        "-0e0" => out.push_str("-0E0"),
        other => {
            let (digits, exponent) = other.split_once('e').unwrap_or((other, "0"));
            out.push_str(digits);
            out.push_str(if digits.contains('.') { "E" } else { ".0E" });
            out.push_str(exponent);
        }
    }
}

/// Java's text of a double: plain from 10⁻³ to 10⁷, else with an exponent, always with a fraction digit.
pub(super) fn print_double(value: f64, out: &mut String) {
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
        return;
    }
    print_shortest(&format!("{value:e}"), out);
}

/// Java's text of a real.
pub(super) fn print_real(value: f32, out: &mut String) {
    if value.is_finite() { print_shortest(&format!("{value:e}"), out) } else { print_double(f64::from(value), out) }
}

/// Java's layout of the shortest digits, given as `-1.5e-7`.
fn print_shortest(scientific: &str, out: &mut String) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    out.push_str(sign);
    let is_zero = whole == "0" && fraction.is_empty();
    if !is_zero && !(-3..7).contains(&exponent) {
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        // Writing to a text cannot fail.
        let _ = write!(out, "{whole}.{fraction}E{exponent}");
        return;
    }
    let digits = [whole, fraction].concat();
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1).unsigned_abs() as usize));
        out.push_str(&digits);
        return;
    }
    let point = exponent.unsigned_abs() as usize + 1;
    out.push_str(&digits[..point.min(digits.len())]);
    out.extend(std::iter::repeat_n('0', point.saturating_sub(digits.len())));
    out.push('.');
    out.push_str(digits.get(point..).filter(|rest| !rest.is_empty()).unwrap_or("0"));
}

/// A decimal with exactly its fraction digits.
pub(super) fn print_decimal(value: i128, scale: i8, out: &mut String) {
    let scale = usize::from(scale.unsigned_abs());
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if value < 0 {
        out.push('-');
    }
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(fraction);
    }
}

/// `2 03:00:00.000`.
pub(super) fn print_day_interval(millis: i64, out: &mut String) {
    let sign = if millis < 0 { "-" } else { "" };
    let rest = millis.unsigned_abs();
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    // Writing to a text cannot fail.
    let _ = write!(
        out,
        "{sign}{} {:02}:{:02}:{:02}.{fraction:03}",
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
}

/// An IPv4 address where the sixteen bytes are one, else an IPv6 address.
fn print_address(bytes: &[u8], out: &mut String) {
    let Ok(bytes) = <[u8; 16]>::try_from(bytes) else { return };
    let address = std::net::Ipv6Addr::from(bytes);
    // Writing to a text cannot fail.
    let _ = match address.to_ipv4_mapped() {
        Some(address) => write!(out, "{address}"),
        None => write!(out, "{address}"),
    };
}
