//! Prefix expressions: the folder part of an object's key, with the time and other values evaluated.
//!
//! The rules are the service's, so that a prefix from a tutorial or a template gives the same keys: what it would refuse
//! is refused here at construction, with the place; what it accepts is evaluated alike, default suffixes included.

use chrono_tz::Tz;

use super::error_record::ErrorOutputType;
use super::partitioning::{KeyOrigin, PartitionValues};
use super::{Error, Result};
use crate::time::Timestamp;
use crate::time::java::{self, JavaPattern};

/// Characters that a prefix may have as written.
const MAX_WRITTEN: usize = 1024;
/// Characters that an evaluated prefix may have.
const MAX_EVALUATED: usize = 512;
/// What a prefix without any time in it gets at its end.
const DEFAULT_TIME: &str = "yyyy/MM/dd/HH/";

/// A compiled prefix or error prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixExpression {
    text: String,
    place: Place,
    parts: Vec<Part>,
}

/// Which of the two a prefix is; they allow different expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Prefix,
    ErrorPrefix,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Timestamp(JavaPattern),
    RandomString,
    ErrorOutputType,
    PartitionKey(KeyOrigin, String),
}

/// What the expressions of one object are evaluated with.
pub(super) struct PrefixValues<'a> {
    /// Arrival of the oldest record in the object.
    pub(super) arrival: Timestamp,
    /// Zone of the parts of the time.
    pub(super) zone: Tz,
    /// Why the records are errors; None for records that are not.
    pub(super) error: Option<ErrorOutputType>,
    /// Keys of dynamic partitioning.
    pub(super) partition: &'a PartitionValues,
    /// A random string for the n-th occurrence.
    pub(super) random_string: &'a dyn Fn(u32) -> String,
}

impl PrefixExpression {
    /// Compile the prefix of records.
    ///
    /// # Errors
    /// [`Error::InvalidPrefix`] with the place and the rule.
    pub fn prefix(text: &str) -> Result<Self> {
        let mut compiled = Self::compile(text, Place::Prefix)?;
        compiled.append_default_time();
        Ok(compiled)
    }

    /// Compile the prefix of error documents that goes with `prefix`; None follows from it when the prefix is plain.
    ///
    /// # Errors
    /// [`Error::InvalidPrefix`] with the place and the rule.
    pub fn error_prefix(text: Option<&str>, prefix: &Self) -> Result<Self> {
        let Some(text) = text else {
            if prefix.has_written_expression() {
                return Err(fault(
                    Place::ErrorPrefix,
                    "",
                    1,
                    "ErrorOutputPrefix can't be null when Prefix contains expressions",
                    "the service's console suggests `!{firehose:error-output-type}/`",
                ));
            }
            return Ok(Self::plain_error_prefix(&prefix.text));
        };
        let compiled = Self::compile(text, Place::ErrorPrefix)?;
        if !compiled.has_written_expression() {
            return Ok(Self::plain_error_prefix(text));
        }
        if !compiled.parts.contains(&Part::ErrorOutputType) {
            let reason = "an error prefix with expressions must have `!{firehose:error-output-type}` among them";
            return Err(fault(Place::ErrorPrefix, text, 1, reason, ""));
        }
        Ok(compiled)
    }

    /// The prefix as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is probably a mistake, seen from the day `from`.
    #[must_use]
    pub fn warnings(&self, from: Timestamp) -> Vec<String> {
        let patterns = self.parts.iter().filter_map(|part| match part {
            Part::Timestamp(pattern) => Some(pattern),
            Part::Literal(_) | Part::RandomString | Part::ErrorOutputType | Part::PartitionKey(..) => None,
        });
        let mut found: Vec<String> = java::warnings(patterns, from)
            .into_iter()
            .map(|warning| format!("In the {} `{}`: {warning}", self.place.name(), self.text))
            .collect();
        if !self.text.is_empty() && !self.has_written_expression() && !self.text.ends_with('/') {
            found.push(format!(
                "The {} `{}` does not end in `/`, so what follows is joined to its last word\nhint: write `{}/` for a folder",
                self.place.name(),
                self.text,
                self.text
            ));
        }
        found
    }

    /// The keys of dynamic partitioning that it names, each once.
    pub(super) fn partition_keys(&self) -> Vec<(KeyOrigin, String)> {
        let mut found = Vec::new();
        for part in &self.parts {
            if let Part::PartitionKey(origin, key) = part
                && !found.contains(&(*origin, key.clone()))
            {
                found.push((*origin, key.clone()));
            }
        }
        found
    }

    /// The text before the first expression.
    pub(super) fn literal_start(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// The prefix of one object.
    pub(super) fn evaluate(&self, values: &PrefixValues<'_>) -> Result<String> {
        let mut out = String::new();
        let mut occurrence = 0;
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Timestamp(pattern) => out.push_str(&pattern.format(values.arrival, values.zone)),
                Part::RandomString => {
                    out.push_str(&(values.random_string)(occurrence));
                    occurrence += 1;
                }
                Part::ErrorOutputType => out.push_str(values.error.map_or("", ErrorOutputType::as_str)),
                Part::PartitionKey(origin, key) => out.push_str(values.partition.get(*origin, key).unwrap_or_default()),
            }
        }
        let length = out.chars().count();
        if length > MAX_EVALUATED {
            let reason = format!("it has {length} characters when evaluated, {MAX_EVALUATED} are allowed");
            return Err(fault(self.place, &self.text, 1, reason, ""));
        }
        Ok(out)
    }

    fn compile(text: &str, place: Place) -> Result<Self> {
        let length = text.chars().count();
        if length > MAX_WRITTEN {
            let reason = format!("it has {length} characters, {MAX_WRITTEN} are allowed");
            return Err(fault(place, text, MAX_WRITTEN + 1, reason, ""));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("!{") {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let at = text.len() - after.len() - 2;
            let Some((expression, behind)) = after.split_once('}') else {
                return Err(fault(place, text, position(text, at), "the expression is not closed by `}`", ""));
            };
            parts.push(expression_part(text, at, expression, place)?);
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), place, parts })
    }

    fn plain_error_prefix(text: &str) -> Self {
        let literal = (!text.is_empty()).then(|| Part::Literal(text.to_owned()));
        let parts = literal.into_iter().chain([Part::ErrorOutputType, Part::Literal("/".to_owned())]).collect();
        let mut compiled = Self { text: text.to_owned(), place: Place::ErrorPrefix, parts };
        compiled.append_default_time();
        compiled
    }

    fn append_default_time(&mut self) {
        if self.parts.iter().any(|part| matches!(part, Part::Timestamp(_))) {
            return;
        }
        if let Ok(pattern) = JavaPattern::parse(DEFAULT_TIME) {
            self.parts.push(Part::Timestamp(pattern));
        }
    }

    fn has_written_expression(&self) -> bool {
        self.text.contains("!{")
    }
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::ErrorPrefix => "error prefix",
        }
    }
}

/// The part for `expression`, the text between `!{` (which is at byte `at`) and `}`.
fn expression_part(text: &str, at: usize, expression: &str, place: Place) -> Result<Part> {
    let refuse = |reason: String, hint: &str| Err(fault(place, text, position(text, at), reason, hint));
    let Some((namespace, value)) = expression.split_once(':') else {
        return refuse(
            format!("`!{{{expression}}}` is no expression"),
            "an expression is `!{namespace:value}`, such as `!{timestamp:yyyy}`",
        );
    };
    match (namespace, value) {
        ("timestamp", "") => refuse("the date pattern is empty".to_owned(), "such as `!{timestamp:yyyy/MM/dd}`"),
        ("timestamp", pattern) => match JavaPattern::parse(pattern) {
            Ok(pattern) => Ok(Part::Timestamp(pattern)),
            Err(error) => {
                let start = position(text, at + "!{timestamp:".len());
                let (reason, hint) = error.reason.split_once("\nhint: ").unwrap_or((&error.reason, ""));
                Err(fault(place, text, start + error.position - 1, reason, hint))
            }
        },
        ("firehose", "random-string") => Ok(Part::RandomString),
        ("firehose", "error-output-type") if place == Place::ErrorPrefix => Ok(Part::ErrorOutputType),
        ("firehose", "error-output-type") => {
            refuse("`error-output-type` is only allowed in the error prefix".to_owned(), "")
        }
        ("firehose", other) => refuse(
            format!("`firehose:{other}` is unknown"),
            "there are `firehose:random-string` and `firehose:error-output-type`",
        ),
        ("partitionKeyFromQuery" | "partitionKeyFromLambda", _) if place == Place::ErrorPrefix => {
            refuse(format!("`{namespace}` is not allowed in the error prefix"), "")
        }
        (_, "") if namespace.starts_with("partitionKeyFrom") => refuse("the partition key has no name".to_owned(), ""),
        ("partitionKeyFromQuery", key) => Ok(Part::PartitionKey(KeyOrigin::Query, key.to_owned())),
        ("partitionKeyFromLambda", key) => Ok(Part::PartitionKey(KeyOrigin::Function, key.to_owned())),
        (other, _) => refuse(
            format!("the namespace `{other}` is unknown"),
            "there are `timestamp`, `firehose`, `partitionKeyFromQuery` and `partitionKeyFromLambda`",
        ),
    }
}

/// The character, from 1, at a byte of `text`.
fn position(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |before| before.chars().count()) + 1
}

fn fault(place: Place, text: &str, position: usize, reason: impl Into<String>, hint: &str) -> Error {
    Error::InvalidPrefix {
        which: place.name(),
        text: text.to_owned(),
        position,
        reason: reason.into(),
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2018-08-27 10:30:00 UTC.
    const ARRIVAL: Timestamp = Timestamp(1_535_365_800_000);

    fn evaluate(prefix: &PrefixExpression, error: Option<ErrorOutputType>) -> String {
        let random_string = |occurrence: u32| format!("046b6c7f-0{occurrence}");
        let values = PrefixValues {
            arrival: ARRIVAL,
            zone: Tz::UTC,
            error,
            partition: &PartitionValues::default(),
            random_string: &random_string,
        };
        prefix.evaluate(&values).unwrap()
    }

    fn prefix(text: &str) -> String {
        evaluate(&PrefixExpression::prefix(text).unwrap(), None)
    }

    fn error_prefix(text: Option<&str>, prefix: &str) -> String {
        let prefix = PrefixExpression::prefix(prefix).unwrap();
        let compiled = PrefixExpression::error_prefix(text, &prefix).unwrap();
        evaluate(&compiled, Some(ErrorOutputType::ProcessingFailed))
    }

    fn fails(result: Result<PrefixExpression>) -> (usize, String) {
        match result {
            Err(Error::InvalidPrefix { position, reason, hint, .. }) => (position, format!("{reason} | {hint}")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_vectors_of_the_service() {
        for (text, key) in [
            (
                "myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}",
                "myFirehose/DeliveredYear=2018/anyMonth/rand=046b6c7f-00",
            ),
            (
                "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
                "myPrefix/year=2018/month=08/day=27/hour=10/",
            ),
            ("!{timestamp:'year='yyyy'/month='MM}", "year=2018/month=08"),
            ("!{firehose:random-string}/!{firehose:random-string}/", "046b6c7f-00/046b6c7f-01/2018/08/27/10/"),
        ] {
            assert_eq!(prefix(text), key);
        }
        let error = "myFirehoseFailures/!{firehose:error-output-type}/!{timestamp:yyyy}/";
        assert_eq!(error_prefix(Some(error), ""), "myFirehoseFailures/processing-failed/2018/");
    }

    #[test]
    fn a_prefix_without_time_gets_the_default_joined_as_is() {
        assert_eq!(prefix(""), "2018/08/27/10/");
        assert_eq!(prefix("data/"), "data/2018/08/27/10/");
        assert_eq!(prefix("data"), "data2018/08/27/10/");
        let warnings = PrefixExpression::prefix("data").unwrap().warnings(ARRIVAL);
        assert!(warnings[0].contains("does not end in `/`"), "{warnings:?}");
        assert!(PrefixExpression::prefix("data/").unwrap().warnings(ARRIVAL).is_empty());
    }

    #[test]
    fn slashes_are_neither_added_nor_removed() {
        assert_eq!(prefix("/a//!{timestamp:yyyy}"), "/a//2018");
    }

    #[test]
    fn an_absent_error_prefix_follows_from_a_plain_prefix() {
        assert_eq!(error_prefix(None, "data/"), "data/processing-failed/2018/08/27/10/");
        assert_eq!(error_prefix(None, ""), "processing-failed/2018/08/27/10/");
        let dynamic = PrefixExpression::prefix("a/!{timestamp:yyyy}/").unwrap();
        let (_, text) = fails(PrefixExpression::error_prefix(None, &dynamic));
        assert!(text.starts_with("ErrorOutputPrefix can't be null when Prefix contains expressions"), "{text}");
        assert!(text.contains("`!{firehose:error-output-type}/`"), "{text}");
    }

    #[test]
    fn error_prefixes_with_expressions_name_the_error_type() {
        assert_eq!(error_prefix(Some("bad/"), "data/"), "bad/processing-failed/2018/08/27/10/");
        assert_eq!(error_prefix(Some("bad/!{firehose:error-output-type}/"), ""), "bad/processing-failed/");
        let plain = PrefixExpression::prefix("a/").unwrap();
        let (_, text) = fails(PrefixExpression::error_prefix(Some("bad/!{timestamp:yyyy}/"), &plain));
        assert!(text.contains("must have `!{firehose:error-output-type}`"), "{text}");
    }

    #[test]
    fn refusals_name_the_place() {
        for (text, position, part) in [
            ("a/!{timestamp:yyyy", 3, "not closed"),
            ("ä/!{bogus:x}/", 3, "namespace `bogus` is unknown"),
            ("a/!{timestamp}", 3, "is no expression"),
            ("a/!{timestamp:}", 3, "pattern is empty"),
            ("a/!{timestamp:yyyy-bb}", 20, "`b` has no meaning"),
            ("!{firehose:error-output-type}/", 1, "only allowed in the error prefix"),
            ("!{firehose:nonsense}/", 1, "`firehose:nonsense` is unknown"),
            ("x!{partitionKeyFromQuery:}/", 2, "has no name"),
        ] {
            let (found, reason) = fails(PrefixExpression::prefix(text));
            assert_eq!(found, position, "{text}: {reason}");
            assert!(reason.contains(part), "{text}: {reason}");
        }
        let plain = PrefixExpression::prefix("").unwrap();
        let text = "e/!{partitionKeyFromLambda:customer}/!{firehose:error-output-type}/";
        assert!(
            fails(PrefixExpression::error_prefix(Some(text), &plain)).1.contains("not allowed in the error prefix")
        );
    }

    #[test]
    fn the_message_points_at_the_character() {
        let error = PrefixExpression::prefix("a/!{timestamp:year=yyyy}/").unwrap_err().to_string();
        assert_eq!(
            error,
            "The prefix is not valid at character 18: the letter `r` has no meaning\n\
             a/!{timestamp:year=yyyy}/\n                 ^\n\
             hint: put text in single quotes, as in `'year='yyyy`"
        );
    }

    #[test]
    fn lengths_are_limited_as_written_and_as_evaluated() {
        assert!(PrefixExpression::prefix(&"a".repeat(1024)).is_ok());
        assert_eq!(fails(PrefixExpression::prefix(&"a".repeat(1025))).0, 1025);
        let random_string = |_: u32| String::new();
        let values = PrefixValues {
            arrival: ARRIVAL,
            zone: Tz::UTC,
            error: None,
            partition: &PartitionValues::default(),
            random_string: &random_string,
        };
        let long = |length| PrefixExpression::prefix(&format!("{}!{{timestamp:yy}}", "a".repeat(length))).unwrap();
        assert!(long(510).evaluate(&values).is_ok());
        assert!(long(511).evaluate(&values).unwrap_err().to_string().contains("513 characters when evaluated"));
    }

    #[test]
    fn week_based_years_are_evaluated_as_java_does_with_a_warning() {
        let compiled =
            PrefixExpression::prefix("year=!{timestamp:YYYY}/month=!{timestamp:MM}/day=!{timestamp:dd}/").unwrap();
        let random_string = |_: u32| String::new();
        let arrival = Timestamp(1_798_362_307_123);
        let values = PrefixValues {
            arrival,
            zone: Tz::UTC,
            error: None,
            partition: &PartitionValues::default(),
            random_string: &random_string,
        };
        assert_eq!(compiled.evaluate(&values).unwrap(), "year=2027/month=12/day=27/");
        let warnings = compiled.warnings(ARRIVAL);
        assert!(warnings.len() == 1 && warnings[0].contains("2018-12-30 to 2018-12-31"), "{warnings:?}");
    }
}
