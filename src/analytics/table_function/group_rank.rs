//! `GROUP_RANK`: ranks among the rows of one ROWTIME.
//!
//! Source: Kinesis Data Analytics SQL Reference, "GROUP_RANK".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, RecordBatch, TimestampMillisecondArray, UInt64Array};
use arrow::compute::{SortOptions, concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use arrow::row::{RowConverter, SortField};

use super::anomaly::{arrow_schema, nothing};
use super::argument::{ArgumentError, Arguments};
use super::{Argument, Column, Emitted, TableFunction};
use crate::analytics::codec::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::operator::rows_bytes;
use crate::analytics::sql_type::SqlType;

/// The function at work.
pub(super) struct GroupRank {
    rank_by: usize,
    ascending: bool,
    output_ascending: bool,
    /// The most rows of a group that are given; 0 for all.
    most: usize,
    columns: Vec<Column>,
    input_schema: SchemaRef,
    schema: SchemaRef,
    /// The ROWTIME whose rows wait, and those rows.
    time: i64,
    waiting: Vec<RecordBatch>,
}

impl GroupRank {
    pub(super) fn new(input: &[Column], arguments: &[Argument]) -> std::result::Result<Self, ArgumentError> {
        const NAMES: [&str; 6] =
            ["rankByColumnName", "rankOutColumnName", "sortOrder", "outputOrder", "maxIdle", "outputMax"];
        let arguments = Arguments::new("GROUP_RANK", &NAMES, 2, arguments)?;
        let rank_by = arguments.column(0, input)?;
        let rank_out = arguments.text(1)?;
        if input.iter().any(|column| column.name == rank_out) {
            return arguments.refuse(1, "a name that no column of the cursor has");
        }
        let ascending = arguments.len() < 3 || arguments.ascending(2)?;
        let output_ascending = arguments.len() < 4 || arguments.ascending(3)?;
        // A bound behind the group's ROWTIME releases it, and an idle clock sends bounds: no group waits longer than that.
        arguments.integer(4, 0, 0..=i64::MAX)?;
        let most = arguments.size(5, 0, 0..=i64::MAX)?;
        let mut columns = input.to_vec();
        columns.push(Column::new(rank_out, SqlType::Integer));
        Ok(Self {
            rank_by,
            ascending,
            output_ascending,
            most,
            input_schema: arrow_schema(input),
            schema: arrow_schema(&columns),
            columns,
            time: 0,
            waiting: Vec::new(),
        })
    }

    /// Rank the rows that wait.
    fn release(&mut self, released: &mut Vec<(RecordBatch, i64)>) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = concat_batches(&self.input_schema, &std::mem::take(&mut self.waiting))?;
        let options = SortOptions { descending: !self.ascending, nulls_first: false };
        let key = rows.column(self.rank_by);
        let converter = RowConverter::new(vec![SortField::new_with_options(key.data_type().clone(), options)])?;
        let keys = converter.convert_columns(std::slice::from_ref(key))?;
        let mut order: Vec<usize> = (0..rows.num_rows()).collect();
        order.sort_by(|a, b| keys.row(*a).cmp(&keys.row(*b)));
        let mut ranked: Vec<(u64, i32)> = Vec::with_capacity(order.len());
        for (place, row) in order.iter().enumerate() {
            // Equal rows share a rank, and leave a gap behind it.
            let rank = match place.checked_sub(1).map(|before| order[before]) {
                Some(before) if keys.row(before) == keys.row(*row) => ranked[place - 1].1,
                _ => i32::try_from(place + 1).unwrap_or(i32::MAX),
            };
            ranked.push((*row as u64, rank));
        }
        if self.most > 0 {
            ranked.truncate(self.most);
        }
        if !self.output_ascending {
            ranked.sort_by_key(|(_, rank)| std::cmp::Reverse(*rank));
        }
        let places = ranked.iter().map(|(row, _)| *row).collect::<UInt64Array>();
        let mut columns = take_record_batch(&rows, &places)?.columns().to_vec();
        let ranks: ArrayRef = Arc::new(ranked.iter().map(|(_, rank)| Some(*rank)).collect::<Int32Array>());
        columns.push(ranks);
        released.push((RecordBatch::try_new(Arc::clone(&self.schema), columns)?, self.time));
        Ok(())
    }

    fn emit(&self, released: &[(RecordBatch, i64)]) -> Result<Emitted> {
        if released.is_empty() {
            return Ok(nothing(&self.schema));
        }
        let rows = concat_batches(&self.schema, released.iter().map(|(rows, _)| rows))?;
        let rowtime = released.iter().flat_map(|(rows, time)| std::iter::repeat_n(*time, rows.num_rows()));
        Ok(Emitted { rows, rowtime: rowtime.collect::<Vec<_>>().into(), failed: Vec::new() })
    }
}

impl TableFunction for GroupRank {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted> {
        let mut released = Vec::new();
        let mut start = 0;
        while start < rows.num_rows() {
            let time = rowtime.value(start);
            let run = rowtime.values()[start..].partition_point(|later| *later <= time);
            if time != self.time {
                self.release(&mut released)?;
            }
            self.time = time;
            self.waiting
                .push(RecordBatch::try_new(Arc::clone(&self.input_schema), rows.slice(start, run).columns().to_vec())?);
            start += run;
        }
        self.emit(&released)
    }

    fn on_time(&mut self, bound: i64) -> Result<Emitted> {
        let mut released = Vec::new();
        if bound > self.time {
            self.release(&mut released)?;
        }
        self.emit(&released)
    }

    fn state_bytes(&self) -> usize {
        rows_bytes(&self.waiting)
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        let mut file = FileWriter::try_new(Vec::new(), &self.input_schema)?;
        for rows in &self.waiting {
            file.write(rows)?;
        }
        file.finish()?;
        let mut out = Writer::default();
        out.i64(self.time);
        out.bytes(&file.into_inner()?);
        Ok(out.finish())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let mut input = Reader::new(state);
        self.time = input.i64()?;
        let file = FileReader::try_new(std::io::Cursor::new(input.bytes()?), None)?;
        self.waiting = file.collect::<std::result::Result<_, _>>()?;
        Ok(input.end()?)
    }
}
