//! Buckets: which file of a partition a row goes to, by Hive's hash.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};

use crate::query::error::{Error, Result};

/// The columns that are hashed and the number of buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct Buckets {
    /// Places among the data columns.
    pub(in crate::query) columns: Vec<usize>,
    pub(in crate::query) count: u32,
}

impl Buckets {
    /// The bucket of each row. Source: Hive's `ObjectInspectorUtils.getBucketNumberOld`.
    pub(super) fn of(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        let mut hashes = vec![0_i32; rows];
        for column in self.columns.iter().filter_map(|place| columns.get(*place)) {
            for (row, hash) in hashes.iter_mut().enumerate() {
                *hash = hash.wrapping_mul(31).wrapping_add(hash_value(column.as_ref(), row)?);
            }
        }
        let positive = |hash: i32| u32::try_from(hash & i32::MAX).unwrap_or_default();
        Ok(hashes.into_iter().map(|hash| positive(hash) % self.count.max(1)).collect())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Java folds long values to int")]
fn folded(value: i64) -> i32 {
    (value ^ (value.cast_unsigned() >> 32).cast_signed()) as i32
}

fn hash_value(array: &dyn Array, row: usize) -> Result<i32> {
    if array.is_null(row) {
        return Ok(0);
    }
    Ok(match array.data_type() {
        DataType::Boolean => i32::from(array.as_boolean().value(row)),
        DataType::Int8 => i32::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => i32::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row),
        DataType::Int64 => folded(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_bits().cast_signed(),
        DataType::Float64 => folded(array.as_primitive::<Float64Type>().value(row).to_bits().cast_signed()),
        DataType::Utf8 => bytes_hash(array.as_string::<i32>().value(row).as_bytes()),
        DataType::Binary => bytes_hash(array.as_binary::<i32>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let (seconds, nanos) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) * 1000);
            folded((seconds << 30) | nanos)
        }
        other => return Err(Error::Unsupported { what: format!("Bucketing by a column of type {other}") }),
    })
}

fn bytes_hash(bytes: &[u8]) -> i32 {
    bytes.iter().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte.cast_signed())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn rows_go_where_hive_puts_them() {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![Some(1), Some(-1), Some(1 << 32), None])),
            Arc::new(StringArray::from(vec!["a", "ab", "", "é"])),
        ];
        let by = |column: usize| Buckets { columns: vec![column], count: 7 }.of(&columns, 4).unwrap();
        assert_eq!(by(0), [1, 0, 1, 0]);
        assert_eq!(by(1), [97 % 7, (97 * 31 + 98) % 7, 0, (((-61_i32 * 31 - 87) & i32::MAX) % 7) as u32]);
    }
}
