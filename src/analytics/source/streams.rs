//! Several inputs read side by side.

use std::time::{Duration, Instant};

use super::input::{Input, InputOptions};
use super::{Positions, Source, SourceEpoch};
use crate::analytics::error::Result;
use crate::analytics::plan::StreamPlan;
use crate::time::Timestamp;

/// How often a waiting source looks whether something was written.
const POLL: Duration = Duration::from_millis(1);

/// The inputs of an application.
#[derive(Debug)]
pub(crate) struct StreamSource {
    inputs: Vec<Input>,
}

impl StreamSource {
    /// Inputs that go on at `positions` and `bounds`; `plans` are the in-application streams that they feed.
    pub(crate) fn open(
        inputs: Vec<InputOptions>,
        plans: &[StreamPlan],
        positions: &Positions,
        bounds: &std::collections::BTreeMap<String, i64>,
        with_origin: bool,
    ) -> Result<Self> {
        let open = |options: InputOptions| {
            let offsets = positions.get(&options.name).cloned().unwrap_or_default();
            let bound = bounds.get(&options.name).copied().unwrap_or(i64::MIN);
            let plan = plans.iter().find(|plan| plan.name == options.name);
            let rows = plan.map_or_else(|| options.schema.to_arrow(), |plan| plan.inner_schema(with_origin));
            Input::open(options, &offsets, bound, with_origin, rows)
        };
        Ok(Self { inputs: inputs.into_iter().map(open).collect::<Result<_>>()? })
    }

    fn positions(&self) -> Positions {
        self.inputs.iter().map(|input| (input.options.name.clone(), input.positions())).collect()
    }
}

impl Source for StreamSource {
    fn barrier(&self) -> Result<Timestamp> {
        let mut earliest = Timestamp::MAX;
        for input in &self.inputs {
            earliest = earliest.min(input.options.stream.barrier()?);
        }
        Ok(earliest)
    }

    fn read_epoch(&mut self, limit: usize, before: Timestamp) -> Result<Option<SourceEpoch>> {
        let mut epoch = SourceEpoch::default();
        for input in &mut self.inputs {
            let read = input.read(limit, before)?;
            epoch.records += read.records;
            epoch.errors.extend(read.errors);
            epoch.inputs.insert(input.options.name.clone(), read.delta);
        }
        epoch.positions = self.positions();
        epoch.time = Timestamp(epoch.inputs.values().map(|delta| delta.bound).min().unwrap_or(i64::MIN));
        Ok((epoch.records > 0).then_some(epoch))
    }

    fn pass(&mut self, bound: Timestamp) -> SourceEpoch {
        let inputs = self.inputs.iter_mut().map(|input| (input.options.name.clone(), input.pass(bound))).collect();
        SourceEpoch { inputs, errors: Vec::new(), records: 0, positions: self.positions(), time: bound }
    }

    fn wait(&mut self, timeout: Duration) -> Result<()> {
        let deadline = Instant::now() + timeout;
        loop {
            let mut more = false;
            for input in &mut self.inputs {
                more |= input.has_more()?;
            }
            // Also before a record that came this very millisecond: it can be read in the next one.
            std::thread::sleep(POLL);
            if more || Instant::now() >= deadline {
                return Ok(());
            }
        }
    }
}
