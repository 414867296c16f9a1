//! What an argument of `format` is to Java.

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
};

use super::super::TrinoError;
use super::super::column::typed;
use super::super::datetime::{Local, Moments, Zone};
use super::super::print::{Printer, print_double, print_real};
use crate::sql::trino::types::TrinoType;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    /// An integer, and the bits of its Java class.
    Integer(i64),
    Double(f64, String),
    Decimal(i128, u8),
    Text(std::borrow::Cow<'a, str>),
    /// A date or time: the wall clock, whether it has a date, a time of day, a zone, and its Java text.
    Moment {
        local: Local,
        date: bool,
        time: bool,
        zone: Option<(Zone, String)>,
        text: String,
    },
}

/// The values of one argument.
pub(super) struct Column<'a> {
    array: &'a ArrayRef,
    data_type: &'a TrinoType,
    printer: Printer<'a>,
    moments: Option<Moments<'a>>,
}

impl<'a> Column<'a> {
    pub(super) fn new(array: &'a ArrayRef, data_type: &'a TrinoType) -> Result<Self, TrinoError> {
        let is_moment = matches!(
            data_type,
            TrinoType::Date | TrinoType::Time(_) | TrinoType::Timestamp(_) | TrinoType::TimestampWithTimeZone(_)
        );
        let moments = if is_moment { Some(Moments::new(array)?) } else { None };
        Ok(Self { array, data_type, printer: Printer::new(array, data_type)?, moments })
    }

    /// The value of row `row`.
    pub(super) fn get(&self, row: usize) -> Result<Value<'a>, TrinoError> {
        if !self.printer.is_valid(row) {
            return Ok(Value::Null);
        }
        let text = |printer: &Printer<'_>| {
            let mut text = String::new();
            printer.print(row, &mut text).map(|()| text)
        };
        Ok(match self.data_type {
            TrinoType::Boolean => Value::Boolean(typed::<BooleanArray>(self.array)?.value(row)),
            TrinoType::Tinyint => Value::Integer(typed::<Int8Array>(self.array)?.value(row).into()),
            TrinoType::Smallint => Value::Integer(typed::<Int16Array>(self.array)?.value(row).into()),
            TrinoType::Integer => Value::Integer(typed::<Int32Array>(self.array)?.value(row).into()),
            TrinoType::Bigint => Value::Integer(typed::<Int64Array>(self.array)?.value(row)),
            TrinoType::Real => {
                let (value, mut text) = (typed::<Float32Array>(self.array)?.value(row), String::new());
                print_real(value, &mut text);
                Value::Double(value.into(), text)
            }
            TrinoType::Double => {
                let (value, mut text) = (typed::<Float64Array>(self.array)?.value(row), String::new());
                print_double(value, &mut text);
                Value::Double(value, text)
            }
            TrinoType::Decimal(_, scale) => Value::Decimal(typed::<Decimal128Array>(self.array)?.value(row), *scale),
            _ => match &self.moments {
                Some(moments) => self.moment(moments, row)?,
                None => Value::Text(text(&self.printer)?.into()),
            },
        })
    }

    fn moment(&self, moments: &Moments<'_>, row: usize) -> Result<Value<'a>, TrinoError> {
        let local = moments.local(row)?;
        let date = !matches!(self.data_type, TrinoType::Time(_));
        let time = !matches!(self.data_type, TrinoType::Date);
        let mut zone = None;
        let mut text = String::new();
        if date {
            super::super::datetime::print_date(local.days, &mut text);
        }
        if time {
            if date {
                text.push('T');
            }
            print_java_time(local, &mut text);
        }
        if let Some(found) = moments.zone(row)? {
            let name = moments.zone_name(row).unwrap_or_default().to_owned();
            match found {
                Zone::Fixed(0) => text.push_str("Z[UTC]"),
                Zone::Fixed(_) => text.push_str(&name),
                Zone::Region(_) => {
                    text.push_str(&Zone::Fixed(found.offset_at(moments.stored(row))).name().replace("UTC", "Z"));
                    text.push_str(&format!("[{name}]"));
                }
            }
            zone = Some((found, name));
        }
        Ok(Value::Moment { local, date, time, zone, text })
    }
}

/// Java's shortest text of a time of day: seconds only when there are any, fractions in groups of three digits.
fn print_java_time(local: Local, out: &mut String) {
    let digits = match local.nanos % 1_000_000_000 {
        0 => 0,
        nanos if nanos % 1_000_000 == 0 => 3,
        nanos if nanos % 1000 == 0 => 6,
        _ => 9,
    };
    let start = out.len();
    super::super::datetime::print_time(local, digits, out);
    if digits == 0 && local.nanos / 1_000_000_000 % 60 == 0 {
        out.truncate(start + "00:00".len());
    }
}
