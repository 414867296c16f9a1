//! Types with variables, as signatures have them, and what the variables were found to be.

use std::collections::HashMap;

use crate::sql::trino::types::{RowField, TrinoType};

/// A number in a type: `decimal(p, 2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Fixed(u32),
    Variable(&'static str),
}

/// A type with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Any type, each argument its own.
    Any,
    Exact(TrinoType),
    Variable(&'static str),
    Decimal(Number, Number),
    Varchar(Number),
    Char(Number),
    Time(Number),
    TimeWithTimeZone(Number),
    Timestamp(Number),
    TimestampWithTimeZone(Number),
    Array(Box<Self>),
    Map(Box<Self>, Box<Self>),
    Row(Vec<(Option<&'static str>, Self)>),
    Function(Vec<Self>, Box<Self>),
}

/// What the variables of one signature stand for in one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bindings {
    types: HashMap<&'static str, TrinoType>,
    numbers: HashMap<&'static str, u32>,
}

impl Bindings {
    /// Let `pattern` stand for `found`, widening what is bound already. False when it cannot.
    pub(crate) fn bind(&mut self, pattern: &Pattern, found: &TrinoType) -> bool {
        match (pattern, found) {
            (Pattern::Any, _) => true,
            (Pattern::Exact(wanted), found) => {
                found.becomes(wanted) || matches!((found, wanted), (TrinoType::Char(_), TrinoType::Varchar(None)))
            }
            (Pattern::Variable(name), found) => self.bind_type(name, found),
            // NULL has no parts that could say more.
            (Pattern::Function(..), _) => false,
            (_, TrinoType::Unknown) => true,
            (Pattern::Decimal(precision, scale), found) => found.as_decimal().is_some_and(|(p, s)| {
                self.bind_number(*precision, u32::from(p)) && self.bind_number(*scale, u32::from(s))
            }),
            (Pattern::Varchar(length), TrinoType::Char(n)) => self.bind_number(*length, *n),
            (Pattern::Varchar(length), TrinoType::Varchar(n)) => self.bind_number(*length, n.unwrap_or(u32::MAX)),
            (Pattern::Char(length), TrinoType::Char(n)) => self.bind_number(*length, *n),
            (Pattern::Char(length), TrinoType::Varchar(Some(n))) => self.bind_number(*length, *n),
            (Pattern::Time(precision), TrinoType::Time(p))
            | (Pattern::TimeWithTimeZone(precision), TrinoType::Time(p) | TrinoType::TimeWithTimeZone(p))
            | (Pattern::Timestamp(precision), TrinoType::Timestamp(p))
            | (
                Pattern::TimestampWithTimeZone(precision),
                TrinoType::Timestamp(p) | TrinoType::TimestampWithTimeZone(p),
            ) => self.bind_number(*precision, u32::from(*p)),
            (Pattern::Timestamp(precision) | Pattern::TimestampWithTimeZone(precision), TrinoType::Date) => {
                self.bind_number(*precision, 0)
            }
            (Pattern::Array(element), TrinoType::Array(found)) => self.bind(element, found),
            (Pattern::Map(key, value), TrinoType::Map(found_key, found)) => {
                self.bind(key, found_key) && self.bind(value, found)
            }
            (Pattern::Row(fields), TrinoType::Row(found)) => {
                fields.len() == found.len()
                    && fields.iter().zip(found).all(|((_, field), found)| self.bind(field, &found.data_type))
            }
            _ => false,
        }
    }

    fn bind_type(&mut self, name: &'static str, found: &TrinoType) -> bool {
        let wider = match self.types.get(name) {
            None => found.clone(),
            Some(bound) => match bound.common(found) {
                Some(wider) => wider,
                None => return false,
            },
        };
        self.types.insert(name, wider);
        true
    }

    fn bind_number(&mut self, number: Number, found: u32) -> bool {
        match number {
            // A smaller precision or length becomes a larger one.
            Number::Fixed(fixed) => found <= fixed,
            Number::Variable(name) => {
                let bound = self.numbers.entry(name).or_insert(found);
                *bound = (*bound).max(found);
                true
            }
        }
    }

    fn number(&self, number: Number) -> Option<u32> {
        match number {
            Number::Fixed(fixed) => Some(fixed),
            Number::Variable(name) => self.numbers.get(name).copied(),
        }
    }

    fn small(&self, number: Number, default: u8) -> u8 {
        self.number(number).and_then(|number| u8::try_from(number).ok()).unwrap_or(default)
    }

    /// The type that an argument of type `found` is converted to.
    pub(crate) fn applied_to(&self, pattern: &Pattern, found: &TrinoType) -> TrinoType {
        if *pattern == Pattern::Any { found.clone() } else { self.apply(pattern) }
    }

    /// The pattern with its variables replaced; those not bound are `unknown`.
    pub(crate) fn apply(&self, pattern: &Pattern) -> TrinoType {
        match pattern {
            // Stands for what was found; see [`Bindings::applied_to`].
            Pattern::Any => TrinoType::Unknown,
            Pattern::Exact(exact) => exact.clone(),
            Pattern::Variable(name) => self.types.get(name).cloned().unwrap_or(TrinoType::Unknown),
            Pattern::Decimal(precision, scale) => {
                let (precision, scale) = (self.small(*precision, 1), self.small(*scale, 0));
                TrinoType::Decimal(precision.max(1), scale)
            }
            Pattern::Varchar(length) => TrinoType::Varchar(self.number(*length).filter(|length| *length != u32::MAX)),
            Pattern::Char(length) => TrinoType::Char(self.number(*length).unwrap_or(1)),
            Pattern::Time(precision) => TrinoType::Time(self.small(*precision, 3)),
            Pattern::TimeWithTimeZone(precision) => TrinoType::TimeWithTimeZone(self.small(*precision, 3)),
            Pattern::Timestamp(precision) => TrinoType::Timestamp(self.small(*precision, 3)),
            Pattern::TimestampWithTimeZone(precision) => TrinoType::TimestampWithTimeZone(self.small(*precision, 3)),
            Pattern::Array(element) => TrinoType::array(self.apply(element)),
            Pattern::Map(key, value) => TrinoType::map(self.apply(key), self.apply(value)),
            Pattern::Row(fields) => TrinoType::Row(
                fields
                    .iter()
                    .map(|(name, field)| RowField { name: name.map(str::to_owned), data_type: self.apply(field) })
                    .collect(),
            ),
            Pattern::Function(_, result) => self.apply(result),
        }
    }
}
