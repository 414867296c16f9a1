//! Sliding windows: OVER. One row out for each row in, at once, with what its window held at that moment.
//!
//! A row sees the rows before it, those of its own ROWTIME that came before included. Rows leave a RANGE window by time.
//! A key without rows in its window is forgotten when a bound shows that its last row has left, whether or not it
//! ever comes again; a ROWS window has to remember its last rows for good.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};

use super::keys::{KeyTable, MANY};
use super::state::OperatorState;
use super::tumbling::{push_without, state_batch};
use super::{Delta, Operator, Output, Rows};
use crate::analytics::aggregate::{Aggregate, Argument, Reader, SlidingState, Value, WindowRows, Writer, to_array};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// Which rows before the current one belong to its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Those at most so many milliseconds older.
    Range(i64),
    /// So many.
    Rows(usize),
}

/// One window and the calls over it.
#[derive(Debug)]
pub(crate) struct SlidingSpec {
    /// Columns of the partition.
    pub(crate) keys: Vec<usize>,
    pub(crate) frame: Frame,
    /// `argument` and `default` are columns of the input.
    pub(crate) aggregates: Vec<Aggregate>,
    /// Of the output: the input's columns, and the results.
    pub(crate) schema: SchemaRef,
}

/// Appends the results of the calls over one window.
#[derive(Debug)]
pub(crate) struct Sliding {
    spec: SlidingSpec,
    /// The calls, with `argument` as the place among `columns`.
    calls: Vec<Aggregate>,
    /// Columns of the input that the window's rows keep.
    columns: Vec<usize>,
    keys: KeyTable,
    windows: Vec<Window>,
    /// For keys of RANGE windows, a time at which they still had rows; each key is in it once.
    expiry: BinaryHeap<Reverse<(i64, u32)>>,
}

/// The window of one key.
#[derive(Debug, Default)]
struct Window {
    rows: WindowRows,
    states: Vec<SlidingState>,
    /// Rows that have left.
    first: u64,
}

impl Window {
    fn new(columns: usize, calls: &[Aggregate]) -> Self {
        let rows = WindowRows { times: VecDeque::new(), columns: vec![VecDeque::new(); columns] };
        Self { rows, states: calls.iter().map(SlidingState::new).collect(), first: 0 }
    }

    /// Let the oldest row go.
    fn drop_oldest(&mut self, calls: &[Aggregate]) {
        for (state, call) in self.states.iter_mut().zip(calls) {
            let values = call.argument.and_then(|column| self.rows.columns.get(column));
            state.remove(call, self.first, values);
        }
        self.rows.times.pop_front();
        self.rows.columns.iter_mut().for_each(|column| drop(column.pop_front()));
        self.first += 1;
    }

    fn add(&mut self, calls: &[Aggregate], time: i64, arguments: &[Argument], row: usize) {
        let place = self.first + self.rows.times.len() as u64;
        self.rows.times.push_back(time);
        for (column, argument) in self.rows.columns.iter_mut().zip(arguments) {
            column.push_back(argument.value(row));
        }
        for (state, call) in self.states.iter_mut().zip(calls) {
            let value = call.argument.and_then(|column| self.rows.columns.get(column)).and_then(VecDeque::back);
            state.add(call, place, value.unwrap_or(&Value::Null));
        }
    }
}

impl Sliding {
    pub(crate) fn new(spec: SlidingSpec, input: &SchemaRef) -> Result<Self> {
        let types: Vec<DataType> = spec.keys.iter().map(|key| input.field(*key).data_type().clone()).collect();
        let mut columns: Vec<usize> = Vec::new();
        let calls = spec.aggregates.iter().map(|aggregate| {
            let argument = aggregate.argument.map(|column| {
                columns.iter().position(|other| *other == column).unwrap_or_else(|| {
                    columns.push(column);
                    columns.len() - 1
                })
            });
            Aggregate { argument, ..aggregate.clone() }
        });
        let calls = calls.collect();
        let keys = KeyTable::new(types)?;
        Ok(Self { spec, calls, columns, keys, windows: Vec::new(), expiry: BinaryHeap::new() })
    }

    fn take(&mut self, rows: &Rows, output: &mut Output) -> Result<()> {
        let keys: Vec<ArrayRef> = self.spec.keys.iter().map(|key| Arc::clone(rows.batch.column(*key))).collect();
        let encoded = if keys.is_empty() { None } else { Some(self.keys.encode(&keys)?) };
        let argument = |column: usize| Argument::new(rows.batch.column(column));
        let arguments = self.columns.iter().map(|column| argument(*column)).collect::<Result<Vec<_>>>()?;
        let defaults = self.calls.iter().map(|call| call.default.map(argument).transpose());
        let defaults = defaults.collect::<Result<Vec<_>>>()?;
        let length = rows.rowtime.len();
        let mut results: Vec<Vec<Value>> = self.calls.iter().map(|_| Vec::with_capacity(length)).collect();
        let mut failed = Vec::new();
        for (row, &time) in rows.rowtime.values().iter().enumerate() {
            let slot = encoded.as_ref().map_or(0, |encoded| self.keys.slot(encoded, row).0);
            self.window(slot, time);
            self.step(slot, time, &arguments, row);
            let window = &self.windows[slot as usize];
            for (place, call) in self.calls.iter().enumerate() {
                let default = defaults[place].as_ref().map_or(Value::Null, |column| column.value(row));
                let value = window.states[place].value(call, &window.rows, time, &default);
                results[place].push(value.unwrap_or_else(|message| {
                    failed.push((row, message));
                    Value::Null
                }));
            }
        }
        let mut columns = rows.batch.columns().to_vec();
        for (values, call) in results.iter().zip(&self.calls) {
            columns.push(to_array(values, &call.result_type)?);
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.spec.schema), columns)?;
        push_without(&batch, rows.rowtime.values().to_vec(), &failed, output)
    }

    /// See that the key's window is there.
    fn window(&mut self, slot: u32, time: i64) {
        let place = slot as usize;
        if self.windows.len() <= place {
            self.windows.resize_with(place + 1, Window::default);
        }
        if self.windows[place].states.len() < self.calls.len() || self.windows[place].rows.times.is_empty() {
            self.windows[place] = Window::new(self.columns.len(), &self.calls);
            if matches!(self.spec.frame, Frame::Range(_)) {
                self.expiry.push(Reverse((time, slot)));
            }
        }
    }

    /// Let go what a new row pushes out, and take it in.
    fn step(&mut self, slot: u32, time: i64, arguments: &[Argument], row: usize) {
        let window = &mut self.windows[slot as usize];
        match self.spec.frame {
            Frame::Range(width) => {
                let oldest = time.saturating_sub(width);
                while window.rows.times.front().is_some_and(|first| *first < oldest) {
                    window.drop_oldest(&self.calls);
                }
            }
            Frame::Rows(before) => {
                while window.rows.times.len() > before {
                    window.drop_oldest(&self.calls);
                }
            }
        }
        window.add(&self.calls, time, arguments, row);
    }

    /// Forget keys whose last row has left the window at `bound`, and old rows of the others that were due.
    fn expire(&mut self, bound: i64) {
        let Frame::Range(width) = self.spec.frame else { return };
        let oldest = bound.saturating_sub(width);
        while let Some(&Reverse((time, slot))) = self.expiry.peek() {
            if time >= oldest {
                break;
            }
            self.expiry.pop();
            let window = &mut self.windows[slot as usize];
            while window.rows.times.front().is_some_and(|first| *first < oldest) {
                window.drop_oldest(&self.calls);
            }
            if let Some(last) = window.rows.times.back() {
                self.expiry.push(Reverse((*last, slot)));
            } else {
                *window = Window::default();
                self.keys.release(slot);
            }
        }
        if self.expiry.is_empty() {
            self.windows = Vec::new();
            self.expiry.shrink_to(0);
        } else if self.expiry.capacity() > MANY && self.expiry.len() < self.expiry.capacity() / 8 {
            self.expiry.shrink_to(self.expiry.len() * 2);
        }
        // Without keys there is one window, which has no slot.
        let slots = self.keys.capacity().max(1);
        if self.windows.len() > MANY && self.windows.len() / 8 > slots {
            self.windows.truncate(slots);
            self.windows.shrink_to(slots.max(MANY));
        }
    }
}

impl Operator for Sliding {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("a sliding window has one input".into())) };
        for rows in &input.rows {
            self.take(rows, output)?;
        }
        self.expire(input.bound);
        output.bound = input.bound;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let window = |window: &Window| {
            let states: usize = window.states.iter().map(|state| size_of::<SlidingState>() + state.heap()).sum();
            window.rows.heap() + states
        };
        self.keys.bytes()
            + self.windows.capacity() * size_of::<Window>()
            + self.windows.iter().map(window).sum::<usize>()
            + self.expiry.capacity() * size_of::<Reverse<(i64, u32)>>()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let slots: Vec<u32> = (0..u32::try_from(self.windows.len()).unwrap_or(u32::MAX))
            .filter(|slot| !self.windows[*slot as usize].rows.times.is_empty())
            .collect();
        if slots.is_empty() {
            return Ok(OperatorState::default());
        }
        let mut columns = if self.spec.keys.is_empty() { Vec::new() } else { self.keys.columns(&slots)? };
        let windows = slots.iter().map(|slot| {
            let window = &self.windows[*slot as usize];
            let mut writer = Writer::default();
            writer.count(window.rows.times.len());
            window.rows.times.iter().for_each(|time| writer.int(*time));
            window.rows.columns.iter().flatten().for_each(|value| writer.value(value));
            window.states.iter().for_each(|state| writer.count(state.older_rows()));
            writer.into_bytes()
        });
        columns.push(Arc::new(BinaryArray::from_iter_values(windows)));
        Ok(OperatorState { facts: Vec::new(), batches: vec![state_batch(columns, slots.len())?] })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [batch] = &state.batches[..] else { return Ok(()) };
        let keys = self.spec.keys.len();
        let encoded = if keys == 0 { None } else { Some(self.keys.encode(&batch.columns()[..keys])?) };
        let windows = batch.column(keys).as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let slot = encoded.as_ref().map_or(0, |encoded| self.keys.slot(encoded, row).0);
            let mut reader = Reader::new(windows.value(row));
            let length = reader.count()?;
            let times = (0..length).map(|_| reader.int()).collect::<Result<VecDeque<_>>>()?;
            self.window(slot, times.back().copied().unwrap_or(i64::MIN));
            let window = &mut self.windows[slot as usize];
            window.rows.times = times;
            for column in &mut window.rows.columns {
                *column = (0..length).map(|_| reader.value()).collect::<Result<_>>()?;
            }
            for (state, call) in window.states.iter_mut().zip(&self.calls) {
                let older = reader.count()?;
                state.rebuild(call, 0, &window.rows, older);
            }
        }
        Ok(())
    }
}
