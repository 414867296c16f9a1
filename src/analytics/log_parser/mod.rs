//! Log parsers: functions that take a line of text apart into a row value.
//!
//! A parser is made from its constant arguments once, names its columns, and is then run over a column of lines at a time.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Log Parsing Functions".

mod columns;
mod delimited;
mod fast_regex;
mod fixed;
mod regex;
mod syslog;
#[cfg(test)]
mod tests;
mod values;
mod w3c;

use arrow::array::{Array, ArrayRef, BooleanBufferBuilder, StringArray};
use arrow::buffer::BooleanBuffer;

use super::error::Result;
use super::sql_type::SqlType;
use super::table_function::{Argument, ArgumentError};
use columns::LogColumn;
use values::ColumnValues;

/// The row values of a batch of lines.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// One array a column.
    pub(crate) columns: Vec<ArrayRef>,
    /// Whether a line matched. Where it did not, the row value is NULL, or the row goes; see [`LogParser::drops_unmatched`].
    pub(crate) matched: BooleanBuffer,
    /// Rows that fail, and why: a value does not fit its column.
    pub(crate) failed: Vec<(usize, String)>,
}

/// How one line is taken apart.
trait SplitLine: Send + Sync {
    /// Put one text a column into `fields`; whether the line matches at all.
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<std::borrow::Cow<'a, str>>>) -> bool;
}

/// A log parser, made.
pub(crate) struct LogParser {
    columns: Vec<LogColumn>,
    split: Box<dyn SplitLine>,
    drops_unmatched: bool,
}

impl std::fmt::Debug for LogParser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogParser").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl LogParser {
    /// The names and types of the row value.
    pub(crate) fn columns(&self) -> Vec<(String, SqlType)> {
        self.columns.iter().map(|column| (column.name.clone(), column.sql_type)).collect()
    }

    /// Whether a row whose line does not match goes without a trace.
    pub(crate) fn drops_unmatched(&self) -> bool {
        self.drops_unmatched
    }

    /// Take lines apart. `now` (milliseconds) gives times without a year theirs.
    pub(crate) fn parse(&self, lines: &StringArray, now: i64) -> Result<Parsed> {
        let mut values: Vec<_> =
            self.columns.iter().map(|column| ColumnValues::new(column, lines.len(), now)).collect();
        let mut matched = BooleanBufferBuilder::new(lines.len());
        let mut failed = Vec::new();
        let mut fields = Vec::with_capacity(values.len());
        for (row, line) in lines.iter().enumerate() {
            fields.clear();
            let matches = line.is_some_and(|line| self.split.split(line, &mut fields));
            matched.append(matches);
            if !matches {
                fields.clear();
            }
            fields.resize(values.len(), None);
            let mut failure = None;
            for (column, field) in values.iter_mut().zip(&fields) {
                if let Err(message) = column.push(field.as_deref(), matches) {
                    failure.get_or_insert(message);
                }
            }
            failed.extend(failure.map(|message| (row, message)));
        }
        let columns = values.into_iter().map(ColumnValues::finish).collect::<Result<_>>()?;
        Ok(Parsed { columns, matched: matched.finish(), failed })
    }
}

/// The log parser `name` with the constant arguments behind the line. `None` when there is no such function.
pub(crate) fn create(name: &str, arguments: &[Argument]) -> Option<std::result::Result<LogParser, ArgumentError>> {
    Some(match name.to_ascii_uppercase().as_str() {
        "REGEX_LOG_PARSE" => regex::create(arguments),
        "FAST_REGEX_LOG_PARSE" | "FAST_REGEX_LOG_PARSER" => fast_regex::create(arguments),
        "VARIABLE_COLUMN_LOG_PARSE" => delimited::create(arguments),
        "FIXED_COLUMN_LOG_PARSE" => fixed::create(arguments),
        "SYS_LOG_PARSE" => syslog::create(arguments),
        "W3C_LOG_PARSE" => w3c::create(arguments),
        _ => return None,
    })
}

/// The argument at `place` as text.
fn text_argument<'a>(function: &str, arguments: &'a [Argument], place: usize, what: &str) -> CheckedArgument<&'a str> {
    match arguments.get(place) {
        Some(Argument::Text(text)) => Ok(text),
        Some(other) => refuse(place, format!("{function} takes {what}, a text, not {other}")),
        None => refuse(place, format!("{function} needs {what}")),
    }
}

/// That there are no more than `most` arguments.
fn at_most(function: &str, arguments: &[Argument], most: usize) -> CheckedArgument<()> {
    if arguments.len() <= most {
        return Ok(());
    }
    refuse(most, format!("{function} takes at most {} arguments", most + 1))
}

fn refuse<T>(place: usize, message: impl Into<String>) -> CheckedArgument<T> {
    Err(ArgumentError { place: Some(place), message: message.into() })
}

type CheckedArgument<T> = std::result::Result<T, ArgumentError>;
