//! Running a machine: an interpreter whose every step is in the journal before it is taken.
//!
//! `flow` leads a branch from state to state, `attempt` does a state's work, `recover` decides what becomes of a failure,
//! `children` runs branches and items at once. All waiting is on the [`Timer`](super::timer::Timer); all work of tasks is
//! somebody else's.

mod attempt;
mod children;
mod choice;
mod data;
mod flow;
mod items;
mod map;
mod recover;
mod results;
mod task;
mod wait;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::definition::{Definition, Flow, Kind, State};
use super::error::Error;
use super::failure::Failure;
use super::random::Random;
use super::store::{Journal, Position};
use super::task::Tasks;
use super::template::Variables;
use super::timer::Timer;
use crate::time::Timestamp;

/// The largest payload of the service, in bytes.
const LARGEST_PAYLOAD: usize = 262_144;

/// What an execution knows about itself.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) machine: String,
    pub(crate) machine_id: String,
    pub(crate) input: Value,
    pub(crate) started: Timestamp,
    pub(crate) redrives: u64,
}

/// The interpreter of one execution.
pub(crate) struct Engine {
    pub(crate) definition: Arc<Definition>,
    pub(crate) tasks: Arc<dyn Tasks>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) journal: Journal,
    pub(crate) facts: Facts,
    pub(crate) random: Random,
    /// Whether payloads are limited as the service limits them.
    pub(crate) has_limits: bool,
    /// Seconds of each wait before a retry.
    pub(crate) delays: Mutex<Vec<f64>>,
    pub(crate) hint: Mutex<Option<String>>,
}

/// Why a branch does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// A state failed; whatever is around it may catch that.
    Failed(Failure),
    /// The journal cannot be written: nothing can go on.
    Broken(Error),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

type Run<T> = Result<T, Halt>;

/// A flow as it is run at one place: the machine, a branch, one item of a Map.
pub(crate) struct Branch<'a> {
    flow: &'a Flow,
    /// Names the place in the journal; empty for the machine, else ends with `/`.
    scope: String,
    /// Variables of outer scopes, which are read here and never assigned.
    outer: Variables,
    /// `Map` of the context object.
    map: Option<Value>,
}

/// A state that is being visited.
pub(crate) struct Visit<'a> {
    branch: &'a Branch<'a>,
    state: &'a State,
    position: Position,
    /// All variables that can be seen.
    variables: Variables,
    /// The effective input, kept for the next attempt.
    effective: Option<Value>,
}

/// How a visit ends well.
struct Leave {
    output: Value,
    assigned: Variables,
    next: Option<String>,
}

impl Engine {
    /// Run the machine, or go on with it, to its output.
    pub(crate) async fn run(&self) -> Run<Value> {
        let branch = Branch { flow: &self.definition.flow, scope: String::new(), outer: Variables::new(), map: None };
        self.flow(branch, self.facts.input.clone(), 1).await
    }

    /// The context object in a visit.
    fn context(&self, visit: &Visit<'_>, token: Option<&str>) -> Value {
        let facts = &self.facts;
        let mut state = json!({"Name": visit.state.name, "EnteredTime": visit.position.entered.to_string()});
        if matches!(visit.state.kind, Kind::Task(_)) {
            state["RetryCount"] = json!(visit.position.retries);
        }
        let mut context = Map::new();
        context.insert(
            "Execution".to_owned(),
            json!({
                "Id": facts.id,
                "Input": facts.input,
                "Name": facts.name,
                "RoleArn": "arn:aws:iam::000000000000:role/bayou",
                "StartTime": facts.started.to_string(),
                "RedriveCount": facts.redrives,
            }),
        );
        context.insert("StateMachine".to_owned(), json!({"Id": facts.machine_id, "Name": facts.machine}));
        context.insert("State".to_owned(), state);
        context.extend(visit.branch.map.clone().map(|map| ("Map".to_owned(), map)));
        context.extend(token.map(|token| ("Task".to_owned(), json!({"Token": token}))));
        Value::Object(context)
    }

    /// Refuse, or warn of, a payload that the service would not carry.
    fn check_size(&self, visit: &Visit<'_>, payload: &Value, failure: fn(String) -> Failure) -> Result<(), Failure> {
        // A cheap lower bound first: most payloads are small.
        if payload.is_null() || payload.is_number() || payload.is_boolean() {
            return Ok(());
        }
        let bytes = payload.to_string().len();
        if bytes <= LARGEST_PAYLOAD {
            return Ok(());
        }
        let name = &visit.state.name;
        if self.has_limits {
            return Err(failure(format!(
                "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
            )));
        }
        tracing::warn!("the state `{name}` has a payload of {bytes} bytes; the service allows {LARGEST_PAYLOAD}");
        Ok(())
    }

    fn record_delay(&self, seconds: f64) {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner).push(seconds);
    }
}
