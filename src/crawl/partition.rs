//! Partition keys: what folder names say, and the types of their values.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::PartitionTyping;
use super::cell::{is_date, is_whole};
use crate::catalog::HiveType;

/// How Hive writes a NULL value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// One level of folders between a table and its files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    /// `key=value` folders with this key, lower case.
    Hive(String),
    /// Folders of any name: `partition_0`, `partition_1`, … by depth.
    Plain,
}

impl Level {
    /// The level that a folder of this name makes.
    pub(super) fn of(folder: &str) -> Self {
        hive_key(folder).map_or(Self::Plain, Self::Hive)
    }

    /// Name of the partition key at this depth.
    pub(super) fn key(&self, depth: usize) -> String {
        match self {
            Self::Hive(key) => key.clone(),
            Self::Plain => format!("partition_{depth}"),
        }
    }

    /// The value that a folder of this name stands for; `None` is NULL.
    pub(super) fn value(&self, folder: &str) -> Option<String> {
        let Self::Hive(_) = self else { return Some(folder.to_owned()) };
        let text = folder.split_once('=').map_or(folder, |(_, value)| value);
        (text != NULL).then(|| decode(text))
    }
}

/// The key of a `key=value` folder, decoded and in lower case.
pub(super) fn hive_key(folder: &str) -> Option<String> {
    let (key, _) = folder.split_once('=')?;
    (!key.is_empty()).then(|| decode(key).to_lowercase())
}

/// Levels for a person: `year=/month=/partition_2`.
pub(super) fn describe(levels: &[Level]) -> String {
    let one = |(depth, level): (usize, &Level)| match level {
        Level::Hive(key) => format!("{key}="),
        Level::Plain => format!("partition_{depth}"),
    };
    levels.iter().enumerate().map(one).collect::<Vec<_>>().join("/")
}

/// Percent-decodes; what does not decode to text stays as it is.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// Whether folders of these names are values of something rather than names of things: numbers and dates.
pub(super) fn are_values<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.all(|name| {
        name.bytes().any(|byte| byte.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_digit() || b"-_.T:".contains(&byte))
    })
}

/// What is worth saying about a key's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeNote {
    /// Numbers, but of a width that zeros are padded to.
    MaybePadded,
    /// The catalog has another type.
    Retyped(String),
}

/// The type of a partition key, from all its values, and what is worth saying about it.
pub(super) fn key_type(
    key: &str,
    values: &BTreeSet<&str>,
    typing: &PartitionTyping,
    known: Option<&HiveType>,
) -> (HiveType, Option<TypeNote>) {
    match typing {
        PartitionTyping::Strings => return (HiveType::String, None),
        PartitionTyping::Given(types) if types.contains_key(key) => {
            return (types.get(key).cloned().unwrap_or(HiveType::String), None);
        }
        PartitionTyping::Given(_) | PartitionTyping::Infer => {}
    }
    let misfit = |fits: fn(&str) -> bool| values.iter().find(|value| !fits(value));
    let misfit = match known {
        // A key keeps its type as long as its values allow: queries are written against it.
        Some(HiveType::Int | HiveType::BigInt) => misfit(is_whole),
        Some(HiveType::Date) => misfit(is_date),
        Some(other) => return (other.clone(), None),
        None => return infer(values),
    };
    match (misfit, known) {
        (None, Some(HiveType::Int)) if values.iter().any(|value| value.len() > 9) => (HiveType::BigInt, None),
        (None, Some(known)) => (known.clone(), None),
        (Some(value), Some(known)) => (
            HiveType::String,
            Some(TypeNote::Retyped(format!(
                "partition key `{key}` was {known} and is string now: `{value}` is no {known}"
            ))),
        ),
        (_, None) => infer(values),
    }
}

fn infer(values: &BTreeSet<&str>) -> (HiveType, Option<TypeNote>) {
    let all = |is: fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
    if all(is_date) {
        return (HiveType::Date, None);
    }
    if !all(is_whole) {
        return (HiveType::String, None);
    }
    // `month=11` is written so by those who write `month=08` and by those who write `month=8`. Only a shorter value
    // beside it, or a width that nobody pads to, tells.
    let widths: BTreeSet<usize> = values.iter().map(|value| value.len()).collect();
    if widths.iter().eq(&[2]) || widths.iter().eq(&[3]) {
        return (HiveType::String, Some(TypeNote::MaybePadded));
    }
    (if widths.iter().any(|width| *width > 9) { HiveType::BigInt } else { HiveType::Int }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(values: &[&str], known: Option<HiveType>) -> String {
        key_type("k", &values.iter().copied().collect(), &PartitionTyping::Infer, known.as_ref()).0.to_string()
    }

    #[test]
    fn hive_folders_are_decoded_and_null_is_null() {
        let level = Level::of("City=S%2FW%20x");
        assert_eq!((level.key(0), level.value("City=S%2FW%20x")), ("city".to_owned(), Some("S/W x".to_owned())));
        assert_eq!(level.value("city=__HIVE_DEFAULT_PARTITION__"), None);
        assert_eq!(level.value("city="), Some(String::new()));
        assert_eq!(level.value("city=%zz"), Some("%zz".to_owned()));
        assert_eq!(Level::of("=x"), Level::Plain);
        assert_eq!(Level::of("2019").key(3), "partition_3");
    }

    #[test]
    fn keys_are_typed_when_no_value_loses_its_writing() {
        for (values, of) in [
            (&["2019"][..], "int"),
            (&["2019", "2020"], "int"),
            (&["8", "11"], "int"),
            (&["08", "11"], "string"),
            (&["11"], "string"),
            (&["20190821"], "int"),
            (&["201908211530"], "bigint"),
            (&["2019-08-21"], "date"),
            (&["2019-08-21", "x"], "string"),
            (&["UK", "AUS"], "string"),
            (&[], "string"),
        ] {
            assert_eq!(typed(values, None), of, "{values:?}");
        }
    }

    #[test]
    fn a_known_key_keeps_its_type_while_it_can() {
        assert_eq!(typed(&["11"], Some(HiveType::Int)), "int");
        assert_eq!(typed(&["2019"], Some(HiveType::String)), "string");
        assert_eq!(typed(&["11", "08"], Some(HiveType::Int)), "string");
        assert_eq!(typed(&["11", "12345678901"], Some(HiveType::Int)), "bigint");
    }

    #[test]
    fn numbers_and_dates_are_values_and_words_are_not() {
        assert!(are_values(["2019", "2019-08", "00"].into_iter()));
        assert!(!are_values(["2019", "customers"].into_iter()));
        assert!(!are_values(["v2"].into_iter()));
    }
}
