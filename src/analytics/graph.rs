//! One epoch through the operators.

use std::collections::BTreeMap;

use super::checkpoint::States;
use super::error::{Error, Result};
use super::error_stream::ErrorRow;
use super::operator::{Delta, OperatorState, Output, Rows};
use super::plan::{ApplicationPlan, Origin, Step};
use crate::deliver::OutputRows;

/// What an epoch gave.
#[derive(Debug, Default)]
pub(crate) struct EpochOutput {
    /// Rows of every in-application stream that got some, in order of ROWTIME.
    pub(crate) streams: BTreeMap<String, Vec<OutputRows>>,
    pub(crate) errors: Vec<ErrorRow>,
}

/// The operators of an application at work.
#[derive(Debug)]
pub(crate) struct Graph {
    plan: ApplicationPlan,
    /// What the epoch at hand brought to each stream and node.
    streams: Vec<Delta>,
    nodes: Vec<Delta>,
}

impl Graph {
    pub(crate) fn new(plan: ApplicationPlan) -> Self {
        let streams = plan.streams.iter().map(|_| Delta::nothing()).collect();
        let nodes = plan.nodes.iter().map(|_| Delta::nothing()).collect();
        Self { plan, streams, nodes }
    }

    pub(crate) fn plan(&self) -> &ApplicationPlan {
        &self.plan
    }

    /// Push what came for the input streams through all operators; `now` is what the clock shows.
    ///
    /// # Errors
    /// Only for faults of ours; a row that fails becomes an error row.
    pub(crate) fn run_epoch(&mut self, mut inputs: BTreeMap<String, Delta>, now: i64) -> Result<EpochOutput> {
        self.plan.env.row_clock = now;
        let mut output = EpochOutput::default();
        for step in self.plan.order.clone() {
            match step {
                Step::Stream(place) => self.stream(place, &mut inputs, &mut output)?,
                Step::Node(place) => self.node(place, &mut output)?,
            }
        }
        // Rows live for one epoch, bounds until there are better ones.
        self.streams.iter_mut().chain(&mut self.nodes).for_each(|delta| delta.rows = Vec::new());
        Ok(output)
    }

    fn stream(&mut self, place: usize, inputs: &mut BTreeMap<String, Delta>, output: &mut EpochOutput) -> Result<()> {
        let Some(stream) = self.plan.streams.get(place) else { return Ok(()) };
        let before = self.streams.get(place).map_or(i64::MIN, |delta| delta.bound);
        let delta = match (stream.is_input, self.plan.feeders.get(place).copied().flatten()) {
            (true, _) => inputs.remove(&stream.name).unwrap_or_else(Delta::nothing),
            (false, Some(feeder)) => self.delta(feeder)?.clone(),
            // Nothing will ever come.
            (false, None) => Delta { rows: Vec::new(), bound: i64::MAX },
        };
        if !delta.rows.is_empty() {
            let declared: Vec<usize> = (0..stream.columns.len()).collect();
            let rows = delta.rows.iter().map(|rows| -> Result<Rows> {
                Ok(Rows { batch: rows.batch.project(&declared)?, rowtime: rows.rowtime.clone() })
            });
            output.streams.insert(stream.name.clone(), rows.collect::<Result<_>>()?);
        }
        if let Some(current) = self.streams.get_mut(place) {
            *current = Delta { bound: delta.bound.max(before), rows: delta.rows };
        }
        Ok(())
    }

    fn delta(&self, origin: Origin) -> Result<&Delta> {
        let found = match origin {
            Origin::Stream(place) => self.streams.get(place),
            Origin::Node(place) => self.nodes.get(place),
        };
        found.ok_or_else(|| Error::Internal("an operator reads what is not there".into()))
    }

    fn node(&mut self, place: usize, output: &mut EpochOutput) -> Result<()> {
        let Some(node) = self.plan.nodes.get_mut(place) else { return Ok(()) };
        let (streams, nodes) = (&self.streams, &self.nodes);
        let inputs: Vec<&Delta> = node
            .inputs
            .iter()
            .filter_map(|input| match input {
                Origin::Stream(place) => streams.get(*place),
                Origin::Node(place) => nodes.get(*place),
            })
            .collect();
        let mut result = Output::new();
        node.operator.process(&inputs, &self.plan.env, &mut result)?;
        output.errors.extend(result.failures.into_iter().map(|failure| ErrorRow {
            time: failure.rowtime,
            name: failure.name,
            message: failure.message,
            data_rowtime: failure.rowtime,
            data: failure.data,
            pump: node.pump.clone(),
        }));
        if let Some(current) = self.nodes.get_mut(place) {
            *current = Delta { rows: result.rows, bound: result.bound.max(current.bound) };
        }
        Ok(())
    }

    /// The state of every operator that has one, by name.
    pub(crate) fn snapshot(&self) -> Result<States> {
        let mut states = Vec::new();
        for step in &self.plan.order {
            if let Step::Node(place) = step
                && let Some(node) = self.plan.nodes.get(*place)
            {
                let state = node.operator.snapshot()?;
                if !state.is_empty() {
                    states.push((node.name.clone(), state.encode()?));
                }
            }
        }
        Ok(states)
    }

    /// The memory that the operators' state takes, in bytes.
    pub(crate) fn state_bytes(&self) -> usize {
        self.plan.nodes.iter().map(|node| node.operator.state_bytes()).sum()
    }

    /// Go on from the states of a checkpoint.
    pub(crate) fn restore(&mut self, states: &States) -> Result<()> {
        for (name, bytes) in states {
            let node = self.plan.nodes.iter_mut().find(|node| node.name == *name);
            let node = node.ok_or_else(|| {
                Error::Internal(format!("the checkpoint has a state for `{name}`, which the plan does not have"))
            })?;
            node.operator.restore(&OperatorState::decode(bytes)?)?;
        }
        Ok(())
    }
}
