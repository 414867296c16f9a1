//! `REGEX_LOG_PARSE`: a Java regular expression that has to match the whole line, a column per group.

use std::borrow::Cow;

use super::columns::{Clauses, LogColumn, parse_columns};
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse, text_argument};
use crate::analytics::function::JavaRegex;
use crate::analytics::table_function::Argument;

const NAME: &str = "REGEX_LOG_PARSE";

/// Groups of an expression that is matched against the whole line.
struct Groups(JavaRegex);

impl SplitLine for Groups {
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        // An expression that needs more steps than the engine allows has not matched.
        let Ok(Some(groups)) = self.0.captures(line, 0) else { return false };
        fields.extend(groups.iter().skip(1).map(|group| group.map(|(start, end)| Cow::Borrowed(&line[start..end]))));
        true
    }
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 2)?;
    let pattern = text_argument(NAME, arguments, 0, "a regular expression")?;
    let whole = JavaRegex::whole(pattern).or_else(|message| refuse(0, message))?;
    let groups = whole.groups();
    if groups == 0 {
        return refuse(0, format!("the regular expression of {NAME} has no group, so there would be no column"));
    }
    let columns = match arguments.get(1) {
        None => LogColumn::numbered(groups),
        Some(_) => {
            let text = text_argument(NAME, arguments, 1, "a list of columns")?;
            parse_columns(text, Clauses::NameAndType).or_else(|message| refuse(1, message))?
        }
    };
    if columns.len() != groups {
        return refuse(1, format!("{NAME} has {} columns for {groups} groups", columns.len()));
    }
    Ok(LogParser { columns, split: Box::new(Groups(whole)), drops_unmatched: false })
}
