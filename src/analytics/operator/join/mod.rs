//! Joins of two streams.
//!
//! Rows of both sides are taken in order of ROWTIME, as far as both have come. Each looks for partners among the rows of the
//! other side that are inside of that side's window, and is then kept for as long as its own window reaches. So every pair
//! is found once, by its later row, whose ROWTIME it gets. A row of an outer side that has found no partner leaves
//! when its window is over.

mod side;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use side::{NOBODY, Side};

use super::keys::{Encoded, KeyTable};
use super::state::OperatorState;
use super::union::Waiting;
use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// For each row of a batch, whether a condition is TRUE; and the rows that failed, with the reason.
pub(crate) type Condition = Box<dyn Fn(&RecordBatch, &EvalEnv) -> Result<(BooleanArray, Vec<(usize, String)>)> + Send>;

/// How long a row of one side can be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinWindow {
    /// Milliseconds behind its ROWTIME, both ends included; 0 without a window.
    Range(i64),
    /// While it is one of the latest so many rows.
    Rows(u64),
}

/// One side of a join.
#[derive(Clone, Debug)]
pub(crate) struct JoinSide {
    /// Columns that must be equal to those of the other side, in the same order and of the same types.
    pub(crate) keys: Vec<usize>,
    pub(crate) window: JoinWindow,
    /// Whether rows without a partner are kept.
    pub(crate) outer: bool,
    pub(crate) schema: SchemaRef,
}

/// How two streams are joined.
pub(crate) struct JoinSpec {
    pub(crate) left: JoinSide,
    pub(crate) right: JoinSide,
    /// What must hold besides, over the columns of both sides.
    pub(crate) condition: Option<Condition>,
    /// Of the output: the columns of the left side, then those of the right one.
    pub(crate) schema: SchemaRef,
}

/// Joins two streams.
pub(crate) struct StreamJoin {
    condition: Option<Condition>,
    /// What conditions see, and what leaves: all columns, until it is known which are read.
    schema: SchemaRef,
    output: SchemaRef,
    keys: KeyTable,
    has_keys: bool,
    waiting: [Waiting; 2],
    sides: [Side; 2],
}

/// Rows of the result: a row of each side by its number, or [`NOBODY`], and the ROWTIME of each pair.
#[derive(Default)]
struct Pairs {
    rows: [Vec<u64>; 2],
    rowtimes: Vec<i64>,
}

impl Pairs {
    fn len(&self) -> usize {
        self.rowtimes.len()
    }

    /// Add a pair; `number` is the row of `side`.
    #[inline]
    fn push(&mut self, side: usize, number: u64, partner: u64, rowtime: i64) {
        self.rows[side].push(number);
        self.rows[1 - side].push(partner);
        self.rowtimes.push(rowtime);
    }

    /// The pairs at `places`.
    fn choose(&self, places: &[usize]) -> Self {
        let [left, right] = &self.rows;
        let numbers = |all: &[u64]| places.iter().map(|place| all[*place]).collect();
        let rowtimes = places.iter().map(|place| self.rowtimes[*place]).collect();
        Self { rows: [numbers(left), numbers(right)], rowtimes }
    }

    /// In order of ROWTIME, those of one instant as they are.
    fn sorted(&self) -> Self {
        let mut places: Vec<usize> = (0..self.len()).collect();
        places.sort_by_key(|place| self.rowtimes[*place]);
        self.choose(&places)
    }
}

/// The schema with no type for the columns that are not read.
fn without_unread(schema: &SchemaRef, read: &[bool]) -> SchemaRef {
    let fields = schema.fields().iter().zip(read).map(|(field, read)| {
        if *read { Arc::clone(field) } else { Arc::new(Field::new(field.name(), DataType::Null, true)) }
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Rows of one side that are due, with what the processing needs of them.
struct Due {
    times: Vec<i64>,
    /// Slots of their keys; `None` where one is NULL.
    slots: Vec<Option<u32>>,
}

impl StreamJoin {
    pub(crate) fn new(spec: JoinSpec) -> Result<Self> {
        let JoinSpec { left, right, condition, schema } = spec;
        let types: Vec<DataType> = left.keys.iter().map(|key| left.schema.field(*key).data_type().clone()).collect();
        let has_keys = !types.is_empty();
        let keys = KeyTable::new(types)?;
        let waiting = [Waiting::new(), Waiting::new()];
        let sides = [Side::new(left), Side::new(right)];
        Ok(Self { condition, output: Arc::clone(&schema), schema, keys, has_keys, waiting, sides })
    }

    /// Take the rows that are due into one side's store and give what finding partners needs.
    fn admit(&mut self, place: usize, due: Vec<Rows>) -> Result<Due> {
        let mut all = Due { times: Vec::new(), slots: Vec::new() };
        for rows in due {
            let slots = self.slots(place, &rows.batch)?;
            all.times.extend_from_slice(rows.rowtime.values());
            self.sides[place].store(&rows, &slots)?;
            all.slots.extend(slots);
        }
        Ok(all)
    }

    fn slots(&mut self, place: usize, batch: &RecordBatch) -> Result<Vec<Option<u32>>> {
        if !self.has_keys {
            return Ok(vec![Some(0); batch.num_rows()]);
        }
        let columns: Vec<ArrayRef> =
            self.sides[place].spec.keys.iter().map(|key| Arc::clone(batch.column(*key))).collect();
        let encoded: Encoded = self.keys.encode(&columns)?;
        let nulls: Vec<_> = columns.iter().filter_map(|column| column.logical_nulls()).collect();
        let known = |row: usize| nulls.iter().all(|nulls| nulls.is_valid(row));
        Ok((0..batch.num_rows()).map(|row| known(row).then(|| self.keys.slot(&encoded, row).0)).collect())
    }

    /// Every pair that the rows due make, in the order of their later rows.
    fn pairs(&mut self, due: &[Due; 2]) -> Pairs {
        let mut pairs = Pairs::default();
        let mut next = [0, 0];
        loop {
            let time = |side: usize| due[side].times.get(next[side]).copied();
            let side = match (time(0), time(1)) {
                (None, None) => return pairs,
                (Some(left), Some(right)) => usize::from(right < left),
                (Some(_), None) => 0,
                (None, Some(_)) => 1,
            };
            let (row, slot) = (next[side], due[side].slots[next[side]]);
            let rowtime = due[side].times[row];
            next[side] += 1;
            let number = self.sides[side].take_up(slot);
            let Some(slot) = slot else { continue };
            self.sides[1 - side].partners(slot, rowtime, |partner| pairs.push(side, number, partner, rowtime));
        }
    }

    /// Leave out the pairs that do not meet the condition.
    fn meeting(&self, pairs: Pairs, env: &EvalEnv, output: &mut Output) -> Result<Pairs> {
        let Some(condition) = &self.condition else { return Ok(pairs) };
        if pairs.len() == 0 {
            return Ok(pairs);
        }
        let batch = self.gather(&pairs, &self.schema)?;
        let (met, failed) = condition(&batch, env)?;
        for (row, message) in failed {
            output.failures.push(Failure::of_row("ROW_ERROR", message, &batch, row, pairs.rowtimes[row]));
        }
        let meeting: Vec<usize> = (0..pairs.len()).filter(|row| met.is_valid(*row) && met.value(*row)).collect();
        Ok(pairs.choose(&meeting))
    }

    /// The columns of both sides for each pair, but for those that `schema` has no type for.
    fn gather(&self, pairs: &Pairs, schema: &SchemaRef) -> Result<RecordBatch> {
        let (left, right) = schema.fields().split_at(self.sides[0].spec.schema.fields().len());
        let mut columns = self.sides[0].gather(&pairs.rows[0], left)?;
        columns.extend(self.sides[1].gather(&pairs.rows[1], right)?);
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }

    /// Add the rows of outer sides that nobody can meet any more; `over` says how many of the oldest those are.
    fn add_unmatched(&mut self, mut results: Pairs, over: [usize; 2]) -> Pairs {
        for (place, side) in self.sides.iter_mut().enumerate().filter(|(_, side)| side.spec.outer) {
            results.rows[place].iter().filter(|number| **number != NOBODY).for_each(|number| side.mark(*number));
        }
        let before = results.len();
        for (place, side) in self.sides.iter().enumerate() {
            for (number, rowtime) in side.unmatched(over[place]) {
                results.push(place, number, NOBODY, rowtime);
            }
        }
        // Stable: partners first, then those without, at the same ROWTIME.
        if results.len() > before { results.sorted() } else { results }
    }
}

impl Operator for StreamJoin {
    fn process(&mut self, inputs: &[&Delta], env: &EvalEnv, output: &mut Output) -> Result<()> {
        for (waiting, delta) in self.waiting.iter_mut().zip(inputs) {
            waiting.take(delta);
        }
        let bound = self.waiting[0].bound.min(self.waiting[1].bound);
        let [left, right] = [self.waiting[0].until(bound), self.waiting[1].until(bound)];
        let due = [self.admit(0, left)?, self.admit(1, right)?];
        let pairs = self.pairs(&due);
        let met = self.meeting(pairs, env, output)?;
        let over = [self.sides[0].over(bound), self.sides[1].over(bound)];
        let results = self.add_unmatched(met, over);
        if results.len() > 0 {
            output.push(self.gather(&results, &self.output)?, results.rowtimes);
        }
        for (place, count) in over.into_iter().enumerate() {
            for slot in self.sides[place].forget(count) {
                if self.has_keys && self.sides.iter().all(|side| side.is_without(slot)) {
                    self.keys.release(slot);
                }
            }
        }
        output.bound = bound;
        Ok(())
    }

    fn narrow(&mut self, read: &[bool]) {
        self.output = without_unread(&self.schema, read);
        if self.condition.is_none() {
            let (left, right) = read.split_at(read.len().min(self.sides[0].spec.schema.fields().len()));
            self.sides[0].narrow(left);
            self.sides[1].narrow(right);
        }
    }

    fn state_bytes(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Waiting::bytes).sum();
        self.keys.bytes() + waiting + self.sides.iter().map(Side::bytes).sum::<usize>()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let mut facts = Writer::default();
        let mut batches = Vec::with_capacity(4);
        for (waiting, side) in self.waiting.iter().zip(&self.sides) {
            batches.push(waiting.state(&side.spec.schema, &mut facts)?);
            batches.push(side.state(&mut facts)?);
        }
        Ok(OperatorState { facts: facts.into_bytes(), batches })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        if state.is_empty() {
            return Ok(());
        }
        let [left_waiting, left, right_waiting, right] = &state.batches[..] else {
            return Err(Error::Internal("the state of a join has another number of parts".into()));
        };
        let mut facts = Reader::new(&state.facts);
        for (place, (waiting, batch)) in [(left_waiting, left), (right_waiting, right)].into_iter().enumerate() {
            self.waiting[place] = Waiting::restore(waiting, &mut facts)?;
            let slots = self.slots(place, batch)?;
            self.sides[place].restore(batch, &slots, &mut facts)?;
        }
        Ok(())
    }
}
