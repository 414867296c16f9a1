//! One side of a join: the rows that can still be met, by number, by time and by key.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, NullArray, RecordBatch, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, FieldRef, SchemaRef};

use super::{JoinSide, JoinWindow, without_unread};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::operator::Rows;
use crate::analytics::operator::state::rows_bytes;
use crate::analytics::operator::tumbling::together;

/// In place of a row's number: there is none.
pub(super) const NOBODY: u64 = u64::MAX;

/// Chunks smaller than this are put together as they pile up.
const CHUNK_ROWS: usize = 65_536;

/// The rows of one side.
pub(super) struct Side {
    pub(super) spec: JoinSide,
    /// Of stored rows: the columns of the input, those that nobody reads without a type.
    stored: SchemaRef,
    /// Stored rows; numbers run on from chunk to chunk.
    chunks: VecDeque<Chunk>,
    /// The number of the first row that is not forgotten; `times`, `matched` and `slots` begin there.
    first: u64,
    times: VecDeque<i64>,
    matched: VecDeque<bool>,
    slots: VecDeque<Option<u32>>,
    /// Rows that have looked for partners.
    taken_up: u64,
    /// Numbers of the rows of each key, ascending.
    by_slot: Vec<VecDeque<u64>>,
}

struct Chunk {
    first: u64,
    batch: RecordBatch,
}

impl Side {
    pub(super) fn new(spec: JoinSide) -> Self {
        Self {
            stored: Arc::clone(&spec.schema),
            spec,
            chunks: VecDeque::new(),
            first: 0,
            times: VecDeque::new(),
            matched: VecDeque::new(),
            slots: VecDeque::new(),
            taken_up: 0,
            by_slot: Vec::new(),
        }
    }

    /// Keep the columns that are read, and the keys, alone.
    pub(super) fn narrow(&mut self, read: &[bool]) {
        let kept = |place: usize| read[place] || self.spec.keys.contains(&place);
        let kept: Vec<bool> = (0..read.len()).map(kept).collect();
        self.stored = without_unread(&self.spec.schema, &kept);
    }

    /// The columns of a batch that are kept.
    fn kept(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.stored.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let kept = field.data_type() != &DataType::Null || column.data_type() == &DataType::Null;
            if kept { Arc::clone(column) } else { Arc::new(NullArray::new(column.len())) }
        });
        Ok(RecordBatch::try_new(Arc::clone(&self.stored), columns.collect())?)
    }

    fn next(&self) -> u64 {
        self.first + self.times.len() as u64
    }

    fn time(&self, number: u64) -> i64 {
        number
            .checked_sub(self.first)
            .and_then(|place| self.times.get(usize::try_from(place).ok()?))
            .map_or(i64::MIN, |time| *time)
    }

    /// Keep rows; they can be met once they are taken up.
    pub(super) fn store(&mut self, rows: &Rows, slots: &[Option<u32>]) -> Result<()> {
        let first = self.next();
        self.times.extend(rows.rowtime.values());
        self.matched.extend(std::iter::repeat_n(false, slots.len()));
        self.slots.extend(slots);
        self.chunks.push_back(Chunk { first, batch: self.kept(&rows.batch)? });
        // Many small epochs would make many small chunks: like digits of a number they are added up.
        while let [.., before, last] = self.chunks.make_contiguous() {
            let (large, small) = (before.batch.num_rows(), last.batch.num_rows());
            if large > 2 * small || large + small > CHUNK_ROWS {
                break;
            }
            before.batch = together(&self.stored, &[before.batch.clone(), last.batch.clone()])?;
            self.chunks.pop_back();
        }
        Ok(())
    }

    /// Let the next stored row be met from now on; gives its number.
    pub(super) fn take_up(&mut self, slot: Option<u32>) -> u64 {
        let number = self.taken_up;
        self.taken_up += 1;
        if let Some(slot) = slot {
            let slot = slot as usize;
            if self.by_slot.len() <= slot {
                self.by_slot.resize_with(slot + 1, VecDeque::new);
            }
            self.by_slot[slot].push_back(number);
        }
        number
    }

    /// The rows of a key that a row of the other side meets at `now`.
    pub(super) fn partners(&self, slot: u32, now: i64, mut meet: impl FnMut(u64)) {
        let Some(numbers) = self.by_slot.get(slot as usize) else { return };
        let first = match self.spec.window {
            JoinWindow::Range(width) => {
                let oldest = now.saturating_sub(width);
                numbers.partition_point(|number| self.time(*number) < oldest)
            }
            JoinWindow::Rows(rows) => {
                let oldest = self.taken_up.saturating_sub(rows);
                numbers.partition_point(|number| *number < oldest)
            }
        };
        numbers.range(first..).for_each(|number| meet(*number));
    }

    /// Remember that a row has found a partner.
    pub(super) fn mark(&mut self, number: u64) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(matched) = place.and_then(|place| self.matched.get_mut(place)) {
            *matched = true;
        }
    }

    /// How many of the oldest rows cannot be met any more when both sides have come to `bound`.
    pub(super) fn over(&self, bound: i64) -> usize {
        match self.spec.window {
            JoinWindow::Range(width) => self.times.partition_point(|time| time.saturating_add(width) < bound),
            JoinWindow::Rows(rows) => {
                usize::try_from(self.taken_up.saturating_sub(rows).saturating_sub(self.first)).unwrap_or(usize::MAX)
            }
        }
    }

    /// Those of the oldest `count` rows that have found no partner, with their ROWTIMEs in the result.
    pub(super) fn unmatched(&self, count: usize) -> Vec<(u64, i64)> {
        if !self.spec.outer {
            return Vec::new();
        }
        let end = |place: usize| match self.spec.window {
            JoinWindow::Range(width) => self.times[place].saturating_add(width),
            // The row that pushed it out of the window.
            JoinWindow::Rows(rows) => self.time(self.first + place as u64 + rows),
        };
        (0..count.min(self.times.len()))
            .filter(|place| !self.matched[*place])
            .map(|place| (self.first + place as u64, end(place)))
            .collect()
    }

    /// Forget the oldest `count` rows; gives the keys that have no row left on this side.
    pub(super) fn forget(&mut self, count: usize) -> Vec<u32> {
        let count = count.min(self.times.len());
        let mut emptied = Vec::new();
        for slot in self.slots.drain(..count).flatten() {
            if let Some(numbers) = self.by_slot.get_mut(slot as usize) {
                numbers.pop_front();
                if numbers.is_empty() {
                    *numbers = VecDeque::new();
                    emptied.push(slot);
                }
            }
        }
        self.times.drain(..count);
        self.matched.drain(..count);
        self.first += count as u64;
        while self.chunks.front().is_some_and(|chunk| chunk.first + chunk.batch.num_rows() as u64 <= self.first) {
            self.chunks.pop_front();
        }
        let left = self.times.len();
        if self.times.capacity() > CHUNK_ROWS && left < self.times.capacity() / 8 {
            self.times.shrink_to(CHUNK_ROWS.max(left));
            self.matched.shrink_to(CHUNK_ROWS.max(left));
            self.slots.shrink_to(CHUNK_ROWS.max(left));
            let used = self.by_slot.iter().rposition(|numbers| !numbers.is_empty()).map_or(0, |last| last + 1);
            self.by_slot.truncate(used);
            self.by_slot.shrink_to(used);
        }
        if left == 0 {
            self.by_slot = Vec::new();
        }
        emptied
    }

    pub(super) fn is_without(&self, slot: u32) -> bool {
        self.by_slot.get(slot as usize).is_none_or(VecDeque::is_empty)
    }

    /// The columns of the rows with these numbers; NULLs for [`NOBODY`], and where `fields` have no type.
    pub(super) fn gather(&self, numbers: &[u64], fields: &[FieldRef]) -> Result<Vec<ArrayRef>> {
        let mut used: Vec<usize> = Vec::new();
        let mut place_of = vec![usize::MAX; self.chunks.len()];
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(numbers.len());
        // Partners of one row, and rows that come one after the other, mostly stand in the same chunk.
        let (mut place, mut held) = (usize::MAX, 0..0);
        for &number in numbers {
            if number == NOBODY {
                places.push((usize::MAX, 0));
                continue;
            }
            if !held.contains(&number) {
                let chunk = self.chunks.partition_point(|chunk| chunk.first <= number).saturating_sub(1);
                let Chunk { first, batch } = &self.chunks[chunk];
                held = *first..*first + batch.num_rows() as u64;
                if place_of[chunk] == usize::MAX {
                    place_of[chunk] = used.len();
                    used.push(chunk);
                }
                place = place_of[chunk];
            }
            places.push((place, usize::try_from(number - held.start).unwrap_or(usize::MAX)));
        }
        let nobody = numbers.contains(&NOBODY);
        if nobody {
            places.iter_mut().filter(|place| place.0 == usize::MAX).for_each(|place| place.0 = used.len());
        }
        let columns = fields.iter().enumerate().map(|(column, field)| {
            if field.data_type() == &DataType::Null {
                return Ok(Arc::new(NullArray::new(numbers.len())) as ArrayRef);
            }
            let null = nobody.then(|| new_null_array(field.data_type(), 1));
            let mut arrays: Vec<&dyn Array> =
                used.iter().map(|chunk| self.chunks[*chunk].batch.column(column).as_ref()).collect();
            arrays.extend(null.as_deref());
            Ok(interleave(&arrays, &places)?)
        });
        columns.collect()
    }

    /// The memory that the rows take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let numbers: usize = self.by_slot.iter().map(VecDeque::capacity).sum();
        rows_bytes(self.chunks.iter().map(|chunk| &chunk.batch))
            + self.times.capacity() * size_of::<i64>()
            + self.matched.capacity()
            + self.slots.capacity() * size_of::<Option<u32>>()
            + self.by_slot.capacity() * size_of::<VecDeque<u64>>()
            + numbers * size_of::<u64>()
    }

    /// The rows kept, for a checkpoint.
    pub(super) fn state(&self, facts: &mut Writer) -> Result<RecordBatch> {
        facts.count(self.times.len());
        self.times.iter().for_each(|time| facts.int(*time));
        self.matched.iter().for_each(|matched| facts.byte(u8::from(*matched)));
        let live = self.chunks.iter().map(|chunk| {
            let gone = usize::try_from(self.first.saturating_sub(chunk.first)).unwrap_or(usize::MAX);
            chunk.batch.slice(gone, chunk.batch.num_rows() - gone)
        });
        together(&self.stored, &live.collect::<Vec<_>>())
    }

    pub(super) fn restore(&mut self, batch: &RecordBatch, slots: &[Option<u32>], facts: &mut Reader<'_>) -> Result<()> {
        let rows = facts.count()?;
        let times = (0..rows).map(|_| facts.int()).collect::<Result<Vec<_>>>()?;
        let matched = (0..rows).map(|_| Ok(facts.byte()? != 0)).collect::<Result<VecDeque<_>>>()?;
        if rows > 0 {
            self.store(&Rows { batch: batch.clone(), rowtime: times.into() }, slots)?;
            self.matched = matched;
            for slot in slots {
                self.take_up(*slot);
            }
        }
        Ok(())
    }
}
