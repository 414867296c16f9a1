//! Joins of a stream with a table that does not change: each row looks its partners up, at once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, SchemaRef};

use super::join::Condition;
use super::keys::KeyTable;
use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// How a stream is joined with a table.
pub(crate) struct LookupSpec {
    pub(crate) table: RecordBatch,
    /// Columns of the stream and of the table that must be equal, of the same types.
    pub(crate) keys: Vec<usize>,
    pub(crate) table_keys: Vec<usize>,
    /// What must hold besides, over the columns of both.
    pub(crate) condition: Option<Condition>,
    /// Whether rows of the stream without a partner are kept.
    pub(crate) outer: bool,
    /// Whether the table's columns come first.
    pub(crate) table_first: bool,
    /// Of the output.
    pub(crate) schema: SchemaRef,
}

/// Joins a stream with a table.
pub(crate) struct Lookup {
    spec: LookupSpec,
    keys: KeyTable,
    /// Rows of the table by slot of their key; all of them in slot 0 when there is no key.
    rows: Vec<Vec<u32>>,
}

impl Lookup {
    pub(crate) fn new(spec: LookupSpec) -> Result<Self> {
        let table = &spec.table;
        let types: Vec<DataType> = spec.table_keys.iter().map(|key| table.column(*key).data_type().clone()).collect();
        let mut keys = KeyTable::new(types)?;
        let mut rows: Vec<Vec<u32>> = Vec::new();
        let count = u32::try_from(table.num_rows()).unwrap_or(u32::MAX);
        if spec.table_keys.is_empty() {
            rows.push((0..count).collect());
        } else {
            let columns: Vec<ArrayRef> = spec.table_keys.iter().map(|key| Arc::clone(table.column(*key))).collect();
            let encoded = keys.encode(&columns)?;
            for row in 0..count {
                // NULL is equal to nothing.
                if columns.iter().any(|column| column.is_null(row as usize)) {
                    continue;
                }
                let (slot, _) = keys.slot(&encoded, row as usize);
                rows.resize_with(rows.len().max(slot as usize + 1), Vec::new);
                rows[slot as usize].push(row);
            }
        }
        Ok(Self { spec, keys, rows })
    }

    fn join(&self, rows: &Rows, env: &EvalEnv, output: &mut Output) -> Result<()> {
        let columns: Vec<ArrayRef> = self.spec.keys.iter().map(|key| Arc::clone(rows.batch.column(*key))).collect();
        let encoded = if columns.is_empty() { None } else { Some(self.keys.encode(&columns)?) };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for row in 0..rows.rowtime.len() {
            let slot = match &encoded {
                None => Some(0),
                Some(_) if columns.iter().any(|column| column.is_null(row)) => None,
                Some(encoded) => self.keys.find(encoded, row),
            };
            let partners = slot.and_then(|slot| self.rows.get(slot as usize)).map_or(&[][..], Vec::as_slice);
            ours.extend(std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), partners.len()));
            theirs.extend(partners.iter().map(|partner| Some(*partner)));
        }
        if let Some(condition) = &self.spec.condition
            && !ours.is_empty()
        {
            let batch = self.gather(rows, &ours, &theirs)?;
            let (met, failed) = condition(&batch, env)?;
            for (row, message) in failed {
                let at = rows.rowtime.value(ours[row] as usize);
                output.failures.push(Failure::of_row("ROW_ERROR", message, &batch, row, at));
            }
            let mut place = 0..ours.len();
            let meets: Vec<bool> = place.by_ref().map(|row| met.is_valid(row) && met.value(row)).collect();
            let mut keep = meets.iter();
            ours.retain(|_| *keep.next().unwrap_or(&false));
            let mut keep = meets.iter();
            theirs.retain(|_| *keep.next().unwrap_or(&false));
        }
        if self.spec.outer {
            (ours, theirs) = with_unmatched(&ours, &theirs, rows.rowtime.len());
        }
        if !ours.is_empty() {
            let rowtime = ours.iter().map(|row| rows.rowtime.value(*row as usize)).collect();
            output.push(self.gather(rows, &ours, &theirs)?, rowtime);
        }
        Ok(())
    }

    fn gather(&self, rows: &Rows, ours: &[u32], theirs: &[Option<u32>]) -> Result<RecordBatch> {
        let ours = UInt32Array::from(ours.to_vec());
        let theirs = UInt32Array::from(theirs.to_vec());
        let stream = rows.batch.columns().iter().map(|column| take(column, &ours, None));
        let table = self.spec.table.columns().iter().map(|column| take(column, &theirs, None));
        let columns: Result<Vec<_>, _> =
            if self.spec.table_first { table.chain(stream).collect() } else { stream.chain(table).collect() };
        Ok(RecordBatch::try_new(Arc::clone(&self.spec.schema), columns?)?)
    }
}

/// The pairs, and in their places the rows of the stream that are in none.
fn with_unmatched(ours: &[u32], theirs: &[Option<u32>], rows: usize) -> (Vec<u32>, Vec<Option<u32>>) {
    let mut pairs = ours.iter().copied().zip(theirs.iter().copied()).peekable();
    let mut all = Vec::with_capacity(rows.max(ours.len()));
    for row in 0..u32::try_from(rows).unwrap_or(u32::MAX) {
        let before = all.len();
        while let Some(pair) = pairs.next_if(|pair| pair.0 == row) {
            all.push(pair);
        }
        if all.len() == before {
            all.push((row, None));
        }
    }
    all.into_iter().unzip()
}

impl Operator for Lookup {
    fn process(&mut self, inputs: &[&Delta], env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("a join with a table has one input".into())) };
        for rows in &input.rows {
            self.join(rows, env, output)?;
        }
        output.bound = input.bound;
        Ok(())
    }
}
