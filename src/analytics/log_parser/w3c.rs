//! `W3C_LOG_PARSE`: lines of web servers, by the name of a format or by a format of Apache's `LogFormat`.
//!
//! Source: SQL Reference, "W3C_LOG_PARSE"; Apache HTTP Server documentation, mod_log_config; Microsoft, "IIS Log File Format".

use std::borrow::Cow;
use std::fmt::Write;

use fancy_regex::Regex;

use super::columns::LogColumn;
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse, text_argument};
use crate::analytics::sql_type::SqlType;
use crate::analytics::table_function::Argument;

const NAME: &str = "W3C_LOG_PARSE";
const TEXT: SqlType = SqlType::Varchar(1_024);

const COMMON: &str = r#"%h %l %u %t "%r" %>s %b"#;
/// The fields of IIS's own format: client, user, date, time, service, server name and address, time taken, bytes received and
/// sent, status, Windows status, method, target, parameters.
const IIS_COLUMNS: usize = 15;

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// A value, by its letter.
    Specifier(char),
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 1)?;
    let format = match arguments.first() {
        None => "COMMON",
        Some(_) => text_argument(NAME, arguments, 0, "a format")?,
    };
    let words = format.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
    let apache = match words.as_str() {
        "IIS" => {
            let columns = LogColumn::numbered(IIS_COLUMNS);
            return Ok(LogParser { columns, split: Box::new(Iis), drops_unmatched: false });
        }
        "COMMON" => COMMON.to_owned(),
        "COMMON WITH VHOST" => format!("%v {COMMON}"),
        "NCSA EXTENDED" => format!(r#"{COMMON} "%[Referer]i" "%[User-agent]i""#),
        "REFERER" => "%[Referer]i ---> %U".to_owned(),
        "AGENT" => "%[User-agent]i".to_owned(),
        _ if format.contains('%') => format.to_owned(),
        _ => {
            return refuse(
                0,
                format!(
                    "{NAME} does not know the format `{format}`\nhint: COMMON, COMMON WITH VHOST, NCSA EXTENDED, REFERER, AGENT, IIS, \
                     or a format with specifiers such as `%h %t %s`"
                ),
            );
        }
    };
    let pieces = pieces(&apache).or_else(|message| refuse(0, message))?;
    let specifiers: Vec<char> = pieces.iter().filter_map(Piece::letter).collect();
    let mut columns = LogColumn::numbered(specifiers.len());
    for (column, letter) in columns.iter_mut().zip(&specifiers) {
        column.sql_type = type_of(*letter);
    }
    let numeric = specifiers.iter().map(|letter| type_of(*letter) != TEXT).collect();
    let expression = Regex::new(&expression(&pieces)).or_else(|error| refuse(0, error.to_string()))?;
    Ok(LogParser { columns, split: Box::new(Fields { expression, numeric }), drops_unmatched: false })
}

fn type_of(letter: char) -> SqlType {
    match letter {
        'b' | 'D' => SqlType::BigInt,
        'T' | 'p' => SqlType::Integer,
        _ => TEXT,
    }
}

impl Piece {
    fn letter(&self) -> Option<char> {
        match self {
            Self::Literal(_) => None,
            Self::Specifier(letter) => Some(*letter),
        }
    }
}

/// Read a format. A specifier is `%`, conditions (`!200,304`, `<`, `>`), a name in brackets or braces, a letter.
fn pieces(format: &str) -> Result<Vec<Piece>, String> {
    const LETTERS: &str = "aABbCDefhHilmnopPqrsStTuUvVX";
    let mut pieces: Vec<Piece> = Vec::new();
    let mut literal = String::new();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' || characters.next_if_eq(&'%').is_some() {
            literal.push(character);
            continue;
        }
        while characters.next_if(|c| matches!(c, '<' | '>' | '!' | ',' | '0'..='9')).is_some() {}
        if let Some(open) = characters.next_if(|c| matches!(c, '[' | '{')) {
            let close = if open == '[' { ']' } else { '}' };
            if !characters.any(|c| c == close) {
                return Err(format!("`{open}` in the format `{format}` is not closed"));
            }
        }
        match characters.next() {
            Some(letter) if LETTERS.contains(letter) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                } else if matches!(pieces.last(), Some(Piece::Specifier(_))) {
                    return Err(format!("two specifiers of the format `{format}` have nothing between them"));
                }
                pieces.push(Piece::Specifier(letter));
            }
            Some(other) => return Err(format!("`%{other}` in the format `{format}` is no specifier")),
            None => return Err(format!("the format `{format}` ends within a specifier")),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    match pieces.iter().any(|piece| piece.letter().is_some()) {
        true => Ok(pieces),
        false => Err(format!("the format `{format}` has no specifier")),
    }
}

/// The regular expression of a format, which matches whole lines.
fn expression(pieces: &[Piece]) -> String {
    let mut text = String::from("^");
    for (place, piece) in pieces.iter().enumerate() {
        let literal = |place: usize| match pieces.get(place) {
            Some(Piece::Literal(literal)) => literal.as_str(),
            _ => "",
        };
        let before = place.checked_sub(1).map_or("", literal);
        let quoted = before.ends_with('"') && literal(place + 1).starts_with('"');
        let _ = match piece {
            Piece::Literal(literal) => write!(text, "{}", fancy_regex::escape(literal)),
            // A quote inside of a quoted value is escaped.
            Piece::Specifier(_) if quoted => write!(text, r#"((?:[^"\\]|\\.)*)"#),
            Piece::Specifier('t') => write!(text, r"(\[[^\]]*\]|-)"),
            Piece::Specifier(_) => write!(text, "(.*?)"),
        };
    }
    text.push('$');
    text
}

/// The values of a format's specifiers.
struct Fields {
    expression: Regex,
    numeric: Vec<bool>,
}

impl SplitLine for Fields {
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let Ok(Some(captures)) = self.expression.captures(line) else { return false };
        for (group, numeric) in captures.iter().skip(1).zip(&self.numeric) {
            // `-` stands for nothing.
            let value = group.map(|group| group.as_str()).filter(|text| !(*numeric && *text == "-"));
            fields.push(value.map(Cow::Borrowed));
        }
        true
    }
}

/// IIS's own format: values with a comma behind each.
struct Iis;

impl SplitLine for Iis {
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let line = line.trim_end();
        let values = line.strip_suffix(',').unwrap_or(line).split(',');
        fields.extend(values.map(|value| Some(Cow::Borrowed(value.trim()))));
        fields.len() == IIS_COLUMNS
    }
}
