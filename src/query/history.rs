//! What statements did: text, state, rows, bytes, times. The last ones are kept in memory, for one lake and process.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::error::Error;
use super::scan::ScanCounter;
use crate::time::Timestamp;

/// Statements that are remembered.
const KEPT: usize = 10_000;

/// What sort of statement it is, in Athena's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementType {
    /// Changes the catalog.
    Ddl,
    /// Reads or writes rows.
    Dml,
    /// Tells about the catalog or a plan.
    Utility,
}

impl StatementType {
    /// `DDL`, `DML` or `UTILITY`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ddl => "DDL",
            Self::Dml => "DML",
            Self::Utility => "UTILITY",
        }
    }
}

/// How far a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryState {
    /// It is planned or its rows are taken.
    Running,
    /// All of it was done.
    Succeeded,
    /// It could not be done.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl QueryState {
    /// Athena's name of the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// A statement as the history shows it.
#[derive(Debug, Clone)]
pub struct QuerySummary {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Database of names without one.
    pub database: String,
    /// What sort of statement it is.
    pub statement_type: StatementType,
    /// Its name: `SELECT`, `INSERT`, `CREATE_TABLE_AS_SELECT`.
    pub substatement_type: String,
    /// How far it is.
    pub state: QueryState,
    /// When it came.
    pub submitted: Timestamp,
    /// When it ended.
    pub completed: Option<Timestamp>,
    /// Milliseconds until its first row could be asked for.
    pub planning_ms: f64,
    /// Milliseconds in all.
    pub total_ms: f64,
    /// Rows that were given.
    pub rows: u64,
    /// Rows that it wrote; `None` for a statement that writes none.
    pub update_count: Option<u64>,
    /// Bytes that were read, as they lie in the files.
    pub bytes_scanned: u64,
    /// Files that it had to look at.
    pub files: u64,
    /// Partitions that its conditions left.
    pub partitions: u64,
    /// Partitions of its tables.
    pub all_partitions: u64,
    /// Where UNLOAD listed what it wrote.
    pub manifest: Option<String>,
    /// Trino's name of its error.
    pub error_code: Option<String>,
    /// Its error.
    pub error: Option<String>,
}

/// A statement while it runs and afterwards.
#[derive(Debug)]
pub(super) struct QueryRecord {
    summary: Mutex<QuerySummary>,
    id: String,
    rows: AtomicU64,
    counter: Arc<ScanCounter>,
    cancel: watch::Sender<bool>,
}

impl QueryRecord {
    pub(super) fn new(summary: QuerySummary, counter: Arc<ScanCounter>) -> Self {
        let id = summary.id.clone();
        Self { summary: Mutex::new(summary), id, rows: AtomicU64::new(0), counter, cancel: watch::Sender::new(false) }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut QuerySummary)) {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn add_rows(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn summary(&self) -> QuerySummary {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        summary.rows = load(&self.rows);
        summary.bytes_scanned += load(&self.counter.bytes);
        summary.files = load(&self.counter.files);
        summary.partitions = load(&self.counter.partitions);
        summary.all_partitions = load(&self.counter.all_partitions);
        summary
    }

    pub(super) fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// Ends when somebody cancels.
    pub(super) async fn cancelled(&self) {
        let mut receiver = self.cancel.subscribe();
        // The sender lives as long as this record.
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The end, once: `outcome` is the bytes that the plan counted.
    pub(super) fn finish(&self, elapsed: Duration, outcome: Result<u64, &Error>) {
        self.change(|summary| {
            if summary.state != QueryState::Running {
                return;
            }
            let total = elapsed.as_secs_f64() * 1000.0;
            summary.total_ms = total;
            summary.completed = Some(summary.submitted.plus_millis(elapsed.as_millis().try_into().unwrap_or(i64::MAX)));
            match outcome {
                Ok(bytes) => {
                    summary.state = QueryState::Succeeded;
                    summary.bytes_scanned += bytes;
                }
                Err(error) => {
                    let cancelled = matches!(error, Error::Cancelled);
                    summary.state = if cancelled { QueryState::Cancelled } else { QueryState::Failed };
                    summary.error_code = Some(error.code().to_owned());
                    summary.error = Some(error.to_string());
                }
            }
        });
    }

    /// Its rows are not wanted any more.
    pub(super) fn abandon(&self, elapsed: Duration, bytes: u64) {
        let is_running = self.summary.lock().unwrap_or_else(PoisonError::into_inner).state == QueryState::Running;
        if is_running {
            self.finish(elapsed, Err(&Error::Cancelled));
            self.change(|summary| summary.bytes_scanned += bytes);
        }
    }
}

/// The statements of one lake.
#[derive(Debug, Default)]
pub(super) struct History {
    records: Mutex<VecDeque<Arc<QueryRecord>>>,
}

impl History {
    pub(super) fn push(&self, record: Arc<QueryRecord>) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// The last statements, newest first.
    pub(super) fn summaries(&self, limit: usize) -> Vec<QuerySummary> {
        let records: Vec<Arc<QueryRecord>> =
            self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().take(limit).cloned().collect();
        records.iter().map(|record| record.summary()).collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<QueryRecord>> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().rev().find(|record| record.id() == id).cloned()
    }
}
