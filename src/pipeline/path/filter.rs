//! Filters: `[?(@.status == 0 && @.name =~ /a.*/i)]`.

use std::cmp::Ordering;

use serde_json::Value;

use super::Path;
use crate::pipeline::json::{compare_numbers, is_equal};

/// A condition on an array element or object member.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// A path from the root finds something.
    Exists(Path),
    /// A path from the element finds something.
    ExistsHere(Path),
    Compare {
        left: Operand,
        operator: Comparison,
        right: Operand,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    Current(Path),
    Literal(Value),
    Pattern(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Matches,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
}

impl Filter {
    /// Whether `current` passes; `root` is what the whole path starts from.
    pub(super) fn accepts(&self, root: &Value, current: &Value) -> bool {
        match self {
            Self::Or(all) => all.iter().any(|one| one.accepts(root, current)),
            Self::And(all) => all.iter().all(|one| one.accepts(root, current)),
            Self::Not(one) => !one.accepts(root, current),
            Self::Exists(path) => !path.select(root).is_empty(),
            Self::ExistsHere(path) => !path.select(current).is_empty(),
            Self::Compare { left, operator, right } => {
                compare(*operator, left.value(root, current).as_ref(), right, root, current)
            }
        }
    }
}

impl Operand {
    fn value(&self, root: &Value, current: &Value) -> Option<Value> {
        let of = |path: &Path, from: &Value| -> Option<Value> {
            let found = path.select(from);
            if path.is_definite() {
                found.into_iter().next().cloned()
            } else {
                Some(Value::Array(found.into_iter().cloned().collect()))
            }
        };
        match self {
            Self::Path(path) => of(path, root),
            Self::Current(path) => of(path, current),
            Self::Literal(value) => Some(value.clone()),
            Self::Pattern(pattern) => Some(Value::String(pattern.clone())),
        }
    }
}

fn compare(operator: Comparison, left: Option<&Value>, right: &Operand, root: &Value, current: &Value) -> bool {
    let other = right.value(root, current);
    let equal = || match (left, &other) {
        (None, None) => true,
        (Some(a), Some(b)) => is_equal(a, b),
        _ => false,
    };
    let order = || left.zip(other.as_ref()).and_then(|(a, b)| order(a, b));
    let is_in = || match (left, &other) {
        (Some(value), Some(Value::Array(items))) => items.iter().any(|item| is_equal(item, value)),
        _ => false,
    };
    match operator {
        Comparison::Equal => equal(),
        Comparison::NotEqual => !equal(),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::LessEqual => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::GreaterEqual => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Matches => match (left, &other) {
            // Jayway asks whether the whole text matches.
            (Some(Value::String(text)), Some(Value::String(pattern))) => {
                fancy_regex::Regex::new(&format!("^(?:{pattern})$"))
                    .ok()
                    .and_then(|regex| regex.is_match(text).ok())
                    .unwrap_or(false)
            }
            _ => false,
        },
        Comparison::In => is_in(),
        Comparison::NotIn => !is_in(),
        Comparison::Contains => match (left, &other) {
            (Some(Value::Array(items)), Some(value)) => items.iter().any(|item| is_equal(item, value)),
            (Some(Value::String(text)), Some(Value::String(part))) => text.contains(part.as_str()),
            _ => false,
        },
        Comparison::Size => size(left).zip(other.as_ref().and_then(Value::as_u64)).is_some_and(|(a, b)| a == b),
        Comparison::Empty => {
            size(left).zip(other.as_ref().and_then(Value::as_bool)).is_some_and(|(n, empty)| (n == 0) == empty)
        }
    }
}

fn size(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Array(items) => Some(items.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
