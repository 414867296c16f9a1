//! What a function's code is given: its arguments, their types, the session, and its lambdas.

use std::fmt;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use chrono::{DateTime, Utc};

use super::error::TrinoError;
use super::types::TrinoType;

/// What a query knows about who runs it, where and when. The same for all rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SessionInfo {
    /// The session's zone as Trino prints it, as `UTC` or `Europe/Paris`.
    pub(crate) zone: String,
    /// When the query started: `now()` and its relatives.
    pub(crate) start: DateTime<Utc>,
    /// `current_user`.
    pub(crate) user: String,
    /// `current_catalog`.
    pub(crate) catalog: String,
    /// `current_schema`: the database of tables named without one.
    pub(crate) schema: String,
}

impl SessionInfo {
    /// A session in UTC that starts at a moment.
    pub(crate) fn at(start: DateTime<Utc>) -> Self {
        Self {
            zone: "UTC".into(),
            start,
            user: "bayou".into(),
            catalog: "awsdatacatalog".into(),
            schema: "default".into(),
        }
    }
}

/// The code of a function, over whole columns.
pub(crate) type Kernel = fn(&Call<'_>) -> Result<ArrayRef, TrinoError>;

/// One evaluation of a function.
pub(crate) struct Call<'a> {
    /// The arguments that are values, each of `rows` length and of exactly `arg_types[i].arrow()`.
    pub(crate) args: &'a [ArrayRef],
    /// Their types, after implicit conversion.
    pub(crate) arg_types: &'a [TrinoType],
    /// Whether an argument is the same value in all rows: a pattern may then be compiled once, from row 0.
    pub(crate) constant: &'a [bool],
    /// The type of the result; the array given back must be of exactly `return_type.arrow()`.
    pub(crate) return_type: &'a TrinoType,
    /// How many rows there are; 0 is possible.
    pub(crate) rows: usize,
    /// Who, where, when.
    pub(crate) session: &'a SessionInfo,
    /// The arguments that are lambdas, in their order.
    pub(crate) lambdas: &'a [Lambda<'a>],
}

/// Evaluates the body of a lambda over its parameters followed by what it captures.
pub(crate) trait LambdaBody: fmt::Debug + Send + Sync {
    /// One value for each of `rows` rows.
    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef, TrinoError>;
}

/// A lambda argument, with the columns that its body uses besides its parameters.
pub(crate) struct Lambda<'a> {
    pub(super) body: &'a dyn LambdaBody,
    pub(super) captured: &'a [ArrayRef],
    pub(super) return_type: &'a TrinoType,
}

impl Lambda<'_> {
    /// The type of what the body gives.
    pub(crate) fn return_type(&self) -> &TrinoType {
        self.return_type
    }

    /// Evaluate the body once for each element.
    ///
    /// `parameters` are the lambda's parameters, all of the same length, one value an element; `rows` gives for each
    /// element the row of the call (`0..call.rows`) that it belongs to, which is where captured columns are read.
    pub(crate) fn evaluate(&self, parameters: &[ArrayRef], rows: &[u32]) -> Result<ArrayRef, TrinoError> {
        let mut columns = parameters.to_vec();
        if !self.captured.is_empty() {
            let places = UInt32Array::from(rows.to_vec());
            for captured in self.captured {
                columns.push(take(captured.as_ref(), &places, None)?);
            }
        }
        self.body.evaluate(columns, rows.len())
    }
}

/// The state of one group of an aggregate function.
pub(crate) trait Aggregation: fmt::Debug + Send + Sync {
    /// Take rows of the group. With [`NullRule::Propagate`](super::registry::NullRule) no argument is NULL.
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError>;

    /// Take states of the same group that were made elsewhere: one row each, columns as [`Aggregation::state`] gives.
    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError>;

    /// The state: one array of one row for each of the entry's state types.
    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError>;

    /// The result: one row.
    fn finish(&mut self) -> Result<ArrayRef, TrinoError>;

    /// About how many bytes the state holds.
    fn bytes(&self) -> usize;
}

/// One use of an aggregate function.
pub(crate) struct AggregateCall<'a> {
    /// The types of the arguments that are values, after implicit conversion.
    pub(crate) arg_types: &'a [TrinoType],
    /// The type of the result.
    pub(crate) return_type: &'a TrinoType,
    /// Who, where, when.
    pub(crate) session: &'a SessionInfo,
    /// The bodies of the arguments that are lambdas; they capture nothing.
    pub(crate) lambdas: &'a [std::sync::Arc<dyn LambdaBody>],
}

/// Whether any row of an array is NULL, also where the type itself is the NULL type.
pub(crate) fn has_nulls(array: &dyn Array) -> bool {
    array.logical_null_count() > 0
}
