//! The journal of one execution: its events, and where each of its branches stands.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Store;
use crate::pipeline::error::Result;
use crate::pipeline::event::Draft;
use crate::pipeline::template::Variables;
use crate::time::Timestamp;

/// Where a branch stands: in a state, before or between attempts at its work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) state: String,
    /// The raw input of the state.
    pub(crate) input: Value,
    /// Variables of this branch alone.
    pub(crate) variables: Variables,
    pub(crate) entered: Timestamp,
    pub(crate) entered_event: u64,
    pub(crate) last_event: u64,
    /// Retries so far, in all and by retrier.
    pub(crate) retries: u64,
    pub(crate) retrier_counts: Vec<u64>,
    /// When the next attempt begins, after a failed one.
    pub(crate) wake_at: Option<Timestamp>,
    /// Whether this attempt's start is in the history already.
    pub(crate) started: bool,
}

/// A branch under way, or its output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Progress {
    At(Box<Position>),
    Done { output: Value, last_event: u64 },
}

/// What is written in one transaction.
#[derive(Default)]
pub(crate) struct Step<'a> {
    pub(crate) events: Vec<Draft>,
    /// The branch that moves, and where to.
    pub(crate) progress: Option<(&'a str, &'a mut Progress)>,
    /// Branches whose scope begins so are over.
    pub(crate) forget: Option<String>,
}

/// The journal of one execution.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) store: Arc<Store>,
    pub(crate) execution: String,
    last: Mutex<u64>,
}

impl Journal {
    /// The journal of an execution, which may have begun before.
    pub(crate) fn open(store: Arc<Store>, execution: &str) -> Result<Self> {
        let last = {
            let query = "SELECT coalesce(max(id), 0) FROM event WHERE execution = ?1";
            store.lock().query_row(query, [execution], |row| row.get(0)).map_err(store.failed())?
        };
        Ok(Self { store, execution: execution.to_owned(), last: Mutex::new(last) })
    }

    /// The newest event.
    pub(crate) fn last_event(&self) -> u64 {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Write a step; the events follow one another after `previous`. The last event's number is the answer; a position
    /// gets it too, and the number of its `…StateEntered` event if that is among them.
    pub(crate) fn commit(&self, previous: u64, now: Timestamp, step: Step<'_>) -> Result<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = self.store.lock();
        let failed = self.store.failed();
        let transaction = connection.transaction().map_err(&failed)?;
        let (mut id, mut before) = (*last, previous);
        let mut entered = None;
        {
            const INSERT: &str = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let mut insert = transaction.prepare_cached(INSERT).map_err(&failed)?;
            for Draft { kind, details } in step.events {
                id += 1;
                if kind.ends_with("StateEntered") {
                    entered = Some(id);
                }
                let details = Value::Object(details).to_string();
                insert.execute(params![self.execution, id, before, now.0, kind, details]).map_err(&failed)?;
                before = id;
            }
            if let Some(prefix) = step.forget {
                let delete = "DELETE FROM position WHERE execution = ?1 AND scope >= ?2 AND scope < ?3";
                let end = format!("{prefix}\u{10FFFF}");
                let mut delete = transaction.prepare_cached(delete).map_err(&failed)?;
                delete.execute(params![self.execution, prefix, end]).map_err(&failed)?;
            }
            if let Some((scope, progress)) = step.progress {
                progress.written(before, entered);
                let body = serde_json::to_string(progress).unwrap_or_default();
                let mut upsert =
                    transaction.prepare_cached("REPLACE INTO position VALUES (?1, ?2, ?3)").map_err(&failed)?;
                upsert.execute(params![self.execution, scope, body]).map_err(&failed)?;
            }
        }
        transaction.commit().map_err(&failed)?;
        *last = id;
        Ok(before)
    }

    /// Where a branch stands; None before it begins.
    pub(crate) fn progress(&self, scope: &str) -> Result<Option<Progress>> {
        let query = "SELECT body FROM position WHERE execution = ?1 AND scope = ?2";
        let connection = self.store.lock();
        let mut statement = connection.prepare_cached(query).map_err(self.store.failed())?;
        let found: Option<String> = statement
            .query_row(params![self.execution, scope], |row| row.get(0))
            .optional()
            .map_err(self.store.failed())?;
        Ok(found.and_then(|body| serde_json::from_str(&body).ok()))
    }

    /// Branches under way whose scope begins with `prefix`.
    pub(crate) fn under_way(&self, prefix: &str) -> Result<Vec<(String, Position)>> {
        let query =
            "SELECT scope, body FROM position WHERE execution = ?1 AND scope >= ?2 AND scope < ?3 ORDER BY scope";
        let connection = self.store.lock();
        let mut statement = connection.prepare_cached(query).map_err(self.store.failed())?;
        let end = format!("{prefix}\u{10FFFF}");
        let rows = statement
            .query_map(params![self.execution, prefix, end], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .map_err(self.store.failed())?;
        let mut found = Vec::new();
        for row in rows {
            let (scope, body) = row.map_err(self.store.failed())?;
            if let Ok(Progress::At(position)) = serde_json::from_str(&body) {
                found.push((scope, *position));
            }
        }
        Ok(found)
    }
}

impl Progress {
    fn written(&mut self, last: u64, entered: Option<u64>) {
        match self {
            Self::At(position) => {
                position.last_event = last;
                position.entered_event = entered.unwrap_or(position.entered_event);
            }
            Self::Done { output: _, last_event } => *last_event = last,
        }
    }
}
