//! Largest and smallest: `max_by`, `min_by`, and the forms with a number of values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, new_null_array};
use arrow::buffer::NullBuffer;

use super::super::TrinoError;
use super::super::column::{ListShape, index, pick};
use super::super::compare::Keys;
use super::collect::{Collected, Columns, state};
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own("max(T, bigint) -> array(T)", MAX_N, "SELECT max(x, 2) FROM (VALUES 3, 9, 5) AS t(x)", "[9,5]"),
    own(
        "max_by(V, K) -> V",
        MAX_BY,
        "SELECT max_by(name, score) FROM (VALUES ('a', 3), ('b', 9)) AS t(name, score)",
        "b",
    )
    .called_on_null(),
    own(
        "max_by(V, K, bigint) -> array(V)",
        MAX_BY_N,
        "SELECT max_by(name, score, 2) FROM (VALUES ('a', 3), ('b', 9), ('c', 5)) AS t(name, score)",
        r#"["b","c"]"#,
    )
    .called_on_null(),
    own("min(T, bigint) -> array(T)", MIN_N, "SELECT min(x, 2) FROM (VALUES 3, 9, 5) AS t(x)", "[3,5]"),
    own(
        "min_by(V, K) -> V",
        MIN_BY,
        "SELECT min_by(name, score) FROM (VALUES ('a', 3), ('b', 9)) AS t(name, score)",
        "a",
    )
    .called_on_null(),
    own(
        "min_by(V, K, bigint) -> array(V)",
        MIN_BY_N,
        "SELECT min_by(name, score, 2) FROM (VALUES ('a', 3), ('b', 9), ('c', 5)) AS t(name, score)",
        r#"["a","c"]"#,
    )
    .called_on_null(),
];

const MAX_BY: AggregateBuild = AggregateBuild::Own { state: best_state, start: |call| Best::start(call, true) };
const MIN_BY: AggregateBuild = AggregateBuild::Own { state: best_state, start: |call| Best::start(call, false) };
const MAX_N: AggregateBuild =
    AggregateBuild::Own { state, start: |call| Collected::start(call, |columns| several(columns, true)) };
const MIN_N: AggregateBuild =
    AggregateBuild::Own { state, start: |call| Collected::start(call, |columns| several(columns, false)) };
const MAX_BY_N: AggregateBuild =
    AggregateBuild::Own { state, start: |call| Collected::start(call, |columns| several_by(columns, true)) };
const MIN_BY_N: AggregateBuild =
    AggregateBuild::Own { state, start: |call| Collected::start(call, |columns| several_by(columns, false)) };

/// Most values that may be asked for.
const MOST: i64 = 10_000;

fn best_state(call: &AggregateCall<'_>) -> Vec<TrinoType> {
    call.arg_types.to_vec()
}

/// The value whose key is the largest, or smallest, so far; the first of equal ones.
#[derive(Debug)]
struct Best {
    key_type: TrinoType,
    largest: bool,
    /// The bytes of the key, with value and key.
    found: Option<(Vec<u8>, ArrayRef, ArrayRef)>,
    empty: [ArrayRef; 2],
}

impl Best {
    fn start(call: &AggregateCall<'_>, largest: bool) -> Result<Box<dyn Aggregation>, TrinoError> {
        let [value_type, key_type] = call.arg_types else {
            return Err(TrinoError::internal("max_by takes a value and a key"));
        };
        let empty = [new_null_array(&value_type.arrow(), 1), new_null_array(&key_type.arrow(), 1)];
        Ok(Box::new(Self { key_type: key_type.clone(), largest, found: None, empty }))
    }
}

impl Aggregation for Best {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let [values, key_column, ..] = args else {
            return Err(TrinoError::internal("max_by takes a value and a key"));
        };
        let keys = Keys::new(key_column, &self.key_type)?;
        let nulls = key_column.logical_nulls();
        let beats = |key: &[u8], best: &[u8]| if self.largest { key > best } else { key < best };
        let mut best: Option<usize> = None;
        for row in (0..key_column.len()).filter(|row| has(nulls.as_ref(), *row)) {
            if best.is_none_or(|best| beats(keys.get(row), keys.get(best))) {
                best = Some(row);
            }
        }
        if let Some(row) = best
            && self.found.as_ref().is_none_or(|(found, ..)| beats(keys.get(row), found))
        {
            // A copy of one row lets go of the batch.
            let (value, key) = (pick(values, vec![index(row)])?, pick(key_column, vec![index(row)])?);
            self.found = Some((keys.get(row).to_vec(), value, key));
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        self.update(states)
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(match &self.found {
            Some((_, value, key)) => vec![Arc::clone(value), Arc::clone(key)],
            None => self.empty.to_vec(),
        })
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::clone(self.found.as_ref().map_or(&self.empty[0], |(_, value, _)| value)))
    }

    fn bytes(&self) -> usize {
        let found = self.found.as_ref();
        size_of::<Self>() + found.map_or(0, |(key, value, _)| key.len() + value.get_array_memory_size())
    }
}

fn has(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_none_or(|nulls| nulls.is_valid(row))
}

/// How many values are asked for.
fn wanted(columns: &Columns, place: usize, function: &str) -> Result<usize, TrinoError> {
    let counts = columns.column::<Int64Array>(place)?;
    if counts.is_null(0) || counts.value(0) <= 0 {
        return Err(TrinoError::argument(format!("{function} must be a positive integer")));
    }
    match counts.value(0) {
        count if count <= MOST => Ok(count as usize),
        count => Err(TrinoError::argument(format!("{function} must be less than or equal to {MOST}; found {count}"))),
    }
}

/// One array of the values at the `count` best rows of `keys`.
fn best_rows(
    columns: &Columns,
    values: &ArrayRef,
    key_column: &ArrayRef,
    (key_type, count, largest): (&TrinoType, usize, bool),
) -> Result<ArrayRef, TrinoError> {
    let keys = Keys::new(key_column, key_type)?;
    let nulls = key_column.logical_nulls();
    let mut rows: Vec<u32> = (0..key_column.len()).filter(|row| has(nulls.as_ref(), *row)).map(index).collect();
    if rows.is_empty() {
        return Ok(columns.null());
    }
    rows.sort_by(|left, right| {
        let (left, right) = (keys.get(*left as usize), keys.get(*right as usize));
        if largest { right.cmp(left) } else { left.cmp(right) }
    });
    rows.truncate(count);
    let mut shape = ListShape::new(1);
    shape.close(rows.len(), true)?;
    shape.into_list(&columns.return_type.arrow(), pick(values, rows)?)
}

fn several(columns: &Columns, largest: bool) -> Result<ArrayRef, TrinoError> {
    let count = wanted(columns, 1, "second argument of max_n/min_n")?;
    let (values, key_type) = (columns.array(0)?, columns.types.first().unwrap_or(&TrinoType::Unknown));
    best_rows(columns, values, values, (key_type, count, largest))
}

fn several_by(columns: &Columns, largest: bool) -> Result<ArrayRef, TrinoError> {
    let count = wanted(columns, 2, "third argument of max_by/min_by")?;
    let key_type = columns.types.get(1).unwrap_or(&TrinoType::Unknown);
    best_rows(columns, columns.array(0)?, columns.array(1)?, (key_type, count, largest))
}
