//! Comparison of two values of one Arrow type.

use std::sync::Arc;

use arrow::compute::kernels::cmp;

use super::{Kernel, arguments};
use crate::analytics::error::Result;
use crate::analytics::expr::Values;
use crate::analytics::syntax::BinaryOp;

/// `= <> < <= > >=`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison(pub(crate) BinaryOp);

impl Kernel for Comparison {
    fn evaluate(&self, values: &[Values], _rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let compared = match self.0 {
            BinaryOp::Equal => cmp::eq(left, right),
            BinaryOp::NotEqual => cmp::neq(left, right),
            BinaryOp::Less => cmp::lt(left, right),
            BinaryOp::LessOrEqual => cmp::lt_eq(left, right),
            BinaryOp::Greater => cmp::gt(left, right),
            _ => cmp::gt_eq(left, right),
        }?;
        Ok(Values::rows(Arc::new(compared)))
    }
}

/// IS [NOT] DISTINCT FROM
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distinct {
    pub(crate) negated: bool,
}

impl Kernel for Distinct {
    fn evaluate(&self, values: &[Values], _rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let compared = if self.negated { cmp::not_distinct(left, right) } else { cmp::distinct(left, right) }?;
        Ok(Values::rows(Arc::new(compared)))
    }
}
