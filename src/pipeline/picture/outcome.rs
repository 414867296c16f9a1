//! What became of each state, read from a history.

use std::collections::{BTreeMap, BTreeSet};

use crate::pipeline::event::Event;

/// What became of a state; the later variant wins when it was visited several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Succeeded,
    Aborted,
    /// It failed, and a catcher took that.
    Caught,
    Failed,
    Running,
}

/// Outcome and number of visits of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) outcome: Outcome,
    pub(super) visits: usize,
    pub(super) retries: usize,
}

struct Visit {
    name: String,
    failures: usize,
    is_failing: bool,
    is_left: bool,
}

/// What became of the states of an execution, by name.
pub(super) fn outcomes(events: &[Event]) -> BTreeMap<String, Seen> {
    let name = |event: &Event| event.details.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
    let mut visits: BTreeMap<u64, Visit> = BTreeMap::new();
    // The visit that an event belongs to: that of the event which led to it, unless it begins one.
    let mut owners: BTreeMap<u64, u64> = BTreeMap::new();
    let mut aborted = BTreeSet::new();
    let mut end = None;
    for event in events {
        let owner = if event.kind.ends_with("StateEntered") {
            visits.insert(event.id, Visit { name: name(event), failures: 0, is_failing: false, is_left: false });
            event.id
        } else {
            owners.get(&event.previous).copied().unwrap_or(0)
        };
        owners.insert(event.id, owner);
        match event.kind.as_str() {
            "TaskStateAborted" => drop(aborted.insert(name(event))),
            "ExecutionRedriven" => end = None,
            "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted" => {
                end = Some(event.kind.as_str())
            }
            kind => {
                if let Some(visit) = visits.get_mut(&owner) {
                    follow(visit, kind);
                }
            }
        }
    }
    let mut found: BTreeMap<String, Seen> = BTreeMap::new();
    for visit in visits.into_values() {
        let outcome = match (visit.is_left, visit.is_failing) {
            (true, false) => Outcome::Succeeded,
            (true, true) => Outcome::Caught,
            (false, true) => Outcome::Failed,
            (false, false) => match end {
                None => Outcome::Running,
                Some("ExecutionAborted") => Outcome::Aborted,
                Some(_) if aborted.contains(&visit.name) => Outcome::Aborted,
                Some(_) => Outcome::Failed,
            },
        };
        let seen = found.entry(visit.name).or_insert(Seen { outcome, visits: 0, retries: 0 });
        seen.outcome = seen.outcome.max(outcome);
        seen.visits += 1;
        seen.retries += visit.failures - usize::from(visit.is_failing);
    }
    found
}

fn follow(visit: &mut Visit, kind: &str) {
    let is_of_item = kind.starts_with("MapIteration");
    if kind.ends_with("StateExited") {
        visit.is_left = true;
    } else if !is_of_item && (kind.ends_with("Failed") || kind.ends_with("TimedOut")) {
        visit.is_failing = true;
        visit.failures += usize::from(kind != "EvaluationFailed");
    } else if !is_of_item && ["Succeeded", "Scheduled", "StateStarted"].iter().any(|end| kind.ends_with(end)) {
        visit.is_failing = false;
    }
}
