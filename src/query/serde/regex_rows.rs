//! RegexSerDe and GrokSerDe: a line is a row when the whole of it matches, its groups are the columns.

use std::sync::Arc;

use arrow::array::ArrayRef;
use fancy_regex::Regex;

use super::column::ColumnBuilder;
use super::grok;
use super::lines::first_line;
use super::settings::Settings;
use super::value::Times;
use super::{RowDecoder, RowError};
use crate::catalog::Column;
use crate::query::error::{Error, Result};

/// The pattern of a table.
#[derive(Debug)]
pub(in crate::query) struct RegexRows {
    pattern: Regex,
    /// Group of each column; `None` for a column that the pattern does not fill.
    groups: Groups,
    times: Times,
}

#[derive(Debug)]
enum Groups {
    /// The n-th group is the n-th column.
    InOrder,
    /// Groups by column.
    Named(Vec<Option<usize>>),
}

impl RegexRows {
    pub(super) fn regex(settings: &Settings<'_>) -> Result<Self> {
        let Some(pattern) = settings.get("input.regex") else {
            return Err(missing("input.regex", "RegexSerDe"));
        };
        let case = if settings.is_true("input.regex.case.insensitive") { "(?i)" } else { "" };
        let pattern = compile(&format!("{case}^(?:{pattern})$"))?;
        Ok(Self { pattern, groups: Groups::InOrder, times: Times::new(settings) })
    }

    pub(super) fn grok(settings: &Settings<'_>, columns: &[Column]) -> Result<Self> {
        let Some(format) = settings.get("input.format") else {
            return Err(missing("input.format", "GrokSerDe"));
        };
        let custom = settings.get("input.grokCustomPatterns").unwrap_or_default();
        let expanded = grok::expand(format, custom)?;
        let place = |column: &Column| {
            let found = expanded.names.iter().position(|name| name.eq_ignore_ascii_case(&column.name));
            // Group 0 is the whole line.
            found.map(|place| place + 1)
        };
        Ok(Self {
            pattern: compile(&expanded.pattern)?,
            groups: Groups::Named(columns.iter().map(place).collect()),
            times: Times::new(settings),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self.groups {
            Groups::InOrder => "regular expression",
            Groups::Named(_) => "Grok pattern",
        }
    }
}

fn missing(property: &str, class: &str) -> Error {
    Error::failed("HIVE_CURSOR_ERROR", format!("A table with {class} needs the SerDe property `{property}`"))
}

fn compile(pattern: &str) -> Result<Regex> {
    Regex::new(pattern)
        .map_err(|error| Error::failed("HIVE_CURSOR_ERROR", format!("The pattern `{pattern}` is not valid: {error}")))
}

/// Reads one file.
pub(super) struct Decoder {
    serde: Arc<RegexRows>,
    /// Builders of the wanted columns with their groups.
    columns: Vec<(Option<usize>, ColumnBuilder)>,
    rows: usize,
}

impl Decoder {
    pub(super) fn new(serde: Arc<RegexRows>, columns: &[Column], wanted: &[usize]) -> Self {
        let group = |place: usize| match &serde.groups {
            Groups::InOrder => Some(place + 1),
            Groups::Named(groups) => groups.get(place).copied().flatten(),
        };
        let columns = wanted
            .iter()
            .filter_map(|place| Some((group(*place), ColumnBuilder::new(&columns.get(*place)?.data_type))))
            .collect();
        Self { serde, columns, rows: 0 }
    }

    fn row(&mut self, line: &[u8]) -> Result<(), RowError> {
        let line = String::from_utf8_lossy(line);
        let groups = self.serde.pattern.captures(line.as_ref()).map_err(|error| {
            RowError::cursor(self.rows, format!("The pattern takes too long on the line `{line}`: {error}"))
        })?;
        for (group, column) in &mut self.columns {
            let text = group.and_then(|group| groups.as_ref()?.get(group));
            let fits = text.is_some_and(|text| column.append_text(text.as_str().as_bytes(), &self.serde.times));
            if !fits {
                column.append_null();
            }
        }
        self.rows += 1;
        Ok(())
    }
}

impl RowDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], limit: usize, is_end: bool) -> Result<usize, RowError> {
        let mut taken = 0;
        while self.rows < limit {
            let Some((line, length)) = first_line(bytes.get(taken..).unwrap_or_default(), is_end) else { break };
            self.row(line).map_err(|error| error.at(taken))?;
            taken += length;
        }
        Ok(taken)
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn flush(&mut self) -> Result<Vec<ArrayRef>, RowError> {
        self.rows = 0;
        self.columns.iter_mut().map(|(_, column)| column.finish().map_err(RowError::from)).collect()
    }
}
