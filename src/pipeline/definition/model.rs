//! What a definition says, ready to be run.

use std::collections::HashMap;

use serde_json::Value;

use super::choice::Condition;
use super::map::MapState;
use super::recover::{Catcher, Retrier};
use crate::pipeline::path::Path;
use crate::pipeline::task::Resource;
use crate::pipeline::template::{Language, Template};

/// States that lead from one to another: a machine, a branch or an item processor.
///
/// Every name that a state leads to is the name of a state of the same flow.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) start_at: String,
    pub(crate) states: Vec<State>,
    index: HashMap<String, usize>,
    pub(crate) pointer: String,
}

impl Flow {
    pub(super) fn new(start_at: String, states: Vec<State>, pointer: String) -> Self {
        let index = states.iter().enumerate().map(|(at, state)| (state.name.clone(), at)).collect();
        Self { start_at, states, index, pointer }
    }

    /// The state called `name`.
    pub(crate) fn state(&self, name: &str) -> Option<&State> {
        self.states.get(*self.index.get(name)?)
    }
}

/// One state.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) pointer: String,
    pub(crate) comment: Option<String>,
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    pub(crate) input_path: DataPath,
    /// `Parameters` or `Arguments`.
    pub(crate) arguments: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: ResultPath,
    pub(crate) output_path: DataPath,
    /// `Output` of JSONata.
    pub(crate) output: Option<Template>,
    pub(crate) assign: Option<Template>,
    /// The next state; None for a terminal one and for Choice.
    pub(crate) next: Option<String>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

/// What a state does.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Task(Box<TaskState>),
    Choice { rules: Vec<Rule>, default: Option<String> },
    Pass { result: Option<Value> },
    Wait(WaitFor),
    Succeed,
    Fail { error: Option<Template>, cause: Option<Template> },
    Parallel(Vec<Flow>),
    Map(Box<MapState>),
}

impl Kind {
    /// The value of `Type`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Choice { .. } => "Choice",
            Self::Pass { .. } => "Pass",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }

    /// Flows inside.
    pub(crate) fn flows(&self) -> Vec<&Flow> {
        match self {
            Self::Parallel(branches) => branches.iter().collect(),
            Self::Map(map) => vec![&map.processor],
            _ => Vec::new(),
        }
    }
}

/// A Task state.
#[derive(Debug, Clone)]
pub(crate) struct TaskState {
    pub(crate) resource: Resource,
    pub(crate) timeout: Option<Template>,
    pub(crate) heartbeat: Option<Template>,
    pub(crate) credentials: Option<Template>,
}

/// What a Wait state waits for.
#[derive(Debug, Clone)]
pub(crate) enum WaitFor {
    Seconds(Template),
    Timestamp(Template),
}

/// A rule of a Choice state.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) condition: Condition,
    pub(crate) next: String,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

/// `InputPath` or `OutputPath`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DataPath {
    /// `$`, or no such field.
    Whole,
    /// null: an empty object.
    Nothing,
    Path(Path),
}

/// `ResultPath`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResultPath {
    /// `$`, or no such field: the result replaces the input.
    Replace,
    /// null: the input stays as it was.
    Discard,
    Into(Path),
}

impl State {
    /// Names of states that this one can lead to.
    pub(crate) fn targets(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = self.next.iter().map(String::as_str).collect();
        if let Kind::Choice { rules, default } = &self.kind {
            targets.extend(rules.iter().map(|rule| rule.next.as_str()));
            targets.extend(default.iter().map(String::as_str));
        }
        targets.extend(self.catch.iter().map(|catcher| catcher.next.as_str()));
        targets
    }

    /// Whether an execution can end here.
    pub(crate) fn is_terminal(&self) -> bool {
        self.next.is_none() && !matches!(self.kind, Kind::Choice { .. })
    }
}
