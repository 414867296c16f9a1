//! Recordings: rows, records and bounds with the time of each, replayed as they were written down.
//!
//! The clock of a replay is the recording's own: it shows the time of the last event and stands still at the end, so windows
//! that nothing has closed stay open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::compute::concat;

use super::{Positions, Source, SourceEpoch};
use crate::analytics::error::Result;
use crate::analytics::error_stream::ErrorRow;
use crate::analytics::input::{InputSchema, RecordDecoder};
use crate::analytics::operator::{Delta, Rows};
use crate::analytics::plan::{StreamColumn, StreamPlan};
use crate::time::Timestamp;

/// The name under which a checkpoint keeps how many events were replayed.
const EVENTS: &str = "events";

/// An input stream of a recording.
#[derive(Clone, Debug)]
pub(crate) struct RecordedStream {
    pub(crate) name: String,
    pub(crate) columns: Vec<StreamColumn>,
    /// How its records become rows, where events are records.
    pub(crate) schema: Option<InputSchema>,
}

/// What happens in an event.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A row: one value for each column, as arrays of one value.
    Row(Vec<ArrayRef>),
    /// A record, to be decoded.
    Record(Vec<u8>),
    /// No later row of the stream is earlier.
    Bound,
}

/// Something that happened at an input.
#[derive(Clone, Debug)]
pub(crate) struct RecordedEvent {
    /// The place of the stream in [`Recording::streams`].
    pub(crate) stream: usize,
    pub(crate) time: i64,
    pub(crate) what: What,
    /// The implicit columns of a row; its ROWTIME is the arrival when that is absent.
    pub(crate) arrival: Option<i64>,
    pub(crate) partition_key: Option<String>,
    pub(crate) shard_id: Option<String>,
    pub(crate) sequence_number: Option<String>,
}

/// Events of several streams, in order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) streams: Vec<RecordedStream>,
    pub(crate) events: Vec<RecordedEvent>,
}

/// Replays a recording.
#[derive(Debug)]
pub(crate) struct Replay {
    recording: Arc<Recording>,
    decoders: Vec<Option<RecordDecoder>>,
    plans: Vec<StreamPlan>,
    with_origin: bool,
    bounds: Vec<i64>,
    next: usize,
    /// Where to stop.
    end: usize,
}

impl Replay {
    /// Go on at `positions` and `bounds` up to the event at `end`.
    pub(crate) fn open(
        recording: &Arc<Recording>,
        plans: &[StreamPlan],
        positions: &Positions,
        bounds: &BTreeMap<String, i64>,
        with_origin: bool,
        end: usize,
    ) -> Result<Self> {
        let decoder = |stream: &RecordedStream| stream.schema.as_ref().map(RecordDecoder::new).transpose();
        let decoders = recording.streams.iter().map(decoder).collect::<Result<_>>()?;
        let plan = |stream: &RecordedStream| plans.iter().find(|plan| plan.name == stream.name).cloned();
        let next = positions.get(EVENTS).and_then(|shards| shards.get(&0)).copied().unwrap_or(0);
        Ok(Self {
            decoders,
            plans: recording.streams.iter().filter_map(plan).collect(),
            with_origin,
            bounds: recording
                .streams
                .iter()
                .map(|stream| bounds.get(&stream.name).copied().unwrap_or(i64::MIN))
                .collect(),
            next: usize::try_from(next).unwrap_or(usize::MAX),
            end: end.min(recording.events.len()),
            recording: Arc::clone(recording),
        })
    }

    /// What the events of one stream brought.
    fn stream(&mut self, place: usize, events: &[RecordedEvent], epoch: &mut SourceEpoch) -> Result<Delta> {
        let mut times = Vec::new();
        let mut rows: Vec<&[ArrayRef]> = Vec::new();
        let mut origins: Vec<&RecordedEvent> = Vec::new();
        let mut bad = Vec::new();
        for event in events.iter().filter(|event| event.stream == place) {
            self.bounds[place] = self.bounds[place].max(event.time);
            let count = match (&event.what, &mut self.decoders[place]) {
                (What::Row(cells), _) => {
                    rows.push(cells);
                    1
                }
                (What::Record(record), Some(decoder)) => decoder.decode(record, false, &mut bad),
                (What::Record(_), None) | (What::Bound, _) => 0,
            };
            epoch.records += u64::from(!matches!(event.what, What::Bound));
            times.resize(times.len() + count, event.time);
            origins.resize(origins.len() + count, event);
            epoch.errors.extend(bad.drain(..).map(|bad| ErrorRow {
                time: event.time,
                name: "INPUT_RECORD_ERROR",
                message: bad.message,
                data_rowtime: event.time,
                data: if let What::Record(record) = &event.what { record.clone() } else { Vec::new() },
                pump: String::new(),
            }));
        }
        let bound = self.bounds[place];
        if times.is_empty() {
            return Ok(Delta { rows: Vec::new(), bound });
        }
        let mut columns = match &mut self.decoders[place] {
            Some(decoder) => decoder.finish()?,
            None => (0..rows[0].len())
                .map(|column| {
                    let cells: Vec<&dyn arrow::array::Array> = rows.iter().map(|row| row[column].as_ref()).collect();
                    Ok(concat(&cells)?)
                })
                .collect::<Result<_>>()?,
        };
        let rowtime = TimestampMillisecondArray::from(times);
        let arrivals = origins.iter().map(|event| Some(event.arrival.unwrap_or(event.time)));
        columns.push(Arc::new(arrivals.collect::<TimestampMillisecondArray>()));
        if self.with_origin {
            let text = |of: fn(&RecordedEvent) -> Option<&str>| -> ArrayRef {
                Arc::new(origins.iter().map(|event| of(event)).collect::<StringArray>())
            };
            columns.push(text(|event| event.partition_key.as_deref()));
            columns.push(text(|event| event.shard_id.as_deref()));
            columns.push(text(|event| event.sequence_number.as_deref()));
        }
        let batch = RecordBatch::try_new(self.plans[place].inner_schema(self.with_origin), columns)?;
        Ok(Delta { rows: vec![Rows { batch, rowtime }], bound })
    }

    fn now(&self) -> Timestamp {
        let last = self.next.checked_sub(1).and_then(|last| self.recording.events.get(last));
        Timestamp(last.or(self.recording.events.first()).map_or(0, |event| event.time))
    }
}

impl Source for Replay {
    fn barrier(&self) -> Result<Timestamp> {
        Ok(self.now())
    }

    fn read_epoch(&mut self, limit: usize, _before: Timestamp) -> Result<Option<SourceEpoch>> {
        let end = self.next.saturating_add(limit).min(self.end);
        if self.next >= end {
            return Ok(None);
        }
        let recording = Arc::clone(&self.recording);
        let mut epoch = SourceEpoch::default();
        for (place, stream) in recording.streams.iter().enumerate() {
            let delta = self.stream(place, &recording.events[self.next..end], &mut epoch)?;
            epoch.inputs.insert(stream.name.clone(), delta);
        }
        self.next = end;
        epoch.positions = BTreeMap::from([(EVENTS.to_owned(), BTreeMap::from([(0, end as u64)]))]);
        epoch.time = self.now();
        Ok(Some(epoch))
    }

    fn pass(&mut self, _bound: Timestamp) -> SourceEpoch {
        // The end of a recording is not a bound.
        let deltas = self.recording.streams.iter().zip(&self.bounds);
        let inputs = deltas.map(|(stream, bound)| (stream.name.clone(), Delta { rows: Vec::new(), bound: *bound }));
        let positions = BTreeMap::from([(EVENTS.to_owned(), BTreeMap::from([(0, self.next as u64)]))]);
        SourceEpoch { inputs: inputs.collect(), errors: Vec::new(), records: 0, positions, time: self.now() }
    }

    fn wait(&mut self, _timeout: Duration) -> Result<()> {
        Ok(())
    }
}
