//! The shape of JSON: one record per line, records without newlines between them, records over several lines, and one
//! top-level array of records.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::evidence::{Framing, Unknown};
use super::sample::{ENOUGH_RECORDS, Sample};
use super::shape::{Shape, join_fields};
use crate::catalog::HiveType;

/// How numbers become types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// `int` holds what has at most nine digits, so that a sample's growing identifier does not overflow it later.
    Roomy,
    /// `int` holds what fits into 32 bits, as Glue decides.
    Tight,
}

/// What the records of a sample have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JsonFound {
    pub(super) fields: Vec<(String, Shape)>,
    pub(super) framing: Framing,
    pub(super) records: u64,
    /// Bytes that the records take.
    pub(super) bytes: u64,
    /// Position of the first byte that is not JSON.
    pub(super) malformed_at: Option<u64>,
}

/// Whether a text begins as JSON does.
pub(super) fn looks_like_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The shape of a sample.
///
/// # Errors
/// [`Unknown`] when there is no complete record, or records are not objects.
pub(super) fn infer_json(sample: &Sample, numbers: Numbers) -> Result<JsonFound, Unknown> {
    let text = sample.head.trim_ascii_start();
    if text.first() == Some(&b'[') {
        return infer_array(text, sample.is_whole, numbers);
    }
    let mut found = infer_stream(text, sample.is_whole, numbers)?;
    if found.framing == Framing::Lines {
        for part in &sample.later {
            add_lines(&mut found.fields, part, numbers);
        }
    }
    Ok(found)
}

/// Whether a sample holds enough to stop reading.
pub(super) fn is_enough(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', text).take(ENOUGH_RECORDS).count() >= ENOUGH_RECORDS
}

fn infer_stream(text: &[u8], is_whole: bool, numbers: Numbers) -> Result<JsonFound, Unknown> {
    let mut found = JsonFound { fields: Vec::new(), framing: Framing::Lines, records: 0, bytes: 0, malformed_at: None };
    let mut start = 0;
    'restart: loop {
        let rest = text.get(start..).unwrap_or_default();
        let mut records = serde_json::Deserializer::from_slice(rest).into_iter::<Untyped>();
        let mut end_before = 0;
        while found.records < ENOUGH_RECORDS as u64 {
            match records.next() {
                None => break 'restart,
                Some(Ok(value)) => {
                    let end = records.byte_offset();
                    let piece = rest.get(end_before..end).unwrap_or_default();
                    note_framing(&mut found, piece);
                    end_before = end;
                    add_record(&mut found, value, numbers)?;
                    found.bytes = (start + end) as u64;
                }
                Some(Err(error)) if error.classify() == Category::Eof && !is_whole => break 'restart,
                Some(Err(_)) if found.records == 0 => return Err(not_json(rest, is_whole)),
                Some(Err(_)) => {
                    found.malformed_at.get_or_insert((start + end_before) as u64);
                    // A broken line does not make the file something else: go on behind it.
                    let Some(newline) = next_line(rest, end_before) else { break 'restart };
                    start += newline;
                    continue 'restart;
                }
            }
        }
        break;
    }
    if found.records == 0 {
        return Err(Unknown::nearly("json", "no complete record in the part that was read"));
    }
    Ok(found)
}

/// Position behind the newline that ends the record which begins at `from`.
fn next_line(text: &[u8], from: usize) -> Option<usize> {
    let tail = text.get(from..)?;
    let blank = tail.len() - tail.trim_ascii_start().len();
    let newline = memchr::memchr(b'\n', tail.get(blank..)?)?;
    Some(from + blank + newline + 1)
}

/// Judges how a record follows the one before it; `piece` is the space before it and the record.
fn note_framing(found: &mut JsonFound, piece: &[u8]) {
    let record = piece.trim_ascii_start();
    let space = piece.get(..piece.len() - record.len()).unwrap_or_default();
    if memchr::memchr(b'\n', record).is_some() {
        found.framing = found.framing.max(Framing::MultiLine);
    } else if found.records > 0 && memchr::memchr(b'\n', space).is_none() {
        found.framing = found.framing.max(Framing::Concatenated);
    }
}

fn add_record(found: &mut JsonFound, value: Untyped, numbers: Numbers) -> Result<(), Unknown> {
    let Untyped::Object(fields) = value else {
        return Err(Unknown::nearly("json", format!("record {} is not an object", found.records + 1)));
    };
    join_fields(&mut found.fields, shapes(fields, numbers));
    found.records += 1;
    Ok(())
}

fn infer_array(text: &[u8], is_whole: bool, numbers: Numbers) -> Result<JsonFound, Unknown> {
    let mut found = JsonFound { fields: Vec::new(), framing: Framing::Array, records: 0, bytes: 0, malformed_at: None };
    let mut failure = None;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let outcome = (Elements { found: &mut found, failure: &mut failure, numbers }).deserialize(&mut reader);
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Err(error) = outcome
        && (found.records == 0 || is_whole || error.classify() != Category::Eof)
        && found.records < ENOUGH_RECORDS as u64
    {
        return Err(Unknown::nearly("json", format!("an array that is not JSON: {error}")));
    }
    if found.records == 0 {
        return Err(Unknown::nearly("json", "an empty array"));
    }
    found.bytes = text.len() as u64;
    Ok(found)
}

/// Joins the complete lines of a part that begins and ends anywhere.
fn add_lines(fields: &mut Vec<(String, Shape)>, part: &[u8], numbers: Numbers) {
    let Some(first) = memchr::memchr(b'\n', part) else { return };
    for line in part.get(first..).unwrap_or_default().split(|byte| *byte == b'\n') {
        if let Ok(Untyped::Object(record)) = serde_json::from_slice(line) {
            join_fields(fields, shapes(record, numbers));
        }
    }
}

fn not_json(text: &[u8], is_whole: bool) -> Unknown {
    match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
        Err(error) if error.classify() == Category::Eof && !is_whole => {
            Unknown::nearly("json", "no complete record in the part that was read")
        }
        Err(error) => Unknown::nearly("json", format!("begins like JSON, but is not: {error}")),
        Ok(_) => Unknown::nearly("json", "begins like JSON, but is not"),
    }
}

/// A JSON value reduced to what its type depends on.
#[derive(Debug)]
enum Untyped {
    Null,
    Boolean,
    Whole(i64),
    Unsigned,
    Fraction,
    Text,
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

fn shapes(fields: Vec<(String, Untyped)>, numbers: Numbers) -> Vec<(String, Shape)> {
    fields.into_iter().map(|(name, value)| (name, value.shape(numbers))).collect()
}

impl Untyped {
    fn shape(self, numbers: Numbers) -> Shape {
        Shape::Scalar(match self {
            Self::Null => return Shape::Null,
            Self::Boolean => HiveType::Boolean,
            Self::Whole(value) => {
                let is_int = match numbers {
                    Numbers::Roomy => value.unsigned_abs() < 1_000_000_000,
                    Numbers::Tight => i32::try_from(value).is_ok(),
                };
                if is_int { HiveType::Int } else { HiveType::BigInt }
            }
            Self::Unsigned => HiveType::Decimal(20, 0),
            Self::Fraction => HiveType::Double,
            Self::Text => HiveType::String,
            Self::List(elements) => {
                let join = |known: Shape, element: Self| known.join(element.shape(numbers));
                return Shape::List(Box::new(elements.into_iter().fold(Shape::Null, join)));
            }
            Self::Object(fields) => {
                let mut record = Vec::with_capacity(fields.len());
                join_fields(&mut record, shapes(fields, numbers));
                return Shape::Record(record);
            }
        })
    }
}

impl<'de> Deserialize<'de> for Untyped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UntypedVisitor)
    }
}

struct UntypedVisitor;

impl<'de> Visitor<'de> for UntypedVisitor {
    type Value = Untyped;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Untyped, E> {
        Ok(Untyped::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Untyped, E> {
        Ok(Untyped::Boolean)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Untyped, E> {
        Ok(Untyped::Whole(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Untyped, E> {
        Ok(i64::try_from(value).map_or(Untyped::Unsigned, Untyped::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Untyped, E> {
        Ok(Untyped::Fraction)
    }

    fn visit_str<E>(self, _: &str) -> Result<Untyped, E> {
        Ok(Untyped::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Untyped, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Untyped::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Untyped, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Untyped::Object(fields))
    }
}

/// Adds the elements of a top-level array one by one, so that a cut array yields its complete records.
struct Elements<'a> {
    found: &'a mut JsonFound,
    failure: &'a mut Option<Unknown>,
    numbers: Numbers,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while self.found.records < ENOUGH_RECORDS as u64 {
            let Some(element) = elements.next_element()? else { return Ok(()) };
            if let Err(failure) = add_record(self.found, element, self.numbers) {
                *self.failure = Some(failure);
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::evidence::Compression;

    fn sample(text: &str, is_whole: bool) -> Sample {
        Sample {
            path: "x.json".to_owned(),
            compression: Compression::None,
            head: text.to_owned().into(),
            is_whole,
            later: Vec::new(),
            bytes_read: text.len() as u64,
        }
    }

    fn infer(text: &str) -> JsonFound {
        infer_json(&sample(text, true), Numbers::Roomy).unwrap()
    }

    fn columns(found: &JsonFound) -> String {
        let column = |(name, shape): &(String, Shape)| format!("{name} {}", shape.to_hive());
        found.fields.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn columns_come_in_order_of_appearance_and_join_over_records() {
        let found = infer("{\"b\":1,\"a\":null}\n{\"a\":\"x\",\"b\":2.5,\"c\":true}\n");
        assert_eq!(columns(&found), "b double, a string, c boolean");
        assert_eq!((found.framing, found.records), (Framing::Lines, 2));
    }

    #[test]
    fn whole_numbers_are_int_while_there_is_room() {
        let found = infer(r#"{"small":150,"seconds":1700000000,"large":5000000000,"huge":18446744073709551615}"#);
        assert_eq!(columns(&found), "small int, seconds bigint, large bigint, huge decimal(20,0)");
        let tight = infer_json(&sample(r#"{"seconds":1700000000}"#, true), Numbers::Tight).unwrap();
        assert_eq!(columns(&tight), "seconds int");
    }

    #[test]
    fn objects_and_lists_nest() {
        let found = infer("{\"o\":{\"x\":1,\"y\":[1,2.5]},\"l\":[{\"k\":1},{\"j\":\"s\"}],\"e\":[],\"n\":{}}");
        assert_eq!(
            columns(&found),
            "o struct<x:int,y:array<double>>, l array<struct<k:int,j:string>>, e array<string>, n string"
        );
    }

    #[test]
    fn the_framing_is_recognised() {
        assert_eq!(infer("{\"a\":1}{\"a\":2}").framing, Framing::Concatenated);
        assert_eq!(infer("{\n \"a\":1\n}\n{\n \"a\":2\n}\n").framing, Framing::MultiLine);
        let array = infer("[{\"a\":1},\n {\"a\":2,\"b\":\"x\"}]");
        assert_eq!((array.framing, array.records, columns(&array).as_str()), (Framing::Array, 2, "a int, b string"));
    }

    #[test]
    fn a_cut_sample_yields_its_complete_records() {
        for text in ["{\"a\":1}\n{\"a\":2}\n{\"a\":\"thr", "[{\"a\":1},{\"a\":2},{\"a\":\"thr"] {
            let found = infer_json(&sample(text, false), Numbers::Roomy).unwrap();
            assert_eq!((columns(&found).as_str(), found.records), ("a int", 2), "{text}");
        }
    }

    #[test]
    fn a_broken_line_is_noted_and_skipped() {
        let found = infer("{\"a\":1}\n{\"a\":oops}\n{\"a\":2,\"b\":3}\n");
        assert_eq!((found.records, found.malformed_at, columns(&found).as_str()), (2, Some(7), "a int, b int"));
    }

    #[test]
    fn later_parts_widen_the_type() {
        let mut sample = sample("{\"a\":1}\n{\"a\":2}\n", false);
        sample.later.push("\"a\":77}\n{\"a\":\"N/A\"}\n{\"a\":".into());
        assert_eq!(columns(&infer_json(&sample, Numbers::Roomy).unwrap()), "a string");
    }

    #[test]
    fn what_is_not_records_is_unknown_with_the_reason() {
        for (text, reason) in [
            ("{not json}", "begins like JSON, but is not"),
            ("[1,2,3]", "record 1 is not an object"),
            ("[]", "an empty array"),
            ("{\"a\":1", "begins like JSON, but is not"),
        ] {
            let unknown = infer_json(&sample(text, true), Numbers::Roomy).unwrap_err();
            assert!(unknown.reason.contains(reason), "{text}: {}", unknown.reason);
        }
    }
}
