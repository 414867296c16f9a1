//! `reduce_agg`: a fold by lambdas, one row after the other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, new_null_array};

use super::super::TrinoError;
use super::super::column::as_type;
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation, LambdaBody};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[own(
    "reduce_agg(T, S, function(S,T,S), function(S,S,S)) -> S",
    AggregateBuild::Own { state: |call| vec![call.return_type.clone()], start },
    "SELECT reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b) FROM (VALUES 1, 2, 3) AS t(x)",
    "6",
)];

fn start(call: &AggregateCall<'_>) -> Result<Box<dyn Aggregation>, TrinoError> {
    let [input, combine] = call.lambdas else {
        return Err(TrinoError::internal("reduce_agg takes two lambdas"));
    };
    let empty = new_null_array(&call.return_type.arrow(), 1);
    Ok(Box::new(Fold { input: Arc::clone(input), combine: Arc::clone(combine), current: None, empty }))
}

#[derive(Debug)]
struct Fold {
    input: Arc<dyn LambdaBody>,
    combine: Arc<dyn LambdaBody>,
    /// One row; none before the first value.
    current: Option<ArrayRef>,
    empty: ArrayRef,
}

impl Fold {
    fn apply(&self, body: &dyn LambdaBody, state: ArrayRef, value: ArrayRef) -> Result<ArrayRef, TrinoError> {
        let next = as_type(&body.evaluate(vec![state, value], 1)?, self.empty.data_type())?;
        if next.is_null(0) {
            return Err(TrinoError::argument("The lambda function of reduce_agg must not return NULL"));
        }
        Ok(next)
    }
}

impl Aggregation for Fold {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let [values, initial, ..] = args else {
            return Err(TrinoError::internal("reduce_agg takes a value and a state"));
        };
        for row in 0..values.len() {
            let state = self.current.take().unwrap_or_else(|| initial.slice(row, 1));
            self.current = Some(self.apply(self.input.as_ref(), state, values.slice(row, 1))?);
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        for states in states {
            for row in (0..states.len()).filter(|row| states.is_valid(*row)) {
                let other = states.slice(row, 1);
                self.current = Some(match self.current.take() {
                    Some(state) => self.apply(self.combine.as_ref(), state, other)?,
                    None => other,
                });
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::clone(self.current.as_ref().unwrap_or(&self.empty)))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.current.as_ref().map_or(0, |current| current.get_array_memory_size())
    }
}
