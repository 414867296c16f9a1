//! CHAR_TO_TIMESTAMP, CHAR_TO_DATE, CHAR_TO_TIME and TIMESTAMP_TO_CHAR, DATE_TO_CHAR, TIME_TO_CHAR.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Datetime Conversion Functions", "Date and Time Patterns".

use super::pattern::Compiled;
use super::{Arguments, characters};
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::{arguments, collect_datetime, milliseconds};
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, Values};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::Clock;
use crate::time::Timestamp;
use crate::time::java::SimpleDateFormat;

fn datetime_of(name: &str) -> SqlType {
    if name.contains("TIMESTAMP") {
        SqlType::Timestamp
    } else if name.contains("DATE") {
        SqlType::Date
    } else {
        SqlType::Time
    }
}

/// `CHAR_TO_…(format, text)`
pub(super) fn parse(call: Arguments<'_>) -> Result<Expr> {
    let forms = format!("{}(format, text)", call.name);
    let (format, text) = call.two(&forms)?;
    let (format, text) = (call.as_text(format, &forms)?, call.as_text(text, &forms)?);
    let to = datetime_of(call.name);
    let compiled = known(&call, &format)?;
    // A year of two digits lies near the present one.
    let now = Expr::clock(Clock::Timestamp);
    Expr::call(Parse { to, compiled }, vec![format, text, now], to.into())
}

/// `…_TO_CHAR(format, value)`
pub(super) fn format(call: Arguments<'_>) -> Result<Expr> {
    let forms = format!("{}(format, {})", call.name, datetime_of(call.name));
    let (format, value) = call.two(&forms)?;
    let format = call.as_text(format, &forms)?;
    let value = call.as_type(value, &datetime_of(call.name).into(), &forms)?;
    let compiled = known(&call, &format)?;
    Expr::call(Format { compiled }, vec![format, value], ExprType::varchar(65_535))
}

/// The format, when it is a constant.
fn known(call: &Arguments<'_>, format: &Expr) -> Result<Option<SimpleDateFormat>> {
    let compiled = format.constant_text().map(SimpleDateFormat::new).transpose();
    compiled.map_err(|error| {
        let at = call.values.first().map_or(call.at, |(_, at)| *at);
        at.error_with_hint(call.text, error.to_string(), "text stands in quotes inside of the format: 'yyyy''T''HH'")
    })
}

fn compile(format: &str) -> Result<SimpleDateFormat, String> {
    SimpleDateFormat::new(format).map_err(|error| error.to_string())
}

#[derive(Clone, Debug)]
struct Parse {
    to: SqlType,
    compiled: Option<SimpleDateFormat>,
}

impl Kernel for Parse {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [format, text, now] = arguments(values)?;
        let (formats, texts) = (format.texts()?, text.texts()?);
        let now = milliseconds(now)?;
        let compiled = std::cell::RefCell::new(Compiled::new(compile));
        collect_datetime(rows, &self.to.to_arrow(), |row| {
            let (Some(format), Some(text)) = (formats.get(row), texts.get(row)) else { return Ok(None) };
            let now = Timestamp(now(row).unwrap_or_default());
            let parsed = match &self.compiled {
                Some(format) => format.parse(text, now),
                None => compiled.borrow_mut().get(format)?.parse(text, now),
            };
            let parsed = parsed.ok_or_else(|| {
                let shown = characters::slice(text, 0, 64);
                Message::Owned(format!("`{shown}` does not have the form `{format}`"))
            })?;
            Ok(Some(parsed.millis()))
        })
    }
}

#[derive(Clone, Debug)]
struct Format {
    compiled: Option<SimpleDateFormat>,
}

impl Kernel for Format {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [format, value] = arguments(values)?;
        let formats = format.texts()?;
        let read = milliseconds(value)?;
        let mut compiled = Compiled::new(compile);
        Values::collect_text(rows, rows * 24, |row, out| {
            let Some(format) = formats.get(row) else { return Ok(false) };
            // The dialect's own: NULL gives a text.
            let Some(millis) = read(row) else {
                out.push_str("null");
                return Ok(true);
            };
            match &self.compiled {
                Some(format) => format.format(Timestamp(millis), out),
                None => compiled.get(format)?.format(Timestamp(millis), out),
            }
            Ok(true)
        })
    }
}
