//! `FIXED_COLUMN_LOG_PARSE`: fields at fixed places of the line.

use std::borrow::Cow;

use super::columns::{Clauses, parse_columns};
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse, text_argument};
use crate::analytics::table_function::Argument;

const NAME: &str = "FIXED_COLUMN_LOG_PARSE";

/// First character, from 0, and number of characters; without one, up to the end of the line.
struct Fixed(Vec<(usize, Option<usize>)>);

impl SplitLine for Fixed {
    /// A field behind the end of the line is NULL.
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let place_of = |text: &str, character: usize| text.char_indices().nth(character).map(|(place, _)| place);
        for (start, length) in &self.0 {
            let field = place_of(line, *start).map(|start| &line[start..]);
            let cut = |field: &'a str| {
                let end = length.and_then(|length| place_of(field, length)).unwrap_or(field.len());
                Cow::Borrowed(&field[..end])
            };
            fields.push(field.map(cut));
        }
        true
    }
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 1)?;
    let text = text_argument(NAME, arguments, 0, "a list of columns")?;
    let columns = parse_columns(text, Clauses::Placed).or_else(|message| refuse(0, message))?;
    let places = columns.iter().filter_map(|column| column.place).collect();
    Ok(LogParser { columns, split: Box::new(Fixed(places)), drops_unmatched: false })
}
