//! Cases: an application, recorded inputs and what it must give, as JSON; run through the engine as it is.
//!
//! A case is replayed in one epoch, with an event an epoch, or through checkpoints: the application is thrown away and made
//! again behind an event, and goes on from its folder. All must give the same rows.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::application::{Application, RunResult};
use super::config::ApplicationConfig;
use super::driver::Control;
use super::error::{Error, Result};
use super::error_stream::ERROR_STREAM;
use crate::time::{ManualClock, Timestamp};

/// How a case is cut into epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseMode {
    /// All events in one epoch.
    Whole,
    /// Each event in an epoch of its own.
    Row,
    /// Stopped and restored behind every event.
    Restore,
    /// Stopped and restored once, behind so many events.
    RestoreAt(usize),
}

/// Run a case, with its checkpoints below `folder`; gives the rows of each expected stream, and of the error stream.
///
/// # Errors
/// [`Error::Definition`] for a case that is not one, and whatever the application says.
pub fn run_case(case: &Value, mode: CaseMode, folder: PathBuf) -> Result<Value> {
    let parsed = read::case(case).map_err(|message| Error::Definition { message })?;
    let started = parsed.recording.events.first().map_or(0, |event| event.time);
    let recording = Arc::new(parsed.recording);
    let config = ApplicationConfig {
        name: parsed.name,
        sql: parsed.sql,
        folder,
        inputs: Vec::new(),
        tables: parsed.tables,
        reset: false,
        epoch_records: if mode == CaseMode::Row { 1 } else { usize::MAX },
        checkpoint_every: Duration::from_secs(3_600),
        clock: Arc::new(ManualClock::new(Timestamp(started))),
    };
    let events = recording.events.len();
    let cuts: Vec<usize> = match mode {
        CaseMode::Whole | CaseMode::Row => Vec::new(),
        CaseMode::Restore => (0..events).collect(),
        CaseMode::RestoreAt(at) => vec![at.min(events)],
    };
    let mut results: Vec<RunResult> = Vec::new();
    for end in cuts.into_iter().chain([events]) {
        let mut application = Application::over(config.clone(), Arc::clone(&recording))?;
        results.push(application.replay(&Control::default(), end)?);
    }
    let mut streams = Map::new();
    for name in parsed.expected.into_iter().chain([ERROR_STREAM.to_owned()]) {
        let mut rows = Vec::new();
        for result in &results {
            let stream = result.streams.get(&name).ok_or_else(|| Error::UnknownStream {
                application: config.name.clone(),
                stream: name.clone(),
                known: result.streams.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            })?;
            for batch in stream.batches.iter().flatten() {
                write::rows(batch, &mut rows)?;
            }
        }
        streams.insert(name, Value::Array(rows));
    }
    Ok(Value::Object(streams))
}
