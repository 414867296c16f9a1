//! `any_value`, `arbitrary` and `count_if`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, new_null_array};
use arrow::datatypes::Int64Type;

use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

/// The entries.
pub(super) const ENTRIES: &[AggregateEntry] = &[
    AggregateEntry::new("any_value(T) -> T", ANY, ("SELECT any_value(x) FROM (VALUES NULL, 7) AS t(x)", "7")),
    AggregateEntry::new("arbitrary(T) -> T", ANY, ("SELECT arbitrary(x) FROM (VALUES NULL, 7) AS t(x)", "7")),
    AggregateEntry::new(
        "count_if(boolean) -> bigint",
        AggregateBuild::Own { state: |_| vec![TrinoType::Bigint], start: |_| Ok(Box::new(CountIf { count: 0 })) },
        ("SELECT count_if(x > 1) FROM (VALUES 1, 2, 3) AS t(x)", "2"),
    ),
];

/// The one value of a correlated scalar subquery; more than one is an error. Not for users.
pub(super) static SINGLE_VALUE: AggregateEntry = AggregateEntry::new(
    "single_value(T) -> T",
    AggregateBuild::Own {
        state: |call| vec![call.return_type.clone(), TrinoType::Bigint],
        start: |call| Ok(Box::new(Single { found: new_null_array(&call.return_type.arrow(), 1), rows: 0 })),
    },
    ("", ""),
)
.called_on_null();

const ANY: AggregateBuild =
    AggregateBuild::Own { state: |call| vec![call.return_type.clone()], start: |call| Ok(Box::new(Any::new(call))) };

/// Some value that is not NULL: the first that was seen.
#[derive(Debug)]
struct Any {
    found: ArrayRef,
}

impl Any {
    fn new(call: &AggregateCall<'_>) -> Self {
        Self { found: new_null_array(&call.return_type.arrow(), 1) }
    }
}

impl Aggregation for Any {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let Some(values) = args.first() else { return Ok(()) };
        if self.found.logical_null_count() == 1 {
            let nulls = values.logical_nulls();
            let first = (0..values.len()).find(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)));
            if let Some(row) = first {
                self.found = values.slice(row, 1);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        self.update(states)
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![Arc::clone(&self.found)])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::clone(&self.found))
    }

    fn bytes(&self) -> usize {
        self.found.get_array_memory_size()
    }
}

/// How many values are true.
#[derive(Debug)]
struct CountIf {
    count: i64,
}

impl Aggregation for CountIf {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        for values in args {
            self.count += i64::try_from(values.as_boolean().true_count()).unwrap_or(i64::MAX);
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        for counts in states {
            self.count += counts.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::new(Int64Array::from(vec![self.count])))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// The only row of a group.
#[derive(Debug)]
struct Single {
    found: ArrayRef,
    rows: i64,
}

impl Single {
    fn take(&mut self, values: &ArrayRef, row: usize, rows: i64) -> Result<(), TrinoError> {
        if rows == 0 {
            return Ok(());
        }
        self.rows += rows;
        if self.rows > 1 {
            return Err(TrinoError::new("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"));
        }
        self.found = values.slice(row, 1);
        Ok(())
    }
}

impl Aggregation for Single {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let Some(values) = args.first() else { return Ok(()) };
        (0..values.len()).try_for_each(|row| self.take(values, row, 1))
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        let [values, rows] = states else { return Ok(()) };
        let rows = rows.as_primitive::<Int64Type>();
        (0..values.len()).try_for_each(|row| self.take(values, row, rows.value(row)))
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![Arc::clone(&self.found), Arc::new(Int64Array::from(vec![self.rows]))])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::clone(&self.found))
    }

    fn bytes(&self) -> usize {
        self.found.get_array_memory_size()
    }
}
