//! Accumulators of groups: one state a slot, filled by columns, taken out when the window of a group closes.
//!
//! COUNT, SUM, AVG, MIN and MAX over numbers are plain loops over vectors; they are most of what runs.

use arrow::array::ArrayRef;
use arrow::buffer::ScalarBuffer;

use super::function::{Aggregate, AggregateFunction};
use super::partial::{Partial, exact};
use super::value::{Argument, Value, Values, to_array};
use crate::analytics::error::Result;

/// Slots whose room is kept.
const MANY: usize = 4_096;

/// The states of one aggregate call, by slot.
#[derive(Debug)]
pub(crate) struct GroupAccumulator {
    aggregate: Aggregate,
    slots: Slots,
}

#[derive(Debug)]
enum Slots {
    Count(Vec<i64>),
    /// Sums that have stayed within 64 bits, and counts.
    Exact(Vec<i128>, Vec<i64>),
    Float(Vec<f64>, Vec<i64>),
    /// Least or greatest integer; meaningless where the count is 0.
    Extreme(Vec<i64>, Vec<bool>),
    Other(Vec<Partial>),
}

/// A column of results, and the rows whose value could not be computed, with the reason.
pub(crate) type Finished = (ArrayRef, Vec<(usize, String)>);

impl GroupAccumulator {
    pub(crate) fn new(aggregate: Aggregate) -> Self {
        let slots = match Partial::empty(&aggregate) {
            Partial::Count(_) => Slots::Count(Vec::new()),
            Partial::Exact { .. } => Slots::Exact(Vec::new(), Vec::new()),
            Partial::Float { .. } => Slots::Float(Vec::new(), Vec::new()),
            Partial::Extreme(_) if is_narrow(&aggregate) => Slots::Extreme(Vec::new(), Vec::new()),
            _ => Slots::Other(Vec::new()),
        };
        Self { aggregate, slots }
    }

    /// Make room for `slots` slots.
    pub(crate) fn reserve(&mut self, slots: usize) {
        match &mut self.slots {
            Slots::Count(counts) => grow(counts, slots, 0),
            Slots::Exact(sums, counts) => {
                grow(sums, slots, 0);
                grow(counts, slots, 0);
            }
            Slots::Float(sums, counts) => {
                grow(sums, slots, 0.0);
                grow(counts, slots, 0);
            }
            Slots::Extreme(values, seen) => {
                grow(values, slots, 0);
                grow(seen, slots, false);
            }
            Slots::Other(partials) => {
                let empty = Partial::empty(&self.aggregate);
                grow(partials, slots, empty);
            }
        }
    }

    /// Give back the room of slots from `slots` on, once that is most of it.
    pub(crate) fn shrink(&mut self, slots: usize) {
        match &mut self.slots {
            Slots::Count(counts) => cut(counts, slots),
            Slots::Exact(sums, counts) => {
                cut(sums, slots);
                cut(counts, slots);
            }
            Slots::Float(sums, counts) => {
                cut(sums, slots);
                cut(counts, slots);
            }
            Slots::Extreme(values, seen) => {
                cut(values, slots);
                cut(seen, slots);
            }
            Slots::Other(partials) => cut(partials, slots),
        }
    }

    /// The memory that the states take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        fn room<T>(values: &Vec<T>) -> usize {
            values.capacity() * size_of::<T>()
        }
        match &self.slots {
            Slots::Count(counts) => room(counts),
            Slots::Exact(sums, counts) => room(sums) + room(counts),
            Slots::Float(sums, counts) => room(sums) + room(counts),
            Slots::Extreme(values, seen) => room(values) + room(seen),
            Slots::Other(partials) => room(partials) + partials.iter().map(Partial::heap).sum::<usize>(),
        }
    }

    /// Add rows: row `start + i` of the argument goes to slot `slots[i]`.
    pub(crate) fn update(&mut self, slots: &[u32], start: usize, argument: Option<&Argument>, rowtimes: &[i64]) {
        let Some(argument) = argument else {
            match &mut self.slots {
                Slots::Count(counts) => slots.iter().for_each(|slot| counts[*slot as usize] += 1),
                Slots::Other(partials) => {
                    for (slot, rowtime) in slots.iter().zip(rowtimes) {
                        partials[*slot as usize].add(&self.aggregate, *rowtime, Value::Null);
                    }
                }
                Slots::Exact(..) | Slots::Float(..) | Slots::Extreme(..) => {}
            }
            return;
        };
        let max = self.aggregate.function == AggregateFunction::Max;
        match (&mut self.slots, &argument.values) {
            (Slots::Count(counts), _) => each(slots, start, argument, |slot, _| counts[slot] += 1),
            (Slots::Exact(sums, counts), Values::Int(values)) => {
                sum_narrow(slots, start, argument, values, sums, counts)
            }
            (Slots::Exact(sums, counts), Values::Wide(values)) => each(slots, start, argument, |slot, row| {
                sums[slot] += values[row];
                counts[slot] += 1;
            }),
            (Slots::Float(sums, counts), Values::Float(values)) => each(slots, start, argument, |slot, row| {
                sums[slot] += values[row];
                counts[slot] += 1;
            }),
            (Slots::Extreme(extremes, seen), Values::Int(values)) => each(slots, start, argument, |slot, row| {
                let value = values[row];
                let replaces = if max { value > extremes[slot] } else { value < extremes[slot] };
                if !seen[slot] || replaces {
                    extremes[slot] = value;
                    seen[slot] = true;
                }
            }),
            (Slots::Other(partials), _) => {
                for (place, (slot, rowtime)) in slots.iter().zip(rowtimes).enumerate() {
                    partials[*slot as usize].add(&self.aggregate, *rowtime, argument.value(start + place));
                }
            }
            // Columns of NULLs have no values to add.
            (Slots::Exact(..) | Slots::Float(..) | Slots::Extreme(..), _) => {}
        }
    }

    /// The values of `slots` at the moment `now`; the slots are empty afterwards.
    pub(crate) fn take(&mut self, slots: &[u32], now: i64) -> Result<Finished> {
        let mut failed = Vec::new();
        let aggregate = &self.aggregate;
        let mut values = Vec::with_capacity(slots.len());
        for (row, slot) in slots.iter().map(|slot| *slot as usize).enumerate() {
            let value = match &mut self.slots {
                Slots::Count(counts) => Ok(Value::Int(std::mem::take(&mut counts[slot]))),
                Slots::Exact(sums, counts) => {
                    exact(aggregate, std::mem::take(&mut sums[slot]), std::mem::take(&mut counts[slot]))
                }
                Slots::Float(sums, counts) => {
                    let partial = Partial::Float {
                        sum: std::mem::take(&mut sums[slot]),
                        count: std::mem::take(&mut counts[slot]),
                    };
                    partial.finish(aggregate, now)
                }
                Slots::Extreme(extremes, seen) => {
                    Ok(if std::mem::take(&mut seen[slot]) { Value::Int(extremes[slot]) } else { Value::Null })
                }
                Slots::Other(partials) => {
                    std::mem::replace(&mut partials[slot], Partial::empty(aggregate)).finish(aggregate, now)
                }
            };
            values.push(value.unwrap_or_else(|message| {
                failed.push((row, message));
                Value::Null
            }));
        }
        Ok((to_array(&values, &aggregate.result_type)?, failed))
    }

    /// The state of one slot, for a checkpoint.
    pub(crate) fn partial(&self, slot: u32) -> Partial {
        let slot = slot as usize;
        match &self.slots {
            Slots::Count(counts) => Partial::Count(counts[slot]),
            Slots::Exact(sums, counts) => Partial::Exact { sum: sums[slot], count: counts[slot] },
            Slots::Float(sums, counts) => Partial::Float { sum: sums[slot], count: counts[slot] },
            Slots::Extreme(extremes, seen) => {
                Partial::Extreme(if seen[slot] { Value::Int(extremes[slot]) } else { Value::Null })
            }
            Slots::Other(partials) => partials[slot].clone(),
        }
    }

    /// Put back what [`Self::partial`] gave; the slot must be there.
    pub(crate) fn set_partial(&mut self, slot: u32, partial: Partial) {
        let slot = slot as usize;
        match (&mut self.slots, partial) {
            (Slots::Count(counts), Partial::Count(count)) => counts[slot] = count,
            (Slots::Exact(sums, counts), Partial::Exact { sum, count }) => (sums[slot], counts[slot]) = (sum, count),
            (Slots::Float(sums, counts), Partial::Float { sum, count }) => (sums[slot], counts[slot]) = (sum, count),
            (Slots::Extreme(extremes, seen), Partial::Extreme(Value::Int(value))) => {
                (extremes[slot], seen[slot]) = (value, true);
            }
            (Slots::Other(partials), partial) => partials[slot] = partial,
            // An extreme of no rows is what the slot holds already.
            _ => {}
        }
    }
}

/// MIN and MAX over values that are kept in 64 bits.
fn is_narrow(aggregate: &Aggregate) -> bool {
    use arrow::datatypes::DataType;
    match aggregate.argument_type {
        DataType::Decimal128(precision, _) => precision <= 18,
        DataType::Float32 | DataType::Float64 | DataType::Utf8 | DataType::Binary | DataType::Null => false,
        _ => true,
    }
}

fn grow<T: Clone>(values: &mut Vec<T>, length: usize, empty: T) {
    if values.len() < length {
        values.resize(length.next_power_of_two(), empty);
    }
}

fn cut<T>(values: &mut Vec<T>, length: usize) {
    if values.len() > MANY && values.len() / 8 > length {
        values.truncate(length);
        values.shrink_to(MANY.max(length * 2));
    }
}

/// Call `add` with slot and row of each row that is not NULL.
fn each(slots: &[u32], start: usize, argument: &Argument, mut add: impl FnMut(usize, usize)) {
    match &argument.nulls {
        None => slots.iter().enumerate().for_each(|(place, slot)| add(*slot as usize, start + place)),
        Some(nulls) => {
            for (place, slot) in slots.iter().enumerate() {
                if nulls.is_valid(start + place) {
                    add(*slot as usize, start + place);
                }
            }
        }
    }
}

fn sum_narrow(
    slots: &[u32],
    start: usize,
    argument: &Argument,
    values: &ScalarBuffer<i64>,
    sums: &mut [i128],
    counts: &mut [i64],
) {
    each(slots, start, argument, |slot, row| {
        sums[slot] += i128::from(values[row]);
        counts[slot] += 1;
    });
}
