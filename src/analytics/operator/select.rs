//! Filter and projection: a condition that keeps rows, and expressions that become the new columns.
//!
//! Both read the columns of the input and, behind them, ROWTIME. Columns that no expression reads are not copied.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, NullArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{FilterBuilder, FilterPredicate, filter};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMillisecondType};

use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{EvalEnv, Expr, RowFailures};

/// Filters and projects.
pub(crate) struct Select {
    filter: Option<Expr>,
    items: Vec<Expr>,
    /// The columns that the filter reads, and those that the items read; ROWTIME is the last one.
    filter_reads: Reads,
    items_read: Reads,
    schema: SchemaRef,
    /// The columns that are read at all; absent when a row can fail, since it is then shown as a whole.
    reads: Option<Vec<bool>>,
}

/// Which columns of the input something reads.
struct Reads {
    columns: Vec<bool>,
    /// The input's schema with ROWTIME, where columns that are not read have no type.
    schema: SchemaRef,
}

impl Reads {
    fn new<'a>(exprs: impl Iterator<Item = &'a Expr>, input: &SchemaRef) -> Self {
        let width = input.fields().len();
        let mut columns = vec![false; width + 1];
        for place in exprs.flat_map(Expr::columns) {
            if let Some(read) = columns.get_mut(place) {
                *read = true;
            }
        }
        let rowtime = Field::new("ROWTIME", DataType::Timestamp(TimeUnit::Millisecond, None), true);
        let all = input.fields().iter().map(|field| field.as_ref().clone()).chain([rowtime]);
        let fields = all.zip(&columns).map(|(field, read)| {
            if *read { field.with_nullable(true) } else { Field::new(field.name(), DataType::Null, true) }
        });
        Self { schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns }
    }

    /// The columns read, `kept` by a filter if there is one.
    fn batch(&self, rows: &Rows, kept: Option<&FilterPredicate>) -> Result<RecordBatch> {
        let length = kept.map_or(rows.rowtime.len(), FilterPredicate::count);
        let nothing: ArrayRef = Arc::new(NullArray::new(length));
        let rowtime: ArrayRef = Arc::new(rows.rowtime.clone());
        let all = rows.batch.columns().iter().chain([&rowtime]);
        let columns = all.zip(&self.columns).map(|(column, read)| match kept {
            _ if !read => Ok(Arc::clone(&nothing)),
            None => Ok(Arc::clone(column)),
            Some(kept) => kept.filter(column),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(length));
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

impl Select {
    /// Keep the rows of `input` for which `filter` is TRUE and make the columns of `schema` by `items`.
    pub(crate) fn new(filter: Option<Expr>, items: Vec<Expr>, input: &SchemaRef, schema: SchemaRef) -> Self {
        let filter_reads = Reads::new(filter.iter(), input);
        let items_read = Reads::new(items.iter(), input);
        let cannot_fail = filter.iter().chain(&items).all(|expr| expr.as_column().is_some() || expr.value().is_some());
        let read = items_read.columns.iter().zip(&filter_reads.columns).map(|(item, filter)| *item || *filter);
        let reads = cannot_fail.then(|| read.take(input.fields().len()).collect());
        Self { filter, items, filter_reads, items_read, schema, reads }
    }

    /// The rows for which the condition is TRUE; `None` when it is TRUE for all.
    fn kept(&self, rows: &Rows, env: &EvalEnv, output: &mut Output) -> Result<Option<FilterPredicate>> {
        let Some(condition) = &self.filter else { return Ok(None) };
        let found = condition.evaluate(&self.filter_reads.batch(rows, None)?, env)?;
        if let Some(failed) = &found.failed {
            report(failed, rows, |row| row, output);
        }
        let Some(truth) = found.values.as_boolean_opt() else {
            // Only an untyped NULL gets past the binder: UNKNOWN keeps nothing.
            return Ok(Some(
                FilterBuilder::new(&BooleanArray::new(BooleanBuffer::new_unset(rows.rowtime.len()), None)).build(),
            ));
        };
        let truth = if truth.null_count() > 0 { arrow::compute::prep_null_mask_filter(truth) } else { truth.clone() };
        if truth.true_count() == truth.len() {
            return Ok(None);
        }
        Ok(Some(FilterBuilder::new(&truth).optimize().build()))
    }

    fn select(&self, rows: &Rows, env: &EvalEnv, output: &mut Output) -> Result<()> {
        let kept = self.kept(rows, env, output)?;
        if kept.as_ref().is_some_and(|kept| kept.count() == 0) {
            return Ok(());
        }
        let batch = self.items_read.batch(rows, kept.as_ref())?;
        let mut columns = Vec::with_capacity(self.items.len());
        let mut failed: Option<RowFailures> = None;
        for item in &self.items {
            let found = item.evaluate(&batch, env)?;
            failed = RowFailures::join(failed, found.failed);
            columns.push(found.values);
        }
        let mut rowtime: ArrayRef = Arc::new(rows.rowtime.clone());
        if let Some(kept) = &kept {
            rowtime = kept.filter(&rowtime)?;
        }
        if let Some(failed) = failed {
            self.report_kept(&failed, rows, env, output)?;
            let sound: BooleanArray = (0..batch.num_rows()).map(|row| Some(!failed.contains(row))).collect();
            columns = columns.iter().map(|column| filter(column, &sound)).collect::<Result<_, _>>()?;
            rowtime = filter(&rowtime, &sound)?;
        }
        let rowtime = rowtime.as_primitive::<TimestampMillisecondType>().clone();
        if !rowtime.is_empty() {
            let options = RecordBatchOptions::new().with_row_count(Some(rowtime.len()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
            output.rows.push(Rows { batch, rowtime });
        }
        Ok(())
    }

    /// Report rows that failed behind the filter by their places before it.
    fn report_kept(&self, failed: &RowFailures, rows: &Rows, env: &EvalEnv, output: &mut Output) -> Result<()> {
        let places: Vec<usize> = match &self.filter {
            None => (0..rows.rowtime.len()).collect(),
            Some(condition) => {
                let truth = condition.evaluate(&self.filter_reads.batch(rows, None)?, env)?.values;
                let is_true = |row: &usize| truth.as_boolean_opt().is_some_and(|t| t.is_valid(*row) && t.value(*row));
                (0..rows.rowtime.len()).filter(is_true).collect()
            }
        };
        report(failed, rows, |row| places.get(row).copied().unwrap_or(row), output);
        Ok(())
    }
}

fn report(failed: &RowFailures, rows: &Rows, place: impl Fn(usize) -> usize, output: &mut Output) {
    for (row, message) in failed.iter().filter(|(_, message)| *message != RowFailures::WITHOUT_TRACE) {
        let row = place(row);
        output.failures.push(Failure::of_row("ROW_ERROR", message, &rows.batch, row, rows.rowtime.value(row)));
    }
}

impl Operator for Select {
    fn process(&mut self, inputs: &[&Delta], env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("SELECT has one input".into())) };
        for rows in &input.rows {
            self.select(rows, env, output)?;
        }
        output.bound = input.bound;
        Ok(())
    }

    fn reads(&self) -> Option<&[bool]> {
        self.reads.as_deref()
    }
}
