//! Literals and what is the same in a whole query.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::Planner;
use super::typed::Typed;
use crate::sql::trino::cast::{
    cast, instant_of_local, local_of_instant, offset_at, parse_decimal, parse_time, parse_timestamp, time_array,
    timestamp_array, zoned_array,
};
use crate::sql::trino::error::{Place, SqlError, TrinoError};
use crate::sql::trino::parse::ast::{Current, IntervalField};
use crate::sql::trino::types::{DEFAULT_SUBSECOND, MAX_SUBSECOND, TrinoType};

impl Planner<'_> {
    pub(super) fn number(&self, digits: &str, at: Place) -> Result<Typed, SqlError> {
        let invalid = || SqlError::syntax(at, format!("Invalid numeric literal: {digits}"));
        if digits.contains('E') {
            let value: f64 = digits.parse().map_err(|_| invalid())?;
            return Ok(Typed::new(Expr::Literal(ScalarValue::Float64(Some(value)), None), TrinoType::Double));
        }
        if digits.contains('.') {
            return self.decimal(digits, at);
        }
        let lower = digits.to_ascii_lowercase();
        let radix = match lower.get(..2) {
            Some("0x") => Some(16),
            Some("0o") => Some(8),
            Some("0b") => Some(2),
            _ => None,
        };
        let value: i64 = match radix {
            Some(radix) => i64::from_str_radix(&lower[2..], radix).map_err(|_| invalid())?,
            None => digits.parse().map_err(|_| invalid())?,
        };
        Ok(match i32::try_from(value) {
            Ok(value) => Typed::new(Expr::Literal(ScalarValue::Int32(Some(value)), None), TrinoType::Integer),
            Err(_) => Typed::bigint(value),
        })
    }

    /// A decimal of exactly the digits that are written.
    fn decimal(&self, text: &str, at: Place) -> Result<Typed, SqlError> {
        let invalid = || SqlError::new("INVALID_LITERAL", at, format!("'{text}' is not a valid DECIMAL literal"));
        let unsigned = text.trim().trim_start_matches(['+', '-']);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let scale = u8::try_from(fraction.len()).map_err(|_| invalid())?;
        let whole = u8::try_from(whole.trim_start_matches('0').len()).map_err(|_| invalid())?;
        let precision = whole.saturating_add(scale).max(1);
        if precision > 38 {
            return Err(invalid());
        }
        let value = parse_decimal(text, precision, scale).ok_or_else(invalid)?;
        let literal = ScalarValue::Decimal128(Some(value), precision, scale.cast_signed());
        Ok(Typed::new(Expr::Literal(literal, None), TrinoType::Decimal(precision, scale)))
    }

    pub(super) fn text_literal(&self, text: &str) -> Typed {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Typed::new(Expr::Literal(ScalarValue::Utf8(Some(text.to_owned())), None), TrinoType::Varchar(Some(length)))
    }

    pub(super) fn binary_literal(&self, bytes: &[u8]) -> Typed {
        Typed::new(Expr::Literal(ScalarValue::Binary(Some(bytes.to_vec())), None), TrinoType::Varbinary)
    }

    /// One value in an array as a literal.
    fn literal_of(&self, array: &ArrayRef, data_type: TrinoType, at: Place) -> Result<Typed, SqlError> {
        let value =
            ScalarValue::try_from_array(array, 0).map_err(|error| SqlError::wrap(at, TrinoError::from(error)))?;
        Ok(Typed::new(Expr::Literal(value, None), data_type))
    }

    /// `DATE '…'` and its kin.
    pub(super) fn typed_literal(&mut self, type_name: &str, text: &str, at: Place) -> Result<Typed, SqlError> {
        let invalid = |what: &str| {
            SqlError::new("INVALID_LITERAL", at, format!("'{text}' is not a valid {} literal", what.to_uppercase()))
        };
        let made = |result: Result<ArrayRef, TrinoError>| result.map_err(|error| SqlError::wrap(at, error));
        let precise = |precision: u8| {
            (precision <= MAX_SUBSECOND)
                .then_some(precision)
                .ok_or_else(|| SqlError::unsupported(at, "More than 9 fraction digits of a second are not supported"))
        };
        match type_name {
            "decimal" | "dec" | "numeric" => self.decimal(text, at),
            "json" => self.call_function("json_parse", vec![Typed::text(text)], at),
            "timestamp" => {
                let found = parse_timestamp(text.trim()).ok_or_else(|| invalid(type_name))?;
                let precision = precise(found.precision)?;
                match found.zone {
                    None => {
                        let array = made(timestamp_array(vec![Some(found.local)], precision))?;
                        self.literal_of(&array, TrinoType::Timestamp(precision), at)
                    }
                    Some(zone) => {
                        let instant =
                            instant_of_local(&zone, found.local).map_err(|error| SqlError::wrap(at, error))?;
                        let array = made(zoned_array(vec![Some((instant, zone))], precision))?;
                        self.literal_of(&array, TrinoType::TimestampWithTimeZone(precision), at)
                    }
                }
            }
            "time" => {
                let (_, zone) = parse_time(text.trim()).ok_or_else(|| invalid(type_name))?;
                let digits =
                    text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
                let precision = precise(u8::try_from(digits).unwrap_or(u8::MAX))?;
                let target = match zone {
                    None => TrinoType::Time(precision),
                    Some(_) => TrinoType::TimeWithTimeZone(precision),
                };
                self.literal_cast(text, &target, type_name, at)
            }
            _ => {
                let target =
                    TrinoType::named(type_name, &[]).map_err(|message| SqlError::new("TYPE_NOT_FOUND", at, message))?;
                self.literal_cast(text, &target, type_name, at)
            }
        }
    }

    fn literal_cast(&self, text: &str, target: &TrinoType, name: &str, at: Place) -> Result<Typed, SqlError> {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let converted = cast(&texts, &TrinoType::VARCHAR, target, &self.session).map_err(|_| {
            let message = format!("'{text}' is not a valid {} literal", name.to_uppercase());
            SqlError::new("INVALID_LITERAL", at, message)
        })?;
        self.literal_of(&converted, target.clone(), at)
    }

    /// `INTERVAL '…' unit [TO unit]`
    pub(super) fn interval(
        &self,
        is_negative: bool,
        text: &str,
        from: IntervalField,
        to: Option<IntervalField>,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let invalid = || SqlError::new("INVALID_LITERAL", at, format!("'{text}' is not a valid INTERVAL literal"));
        let to = to.unwrap_or(from);
        let is_months = |field: IntervalField| matches!(field, IntervalField::Year | IntervalField::Month);
        if to < from || is_months(from) != is_months(to) {
            return Err(SqlError::syntax(at, "Invalid interval: the units do not belong together"));
        }
        let trimmed = text.trim();
        let (own, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let sign = if is_negative { -own } else { own };
        let units = [
            IntervalField::Year,
            IntervalField::Month,
            IntervalField::Week,
            IntervalField::Day,
            IntervalField::Hour,
            IntervalField::Minute,
            IntervalField::Second,
        ];
        let range = units.into_iter().filter(|unit| (from..=to).contains(unit));
        let fields: Vec<IntervalField> =
            range.filter(|unit| *unit != IntervalField::Week || from == IntervalField::Week).collect();
        let parts: Vec<&str> = digits.split([' ', ':', '-']).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() || parts.len() > fields.len() {
            return Err(invalid());
        }
        let mut total: i64 = 0;
        for (part, field) in parts.iter().zip(&fields) {
            total = amount(part, *field).and_then(|amount| total.checked_add(amount)).ok_or_else(invalid)?;
        }
        let total = total * sign;
        Ok(if is_months(from) {
            let months = i32::try_from(total).map_err(|_| invalid())?;
            let literal = ScalarValue::IntervalYearMonth(Some(months));
            Typed::new(Expr::Literal(literal, None), TrinoType::IntervalYearToMonth)
        } else {
            let literal = ScalarValue::DurationMillisecond(Some(total));
            Typed::new(Expr::Literal(literal, None), TrinoType::IntervalDayToSecond)
        })
    }

    /// `current_date` and its kin.
    pub(super) fn current(&self, what: Current, precision: Option<u32>, at: Place) -> Result<Typed, SqlError> {
        let failed = |error: TrinoError| SqlError::wrap(at, error);
        let precision = match precision {
            None => DEFAULT_SUBSECOND,
            Some(given) => u8::try_from(given).ok().filter(|given| *given <= MAX_SUBSECOND).ok_or_else(|| {
                SqlError::new("INVALID_ARGUMENTS", at, format!("Precision must be in range [0, {MAX_SUBSECOND}]"))
            })?,
        };
        let session = &self.session;
        let start = session.start;
        let instant = i128::from(start.timestamp()) * 1_000_000_000 + i128::from(start.timestamp_subsec_nanos());
        let local = local_of_instant(&session.zone, instant).map_err(failed)?;
        let midnight = local.rem_euclid(86_400_000_000_000);
        let unit = 10i128.pow(u32::from(9 - precision));
        let cut = |nanos: i128| nanos.div_euclid(unit) * unit;
        match what {
            Current::Date => {
                let days = i32::try_from(local.div_euclid(86_400_000_000_000)).unwrap_or_default();
                Ok(Typed::new(Expr::Literal(ScalarValue::Date32(Some(days)), None), TrinoType::Date))
            }
            Current::Timestamp => {
                let array = zoned_array(vec![Some((cut(instant), session.zone.clone()))], precision);
                self.literal_of(&array.map_err(failed)?, TrinoType::TimestampWithTimeZone(precision), at)
            }
            Current::LocalTimestamp => {
                let array = timestamp_array(vec![Some(cut(local))], precision).map_err(failed)?;
                self.literal_of(&array, TrinoType::Timestamp(precision), at)
            }
            Current::LocalTime => {
                let array = time_array(vec![Some(cut(midnight))], precision).map_err(failed)?;
                self.literal_of(&array, TrinoType::Time(precision), at)
            }
            Current::Time => {
                let offset = offset_at(&session.zone, start.timestamp()).map_err(failed)?;
                let sign = if offset < 0 { '-' } else { '+' };
                let zone = format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60);
                let array = crate::sql::trino::cast::zoned_time_array(vec![Some((cut(midnight), zone))], precision);
                self.literal_of(&array.map_err(failed)?, TrinoType::TimeWithTimeZone(precision), at)
            }
            Current::User => Ok(Typed::text(session.user.clone())),
            Current::Catalog => Ok(Typed::text(session.catalog.clone())),
            Current::Schema => Ok(Typed::text(self.schema.clone().unwrap_or_else(|| session.schema.clone()))),
            Current::Path => Ok(Typed::text("")),
        }
    }
}

/// A number of a unit in months or milliseconds.
fn amount(part: &str, field: IntervalField) -> Option<i64> {
    let factor = match field {
        IntervalField::Year => 12,
        IntervalField::Month => 1,
        IntervalField::Week => 7 * 86_400_000,
        IntervalField::Day => 86_400_000,
        IntervalField::Hour => 3_600_000,
        IntervalField::Minute => 60_000,
        IntervalField::Second => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            let is_number = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
            if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
                return None;
            }
            let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
            let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            return whole.checked_mul(1000)?.checked_add(millis);
        }
    };
    if !part.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    part.parse::<i64>().ok()?.checked_mul(factor)
}
