//! Schema discovery: a sample of records proposes the input schema.
//!
//! Integers take the smallest type that holds what was seen, text the next power of four of its longest value. The
//! proposal is meant to be read and widened before use, as on the service: a later value that does not fit is an error row.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Using the Schema Discovery Feature on Streaming Data".

use serde_json::{Map, Value};

use super::schema::{InputColumn, InputSchema};
use crate::analytics::error::{Error, Result};
use crate::analytics::reserved::is_reserved;
use crate::analytics::sql_type::SqlType;

/// Objects are flattened this deep; what is below becomes text.
const NESTING_LEVELS: usize = 2;
/// A name longer than this is replaced.
const LONGEST_KEPT_NAME: usize = 100;
/// Decimals of at most so many digits keep their digits; longer ones become DOUBLE.
const LONGEST_DECIMAL: usize = 18;
/// More digits than this after the point make a number a DOUBLE.
const LONGEST_FRACTION: usize = 6;

/// What has been seen of one path.
#[derive(Debug, Default)]
struct Seen {
    path: Vec<String>,
    integers: Option<(i64, i64)>,
    /// Most digits before and after the point.
    decimals: Option<(usize, usize)>,
    double: bool,
    boolean: bool,
    /// Characters of the longest text, whatever the value's kind.
    longest: usize,
    text: bool,
}

/// Propose the schema of the stream `name` from a sample of its records.
///
/// # Errors
/// [`Error::Discovery`] when no record of the sample is a JSON object.
pub fn discover<'a>(name: &str, records: impl IntoIterator<Item = &'a [u8]>) -> Result<InputSchema> {
    let mut seen: Vec<Seen> = Vec::new();
    let (mut sampled, mut objects) = (0usize, 0usize);
    for record in records {
        sampled += 1;
        // A record may hold several documents; one that breaks off keeps what came before.
        for document in
            serde_json::Deserializer::from_slice(record).into_iter::<Value>().map_while(std::result::Result::ok)
        {
            if let Value::Object(members) = document {
                objects += 1;
                learn_members(&mut seen, &mut Vec::new(), &members, 0);
            }
        }
    }
    if seen.is_empty() {
        let message = match (sampled, objects) {
            (0, _) => "it has no records".to_owned(),
            (_, 0) => format!("none of the {sampled} records sampled is a JSON object"),
            _ => "the records sampled have no members".to_owned(),
        };
        return Err(Error::Discovery { stream: name.to_owned(), message });
    }
    Ok(InputSchema::json(name_columns(&seen)))
}

fn learn_members(seen: &mut Vec<Seen>, path: &mut Vec<String>, members: &Map<String, Value>, level: usize) {
    for (key, value) in members {
        path.push(key.clone());
        match value {
            Value::Object(inner) if level + 1 < NESTING_LEVELS && !inner.is_empty() => {
                learn_members(seen, path, inner, level + 1)
            }
            _ => {
                let place = seen.iter().position(|column| column.path == *path).unwrap_or_else(|| {
                    seen.push(Seen { path: path.clone(), ..Seen::default() });
                    seen.len() - 1
                });
                seen[place].learn(value);
            }
        }
        path.pop();
    }
}

impl Seen {
    fn learn(&mut self, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.longest = self.longest.max(text.chars().count());
        match value {
            Value::Null => {}
            Value::Bool(_) => self.boolean = true,
            Value::Number(number) => match number.as_i64() {
                Some(integer) => {
                    let (low, high) = self.integers.unwrap_or((integer, integer));
                    self.integers = Some((low.min(integer), high.max(integer)));
                }
                None => self.learn_fraction(&text),
            },
            Value::String(_) | Value::Array(_) | Value::Object(_) => self.text = true,
        }
    }

    fn learn_fraction(&mut self, text: &str) {
        let digits = text.trim_start_matches('-');
        match digits.split_once('.') {
            Some((whole, fraction))
                if fraction.len() <= LONGEST_FRACTION
                    && digits.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) =>
            {
                let (most_whole, most_fraction) = self.decimals.unwrap_or((0, 0));
                self.decimals = Some((most_whole.max(whole.len()), most_fraction.max(fraction.len())));
            }
            _ => self.double = true,
        }
    }

    fn sql_type(&self) -> SqlType {
        let numeric = self.integers.is_some() || self.decimals.is_some() || self.double;
        if self.text || (self.boolean && numeric) || !(self.boolean || numeric) {
            return SqlType::Varchar(varchar_length(self.longest));
        }
        if self.boolean {
            return SqlType::Boolean;
        }
        if self.double {
            return SqlType::Double;
        }
        match (self.decimals, self.integers) {
            (None, Some((low, high))) => integer_type(low, high),
            (Some((whole, fraction)), integers) => {
                let integer_digits =
                    integers.map_or(0, |(low, high)| low.unsigned_abs().max(high.unsigned_abs()).to_string().len());
                let precision = whole.max(integer_digits) + fraction;
                match (u8::try_from(precision), i8::try_from(fraction)) {
                    (Ok(precision), Ok(scale)) if usize::from(precision) <= LONGEST_DECIMAL => {
                        SqlType::Decimal(precision, scale)
                    }
                    _ => SqlType::Double,
                }
            }
            (None, None) => SqlType::Double,
        }
    }
}

fn integer_type(low: i64, high: i64) -> SqlType {
    let fits = |least: i64, most: i64| low >= least && high <= most;
    if fits(i8::MIN.into(), i8::MAX.into()) {
        SqlType::TinyInt
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        SqlType::SmallInt
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        SqlType::Integer
    } else {
        SqlType::BigInt
    }
}

/// The next power of four, from 4 on.
fn varchar_length(longest: usize) -> u32 {
    let mut length = 4;
    while length < longest && length < 65_535 {
        length *= 4;
    }
    u32::try_from(length.min(65_535)).unwrap_or(65_535)
}

fn name_columns(seen: &[Seen]) -> Vec<InputColumn> {
    let mut columns: Vec<InputColumn> = Vec::with_capacity(seen.len());
    for (place, column) in seen.iter().enumerate() {
        let key = column.path.last().map_or("", String::as_str);
        let mut name = column_name(key, place);
        // Two members of one name in different objects: the path tells them apart.
        if columns.iter().any(|other| other.name == name) {
            name = column_name(&column.path.join("_"), place);
        }
        if columns.iter().any(|other| other.name == name) {
            name = format!("COL_{place}");
        }
        columns.push(InputColumn { name, sql_type: column.sql_type(), mapping: Some(mapping(&column.path)) });
    }
    columns
}

/// The name of a column from its key: kept when it can be a name, else `COL_` and what is left of it.
fn column_name(key: &str, place: usize) -> String {
    let left: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let kept = left == key
        && !left.starts_with(|c: char| c.is_ascii_digit())
        && left.len() <= LONGEST_KEPT_NAME
        && !is_reserved(&left.to_ascii_uppercase());
    match (kept, left.is_empty() || left.len() > LONGEST_KEPT_NAME) {
        (true, false) => left,
        (_, true) => format!("COL_{place}"),
        (false, false) => format!("COL_{left}"),
    }
}

fn mapping(path: &[String]) -> String {
    let mut text = String::from("$");
    for key in path {
        if key.contains(['.', '[', '\'']) {
            text.push_str(&format!("['{key}']"));
        } else {
            text.push('.');
            text.push_str(key);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovered(records: &[&str]) -> Vec<(String, String, String)> {
        let schema = discover("s", records.iter().map(|record| record.as_bytes())).unwrap();
        schema.columns.into_iter().map(|c| (c.name, c.sql_type.to_string(), c.mapping.unwrap_or_default())).collect()
    }

    fn row(name: &str, sql_type: &str, mapping: &str) -> (String, String, String) {
        (name.into(), sql_type.into(), mapping.into())
    }

    #[test]
    fn types_follow_the_values_seen() {
        let rows = discovered(&[
            r#"{"t": 1, "s": 300, "i": 70000, "b": 3000000000, "d": 1.25, "f": 1e300, "ok": true, "v": "AUS"}"#,
            r#"{"t": -5, "d": 100, "v": "Kenya", "n": null, "mixed": 1}{"mixed": "x"}"#,
        ]);
        assert_eq!(
            rows,
            [
                row("t", "TINYINT", "$.t"),
                row("s", "SMALLINT", "$.s"),
                row("i", "INTEGER", "$.i"),
                row("b", "BIGINT", "$.b"),
                row("d", "DECIMAL(5,2)", "$.d"),
                row("f", "DOUBLE", "$.f"),
                row("ok", "BOOLEAN", "$.ok"),
                row("v", "VARCHAR(16)", "$.v"),
                row("n", "VARCHAR(4)", "$.n"),
                row("mixed", "VARCHAR(4)", "$.mixed"),
            ]
        );
    }

    #[test]
    fn names_that_cannot_stand_get_a_prefix() {
        let rows = discovered(&[r#"{"@@": 1, "USER": "ann", "USER@DOMAIN": "x", "1st": 2, "plain_name": true}"#]);
        let names: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(names, ["COL_0", "COL_USER", "COL_USERDOMAIN", "COL_1st", "plain_name"]);
    }

    #[test]
    fn two_levels_of_objects_are_flattened() {
        let rows = discovered(&[r#"{"a": {"x": 1, "deep": {"y": 2}}, "b": {"x": 3}, "l": [1, 2]}"#]);
        assert_eq!(
            rows,
            [
                row("x", "TINYINT", "$.a.x"),
                row("deep", "VARCHAR(16)", "$.a.deep"),
                row("b_x", "TINYINT", "$.b.x"),
                row("l", "VARCHAR(16)", "$.l")
            ]
        );
    }

    #[test]
    fn a_sample_without_objects_is_an_error() {
        assert!(discover("s", []).is_err());
        assert!(discover("s", [&b"1,2,3"[..]]).is_err());
    }
}
