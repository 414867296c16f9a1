//! From state to state.

use futures::future::BoxFuture;
use serde_json::Value;

use super::{Branch, Engine, Halt, Leave, Run, Visit};
use crate::pipeline::definition::{Kind, State};
use crate::pipeline::event::Draft;
use crate::pipeline::failure::Failure;
use crate::pipeline::store::{Position, Progress, Step};
use crate::pipeline::template::Variables;

impl Engine {
    /// Run a flow from where the journal says it stands to its output.
    pub(super) fn flow<'a>(&'a self, branch: Branch<'a>, input: Value, previous: u64) -> BoxFuture<'a, Run<Value>> {
        Box::pin(async move {
            let mut position = match self.journal.progress(&branch.scope)? {
                Some(Progress::Done { output, last_event: _ }) => return Ok(output),
                Some(Progress::At(position)) => *position,
                None => self.enter(&branch, &branch.flow.start_at, input, Variables::new(), previous, None)?,
            };
            loop {
                let state = branch.flow.state(&position.state).ok_or_else(|| {
                    Failure::runtime(format!("The definition has no state `{}` any more", position.state))
                })?;
                let (leave, left) = self.visit(&branch, state, position).await?;
                let mut variables = left.variables.clone();
                variables.extend(leave.assigned.clone());
                let exited = exited(state, &leave);
                match leave.next {
                    Some(next) => {
                        let leaving = Some((exited, left.entered_event));
                        position = self.enter(&branch, &next, leave.output, variables, left.last_event, leaving)?;
                    }
                    None => return self.end(&branch, exited, &left, leave.output),
                }
            }
        })
    }

    /// Enter a state; `leaving` is the event about the one before, and when that was entered.
    fn enter(
        &self,
        branch: &Branch<'_>,
        name: &str,
        input: Value,
        variables: Variables,
        previous: u64,
        leaving: Option<(Draft, u64)>,
    ) -> Run<Position> {
        let state = branch
            .flow
            .state(name)
            .ok_or_else(|| Failure::runtime(format!("The definition has no state `{name}` any more")))?;
        let now = self.timer.now();
        let entered = Draft::new(format!("{}StateEntered", state.kind.name()))
            .with("name", name)
            .with("input", input.to_string());
        let position = Position {
            state: name.to_owned(),
            input,
            variables,
            entered: now,
            entered_event: 0,
            last_event: 0,
            retries: 0,
            retrier_counts: vec![0; state.retry.len()],
            wake_at: None,
            started: false,
        };
        let (mut events, mut forget) = (Vec::new(), None);
        if let Some((exited, entered_event)) = leaving {
            events.push(exited);
            forget = Some(children_of(branch, entered_event));
        }
        events.push(entered);
        let mut progress = Progress::At(Box::new(position));
        let step = Step { events, progress: Some((&branch.scope, &mut progress)), forget };
        self.journal.commit(previous, now, step)?;
        match progress {
            Progress::At(position) => Ok(*position),
            Progress::Done { .. } => Err(Failure::runtime("A position became an output").into()),
        }
    }

    fn end(&self, branch: &Branch<'_>, exited: Draft, left: &Position, output: Value) -> Run<Value> {
        let forget = Some(children_of(branch, left.entered_event));
        let mut progress = Progress::Done { output, last_event: 0 };
        let step = Step { events: vec![exited], progress: Some((&branch.scope, &mut progress)), forget };
        self.journal.commit(left.last_event, self.timer.now(), step)?;
        match progress {
            Progress::Done { output, last_event: _ } => Ok(output),
            Progress::At(_) => Err(Failure::runtime("An output became a position").into()),
        }
    }

    /// Stay in a state until it is left or its failure leaves the flow.
    async fn visit(&self, branch: &Branch<'_>, state: &State, position: Position) -> Run<(Leave, Position)> {
        let mut variables = branch.outer.clone();
        variables.extend(position.variables.clone());
        let mut visit = Visit { branch, state, position, variables, effective: None };
        loop {
            if let Some(at) = visit.position.wake_at {
                self.timer.sleep_until(at).await;
                visit.position.wake_at = None;
            }
            match self.attempt(&mut visit).await {
                Ok(leave) => return Ok((leave, visit.position)),
                Err(Halt::Failed(failure)) => {
                    if let Some(leave) = self.recover(&mut visit, failure)? {
                        return Ok((leave, visit.position));
                    }
                }
                Err(broken @ Halt::Broken(_)) => return Err(broken),
            }
        }
    }

    /// Write events about the visited state, and that its position has moved with them.
    pub(super) fn note(&self, visit: &mut Visit<'_>, events: Vec<Draft>) -> Run<()> {
        let mut progress = Progress::At(Box::new(visit.position.clone()));
        let step = Step { events, progress: Some((&visit.branch.scope, &mut progress)), forget: None };
        let last = self.journal.commit(visit.position.last_event, self.timer.now(), step)?;
        visit.position.last_event = last;
        Ok(())
    }
}

/// What the scopes of a state's children begin with.
pub(super) fn children_of(branch: &Branch<'_>, entered_event: u64) -> String {
    format!("{}{entered_event}.", branch.scope)
}

fn exited(state: &State, leave: &Leave) -> Draft {
    let mut event = Draft::new(format!("{}StateExited", state.kind.name()))
        .with("name", state.name.as_str())
        .with("output", leave.output.to_string());
    if !leave.assigned.is_empty() {
        let assigned = leave.assigned.iter().map(|(name, value)| (name.clone(), value.clone()));
        event = event.with("assignedVariables", Value::Object(assigned.collect()));
    }
    debug_assert!(!matches!(state.kind, Kind::Fail { .. }), "a Fail state is never left");
    event
}
