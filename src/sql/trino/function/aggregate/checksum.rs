//! `checksum`: a sum over the values that does not depend on their order.
//!
//! Source: Trino's xxHash64 operators: numbers hash as 64-bit integers, arrays and rows with the factor 31.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, ListArray, MapArray, StringArray, StructArray};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int64Type};
use twox_hash::XxHash64;

use super::super::TrinoError;
use super::super::column::{range, typed};
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[own(
    "checksum(T) -> varbinary",
    AggregateBuild::Own { state: |_| vec![TrinoType::Bigint], start },
    "SELECT length(checksum(x)) FROM (VALUES 1, 2) AS t(x)",
    "8",
)
.called_on_null()];

/// What a hash is multiplied by, and what a NULL counts.
const PRIME: i64 = 0x9e37_79b1_85eb_ca8du64.cast_signed();

fn start(call: &AggregateCall<'_>) -> Result<Box<dyn Aggregation>, TrinoError> {
    let data_type = call.arg_types.first().cloned().unwrap_or(TrinoType::Unknown);
    Ok(Box::new(Checksum { data_type, sum: None }))
}

#[derive(Debug)]
struct Checksum {
    data_type: TrinoType,
    sum: Option<i64>,
}

impl Aggregation for Checksum {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let Some(values) = args.first().filter(|values| !values.is_empty()) else { return Ok(()) };
        let mut sum = self.sum.unwrap_or(0);
        for hash in hashes(values, &self.data_type)? {
            sum = sum.wrapping_add(hash.map_or(PRIME, |hash| hash.wrapping_mul(PRIME)));
        }
        self.sum = Some(sum);
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        for sums in states {
            for sum in typed::<Int64Array>(sums)?.iter().flatten() {
                self.sum = Some(self.sum.unwrap_or(0).wrapping_add(sum));
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![Arc::new(Int64Array::from(vec![self.sum]))])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        let bytes = self.sum.map(i64::to_le_bytes);
        Ok(Arc::new(BinaryArray::from(vec![bytes.as_ref().map(|bytes| bytes.as_slice())])))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

fn hash_long(value: i64) -> i64 {
    hash_bytes(&value.to_le_bytes())
}

fn hash_bytes(bytes: &[u8]) -> i64 {
    XxHash64::oneshot(0, bytes).cast_signed()
}

/// The hash of each value; NULL has none.
pub(super) fn hashes(array: &ArrayRef, data_type: &TrinoType) -> Result<Vec<Option<i64>>, TrinoError> {
    let nulls = array.logical_nulls();
    let valid = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let rows = 0..array.len();
    let each = |hash: &dyn Fn(usize) -> i64| rows.clone().map(|row| valid(row).then(|| hash(row))).collect();
    Ok(match data_type {
        TrinoType::Unknown => vec![None; array.len()],
        TrinoType::Double => {
            let values = array.as_primitive::<Float64Type>();
            each(&|row| hash_long((values.value(row) + 0.0).to_bits().cast_signed()))
        }
        TrinoType::Real => {
            let values = array.as_primitive::<Float32Type>();
            each(&|row| hash_long(i64::from((values.value(row) + 0.0).to_bits().cast_signed())))
        }
        TrinoType::Decimal(precision, _) => {
            let values = array.as_primitive::<Decimal128Type>();
            let is_short = *precision <= 18;
            each(&|row| {
                let value = values.value(row);
                let low = hash_long(value as i64);
                if is_short { low } else { hash_long((value >> 64) as i64) ^ low }
            })
        }
        TrinoType::Varchar(_) | TrinoType::Json => {
            let values = typed::<StringArray>(array)?;
            each(&|row| hash_bytes(values.value(row).as_bytes()))
        }
        TrinoType::Char(_) => {
            let values = typed::<StringArray>(array)?;
            each(&|row| hash_bytes(values.value(row).trim_end_matches(' ').as_bytes()))
        }
        TrinoType::Varbinary => {
            let values = typed::<BinaryArray>(array)?;
            each(&|row| hash_bytes(values.value(row)))
        }
        TrinoType::Array(element) => {
            let lists = typed::<ListArray>(array)?;
            let inner = hashes(lists.values(), element)?;
            each(&|row| {
                range(lists.value_offsets(), row)
                    .fold(0i64, |hash, place| hash.wrapping_mul(31).wrapping_add(inner[place].unwrap_or(0)))
            })
        }
        TrinoType::Row(fields) => {
            let structs = typed::<StructArray>(array)?;
            let inner = structs
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| hashes(column, &field.data_type))
                .collect::<Result<Vec<_>, _>>()?;
            each(&|row| {
                inner.iter().fold(1i64, |hash, column| hash.wrapping_mul(31).wrapping_add(column[row].unwrap_or(0)))
            })
        }
        TrinoType::Map(key, value) => {
            let maps = typed::<MapArray>(array)?;
            let (keys, values) = (hashes(maps.keys(), key)?, hashes(maps.values(), value)?);
            each(&|row| {
                range(maps.value_offsets(), row)
                    .fold(0i64, |sum, place| sum.wrapping_add(keys[place].unwrap_or(0) ^ values[place].unwrap_or(0)))
            })
        }
        TrinoType::TimestampWithTimeZone(_) => {
            let instants = typed::<StructArray>(array)?.column(0);
            let millis = arrow::compute::cast(instants, &arrow::datatypes::DataType::Int64)?;
            let millis = millis.as_primitive::<Int64Type>();
            each(&|row| hash_long(millis.value(row).div_euclid(1000)))
        }
        TrinoType::Uuid | TrinoType::Ipaddress | TrinoType::TimeWithTimeZone(_) => {
            let keys = super::super::compare::Keys::new(array, data_type)?;
            each(&|row| hash_bytes(keys.get(row)))
        }
        _ => {
            let numbers = arrow::compute::cast(array, &arrow::datatypes::DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            each(&|row| hash_long(numbers.value(row)))
        }
    })
}
