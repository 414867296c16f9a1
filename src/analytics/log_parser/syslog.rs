//! `SYS_LOG_PARSE`: `Mon DD HH:MM:SS rest`, as syslog writes its lines.

use std::borrow::Cow;

use super::columns::LogColumn;
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse};
use crate::analytics::sql_type::SqlType;
use crate::analytics::table_function::Argument;
use crate::time::java::SimpleDateFormat;

const NAME: &str = "SYS_LOG_PARSE";
/// The form of times, with the year of the clock before them.
const TIME_FORMAT: &str = "yyyy MMM d HH:mm:ss";
const REST_LENGTH: u32 = 1_024;

struct SysLog;

impl SplitLine for SysLog {
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let Some(end) = time_end(line) else { return false };
        fields.push(Some(Cow::Borrowed(&line[..end])));
        fields.push(Some(Cow::Borrowed(line[end..].strip_prefix(' ').unwrap_or(&line[end..]))));
        true
    }
}

/// Where the time at the start of a line ends.
fn time_end(line: &str) -> Option<usize> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let bytes = line.as_bytes();
    let month = line.get(..3)?;
    if !MONTHS.iter().any(|name| name.eq_ignore_ascii_case(month)) {
        return None;
    }
    let number = |place: usize, digits: std::ops::RangeInclusive<usize>, most: u32| -> Option<usize> {
        let length =
            bytes[place.min(bytes.len())..].iter().take(*digits.end()).take_while(|b| b.is_ascii_digit()).count();
        let value = line.get(place..place + length)?.parse::<u32>().ok()?;
        (digits.contains(&length) && value <= most).then_some(place + length)
    };
    let blanks = bytes[3..].iter().take_while(|byte| **byte == b' ').count();
    let day = number(3 + blanks, 1..=2, 31).filter(|_| blanks > 0)?;
    let hour = number(day + 1, 2..=2, 23).filter(|_| bytes[day] == b' ')?;
    let minute = number(hour + 1, 2..=2, 59).filter(|_| bytes[hour] == b':')?;
    let second = number(minute + 1, 2..=2, 59).filter(|_| bytes[minute] == b':')?;
    matches!(bytes.get(second), None | Some(b' ')).then_some(second)
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 0)?;
    let mut time = LogColumn::new("COLUMN1", SqlType::Timestamp);
    time.format = Some(SimpleDateFormat::new(TIME_FORMAT).or_else(|error| refuse(0, error.to_string()))?);
    time.year_of_clock = true;
    let columns = vec![time, LogColumn::new("COLUMN2", SqlType::Varchar(REST_LENGTH))];
    Ok(LogParser { columns, split: Box::new(SysLog), drops_unmatched: false })
}
