//! Events of an execution's history, named as the service names them.

use serde_json::{Map, Value};

use crate::time::Timestamp;

/// One event of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Counts from 1.
    pub id: u64,
    /// The event that led to this one, 0 for the first.
    pub previous: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Its type, such as `TaskStateEntered`.
    pub kind: String,
    /// What belongs to the type.
    pub details: Value,
}

/// An event before it has its number.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) kind: String,
    pub(crate) details: Map<String, Value>,
}

impl Draft {
    pub(crate) fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), details: Map::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// With an error and a cause, as far as there are.
    pub(crate) fn failed(mut self, error: Option<&str>, cause: Option<&str>) -> Self {
        for (name, value) in [("error", error), ("cause", cause)] {
            self.details.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        }
        self
    }
}
