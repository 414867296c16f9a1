//! `listagg`: texts joined by a separator, in the order that WITHIN GROUP gives.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};

use super::super::TrinoError;
use super::collect::{Collected, Columns, state};
use super::own;
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "listagg(varchar) -> varchar",
        LISTAGG,
        "SELECT listagg(x) WITHIN GROUP (ORDER BY x DESC) FROM (VALUES 'a', 'c', 'b') AS t(x)",
        "cba",
    ),
    own(
        "listagg(varchar, varchar) -> varchar",
        LISTAGG,
        "SELECT listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'a', NULL, 'b') AS t(x)",
        "a,b",
    ),
];

const LISTAGG: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, join) };

/// Longest result in bytes.
const LONGEST: usize = 1_048_576;

fn join(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let texts = columns.column::<StringArray>(0)?;
    let separator = if columns.arrays.len() > 1 { columns.column::<StringArray>(1)?.value(0) } else { "" };
    let mut joined = String::new();
    for row in 0..texts.len() {
        if row > 0 {
            joined.push_str(separator);
        }
        joined.push_str(texts.value(row));
        if joined.len() > LONGEST {
            return Err(TrinoError::new(
                "EXCEEDED_FUNCTION_MEMORY_LIMIT",
                format!("Concatenated string has the length in bytes larger than the maximum output length {LONGEST}"),
            ));
        }
    }
    Ok(Arc::new(StringArray::from(vec![joined])))
}
