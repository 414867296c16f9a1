//! JSON records to Arrow columns, one pass, no intermediate tree.
//!
//! The schema is known, so each value goes straight from the record's bytes into its column: most of the time of a
//! streaming application is spent here. Keys are looked up where the last record had them, since records of a stream
//! nearly always list their keys in the same order, and [`Expected`] saves even that. A record that does not fit is rolled back as a whole and reported.

use arrow::array::ArrayRef;

use super::column::ColumnBuilder;
use super::cursor::{Cursor, Malformed, Text};
use super::schema::InputSchema;
use super::shape::Expected;
use crate::analytics::error::Result;

/// Objects and arrays may be nested this deep.
pub(super) const MAX_DEPTH: usize = 128;

/// A record that could not become a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRecord {
    /// What is wrong and where in the record.
    pub(crate) message: String,
}

/// Where the values below one object go.
#[derive(Debug, Default)]
pub(super) struct ObjectNode {
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    key: Box<[u8]>,
    /// Whether the key stands in records as it is, without escapes.
    plain: bool,
    /// Columns that take this member's value itself.
    columns: Vec<usize>,
    /// Columns that take values from inside of it.
    inner: Option<ObjectNode>,
}

impl ObjectNode {
    fn insert(&mut self, path: &[String], column: usize) {
        let Some((key, rest)) = path.split_first() else { return };
        let place = match self.members.iter().position(|member| &*member.key == key.as_bytes()) {
            Some(place) => place,
            None => {
                self.members.push(Member {
                    key: key.as_bytes().into(),
                    plain: !key.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')),
                    columns: Vec::new(),
                    inner: None,
                });
                self.members.len() - 1
            }
        };
        if rest.is_empty() {
            self.members[place].columns.push(column);
        } else {
            self.members[place].inner.get_or_insert_default().insert(rest, column);
        }
    }

    /// The member named `key`, tried first at `hint`.
    fn find(&self, key: &[u8], hint: usize) -> Option<usize> {
        match self.members.get(hint) {
            Some(member) if &*member.key == key => Some(hint),
            _ => self.members.iter().position(|member| &*member.key == key),
        }
    }

    /// The columns that take the value of `key` itself, and where the values inside of it go.
    pub(super) fn member(&self, key: &[u8]) -> Option<(&[usize], Option<&Self>)> {
        let member = self.members.iter().find(|member| &*member.key == key)?;
        Some((&member.columns, member.inner.as_ref()))
    }
}

/// Decodes records of one input schema into columns.
#[derive(Debug)]
pub(crate) struct JsonDecoder {
    root: ObjectNode,
    /// Columns mapped to the whole record (`$`).
    whole: Vec<usize>,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    expected: Expected,
}

impl JsonDecoder {
    /// `members` lead to the value of each column; none to the whole record.
    pub(super) fn new(schema: &InputSchema, members: &[&[String]]) -> Self {
        let mut root = ObjectNode::default();
        let mut whole = Vec::new();
        for (place, path) in members.iter().enumerate() {
            if path.is_empty() { whole.push(place) } else { root.insert(path, place) }
        }
        let columns = schema.columns.iter().map(|column| ColumnBuilder::new(column.sql_type)).collect();
        Self { root, whole, columns, rows: 0, expected: Expected::default() }
    }

    /// Decode the JSON documents of one record; gives the number of rows that it added.
    ///
    /// On an error none of the record's rows stay. `utf8` says that the caller has found `record` to be valid UTF-8.
    pub(crate) fn decode(&mut self, record: &[u8], utf8: bool) -> std::result::Result<usize, BadRecord> {
        let before = self.rows;
        match self.decode_documents(record, utf8) {
            Ok(()) => {
                self.expected.learn(record, &self.root, self.columns.len());
                Ok(self.rows - before)
            }
            Err(malformed) => {
                self.roll_back(before);
                Err(BadRecord { message: malformed.describe(record) })
            }
        }
    }

    /// Whether `record`, which is valid UTF-8, was one row of the expected shape; [`Self::decode`] takes it otherwise.
    #[inline]
    pub(crate) fn take(&mut self, record: &[u8]) -> bool {
        let taken = self.whole.is_empty() && self.expected.take(record, &mut self.columns);
        if taken {
            self.rows += 1;
        } else {
            self.roll_back(self.rows);
        }
        taken
    }

    fn decode_documents(&mut self, record: &[u8], utf8: bool) -> std::result::Result<(), Malformed> {
        if !utf8 && let Err(invalid) = std::str::from_utf8(record) {
            return Err(Malformed::new(invalid.valid_up_to(), "the record is not UTF-8"));
        }
        let mut cursor = Cursor::new(record);
        cursor.skip_whitespace();
        if cursor.at_end() {
            return Err(Malformed::new(0, "the record is empty"));
        }
        while !cursor.at_end() {
            let start = cursor.position();
            if cursor.peek() != Some(b'{') {
                return Err(cursor.malformed("a JSON object is expected"));
            }
            decode_object(&self.root, &mut self.columns, &mut cursor, self.rows, MAX_DEPTH)?;
            for &column in &self.whole {
                self.columns[column].append_text(cursor.slice(start), start)?;
            }
            self.rows += 1;
            for column in &mut self.columns {
                column.pad_to(self.rows);
            }
            cursor.skip_whitespace();
        }
        Ok(())
    }

    fn roll_back(&mut self, rows: usize) {
        self.rows = rows;
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }

    /// The columns of the rows decoded so far; the decoder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.rows = 0;
        self.columns.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

/// One object: each known member into its columns, the others skipped but checked.
fn decode_object(
    node: &ObjectNode,
    columns: &mut [ColumnBuilder],
    cursor: &mut Cursor<'_>,
    row: usize,
    depth: usize,
) -> std::result::Result<(), Malformed> {
    if depth == 0 {
        return Err(cursor.malformed("objects are nested too deeply"));
    }
    cursor.advance(1);
    cursor.skip_whitespace();
    if cursor.peek() == Some(b'}') {
        cursor.advance(1);
        return Ok(());
    }
    let mut hint = 0;
    loop {
        // Comparing with the expected key is cheaper than finding the end of the one that is there.
        let found = match node.members.get(hint) {
            Some(member) if member.plain && cursor.take_key(&member.key) => Some(hint),
            _ => match cursor.key()? {
                Text::Plain(key) => node.find(key, hint),
                Text::Escaped(key) => node.find(key.as_bytes(), hint),
            },
        };
        cursor.skip_whitespace();
        cursor.expect(b':', "`:` is expected after a key")?;
        cursor.skip_whitespace();
        match found {
            None => cursor.skip_value(depth - 1)?,
            Some(place) => {
                decode_member(&node.members[place], columns, cursor, row, depth)?;
                hint = place + 1;
            }
        }
        cursor.skip_whitespace();
        match cursor.peek() {
            Some(b',') => {
                cursor.advance(1);
                cursor.skip_whitespace();
            }
            Some(b'}') => {
                cursor.advance(1);
                return Ok(());
            }
            _ => return Err(cursor.malformed("`,` or `}` is expected")),
        }
    }
}

fn decode_member(
    member: &Member,
    columns: &mut [ColumnBuilder],
    cursor: &mut Cursor<'_>,
    row: usize,
    depth: usize,
) -> std::result::Result<(), Malformed> {
    let start = cursor.position();
    for (nth, &column) in member.columns.iter().enumerate() {
        if nth > 0 {
            cursor.rewind(start);
        }
        // A repeated key: the last one holds, as in JavaScript.
        columns[column].truncate(row);
        columns[column].append(cursor, depth - 1)?;
    }
    match &member.inner {
        Some(inner) => {
            cursor.rewind(start);
            match cursor.peek() {
                Some(b'{') => decode_object(inner, columns, cursor, row, depth - 1),
                _ => cursor.skip_value(depth - 1),
            }
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Int32Type, Int64Type};

    use super::*;
    use crate::analytics::input::schema::InputColumn;
    use crate::analytics::sql_type::SqlType;

    fn decoder(columns: &[(&str, SqlType, &str)]) -> JsonDecoder {
        let columns = columns
            .iter()
            .map(|(name, sql_type, path)| InputColumn {
                name: (*name).into(),
                sql_type: *sql_type,
                mapping: Some((*path).into()),
            })
            .collect();
        let schema = InputSchema::json(columns);
        let plan = crate::analytics::input::plan::JsonPlan::new(&schema).unwrap();
        JsonDecoder::new(&schema, &plan.flat().unwrap())
    }

    #[test]
    fn values_go_to_their_columns_in_any_key_order() {
        let mut decoder = decoder(&[("a", SqlType::Integer, "$.a"), ("b", SqlType::Varchar(3), "$.b")]);
        assert_eq!(decoder.decode(br#"{"a": 1, "b": "xyz"}"#, false), Ok(1));
        assert_eq!(decoder.decode(br#" {"zz":[1,{"q":null}],"b":"abcdef","a":-22} "#, false), Ok(1));
        assert_eq!(decoder.decode(br#"{"b":null}"#, false), Ok(1));
        let columns = decoder.finish().unwrap();
        assert_eq!(columns[0].as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), Some(-22), None]);
        assert_eq!(columns[1].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("xyz"), Some("abc"), None]);
    }

    #[test]
    fn a_bad_record_leaves_nothing_behind() {
        let mut decoder = decoder(&[("a", SqlType::Integer, "$.a"), ("b", SqlType::Integer, "$.b")]);
        decoder.decode(br#"{"a":1,"b":2}"#, false).unwrap();
        for bad in [
            &br#"{"a":1,"b":"#[..],
            br#"{"a":1,"b":2"#,
            br#"{"a":1 "b":2}"#,
            br#"{"a":01}"#,
            br#"{"a":1.5}"#,
            br#"{"a":99999999999}"#,
            br#"{"a":"x"}"#,
            br#"{"a":1}{"a":"#,
            br#"{"a":1,}"#,
            br#"{"c":tru}"#,
            br#"[1]"#,
            b"",
            b"nonsense",
            b"{\"c\":\"\xff\"}",
        ] {
            assert!(decoder.decode(bad, false).is_err(), "{}", String::from_utf8_lossy(bad));
            assert_eq!(decoder.rows, 1);
        }
        decoder.decode(br#"{"a":3,"b":4}{"a":5}"#, false).unwrap();
        let columns = decoder.finish().unwrap();
        assert_eq!(columns[0].as_primitive::<Int32Type>().values(), &[1, 3, 5]);
        assert!(columns[1].is_null(2));
    }

    #[test]
    fn errors_say_where_in_the_record() {
        let mut decoder = decoder(&[("a", SqlType::TinyInt, "$.a")]);
        let error = decoder.decode(br#"{"a": 300}"#, false).unwrap_err();
        assert!(
            error.message.contains("300") && error.message.contains("TINYINT") && error.message.contains("character 7"),
            "{}",
            error.message
        );
    }

    #[test]
    fn the_expected_shape_is_only_a_short_cut() {
        let columns =
            [("a", SqlType::Integer, "$.a"), ("b", SqlType::Varchar(3), "$.b"), ("c", SqlType::Double, "$.c")];
        let (mut tried, mut plain) = (decoder(&columns), decoder(&columns));
        let same = [
            r#"{"a": 1, "x": [1], "b": "abc"}"#,
            r#"{"a": 2, "x": {"y": "}"}, "b": "a\u0042cdef"}"#,
            r#"{"a": -3, "x": null, "b": null}"#,
            r#"{"a": "4", "x": 1, "b": 17}"#,
        ];
        let other = [
            r#"{"a":5,"b":"q"}"#,
            r#" {"a": 6, "x": 2, "b": "abc"} "#,
            r#"{"a": 7, "x": 2, "b": "abc"} {"a": 8}"#,
            r#"{"a": 9, "x": 2, "b": "abc", "c": 1e3}"#,
            r#"{"a": 10, "a": 11, "b": "x"}"#,
            r#"{"a": true, "x": 2, "b": "abc"#,
            r#"{"a": 12x, "x": 2, "b": "abc"}"#,
            r#"{"a": 13, "x": 02, "b": "abc"}"#,
            r#"{"a": 14, "x": 2, "b": "abc"}}"#,
            "{}",
            "",
        ];
        // Runs of one shape with odd ones in between, then other shapes in turns, for longer than a pause.
        let runs = (0..50).flat_map(|turn| same.iter().chain(&other[turn % 11..=turn % 11]));
        let records =
            runs.chain((0..1_500).map(|turn| if turn % 3 == 0 { &same[turn % 4] } else { &other[turn % 11] }));
        for record in records {
            let rows = tried.rows;
            let found = if tried.take(record.as_bytes()) {
                Ok(tried.rows - rows)
            } else {
                tried.decode(record.as_bytes(), true)
            };
            assert_eq!(
                found,
                plain.decode_documents(record.as_bytes(), false).map(|()| plain.rows - rows).map_err(|malformed| {
                    plain.roll_back(rows);
                    BadRecord { message: malformed.describe(record.as_bytes()) }
                })
            );
        }
        assert_eq!(tried.finish().unwrap(), plain.finish().unwrap());
    }

    #[test]
    fn records_of_one_shape_are_taken_by_it() {
        let mut decoder = decoder(&[("a", SqlType::Integer, "$.a"), ("b", SqlType::Varchar(3), "$.b")]);
        decoder.decode(br#"{"a": 1, "b": "x"}"#, true).unwrap();
        assert!(decoder.take(br#"{"a": 22, "b": "y\""}"#));
        assert!(!decoder.take(br#"{"a":22, "b": "y"}"#));
        assert!(decoder.take(br#"{"a": null, "b": "z"}"#));
        assert_eq!(decoder.rows, 3);
    }

    #[test]
    fn nested_paths_and_whole_values_are_reached() {
        let mut decoder = decoder(&[
            ("x", SqlType::BigInt, "$.a.x"),
            ("a", SqlType::Varchar(100), "$.a"),
            ("u", SqlType::Varchar(100), "$.u"),
            ("all", SqlType::Varchar(100), "$"),
        ]);
        decoder.decode(br#"{"a": {"x": 7, "y": [1, 2]}, "u": "\u00e9\n\ud83d\ude00"}"#, false).unwrap();
        let columns = decoder.finish().unwrap();
        assert_eq!(columns[0].as_primitive::<Int64Type>().value(0), 7);
        assert_eq!(columns[1].as_string::<i32>().value(0), r#"{"x": 7, "y": [1, 2]}"#);
        assert_eq!(columns[2].as_string::<i32>().value(0), "é\n😀");
        assert!(columns[3].as_string::<i32>().value(0).starts_with(r#"{"a": {"x""#));
    }

    #[test]
    fn the_last_of_repeated_keys_holds() {
        let mut decoder = decoder(&[("a", SqlType::Integer, "$.a")]);
        decoder.decode(br#"{"a":1,"a":2}"#, false).unwrap();
        assert_eq!(decoder.finish().unwrap()[0].as_primitive::<Int32Type>().values(), &[2]);
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        let mut decoder = decoder(&[("a", SqlType::Integer, "$.a")]);
        let deep = format!("{{\"b\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(decoder.decode(deep.as_bytes(), false).unwrap_err().message.contains("deep"));
    }
}
