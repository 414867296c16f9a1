//! How a state fails: an error name, a cause, and where both came from.
//!
//! Error names are compared exactly and case-sensitively; only `States.ALL`, `States.TaskFailed` and `States.Timeout` are
//! wildcards. A name that is almost right (`States.All`) is a plain name that nothing ever raises.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
pub(crate) const NO_CHOICE: &str = "States.NoChoiceMatched";
pub(crate) const INTRINSIC: &str = "States.IntrinsicFailure";
pub(crate) const QUERY: &str = "States.QueryEvaluationError";
pub(crate) const RESULT_PATH: &str = "States.ResultPathMatchFailure";
pub(crate) const THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
pub(crate) const ITEM_READER: &str = "States.ItemReaderFailed";
pub(crate) const RESULT_WRITER: &str = "States.ResultWriterFailed";
pub(crate) const BRANCH_FAILED: &str = "States.BranchFailed";
pub(crate) const PERMISSIONS: &str = "States.Permissions";
pub(crate) const PARAMETER_PATH: &str = "States.ParameterPathFailure";
pub(crate) const HTTP_SOCKET: &str = "States.Http.Socket";

/// Every error name that the language reserves.
pub(crate) const RESERVED: [&str; 17] = [
    ALL,
    TASK_FAILED,
    TIMEOUT,
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    DATA_LIMIT,
    NO_CHOICE,
    INTRINSIC,
    QUERY,
    RESULT_PATH,
    THRESHOLD,
    ITEM_READER,
    RESULT_WRITER,
    BRANCH_FAILED,
    PERMISSIONS,
    PARAMETER_PATH,
    HTTP_SOCKET,
];

/// Who raised a failure; it decides what the wildcards match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// A task, by itself or by its timeout.
    Task,
    /// A task that did not send its heartbeat in time.
    Heartbeat,
    /// A Fail state.
    Fail,
    /// The interpreter; its causes say in which state.
    Engine,
}

/// Why a state, a branch or an execution failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The error name; none when a Fail state gives none.
    pub error: Option<String>,
    /// The cause, free text or JSON.
    pub cause: Option<String>,
    pub(crate) origin: Origin,
    /// The field whose JSONata expression failed, until the event about it is written.
    pub(crate) location: Option<String>,
    located: bool,
}

impl Failure {
    /// A failure that a task reports.
    #[must_use]
    pub fn task(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::of(Some(error.into()), Some(cause.into()), Origin::Task)
    }

    pub(crate) fn of(error: Option<String>, cause: Option<String>, origin: Origin) -> Self {
        Self { error, cause, origin, location: None, located: origin != Origin::Engine }
    }

    pub(crate) fn engine(error: &str, cause: impl Into<String>) -> Self {
        Self::of(Some(error.to_owned()), Some(cause.into()), Origin::Engine)
    }

    /// An error of the machine or its data, which nothing catches.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::engine(RUNTIME, cause)
    }

    pub(crate) fn intrinsic(cause: impl Into<String>) -> Self {
        Self::engine(INTRINSIC, cause)
    }

    pub(crate) fn query(field: &str, cause: impl Into<String>) -> Self {
        Self { location: Some(field.to_owned()), ..Self::engine(QUERY, cause) }
    }

    pub(crate) fn timeout(origin: Origin) -> Self {
        Self::of(Some(TIMEOUT.to_owned()), None, origin)
    }

    /// The failure with the state named in its cause, once, if the interpreter raised it.
    pub(crate) fn located(mut self, state: &str, entered_event: u64) -> Self {
        if !self.located {
            let cause = self.cause.unwrap_or_default();
            self.cause = Some(format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{entered_event}). {cause}"
            ));
            self.located = true;
        }
        self
    }

    /// What a catcher hands on.
    pub(crate) fn output(&self) -> Value {
        json!({"Error": self.error.clone().unwrap_or_default(), "Cause": self.cause.clone().unwrap_or_default()})
    }

    /// Whether nothing may catch or retry this failure.
    fn is_terminal(&self) -> bool {
        let error = self.error.as_deref();
        error == Some(RUNTIME) || (error == Some(DATA_LIMIT) && self.origin == Origin::Engine)
    }

    /// Whether an `ErrorEquals` list matches this failure.
    pub(crate) fn is_matched_by(&self, names: &[String]) -> bool {
        !self.is_terminal() && names.iter().any(|name| self.matches(name))
    }

    fn matches(&self, name: &str) -> bool {
        let from_task = matches!(self.origin, Origin::Task | Origin::Heartbeat);
        match name {
            ALL => true,
            TASK_FAILED => from_task && self.error.as_deref() != Some(TIMEOUT),
            HEARTBEAT_TIMEOUT if self.origin == Origin::Heartbeat => true,
            _ => self.error.as_deref() == Some(name),
        }
    }

    /// Names of `names` that differ from this failure's error in case only.
    pub(crate) fn near_misses<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
        let Some(error) = self.error.as_deref() else { return Vec::new() };
        names.map(String::as_str).filter(|name| *name != error && name.eq_ignore_ascii_case(error)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(failure: &Failure, name: &str) -> bool {
        failure.is_matched_by(&[name.to_owned()])
    }

    #[test]
    fn only_three_names_are_wildcards_and_case_counts() {
        let failure = Failure::task("Blip", "x");
        assert!(matched(&failure, "Blip") && matched(&failure, ALL) && matched(&failure, TASK_FAILED));
        for name in ["blip", "States.All", "State.ALL", "States.Timeout", "Bl"] {
            assert!(!matched(&failure, name), "{name}");
        }
    }

    #[test]
    fn task_failed_does_not_match_timeouts_and_timeout_matches_missed_heartbeats() {
        let timeout = Failure::timeout(Origin::Task);
        assert!(!matched(&timeout, TASK_FAILED) && matched(&timeout, TIMEOUT) && matched(&timeout, ALL));
        assert!(!matched(&timeout, HEARTBEAT_TIMEOUT));
        let heartbeat = Failure::timeout(Origin::Heartbeat);
        assert!(matched(&heartbeat, TIMEOUT) && matched(&heartbeat, HEARTBEAT_TIMEOUT));
        assert_eq!(heartbeat.output(), json!({"Error": "States.Timeout", "Cause": ""}));
    }

    #[test]
    fn runtime_errors_are_matched_by_nothing_and_large_task_results_by_all() {
        assert!(!matched(&Failure::runtime("x"), ALL) && !matched(&Failure::runtime("x"), RUNTIME));
        assert!(!matched(&Failure::engine(DATA_LIMIT, "x"), ALL));
        assert!(matched(&Failure::task(DATA_LIMIT, "x"), ALL));
    }

    #[test]
    fn a_failure_without_a_name_is_caught_by_all_only() {
        let failure = Failure::of(None, None, Origin::Fail);
        assert!(matched(&failure, ALL) && !matched(&failure, TASK_FAILED) && !matched(&failure, ""));
    }

    #[test]
    fn the_state_is_named_once() {
        let failure = Failure::runtime("Bad.").located("S", 2).located("P", 1);
        let expected = "An error occurred while executing the state 'S' (entered at the event id #2). Bad.";
        assert_eq!(failure.cause.as_deref(), Some(expected));
    }
}
