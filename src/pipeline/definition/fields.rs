//! The fields of one JSON object, taken one by one, so that what nobody took can be named.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::catalogue;
use super::notes::{Notes, below};
use crate::pipeline::json::type_name;

pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub(super) pointer: String,
    taken: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which must be an object.
    pub(super) fn of(value: &'a Value, pointer: &str, notes: &mut Notes) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, pointer: pointer.to_owned(), taken: BTreeSet::new() }),
            other => {
                notes.problem(pointer, format!("Expected an object, not {}", type_name(other)));
                None
            }
        }
    }

    /// The pointer of a field.
    pub(super) fn at(&self, name: &str) -> String {
        below(&self.pointer, name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<&'a Value> {
        let (key, value) = self.map.get_key_value(name)?;
        self.taken.insert(key);
        Some(value)
    }

    fn typed<T>(
        &mut self,
        name: &str,
        expected: &str,
        notes: &mut Notes,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(name)?;
        let found = read(value);
        if found.is_none() {
            notes.problem(&self.at(name), format!("`{name}` must be {expected}, not {value}"));
        }
        found
    }

    pub(super) fn text(&mut self, name: &str, notes: &mut Notes) -> Option<&'a str> {
        self.typed(name, "a string", notes, Value::as_str)
    }

    pub(super) fn required_text(&mut self, name: &str, notes: &mut Notes) -> Option<&'a str> {
        self.require(name, notes);
        self.text(name, notes)
    }

    pub(super) fn boolean(&mut self, name: &str, notes: &mut Notes) -> Option<bool> {
        self.typed(name, "true or false", notes, Value::as_bool)
    }

    pub(super) fn list(&mut self, name: &str, notes: &mut Notes) -> Option<&'a Vec<Value>> {
        self.typed(name, "an array", notes, Value::as_array)
    }

    pub(super) fn whole(&mut self, name: &str, least: u64, most: u64, notes: &mut Notes) -> Option<u64> {
        let expected = format!("a whole number from {least} to {most}");
        self.typed(name, &expected, notes, |value| value.as_u64().filter(|n| (least..=most).contains(n)))
    }

    pub(super) fn decimal(&mut self, name: &str, least: f64, notes: &mut Notes) -> Option<f64> {
        let expected = format!("a number of at least {least}");
        self.typed(name, &expected, notes, |value| value.as_f64().filter(|n| *n >= least))
    }

    pub(super) fn require(&self, name: &str, notes: &mut Notes) {
        if !self.has(name) {
            notes.problem(&self.pointer, format!("The field `{name}` is missing"));
        }
    }

    /// Refuse fields that another language has; each is named.
    pub(super) fn refuse(&mut self, names: &[&str], why: &str, notes: &mut Notes) {
        for name in names {
            if self.take(name).is_some() {
                notes.problem(&self.at(name), format!("`{name}` {why}"));
            }
        }
    }

    /// Warn of what nobody took.
    pub(super) fn finish(self, notes: &mut Notes) {
        for key in self.map.keys().filter(|key| !self.taken.contains(key.as_str())) {
            let hint = catalogue::nearest_field(key).map(|name| format!(" (did you mean `{name}`?)"));
            let message = format!("The field `{key}` is not known here and has no effect{}", hint.unwrap_or_default());
            notes.warn(&below(&self.pointer, key), message);
        }
    }
}
