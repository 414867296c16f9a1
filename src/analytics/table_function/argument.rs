//! The constant arguments of a table function, checked against its ranges.

use std::fmt;
use std::ops::RangeInclusive;

use super::Column;

/// A constant behind the cursor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    Integer(i64),
    Number(f64),
    Text(String),
    Boolean(bool),
    Null,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "'{value}'"),
            Self::Boolean(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Self::Null => f.write_str("NULL"),
        }
    }
}

/// An argument, or the cursor, that the function cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ArgumentError {
    /// The place behind the cursor, from 0; `None` for the cursor itself.
    pub(crate) place: Option<usize>,
    pub(crate) message: String,
}

type Checked<T> = Result<T, ArgumentError>;

/// The arguments of a call, asked for by place.
pub(super) struct Arguments<'a> {
    function: &'static str,
    names: &'static [&'static str],
    values: &'a [Argument],
}

impl<'a> Arguments<'a> {
    /// `names` are all that there can be, the first `required` ones must be there.
    pub(super) fn new(
        function: &'static str,
        names: &'static [&'static str],
        required: usize,
        values: &'a [Argument],
    ) -> Checked<Self> {
        if values.len() > names.len() {
            let message = format!("{function} takes {} arguments behind the cursor, not {}", names.len(), values.len());
            return Err(ArgumentError { place: Some(names.len()), message });
        }
        if values.len() < required {
            let message = format!("{function} needs the argument `{}`", names[values.len()]);
            return Err(ArgumentError { place: values.len().checked_sub(1), message });
        }
        Ok(Self { function, names, values })
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// An error about the argument at `place`.
    pub(super) fn refuse<T>(&self, place: usize, rule: impl fmt::Display) -> Checked<T> {
        let given = self.values.get(place).map(|value| format!(", not {value}")).unwrap_or_default();
        let message = format!("the argument `{}` of {} must be {rule}{given}", self.names[place], self.function);
        Err(ArgumentError { place: Some(place), message })
    }

    /// An error about the cursor's columns.
    pub(super) fn refuse_cursor<T>(&self, rule: impl fmt::Display) -> Checked<T> {
        Err(ArgumentError { place: None, message: format!("the cursor of {} {rule}", self.function) })
    }

    pub(super) fn integer(&self, place: usize, default: i64, range: RangeInclusive<i64>) -> Checked<i64> {
        match self.values.get(place) {
            None => Ok(default),
            Some(Argument::Integer(value)) if range.contains(value) => Ok(*value),
            Some(_) => self.refuse(place, format_args!("an integer from {} to {}", range.start(), range.end())),
        }
    }

    /// [`Self::integer`] of a range without negative numbers.
    pub(super) fn size(&self, place: usize, default: i64, range: RangeInclusive<i64>) -> Checked<usize> {
        self.integer(place, default, range).map(|value| usize::try_from(value).unwrap_or(usize::MAX))
    }

    pub(super) fn positive(&self, place: usize) -> Checked<f64> {
        let value = match self.values.get(place) {
            Some(Argument::Integer(value)) => *value as f64,
            Some(Argument::Number(value)) => *value,
            _ => f64::NAN,
        };
        if value > 0.0 && value.is_finite() { Ok(value) } else { self.refuse(place, "a number above 0") }
    }

    pub(super) fn boolean(&self, place: usize, default: bool) -> Checked<bool> {
        match self.values.get(place) {
            None => Ok(default),
            Some(Argument::Boolean(value)) => Ok(*value),
            Some(_) => self.refuse(place, "TRUE or FALSE"),
        }
    }

    pub(super) fn text(&self, place: usize) -> Checked<&'a str> {
        match self.values.get(place) {
            Some(Argument::Text(value)) if !value.is_empty() => Ok(value),
            _ => self.refuse(place, "a text"),
        }
    }

    /// The place in the cursor of the column that an argument names.
    ///
    /// As with unquoted names, one that differs in case only will do when there is no other.
    pub(super) fn column(&self, place: usize, input: &[Column]) -> Checked<usize> {
        let name = self.text(place)?;
        if let Some(column) = input.iter().position(|column| column.name == name) {
            return Ok(column);
        }
        let mut alike = input.iter().enumerate().filter(|(_, column)| column.name.eq_ignore_ascii_case(name));
        match (alike.next(), alike.next()) {
            (Some((column, _)), None) => Ok(column),
            _ => {
                let known = input.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ");
                self.refuse(place, format_args!("a column of the cursor, which has {known}"))
            }
        }
    }

    /// Whether an argument says `'asc'` rather than `'desc'`.
    pub(super) fn ascending(&self, place: usize) -> Checked<bool> {
        match self.values.get(place) {
            Some(Argument::Text(value)) if value.eq_ignore_ascii_case("asc") => Ok(true),
            Some(Argument::Text(value)) if value.eq_ignore_ascii_case("desc") => Ok(false),
            _ => self.refuse(place, "'asc' or 'desc'"),
        }
    }
}
