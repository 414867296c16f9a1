//! Log parsers as functions of a text: the other arguments are constants, the result is a row value.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields, Float64Type, Int64Type};

use super::Arguments;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::kernel::{arguments, milliseconds};
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, RowFailures, Values};
use crate::analytics::log_parser::{self, LogParser};
use crate::analytics::syntax::Clock;
use crate::analytics::table_function::Argument;

/// The call of a log parser; `None` when there is none of that name.
pub(super) fn bind(call: &Arguments<'_>) -> Result<Option<Expr>> {
    let (line, constants) = match call.values.split_first() {
        Some(((line, _), constants)) => (Some(line.clone()), constants),
        None => (None, [].as_slice()),
    };
    let mut values = Vec::with_capacity(constants.len());
    for (value, at) in constants {
        values.push(
            constant(value)?
                .ok_or_else(|| at.error(call.text, format!("{} takes constants behind the text", call.name)))?,
        );
    }
    let Some(parser) = log_parser::create(call.name, &values) else { return Ok(None) };
    let forms = format!("{}(text, constants …)", call.name);
    let parser = parser.map_err(|error| {
        let at = error.place.and_then(|place| constants.get(place)).map_or(call.at, |(_, at)| *at);
        at.error(call.text, error.message)
    })?;
    let line = call.as_text(line.ok_or_else(|| call.wrong(&forms))?, &forms)?;
    let columns = parser.columns().into_iter().map(|(name, sql_type)| (name, sql_type.into())).collect();
    let sql_type = ExprType::Row(columns);
    let DataType::Struct(fields) = sql_type.to_arrow() else {
        return Err(Error::Internal("a row value is no struct".to_owned()));
    };
    // A time without a year lies in the present one.
    let now = Expr::clock(Clock::Timestamp);
    Expr::call(LogParse { parser, fields }, vec![line, now], sql_type).map(Some)
}

/// The value of a constant argument; `None` when it depends on the row.
fn constant(value: &Expr) -> Result<Option<Argument>> {
    let Some(array) = value.value() else { return Ok(None) };
    if array.logical_null_count() > 0 {
        return Ok(Some(Argument::Null));
    }
    let sql_type = value.sql_type();
    let converted = |to: ExprType| -> Result<Option<ArrayRef>> {
        Ok(cast(value.clone(), &to)?.and_then(|value| value.value().cloned()))
    };
    Ok(if sql_type.is_text() {
        value.constant_text().map(|text| Argument::Text(text.to_owned()))
    } else if sql_type.is_boolean() {
        Some(Argument::Boolean(array.as_boolean().value(0)))
    } else if sql_type.is_integer() {
        converted(ExprType::BIGINT)?.map(|value| Argument::Integer(value.as_primitive::<Int64Type>().value(0)))
    } else if sql_type.is_numeric() {
        converted(ExprType::DOUBLE)?.map(|value| Argument::Number(value.as_primitive::<Float64Type>().value(0)))
    } else {
        None
    })
}

#[derive(Debug)]
struct LogParse {
    parser: LogParser,
    fields: Fields,
}

impl Kernel for LogParse {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [line, now] = arguments(values)?;
        let now = milliseconds(now)?(0).unwrap_or_default();
        let lines: StringArray = line.clone().expand(rows)?.array.as_string::<i32>().clone();
        let parsed = self.parser.parse(&lines, now)?;
        let mut failed = RowFailures::default();
        let mut failures = parsed.failed.into_iter().peekable();
        for row in 0..rows {
            if let Some((_, message)) = failures.next_if(|(place, _)| *place == row) {
                failed.push(row, Message::Owned(message));
            } else if self.parser.drops_unmatched() && !parsed.matched.value(row) {
                failed.push(row, RowFailures::WITHOUT_TRACE);
            }
        }
        let nulls = NullBuffer::new(parsed.matched);
        let array = StructArray::try_new(self.fields.clone(), parsed.columns, Some(nulls))?;
        Ok(Values::rows(Arc::new(array)).with_failures(failed.some()))
    }
}
