//! `TOP_K_ITEMS_TUMBLING`: the most frequent values of a column in each window.
//!
//! Counts are exact, also where the service approximates.
//!
//! Source: Kinesis Data Analytics SQL Reference, "TOP_K_ITEMS_TUMBLING Function".

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, TimestampMillisecondArray, new_empty_array};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};

use super::anomaly::{arrow_schema, nothing};
use super::argument::{ArgumentError, Arguments};
use super::window::TumblingWindow;
use super::{Argument, Column, Emitted, TableFunction};
use crate::analytics::codec::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

const COUNT: &str = "MOST_FREQUENT_VALUES";

/// How often a value came, and as which new value of the window.
#[derive(Clone, Copy, Debug)]
struct Tally {
    count: i64,
    arrival: u64,
}

/// The function at work.
pub(super) struct TopKItems {
    column: usize,
    most: usize,
    columns: Vec<Column>,
    schema: SchemaRef,
    window: TumblingWindow,
    /// Values in Arrow's row form, which is equal for equal values.
    tallies: HashMap<Box<[u8]>, Tally>,
}

impl TopKItems {
    pub(super) fn new(input: &[Column], arguments: &[Argument]) -> std::result::Result<Self, ArgumentError> {
        const NAMES: [&str; 3] = ["columnName", "K", "windowSizeInSeconds"];
        let arguments = Arguments::new("TOP_K_ITEMS_TUMBLING", &NAMES, 3, arguments)?;
        let column = arguments.column(0, input)?;
        let most = arguments.size(1, 0, 1..=100_000)?;
        let window = TumblingWindow::new(arguments.integer(2, 0, 1..=3_600)?);
        let columns = vec![input[column].clone(), Column::new(COUNT, SqlType::BigInt)];
        Ok(Self { column, most, schema: arrow_schema(&columns), columns, window, tallies: HashMap::new() })
    }

    fn converter(&self) -> Result<RowConverter> {
        Ok(RowConverter::new(vec![SortField::new(self.columns[0].sql_type.to_arrow())])?)
    }

    /// The most frequent values of the window, which is forgotten.
    fn close(&mut self, closed: &mut Closed, end: i64) -> Result<()> {
        let mut tallies: Vec<(Box<[u8]>, Tally)> = std::mem::take(&mut self.tallies).into_iter().collect();
        tallies.sort_unstable_by_key(|(_, tally)| (Reverse(tally.count), tally.arrival));
        tallies.truncate(self.most);
        let converter = self.converter()?;
        let parser = converter.parser();
        let mut values = converter.convert_rows(tallies.iter().map(|(value, _)| parser.parse(value)))?;
        closed.values.push(values.remove(0));
        closed.counts.extend(tallies.iter().map(|(_, tally)| tally.count));
        closed.rowtime.resize(closed.counts.len(), end);
        Ok(())
    }

    fn emit(&self, closed: Closed) -> Result<Emitted> {
        if closed.counts.is_empty() {
            return Ok(nothing(&self.schema));
        }
        let empty = new_empty_array(&self.columns[0].sql_type.to_arrow());
        let parts: Vec<&dyn Array> = closed.values.iter().map(AsRef::as_ref).chain([empty.as_ref()]).collect();
        let values = arrow::compute::concat(&parts)?;
        let columns: Vec<ArrayRef> = vec![values, Arc::new(Int64Array::from(closed.counts))];
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(Emitted { rows, rowtime: closed.rowtime.into(), failed: Vec::new() })
    }
}

/// Rows of the windows that one call closed.
#[derive(Default)]
struct Closed {
    values: Vec<ArrayRef>,
    counts: Vec<i64>,
    rowtime: Vec<i64>,
}

impl TableFunction for TopKItems {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted> {
        let values = rows.column(self.column);
        let encoded = self.converter()?.convert_columns(std::slice::from_ref(values))?;
        let mut closed = Closed::default();
        let mut next = 0;
        while next < rows.num_rows() {
            if let Some(end) = self.window.close(rowtime.value(next)) {
                self.close(&mut closed, end)?;
            }
            let run = self.window.run(rowtime, next);
            next = run.end;
            for row in run.filter(|row| values.is_valid(*row)) {
                let value = encoded.row(row);
                match self.tallies.get_mut(value.as_ref()) {
                    Some(tally) => tally.count += 1,
                    None => {
                        let arrival = self.tallies.len() as u64;
                        self.tallies.insert(value.as_ref().into(), Tally { count: 1, arrival });
                    }
                }
            }
        }
        self.emit(closed)
    }

    fn on_time(&mut self, bound: i64) -> Result<Emitted> {
        let mut closed = Closed::default();
        if let Some(end) = self.window.close(bound) {
            self.close(&mut closed, end)?;
        }
        self.emit(closed)
    }

    fn state_bytes(&self) -> usize {
        let values: usize = self.tallies.keys().map(|value| value.len()).sum();
        self.tallies.capacity() * size_of::<(Box<[u8]>, Tally)>() + values
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        self.window.write(&mut out);
        let mut tallies: Vec<_> = self.tallies.iter().collect();
        tallies.sort_unstable_by_key(|(_, tally)| tally.arrival);
        out.u64(tallies.len() as u64);
        for (value, tally) in tallies {
            out.bytes(value);
            out.i64(tally.count);
        }
        Ok(out.finish())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let mut input = Reader::new(state);
        self.window.read(&mut input)?;
        self.tallies.clear();
        for arrival in 0..input.u64()? {
            let value = input.bytes()?;
            self.tallies.insert(value.into(), Tally { count: input.i64()?, arrival });
        }
        Ok(input.end()?)
    }
}
