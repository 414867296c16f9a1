//! Branches and items, run at once.

use futures::future::try_join_all;
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::flow::children_of;
use super::{Branch, Engine, Halt, Run, Visit};
use crate::pipeline::definition::{Flow, Kind};
use crate::pipeline::event::Draft;
use crate::pipeline::failure::{Failure, THRESHOLD};
use crate::pipeline::store::{Progress, Step};
use crate::pipeline::template::Variables;

/// How many failed items a Map state bears.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tolerance {
    /// The first failure is the state's failure.
    None,
    /// Up to this many, and up to this share of all; none at all where neither is given.
    Threshold { count: Option<usize>, share: Option<f64> },
}

/// One item of a Map state.
pub(super) struct Item {
    pub(super) input: Value,
    /// `Map` of the context object.
    pub(super) map: Value,
}

/// What became of an item.
pub(super) struct Outcome {
    pub(super) input: Value,
    pub(super) result: Result<Value, Failure>,
}

impl Engine {
    /// Run the branches of a Parallel state; the outputs come in branch order.
    pub(super) async fn parallel(&self, visit: &mut Visit<'_>, branches: &[Flow]) -> Run<Value> {
        let input = self.effective_input(visit, None)?;
        if !visit.position.started {
            visit.position.started = true;
            self.note(visit, vec![Draft::new("ParallelStateStarted")])?;
        }
        let (prefix, previous) = (self.attempt_prefix(visit), visit.position.last_event);
        let outer = visit.variables.clone();
        let map = visit.branch.map.clone();
        let running = branches.iter().enumerate().map(|(at, flow)| {
            let branch = Branch { flow, scope: format!("{prefix}{at}/"), outer: outer.clone(), map: map.clone() };
            self.flow(branch, input.clone(), previous)
        });
        match try_join_all(running).await {
            Ok(outputs) => {
                self.note(visit, vec![Draft::new("ParallelStateSucceeded")])?;
                Ok(Value::Array(outputs))
            }
            Err(Halt::Failed(failure)) => {
                self.abort_children(visit, &prefix)?;
                let failed = Draft::new("ParallelStateFailed");
                self.note(visit, vec![failed.failed(failure.error.as_deref(), failure.cause.as_deref())])?;
                Err(Halt::Failed(failure))
            }
            Err(broken @ Halt::Broken(_)) => Err(broken),
        }
    }

    /// Run a processor for each item; outcomes come in item order.
    pub(super) async fn each(
        &self,
        visit: &mut Visit<'_>,
        processor: &Flow,
        items: Vec<Item>,
        at_once: usize,
        tolerance: Tolerance,
    ) -> Run<Vec<Outcome>> {
        let (prefix, previous, total) = (self.attempt_prefix(visit), visit.position.last_event, items.len());
        let (name, outer) = (visit.state.name.as_str(), visit.variables.clone());
        let outer = &outer;
        let running = items.into_iter().enumerate().map(|(index, item)| {
            let scope = format!("{prefix}{index}/");
            async move {
                let input = item.input.clone();
                let result = self.iteration(name, processor, scope, outer, index, item, previous).await;
                (index, input, result)
            }
        });
        let mut pool = stream::iter(running).buffer_unordered(at_once.max(1));
        let mut outcomes: Vec<Option<Outcome>> = (0..total).map(|_| None).collect();
        let mut failed = 0;
        while let Some((index, input, result)) = pool.next().await {
            let result = match result {
                Ok(output) => Ok(output),
                Err(Halt::Failed(failure)) => {
                    failed += 1;
                    if is_exceeded(tolerance, failed, total) {
                        drop(pool);
                        self.abort_children(visit, &prefix)?;
                        return Err(beyond(tolerance, failure).into());
                    }
                    Err(failure)
                }
                Err(broken @ Halt::Broken(_)) => return Err(broken),
            };
            if let Some(slot) = outcomes.get_mut(index) {
                *slot = Some(Outcome { input, result });
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    #[expect(clippy::too_many_arguments, reason = "one item with all that it runs in")]
    async fn iteration(
        &self,
        state: &str,
        processor: &Flow,
        scope: String,
        outer: &Variables,
        index: usize,
        item: Item,
        previous: u64,
    ) -> Run<Value> {
        let event =
            |what: &str| Draft::new(format!("MapIteration{what}")).with("name", state).with("index", json!(index));
        let write = |previous: u64, draft: Draft| {
            let step = Step { events: vec![draft], ..Step::default() };
            self.journal.commit(previous, self.timer.now(), step)
        };
        // After a crash the iteration has begun already, or has even ended.
        let started = match self.journal.progress(&scope)? {
            Some(Progress::Done { output, last_event: _ }) => return Ok(output),
            Some(Progress::At(_)) => previous,
            None => write(previous, event("Started"))?,
        };
        let branch = Branch { flow: processor, scope: scope.clone(), outer: outer.clone(), map: Some(item.map) };
        let outcome = self.flow(branch, item.input, started).await;
        let last = match self.journal.progress(&scope)? {
            Some(Progress::Done { output: _, last_event }) => last_event,
            Some(Progress::At(position)) => position.last_event,
            None => started,
        };
        match &outcome {
            Ok(_) => {
                write(last, event("Succeeded"))?;
            }
            Err(Halt::Failed(failure)) => {
                write(last, event("Failed").failed(failure.error.as_deref(), failure.cause.as_deref()))?;
            }
            Err(Halt::Broken(_)) => {}
        }
        outcome
    }

    /// What the scopes of this attempt's children begin with.
    fn attempt_prefix(&self, visit: &Visit<'_>) -> String {
        format!("{}{}/", children_of(visit.branch, visit.position.entered_event), visit.position.retries)
    }

    /// Say of the children that were under way that they were given up.
    fn abort_children(&self, visit: &mut Visit<'_>, prefix: &str) -> Run<()> {
        let under_way = self.journal.under_way(prefix)?;
        let mut events = Vec::new();
        for (scope, position) in under_way {
            events.push(Draft::new("TaskStateAborted").with("name", position.state));
            let index = scope.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('/')).map(str::parse::<u64>);
            if let (Kind::Map(_), Some(Ok(index))) = (&visit.state.kind, index) {
                let aborted = Draft::new("MapIterationAborted").with("name", visit.state.name.as_str());
                events.push(aborted.with("index", index));
            }
        }
        if events.is_empty() { Ok(()) } else { self.note(visit, events) }
    }
}

fn is_exceeded(tolerance: Tolerance, failed: usize, total: usize) -> bool {
    match tolerance {
        Tolerance::None | Tolerance::Threshold { count: None, share: None } => true,
        #[expect(clippy::cast_precision_loss, reason = "counts of items")]
        Tolerance::Threshold { count, share } => {
            count.is_some_and(|most| failed > most) || share.is_some_and(|most| failed as f64 > most * total as f64)
        }
    }
}

fn beyond(tolerance: Tolerance, failure: Failure) -> Failure {
    match tolerance {
        Tolerance::None => failure,
        Tolerance::Threshold { .. } => {
            Failure::task(THRESHOLD, "The specified tolerated failure threshold was exceeded")
        }
    }
}
