//! `VARIABLE_COLUMN_LOG_PARSE`: fields between delimiters.

use std::borrow::Cow;

use super::columns::{Clauses, LogColumn, parse_columns};
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse, text_argument};
use crate::analytics::table_function::Argument;

const NAME: &str = "VARIABLE_COLUMN_LOG_PARSE";
/// More columns than this are a mistake.
const MOST_COLUMNS: i64 = 1_024;

struct Delimited {
    columns: usize,
    delimiter: String,
    escape: Option<char>,
    /// The characters that begin and end a quoted field.
    quote: Option<(char, char)>,
}

impl Delimited {
    /// The field at the start of `rest`, and where it ends.
    fn field<'a>(&self, rest: &'a str) -> (Cow<'a, str>, usize) {
        let quoted = self.quote.filter(|(begin, _)| rest.starts_with(*begin));
        if quoted.is_none() && self.escape.is_none() {
            let end = rest.find(&self.delimiter).unwrap_or(rest.len());
            return (Cow::Borrowed(&rest[..end]), end);
        }
        let mut text = String::new();
        let mut place = quoted.map_or(0, |(begin, _)| begin.len_utf8());
        let mut inside = quoted;
        while let Some(character) = rest[place..].chars().next() {
            let next = place + character.len_utf8();
            let following = rest[next..].chars().next();
            if Some(character) == self.escape {
                let Some(literal) = following else { break };
                text.push(literal);
                place = next + literal.len_utf8();
            } else if let Some((begin, end)) = inside.filter(|(_, end)| *end == character) {
                // The doubled quote of RFC 4180.
                if begin == end && following == Some(end) {
                    text.push(end);
                    place = next + end.len_utf8();
                } else {
                    inside = None;
                    place = next;
                }
            } else if inside.is_none() && rest[place..].starts_with(&self.delimiter) {
                break;
            } else {
                text.push(character);
                place = next;
            }
        }
        (Cow::Owned(text), place)
    }
}

impl SplitLine for Delimited {
    /// Fields that are missing are NULL, more than there are columns are ignored.
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let mut rest = line;
        while fields.len() < self.columns {
            let (field, end) = self.field(rest);
            fields.push(Some(field));
            match rest[end..].strip_prefix(self.delimiter.as_str()) {
                Some(behind) => rest = behind,
                None => break,
            }
        }
        true
    }
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 4)?;
    let columns = match arguments.first() {
        Some(Argument::Integer(count @ 1..=MOST_COLUMNS)) => LogColumn::numbered(usize::try_from(*count).unwrap_or(1)),
        Some(Argument::Integer(_)) => return refuse(0, format!("{NAME} takes 1 to {MOST_COLUMNS} columns")),
        _ => {
            let text = text_argument(NAME, arguments, 0, "a number of columns or a list of columns")?;
            parse_columns(text, Clauses::Typed).or_else(|message| refuse(0, message))?
        }
    };
    let delimiter = text_argument(NAME, arguments, 1, "a delimiter")?.to_owned();
    if delimiter.is_empty() {
        return refuse(1, format!("the delimiter of {NAME} is empty"));
    }
    let optional = |place: usize, what: &str| match arguments.get(place) {
        None | Some(Argument::Null) => Ok(""),
        Some(_) => text_argument(NAME, arguments, place, what),
    };
    let escape: Vec<char> = optional(2, "an escape character")?.chars().collect();
    let quote: Vec<char> = optional(3, "quote characters")?.chars().collect();
    let escape = match escape[..] {
        [] => None,
        [one] => Some(one),
        _ => return refuse(2, format!("the escape of {NAME} is one character")),
    };
    let quote = match quote[..] {
        [] => None,
        [both] => Some((both, both)),
        [begin, end] => Some((begin, end)),
        _ => return refuse(3, format!("the quote of {NAME} is one character, or one to begin and one to end")),
    };
    let split = Delimited { columns: columns.len(), delimiter, escape, quote };
    Ok(LogParser { columns, split: Box::new(split), drops_unmatched: false })
}
