//! Definitions: Amazon States Language read once, checked as a whole, and kept as a model.
//!
//! Everything that is wrong is reported at once, each problem with a JSON pointer into the text. Warnings are about what
//! is legal and probably not meant; they never block, since a definition that the service accepts must run here.

mod catalogue;
mod check;
mod choice;
mod fields;
mod flow;
mod map;
mod model;
mod notes;
mod recover;
mod resources;
mod state;
mod values;

pub(crate) use choice::{Condition, Is, Kind as TestKind, Order};
pub(crate) use map::{Batcher, CsvHeader, InputType, MapState, Reader, Writer};
pub(crate) use model::{DataPath, Flow, Kind, ResultPath, Rule, State, TaskState, WaitFor};
pub use notes::Problem;
pub(crate) use recover::{Catcher, Retrier};
pub use resources::ResourceUse;

use serde_json::Value;

use super::error::{Error, Result};
use super::template::Language;
use notes::Notes;

/// A definition that passed its checks.
#[derive(Debug, Clone)]
pub struct Definition {
    pub(crate) flow: Flow,
    pub(crate) timeout_seconds: Option<u64>,
    source: Value,
    warnings: Vec<Problem>,
    resources: Vec<ResourceUse>,
}

impl Definition {
    /// Read and check a definition.
    ///
    /// # Errors
    /// [`Error::NotJson`], or [`Error::Definition`] with every problem.
    pub fn parse(text: &str) -> Result<Self> {
        let source: Value = serde_json::from_str(text).map_err(|error| Error::NotJson { reason: error.to_string() })?;
        let mut notes = Notes::default();
        let parsed = flow::machine(&source, &mut notes);
        if let Some((flow, _)) = &parsed {
            check::names(flow, &mut notes);
            check::variables(flow, &mut notes);
        }
        let (problems, warnings) = notes.finish();
        match parsed {
            Some((flow, timeout_seconds)) if problems.is_empty() => {
                let resources = resources::of(&flow);
                Ok(Self { flow, timeout_seconds, source, warnings, resources })
            }
            _ => Err(Error::Definition { problems }),
        }
    }

    /// The JSON that was read.
    #[must_use]
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// What is legal and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The resources that tasks name, with where they do.
    #[must_use]
    pub fn resources(&self) -> &[ResourceUse] {
        &self.resources
    }
}

/// The language that a `QueryLanguage` field names.
fn language(text: &str) -> Option<Language> {
    match text {
        "JSONPath" => Some(Language::JsonPath),
        "JSONata" => Some(Language::Jsonata),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
