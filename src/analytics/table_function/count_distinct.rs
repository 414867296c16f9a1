//! `COUNT_DISTINCT_ITEMS_TUMBLING`: how many different values a column has in each window.
//!
//! Source: Kinesis Data Analytics SQL Reference, "COUNT_DISTINCT_ITEMS_TUMBLING Function".

use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};

use super::anomaly::arrow_schema;
use super::argument::{ArgumentError, Arguments};
use super::hyper_log_log::DistinctCount;
use super::window::TumblingWindow;
use super::{Argument, Column, Emitted, TableFunction};
use crate::analytics::codec::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

const COUNT: &str = "NUMBER_OF_DISTINCT_ITEMS";

/// The function at work.
pub(super) struct CountDistinctItems {
    column: usize,
    columns: Vec<Column>,
    schema: SchemaRef,
    window: TumblingWindow,
    distinct: DistinctCount,
}

impl CountDistinctItems {
    pub(super) fn new(input: &[Column], arguments: &[Argument]) -> std::result::Result<Self, ArgumentError> {
        const NAMES: [&str; 2] = ["columnName", "windowSizeInSeconds"];
        let arguments = Arguments::new("COUNT_DISTINCT_ITEMS_TUMBLING", &NAMES, 2, arguments)?;
        let column = arguments.column(0, input)?;
        let window = TumblingWindow::new(arguments.integer(1, 0, 1..=3_600)?);
        let columns = vec![Column::new(COUNT, SqlType::BigInt)];
        Ok(Self { column, schema: arrow_schema(&columns), columns, window, distinct: DistinctCount::default() })
    }

    /// Close the window that ends before `time`: its end and count.
    fn close(&mut self, time: i64) -> Option<(i64, i64)> {
        let end = self.window.close(time)?;
        let count = std::mem::take(&mut self.distinct).count();
        // A window of NULLs only is as empty as one without rows.
        (count > 0).then_some((end, count))
    }

    fn emit(&self, closed: impl IntoIterator<Item = (i64, i64)>) -> Result<Emitted> {
        let (ends, counts): (Vec<i64>, Vec<i64>) = closed.into_iter().unzip();
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(Int64Array::from(counts))])?;
        Ok(Emitted { rows, rowtime: ends.into(), failed: Vec::new() })
    }
}

impl TableFunction for CountDistinctItems {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted> {
        let values = rows.column(self.column);
        let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
        let encoded = converter.convert_columns(std::slice::from_ref(values))?;
        let mut closed = Vec::new();
        let mut next = 0;
        while next < rows.num_rows() {
            closed.extend(self.close(rowtime.value(next)));
            let run = self.window.run(rowtime, next);
            next = run.end;
            for row in run.filter(|row| values.is_valid(*row)) {
                self.distinct.insert(encoded.row(row).as_ref());
            }
        }
        self.emit(closed)
    }

    fn on_time(&mut self, bound: i64) -> Result<Emitted> {
        let closed = self.close(bound);
        self.emit(closed)
    }

    fn state_bytes(&self) -> usize {
        self.distinct.bytes()
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        self.window.write(&mut out);
        self.distinct.write(&mut out);
        Ok(out.finish())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let mut input = Reader::new(state);
        self.window.read(&mut input)?;
        self.distinct = DistinctCount::read(&mut input)?;
        Ok(input.end()?)
    }
}
