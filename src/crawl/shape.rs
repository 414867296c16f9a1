//! Shapes: what is known of a column's type after some of its values, and how two such beliefs are joined.
//!
//! The lattice: null < everything; int < bigint < double; int < decimal < double; date < timestamp; lists and records
//! join inside; anything else that is mixed is a string. The join is commutative and associative, so that the order in
//! which files and records are read does not matter.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::catalog::HiveType;

/// What the values seen so far have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Shape {
    /// No value yet.
    Null,
    /// Single values of this type.
    Scalar(HiveType),
    /// Lists of one shape.
    List(Box<Self>),
    /// Records with these fields, in order of appearance.
    Record(Vec<(String, Self)>),
}

/// Decimal digits that a `bigint` can need.
const BIGINT_DIGITS: u8 = 19;

impl Shape {
    pub(super) const STRING: Self = Self::Scalar(HiveType::String);

    /// The shape that holds the values of both.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, known) | (known, Self::Null) => known,
            (Self::Scalar(a), Self::Scalar(b)) => Self::Scalar(join_scalars(&a, &b)),
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.join(*b))),
            (Self::Record(mut a), Self::Record(b)) => {
                join_fields(&mut a, b);
                Self::Record(a)
            }
            _ => Self::STRING,
        }
    }

    /// Whether a reader can read values of both as one type without turning them into text.
    pub(super) fn is_mergeable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => true,
            (Self::Scalar(a), Self::Scalar(b)) => {
                a == b || is_text(a) == is_text(b) && join_scalars(a, b) != HiveType::String || is_text(a) && is_text(b)
            }
            (Self::List(a), Self::List(b)) => a.is_mergeable(b),
            (Self::Record(_), Self::Record(_)) => true,
            _ => false,
        }
    }

    /// Whether a column of this shape holds every value that `narrower` stands for.
    pub(super) fn holds(&self, narrower: &Self) -> bool {
        &self.clone().join(narrower.clone()) == self
    }

    /// The type to declare. A column without any value is a string, and so is a record without any field.
    pub(super) fn to_hive(&self) -> HiveType {
        match self {
            Self::Null => HiveType::String,
            Self::Scalar(scalar) => scalar.clone(),
            Self::List(element) => HiveType::Array(Box::new(element.to_hive())),
            Self::Record(fields) if fields.is_empty() => HiveType::String,
            Self::Record(fields) => {
                HiveType::Struct(fields.iter().map(|(name, shape)| (name.clone(), shape.to_hive())).collect())
            }
        }
    }
}

impl From<&HiveType> for Shape {
    fn from(hive: &HiveType) -> Self {
        match hive {
            HiveType::Array(element) => Self::List(Box::new(Self::from(element.as_ref()))),
            HiveType::Struct(fields) => {
                Self::Record(fields.iter().map(|(name, of)| (name.clone(), Self::from(of))).collect())
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }
}

/// Joins fields by name; new names go to the end.
///
/// Records of one file have their fields in one order nearly always, so the place of the last hit plus one is tried
/// before searching.
pub(super) fn join_fields(into: &mut Vec<(String, Shape)>, fields: Vec<(String, Shape)>) {
    let mut guess = 0;
    let mut index: Option<HashMap<String, usize>> = None;
    for (name, shape) in fields {
        let place = if into.get(guess).is_some_and(|(known, _)| *known == name) {
            Some(guess)
        } else if into.len() < 32 {
            into.iter().position(|(known, _)| *known == name)
        } else {
            let index = index.get_or_insert_with(|| {
                into.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect()
            });
            index.get(&name).copied()
        };
        match place.and_then(|place| into.get_mut(place)) {
            Some((_, known)) if *known == shape => {}
            Some((_, known)) => {
                let before = std::mem::replace(known, Shape::Null);
                *known = before.join(shape);
            }
            None => {
                if let Some(index) = &mut index {
                    index.insert(name.clone(), into.len());
                }
                into.push((name, shape));
            }
        }
        guess = place.map_or(guess, |place| place + 1);
    }
}

fn is_text(hive: &HiveType) -> bool {
    matches!(hive, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_))
}

/// Whole numbers in order of width.
fn whole_rank(hive: &HiveType) -> Option<u8> {
    match hive {
        HiveType::TinyInt => Some(0),
        HiveType::SmallInt => Some(1),
        HiveType::Int => Some(2),
        HiveType::BigInt => Some(3),
        _ => None,
    }
}

/// A number as (digits before the point, digits after it).
fn as_decimal(hive: &HiveType) -> Option<(u8, u8)> {
    match hive {
        HiveType::TinyInt => Some((3, 0)),
        HiveType::SmallInt => Some((5, 0)),
        HiveType::Int => Some((10, 0)),
        HiveType::BigInt => Some((BIGINT_DIGITS, 0)),
        HiveType::Decimal(precision, scale) => {
            let scale = u8::try_from(*scale).unwrap_or(0);
            Some((precision.saturating_sub(scale), scale))
        }
        _ => None,
    }
}

fn join_scalars(a: &HiveType, b: &HiveType) -> HiveType {
    use HiveType::{Date, Decimal, Double, Float, String, Timestamp};
    if a == b {
        return a.clone();
    }
    if let (Some(left), Some(right)) = (whole_rank(a), whole_rank(b)) {
        return if left >= right { a.clone() } else { b.clone() };
    }
    if let (Some(left), Some(right)) = (as_decimal(a), as_decimal(b)) {
        let (whole, scale) = (left.0.max(right.0), left.1.max(right.1));
        return match i8::try_from(scale) {
            Ok(signed) if whole + scale <= 38 => Decimal(whole + scale, signed),
            _ => Double,
        };
    }
    let is_number = |hive: &HiveType| matches!(hive, Float | Double) || as_decimal(hive).is_some();
    match (a, b) {
        (Date, Timestamp) | (Timestamp, Date) => Timestamp,
        _ if is_number(a) && is_number(b) => Double,
        _ => String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        if text == "null" { Shape::Null } else { Shape::from(&text.parse::<HiveType>().unwrap()) }
    }

    #[test]
    fn the_join_follows_the_lattice() {
        for (a, b, joined) in [
            ("null", "int", "int"),
            ("int", "bigint", "bigint"),
            ("int", "double", "double"),
            ("int", "decimal(5,2)", "decimal(12,2)"),
            ("bigint", "decimal(20,0)", "decimal(20,0)"),
            ("decimal(12,2)", "double", "double"),
            ("decimal(38,0)", "decimal(38,10)", "double"),
            ("date", "timestamp", "timestamp"),
            ("date", "int", "string"),
            ("boolean", "int", "string"),
            ("array<int>", "array<bigint>", "array<bigint>"),
            ("array<int>", "int", "string"),
            ("struct<a:int>", "struct<b:date,a:double>", "struct<a:double,b:date>"),
            ("struct<a:int>", "string", "string"),
        ] {
            assert_eq!(shape(a).join(shape(b)), shape(joined), "{a} with {b}");
            let swapped = shape(b).join(shape(a)).to_hive().to_string();
            assert_eq!(swapped.len(), joined.len(), "{b} with {a} is {swapped}");
        }
    }

    #[test]
    fn every_join_holds_both_sides() {
        let all = [
            "null",
            "int",
            "bigint",
            "double",
            "decimal(9,3)",
            "decimal(38,30)",
            "string",
            "date",
            "timestamp",
            "boolean",
        ];
        for a in all {
            for b in all {
                let joined = shape(a).join(shape(b));
                assert!(joined.holds(&shape(a)) && joined.holds(&shape(b)), "{a} with {b} is {joined:?}");
                for c in all {
                    let left = joined.clone().join(shape(c));
                    let right = shape(a).join(shape(b).join(shape(c)));
                    assert_eq!(left, right, "({a}, {b}), {c}");
                }
            }
        }
    }

    #[test]
    fn numbers_merge_and_numbers_with_text_do_not() {
        assert!(shape("int").is_mergeable(&shape("double")));
        assert!(shape("null").is_mergeable(&shape("string")));
        assert!(!shape("int").is_mergeable(&shape("string")));
        assert!(!shape("date").is_mergeable(&shape("double")));
    }

    #[test]
    fn many_fields_keep_their_order_of_appearance() {
        let fields = |from: usize, to: usize| (from..to).map(|n| (format!("f{n}"), shape("int"))).collect::<Vec<_>>();
        let mut all = fields(0, 100);
        join_fields(&mut all, fields(90, 120));
        let names: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, (0..120).map(|n| format!("f{n}")).collect::<Vec<_>>());
    }
}
