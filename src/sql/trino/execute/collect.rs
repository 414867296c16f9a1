//! Groups that keep their rows: for DISTINCT, for ORDER BY inside an aggregate, and for sliding windows.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, new_empty_array};
use arrow::compute::{SortColumn, concat, lexsort_to_indices, take};
use arrow::row::{RowConverter, SortField};
use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::Accumulator;

use super::aggregate::BoundAggregate;
use crate::sql::trino::error::TrinoError;

/// The rows of a group, columns as the function's arguments and sort keys.
#[derive(Debug)]
pub(super) struct Collected {
    bound: BoundAggregate,
    types: Vec<DataType>,
    batches: Vec<Vec<ArrayRef>>,
}

impl Collected {
    pub(super) fn new(bound: BoundAggregate, types: Vec<DataType>) -> Self {
        Self { bound, types, batches: Vec::new() }
    }

    fn columns(&self) -> Result<Vec<ArrayRef>, TrinoError> {
        let column = |(place, data_type): (usize, &DataType)| {
            let parts: Vec<&dyn Array> =
                self.batches.iter().filter_map(|batch| batch.get(place)).map(AsRef::as_ref).collect();
            if parts.is_empty() { Ok(new_empty_array(data_type)) } else { concat(&parts) }
        };
        Ok(self.types.iter().enumerate().map(column).collect::<Result<_, _>>()?)
    }

    fn distinct(&self, columns: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, TrinoError> {
        let values = &columns[..self.bound.arg_types.len().min(columns.len())];
        let fields = values.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(values)?;
        let mut seen = HashSet::new();
        let first: Vec<u32> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| seen.insert(row.owned()))
            .filter_map(|(place, _)| u32::try_from(place).ok())
            .collect();
        pick(&columns, &UInt32Array::from(first))
    }

    fn sorted(&self, columns: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, TrinoError> {
        let keys = columns.iter().skip(self.bound.arg_types.len());
        let keys: Vec<SortColumn> = keys
            .zip(&self.bound.order)
            .map(|(key, options)| SortColumn { values: Arc::clone(key), options: Some(*options) })
            .collect();
        pick(&columns, &lexsort_to_indices(&keys, None)?)
    }
}

fn pick(columns: &[ArrayRef], places: &UInt32Array) -> Result<Vec<ArrayRef>, TrinoError> {
    Ok(columns.iter().map(|column| take(column.as_ref(), places, None)).collect::<Result<_, _>>()?)
}

impl Accumulator for Collected {
    fn update_batch(&mut self, values: &[ArrayRef]) -> EngineResult<()> {
        // A window takes rows back by their number, so all of them are kept.
        self.batches.push(values.to_vec());
        Ok(())
    }

    fn evaluate(&mut self) -> EngineResult<ScalarValue> {
        let mut columns = self.bound.wanted(&self.columns()?)?;
        if self.bound.is_distinct {
            columns = self.distinct(columns)?;
        }
        if !self.bound.order.is_empty() {
            columns = self.sorted(columns)?;
        }
        columns.truncate(self.bound.arg_types.len());
        let mut group = self.bound.start()?;
        group.update(&columns)?;
        ScalarValue::try_from_array(&group.finish()?, 0)
    }

    fn size(&self) -> usize {
        let bytes = self.batches.iter().flatten().map(|column| column.get_array_memory_size()).sum::<usize>();
        size_of_val(self) + bytes
    }

    fn state(&mut self) -> EngineResult<Vec<ScalarValue>> {
        let columns = self.columns()?;
        Ok(columns.into_iter().map(|column| SingleRowListArrayBuilder::new(column).build_list_scalar()).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> EngineResult<()> {
        let rows = states.first().map_or(0, |column| column.len());
        for row in 0..rows {
            self.batches.push(states.iter().map(|column| column.as_list::<i32>().value(row)).collect());
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> EngineResult<()> {
        let mut left = values.first().map_or(0, |column| column.len());
        while left > 0 && !self.batches.is_empty() {
            let rows = self.batches[0].first().map_or(0, |column| column.len());
            if rows <= left {
                self.batches.remove(0);
                left -= rows;
                if rows == 0 {
                    continue;
                }
            } else {
                self.batches[0] = self.batches[0].iter().map(|column| column.slice(left, rows - left)).collect();
                left = 0;
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}
