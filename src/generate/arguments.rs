//! What a tag passes to its function, read by what the function takes.

use std::cell::RefCell;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::template::Arguments;

/// What a tag asks for, and what its function may say about it.
pub(crate) struct Call<'a> {
    pub(crate) arguments: &'a Arguments,
    /// The tag's own, for what is arranged once for all records.
    pub(crate) seed: u64,
    pub(crate) timezone: Tz,
    /// Errors and nonsense values as the Kinesis Data Generator has them.
    pub(crate) strict: bool,
    /// Compiles a template inside of the template.
    pub(crate) nested: &'a dyn Fn(&str) -> Result<super::generator::Generator, String>,
    pub(crate) warnings: RefCell<Vec<String>>,
}

impl Call<'_> {
    /// Say something about the tag that is no error.
    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.warnings.borrow_mut().push(message.into());
    }

    /// The argument at `place`; one that is `null` is as good as none.
    pub(crate) fn at(&self, place: usize) -> Option<&Value> {
        match self.arguments {
            Arguments::Json(values) => values.get(place).filter(|value| !value.is_null()),
            Arguments::None | Arguments::Raw(_) => None,
        }
    }

    /// Whether there is no argument at all.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.arguments, Arguments::None)
    }

    /// The first argument, if there is one; raw text that looks like it was to be JSON is an error.
    pub(crate) fn value(&self) -> Result<Option<&Value>, String> {
        match self.arguments {
            Arguments::None => Ok(None),
            Arguments::Json(values) => Ok(values.first()),
            Arguments::Raw(text) if text.contains('\'') => {
                Err(format!("the argument `{text}` is not JSON, which takes double quotes"))
            }
            Arguments::Raw(text) => Err(format!("the argument `{text}` is not JSON")),
        }
    }

    /// The members of an object argument, which may only be of those `known`.
    pub(crate) fn members(&self, known: &[&str]) -> Result<Option<&Map<String, Value>>, String> {
        let Some(value) = self.value()? else { return Ok(None) };
        let Value::Object(members) = value else {
            return Err(format!("the argument `{value}` is not an object with {}", known.join(", ")));
        };
        match members.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("the argument has a member `{key}`; it takes {}", known.join(", "))),
            None => Ok(Some(members)),
        }
    }

    /// The argument at `place` as text: raw text, a JSON string, or another value as it is written.
    pub(crate) fn text(&self, place: usize) -> Option<String> {
        match self.arguments {
            Arguments::Raw(text) if place == 0 => Some(text.clone()),
            _ => self.at(place).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        }
    }

    /// The number at `place`.
    pub(crate) fn number(&self, place: usize, default: f64) -> Result<f64, String> {
        if place == 0 {
            self.value()?;
        }
        match self.at(place) {
            None => Ok(default),
            Some(value) => value.as_f64().ok_or_else(|| format!("the argument `{value}` is not a number")),
        }
    }

    /// The whole number at `place`, from 0 to `most`.
    pub(crate) fn count(&self, place: usize, default: u64, most: u64) -> Result<u64, String> {
        let number = self.number(place, default as f64)?;
        if number.fract() != 0.0 || !(0.0..=most as f64).contains(&number) {
            return Err(format!("the argument `{number}` is not a whole number from 0 to {most}"));
        }
        Ok(number as u64)
    }

    /// Whether the first argument is true, as JavaScript sees it.
    pub(crate) fn flag(&self) -> bool {
        match self.at(0) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
            Some(_) => true,
            None => matches!(self.arguments, Arguments::Raw(text) if !text.is_empty()),
        }
    }
}

/// A number among the members of an object argument.
pub(crate) fn numeric(members: Option<&Map<String, Value>>, key: &str, default: f64) -> Result<f64, String> {
    match members.and_then(|members| members.get(key)) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value.as_f64().ok_or_else(|| format!("`{key}` is `{value}`, not a number")),
    }
}

/// A whole number of 0 or more among the members of an object argument.
pub(crate) fn whole(members: Option<&Map<String, Value>>, key: &str, default: u64, most: u64) -> Result<u64, String> {
    let number = numeric(members, key, default as f64)?;
    if number.fract() != 0.0 || !(0.0..=most as f64).contains(&number) {
        return Err(format!("`{key}` is {number}, not a whole number from 0 to {most}"));
    }
    Ok(number as u64)
}

/// A text among the members of an object argument.
pub(crate) fn text_of(members: Option<&Map<String, Value>>, key: &str, default: &str) -> Result<String, String> {
    match members.and_then(|members| members.get(key)) {
        None | Some(Value::Null) => Ok(default.to_owned()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value) => Err(format!("`{key}` is `{value}`, not a text")),
    }
}
