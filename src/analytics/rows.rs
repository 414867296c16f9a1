//! Rows inside of an application.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, RecordBatch, RecordBatchOptions, StringArray, TimestampMillisecondArray, UInt32Array, new_null_array,
};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};

use super::error::Result;
use crate::deliver::OutputRows;

/// Rows of one in-application stream, in order of ROWTIME.
#[derive(Clone, Debug)]
pub(crate) struct StreamRows {
    pub(crate) rows: OutputRows,
    /// Where input rows come from, when a query asks for it.
    pub(crate) origin: Option<RecordOrigin>,
}

/// The implicit columns of an input stream beside its times.
#[derive(Clone, Debug)]
pub(crate) struct RecordOrigin {
    pub(crate) partition_key: StringArray,
    pub(crate) shard_id: StringArray,
    pub(crate) sequence_number: StringArray,
}

impl StreamRows {
    pub(crate) fn new(batch: RecordBatch, rowtime: TimestampMillisecondArray) -> Self {
        Self { rows: OutputRows { batch, rowtime }, origin: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.rowtime.len()
    }

    /// A run of the rows.
    pub(crate) fn slice(&self, start: usize, length: usize) -> Self {
        let rows =
            OutputRows { batch: self.rows.batch.slice(start, length), rowtime: self.rows.rowtime.slice(start, length) };
        let origin = self.origin.as_ref().map(|origin| RecordOrigin {
            partition_key: origin.partition_key.slice(start, length),
            shard_id: origin.shard_id.slice(start, length),
            sequence_number: origin.sequence_number.slice(start, length),
        });
        Self { rows, origin }
    }

    /// The columns of the scan schema at `places`: declared ones first, implicit ones behind them.
    pub(crate) fn scan(&self, places: &[usize], schema: &SchemaRef) -> Result<RecordBatch> {
        let declared = self.rows.batch.num_columns();
        let column = |place: &usize| match place.checked_sub(declared) {
            None => Arc::clone(self.rows.batch.column(*place)),
            Some(implicit) => self.implicit(implicit),
        };
        let options = RecordBatchOptions::new().with_row_count(Some(self.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), places.iter().map(column).collect(), &options)?)
    }

    /// The implicit columns in the order of `IMPLICIT`.
    fn implicit(&self, place: usize) -> ArrayRef {
        match (place, &self.origin) {
            (0 | 1, _) => Arc::new(self.rows.rowtime.clone()),
            (2, Some(origin)) => Arc::new(origin.partition_key.clone()),
            (3, Some(origin)) => Arc::new(origin.shard_id.clone()),
            (_, Some(origin)) => Arc::new(origin.sequence_number.clone()),
            (_, None) => new_null_array(&DataType::Utf8, self.len()),
        }
    }
}

/// The output of several pumps as one run: in order of ROWTIME, ties in order of the parts.
pub(crate) fn merge(mut parts: Vec<OutputRows>) -> Result<Vec<OutputRows>> {
    parts.retain(|part| !part.rowtime.is_empty());
    let ordered = parts.windows(2).all(|pair| pair[0].rowtime.values().last() <= pair[1].rowtime.values().first());
    if ordered {
        return Ok(parts);
    }
    let schema = parts[0].batch.schema();
    let together = concat_batches(&schema, parts.iter().map(|part| &part.batch))?;
    let times: Vec<i64> = parts.iter().flat_map(|part| part.rowtime.values().iter().copied()).collect();
    let mut places: Vec<u32> = (0..u32::try_from(times.len()).unwrap_or(u32::MAX)).collect();
    places.sort_by_key(|place| times[*place as usize]);
    let rowtime = places.iter().map(|place| times[*place as usize]).collect::<Vec<_>>();
    let batch = take_record_batch(&together, &UInt32Array::from(places))?;
    Ok(vec![OutputRows { batch, rowtime: rowtime.into() }])
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::{Field, Int32Type, Schema};

    use super::*;

    fn rows(values: &[i32], times: &[i64]) -> OutputRows {
        let schema = Arc::new(Schema::new(vec![Field::new("v", DataType::Int32, true)]));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(values.to_vec()))]).unwrap();
        OutputRows { batch, rowtime: times.to_vec().into() }
    }

    #[test]
    fn merging_orders_by_rowtime_and_keeps_the_order_of_ties() {
        let merged = merge(vec![rows(&[1, 2, 3], &[1, 5, 5]), rows(&[4, 5], &[2, 5])]).unwrap();
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].batch.column(0).as_primitive::<Int32Type>().values(), &[1, 4, 2, 3, 5]);
        assert_eq!(merge(vec![rows(&[1], &[1]), rows(&[2], &[1])]).unwrap().len(), 2);
        assert!(merge(Vec::new()).unwrap().is_empty());
    }
}
