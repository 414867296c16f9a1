//! Rows of machines and executions.

use std::fmt;
use std::str::FromStr;

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::Store;
use crate::pipeline::error::{Error, Result};
use crate::pipeline::event::Event;
use crate::time::Timestamp;

/// What has become of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is under way, here, elsewhere, or after a crash by nobody for now.
    Running,
    /// It ended in a terminal state.
    Succeeded,
    /// A state failed, and nothing caught it.
    Failed,
    /// The machine's `TimeoutSeconds` were over.
    TimedOut,
    /// It was stopped.
    Aborted,
}

const STATUSES: [(Status, &str); 5] = [
    (Status::Running, "RUNNING"),
    (Status::Succeeded, "SUCCEEDED"),
    (Status::Failed, "FAILED"),
    (Status::TimedOut, "TIMED_OUT"),
    (Status::Aborted, "ABORTED"),
];

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = STATUSES.iter().find(|(status, _)| status == self);
        f.write_str(found.map_or("RUNNING", |(_, name)| name))
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = STATUSES.iter().find(|(_, name)| *name == text);
        found.map(|(status, _)| *status).ok_or_else(|| format!("`{text}` is no status of an execution"))
    }
}

/// An execution as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRecord {
    /// ARN-like identity.
    pub id: String,
    /// Name of the state machine.
    pub machine: String,
    /// Name of the execution.
    pub name: String,
    /// The definition that it runs.
    pub definition: String,
    /// Its input.
    pub input: Value,
    /// Its status.
    pub status: Status,
    /// Its output, once it succeeded.
    pub output: Option<Value>,
    /// The error that ended it.
    pub error: Option<String>,
    /// The cause of that error.
    pub cause: Option<String>,
    /// Advice about the error.
    pub hint: Option<String>,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// How often it was redriven.
    pub redrives: u64,
}

/// Which executions to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this machine only.
    pub machine: Option<String>,
    /// With this status only.
    pub status: Option<Status>,
}

const COLUMNS: &str =
    "id, machine, name, definition, input, status, output, error, cause, hint, started, stopped, redrives";

fn record(row: &Row<'_>) -> rusqlite::Result<ExecutionRecord> {
    let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(ExecutionRecord {
        id: row.get(0)?,
        machine: row.get(1)?,
        name: row.get(2)?,
        definition: row.get(3)?,
        input: json(row.get(4)?),
        status: row.get::<_, String>(5)?.parse().unwrap_or(Status::Running),
        output: row.get::<_, Option<String>>(6)?.map(json),
        error: row.get(7)?,
        cause: row.get(8)?,
        hint: row.get(9)?,
        started: Timestamp(row.get(10)?),
        stopped: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        redrives: row.get(12)?,
    })
}

impl Store {
    /// Keep a machine's definition under its name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn save_machine(&self, name: &str, definition: &str, now: Timestamp) -> Result<()> {
        const UPSERT: &str = "INSERT INTO machine VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET
                              definition = excluded.definition, changed = excluded.changed
                              WHERE definition <> excluded.definition";
        self.lock().execute(UPSERT, params![name, definition, now.0]).map_err(self.failed())?;
        Ok(())
    }

    /// The definition kept under a name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn machine(&self, name: &str) -> Result<Option<String>> {
        let query = "SELECT definition FROM machine WHERE name = ?1";
        self.lock().query_row(query, [name], |row| row.get(0)).optional().map_err(self.failed())
    }

    /// Create an execution, or find the one of that name.
    pub(crate) fn create(&self, new: &ExecutionRecord) -> Result<ExecutionRecord> {
        const INSERT: &str = "INSERT INTO execution (id, machine, name, definition, input, status, started)
                              VALUES (?1, ?2, ?3, ?4, ?5, 'RUNNING', ?6) ON CONFLICT DO NOTHING";
        let input = new.input.to_string();
        self.lock()
            .execute(INSERT, params![new.id, new.machine, new.name, new.definition, input, new.started.0])
            .map_err(self.failed())?;
        self.execution(&new.id)
    }

    /// An execution.
    ///
    /// # Errors
    /// [`Error::UnknownExecution`].
    pub fn execution(&self, id: &str) -> Result<ExecutionRecord> {
        let query = format!("SELECT {COLUMNS} FROM execution WHERE id = ?1");
        let found = self.lock().query_row(&query, [id], record).optional().map_err(self.failed())?;
        found.ok_or_else(|| Error::UnknownExecution { id: id.to_owned() })
    }

    /// Executions, the newest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn executions(&self, filter: &Filter) -> Result<Vec<ExecutionRecord>> {
        let query = format!(
            "SELECT {COLUMNS} FROM execution WHERE (?1 IS NULL OR machine = ?1) AND (?2 IS NULL OR status = ?2)
             ORDER BY started DESC, rowid DESC"
        );
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&query).map_err(self.failed())?;
        let status = filter.status.map(|status| status.to_string());
        let rows = statement.query_map(params![filter.machine, status], record).map_err(self.failed())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.failed())
    }

    /// Set a running execution's status for good, or set an ended one running again.
    pub(crate) fn finish(&self, record: &ExecutionRecord) -> Result<()> {
        const UPDATE: &str =
            "UPDATE execution SET status = ?2, output = ?3, error = ?4, cause = ?5, hint = ?6, stopped = ?7,
                              redrives = ?8, stop_request = NULL WHERE id = ?1";
        let (status, output) = (record.status.to_string(), record.output.as_ref().map(Value::to_string));
        let stopped = record.stopped.map(|at| at.0);
        let values =
            params![record.id, status, output, record.error, record.cause, record.hint, stopped, record.redrives];
        self.lock().execute(UPDATE, values).map_err(self.failed())?;
        self.changed.notify_waiters();
        Ok(())
    }

    /// Ask whoever runs an execution to stop it.
    pub(crate) fn request_stop(&self, id: &str, request: &Value) -> Result<()> {
        let update = "UPDATE execution SET stop_request = ?2 WHERE id = ?1 AND status = 'RUNNING'";
        self.lock().execute(update, params![id, request.to_string()]).map_err(self.failed())?;
        self.changed.notify_waiters();
        Ok(())
    }

    /// What was asked for by [`Self::request_stop`].
    pub(crate) fn stop_request(&self, id: &str) -> Result<Option<Value>> {
        let query = "SELECT stop_request FROM execution WHERE id = ?1";
        let found: Option<Option<String>> =
            self.lock().query_row(query, [id], |row| row.get(0)).optional().map_err(self.failed())?;
        Ok(found.flatten().and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The events of an execution, in order.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn events(&self, execution: &str) -> Result<Vec<Event>> {
        let connection = self.lock();
        let query = "SELECT id, previous, at, type, details FROM event WHERE execution = ?1 ORDER BY id";
        let mut statement = connection.prepare_cached(query).map_err(self.failed())?;
        let event = |row: &Row<'_>| {
            Ok(Event {
                id: row.get(0)?,
                previous: row.get(1)?,
                at: Timestamp(row.get(2)?),
                kind: row.get(3)?,
                details: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or(Value::Null),
            })
        };
        let rows = statement.query_map([execution], event).map_err(self.failed())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.failed())
    }
}
