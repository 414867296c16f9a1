//! Aggregates over a sliding window: rows come in at one end and leave at the other.
//!
//! Exact sums and counts subtract what leaves. Floating-point numbers must not be subtracted, or a large value that has
//! left would still be felt: they keep one partial result for the newer rows and one for each place of the older ones,
//! turned over when the older ones are used up, so each row is added twice at most. MIN and MAX keep the values that can
//! still become extreme.

use std::collections::{BTreeMap, VecDeque};

use super::function::{Aggregate, AggregateFunction};
use super::partial::{Partial, exact, weighted};
use super::value::Value;

/// The rows inside of one window of one key: ROWTIMEs and the columns that its calls look at.
#[derive(Debug, Default)]
pub(crate) struct WindowRows {
    pub(crate) times: VecDeque<i64>,
    pub(crate) columns: Vec<VecDeque<Value>>,
}

impl WindowRows {
    /// The memory that the rows take, in bytes.
    pub(crate) fn heap(&self) -> usize {
        let texts: usize = self.columns.iter().flatten().map(Value::heap).sum();
        let room: usize = self.columns.iter().map(VecDeque::capacity).sum();
        self.times.capacity() * size_of::<i64>() + room * size_of::<Value>() + texts
    }
}

/// The running state of one call.
#[derive(Debug)]
pub(crate) enum SlidingState {
    /// Sum and number of values; of rows for COUNT(*).
    Exact {
        sum: i128,
        count: i64,
    },
    Truths {
        truths: i64,
        lies: i64,
    },
    /// Places since the window's first row ever, with the values that may still become the extreme one.
    Extreme(VecDeque<(u64, Value)>),
    /// Partial results of the rows from each of the older places up to the turn, the oldest last; and of those behind it.
    TwoRuns {
        older: Vec<Partial>,
        newer: Partial,
    },
    Distinct(BTreeMap<Value, u64>),
    /// Looks at the rows themselves.
    Rows,
}

impl SlidingState {
    pub(crate) fn new(aggregate: &Aggregate) -> Self {
        use AggregateFunction as F;
        match (aggregate.function, Partial::empty(aggregate)) {
            (F::CountRows | F::Count, _) | (_, Partial::Exact { .. }) => Self::Exact { sum: 0, count: 0 },
            (_, Partial::Distinct(_)) => Self::Distinct(BTreeMap::new()),
            (F::Min | F::Max, _) => Self::Extreme(VecDeque::new()),
            (F::Any | F::Every, _) => Self::Truths { truths: 0, lies: 0 },
            (_, newer @ (Partial::Float { .. } | Partial::Moments { .. })) => {
                Self::TwoRuns { older: Vec::new(), newer }
            }
            _ => Self::Rows,
        }
    }

    /// Take in the row at `place`, the newest.
    pub(crate) fn add(&mut self, aggregate: &Aggregate, place: u64, value: &Value) {
        let counts_rows = aggregate.function == AggregateFunction::CountRows;
        match self {
            Self::Exact { count, .. } if counts_rows => *count += 1,
            _ if value.is_null() => {}
            Self::Exact { sum, count } => {
                *sum += value.to_i128().unwrap_or_default();
                *count += 1;
            }
            Self::Truths { truths, lies } => *(if *value == Value::Int(0) { lies } else { truths }) += 1,
            Self::Extreme(candidates) => {
                let max = aggregate.function == AggregateFunction::Max;
                while candidates.back().is_some_and(|(_, last)| if max { last <= value } else { last >= value }) {
                    candidates.pop_back();
                }
                candidates.push_back((place, value.clone()));
            }
            Self::TwoRuns { newer, .. } => newer.add(aggregate, 0, value.clone()),
            Self::Distinct(values) => *values.entry(value.clone()).or_default() += 1,
            Self::Rows => {}
        }
    }

    /// Let the oldest row go: the one at `place`, which is still the first of `values`.
    pub(crate) fn remove(&mut self, aggregate: &Aggregate, place: u64, values: Option<&VecDeque<Value>>) {
        let value = values.and_then(VecDeque::front).unwrap_or(&Value::Null);
        match self {
            Self::Exact { count, .. } if aggregate.function == AggregateFunction::CountRows => *count -= 1,
            Self::TwoRuns { older, newer } => {
                if older.is_empty() {
                    turn(aggregate, older, values);
                    *newer = Partial::empty(aggregate);
                }
                older.pop();
            }
            _ if value.is_null() => {}
            Self::Exact { sum, count } => {
                *sum -= value.to_i128().unwrap_or_default();
                *count -= 1;
            }
            Self::Truths { truths, lies } => *(if *value == Value::Int(0) { lies } else { truths }) -= 1,
            Self::Extreme(candidates) => {
                if candidates.front().is_some_and(|(first, _)| *first == place) {
                    candidates.pop_front();
                }
            }
            Self::Distinct(values) => {
                if let Some(times) = values.get_mut(value) {
                    *times -= 1;
                    if *times == 0 {
                        values.remove(value);
                    }
                }
            }
            Self::Rows => {}
        }
    }

    /// Bytes beside the state itself.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::Extreme(candidates) => {
                let texts: usize = candidates.iter().map(|(_, value)| value.heap()).sum();
                candidates.capacity() * size_of::<(u64, Value)>() + texts
            }
            Self::TwoRuns { older, .. } => older.capacity() * size_of::<Partial>(),
            Self::Distinct(values) => values.keys().map(|value| size_of::<(Value, u64)>() + value.heap()).sum(),
            Self::Exact { .. } | Self::Truths { .. } | Self::Rows => 0,
        }
    }

    /// Rows of the older run, for a checkpoint: the rest is computed again from the rows.
    pub(crate) fn older_rows(&self) -> usize {
        if let Self::TwoRuns { older, .. } = self { older.len() } else { 0 }
    }

    /// Compute the state again from the window's rows, of which `older` lie before the turn.
    pub(crate) fn rebuild(&mut self, aggregate: &Aggregate, first: u64, rows: &WindowRows, older: usize) {
        let values = aggregate.argument.and_then(|column| rows.columns.get(column));
        if let Self::TwoRuns { older: runs, .. } = self
            && older > 0
        {
            let front: VecDeque<Value> = values.into_iter().flatten().take(older).cloned().collect();
            turn(aggregate, runs, Some(&front));
        }
        for row in older..rows.times.len() {
            let value = values.and_then(|values| values.get(row)).unwrap_or(&Value::Null);
            self.add(aggregate, first + row as u64, value);
        }
    }

    /// The call's value for the newest row, whose own default is `default`.
    ///
    /// # Errors
    /// Why the row fails.
    pub(crate) fn value(
        &self,
        aggregate: &Aggregate,
        rows: &WindowRows,
        now: i64,
        default: &Value,
    ) -> Result<Value, String> {
        let is_count = matches!(aggregate.function, AggregateFunction::Count | AggregateFunction::CountRows);
        match self {
            Self::Exact { count, .. } if is_count => Ok(Value::Int(*count)),
            Self::Exact { sum, count } => exact(aggregate, *sum, *count),
            Self::Truths { truths, lies } => Partial::Truths { truths: *truths, lies: *lies }.finish(aggregate, now),
            Self::Extreme(candidates) => Ok(candidates.front().map_or(Value::Null, |(_, value)| value.clone())),
            Self::TwoRuns { older, newer } => match older.last() {
                None => newer.finish(aggregate, now),
                Some(run) => {
                    let mut all = run.clone();
                    all.append(aggregate, newer);
                    all.finish(aggregate, now)
                }
            },
            Self::Distinct(values) => Partial::Distinct(values.keys().cloned().collect()).finish(aggregate, now),
            Self::Rows => Ok(from_rows(aggregate, rows, now, default)),
        }
    }
}

/// Fill `older` with the partial results from each place of `values` to their end, the first place last.
fn turn(aggregate: &Aggregate, older: &mut Vec<Partial>, values: Option<&VecDeque<Value>>) {
    let mut run = Partial::empty(aggregate);
    for value in values.into_iter().flatten().rev() {
        let mut longer = Partial::empty(aggregate);
        longer.add(aggregate, 0, value.clone());
        longer.append(aggregate, &run);
        run = longer;
        older.push(run.clone());
    }
}

/// What only the rows themselves tell.
fn from_rows(aggregate: &Aggregate, rows: &WindowRows, now: i64, default: &Value) -> Value {
    let Some(values) = aggregate.argument.and_then(|column| rows.columns.get(column)) else { return Value::Null };
    let nth = |mut values: Box<dyn Iterator<Item = &Value> + '_>, place: usize| -> Option<Value> {
        if aggregate.ignore_nulls {
            values.filter(|value| !value.is_null()).nth(place).cloned()
        } else {
            values.nth(place).cloned()
        }
    };
    match aggregate.function {
        AggregateFunction::ExpAvg(_) => {
            let known = rows.times.iter().zip(values).filter(|(_, value)| !value.is_null());
            weighted(aggregate.function, known.map(|(time, value)| (*time, value.to_f64(aggregate.scale()))), now)
        }
        AggregateFunction::Lag(0) => values.back().cloned().unwrap_or(Value::Null),
        AggregateFunction::Lag(offset) => {
            nth(Box::new(values.iter().rev().skip(1)), offset - 1).unwrap_or_else(|| default.clone())
        }
        AggregateFunction::LastValue => nth(Box::new(values.iter().rev()), 0).unwrap_or(Value::Null),
        AggregateFunction::NthValue { n, from_last: true } => {
            nth(Box::new(values.iter().rev()), n.saturating_sub(1)).unwrap_or(Value::Null)
        }
        AggregateFunction::NthValue { n, from_last: false } => {
            nth(Box::new(values.iter()), n.saturating_sub(1)).unwrap_or(Value::Null)
        }
        _ => nth(Box::new(values.iter()), 0).unwrap_or(Value::Null),
    }
}
