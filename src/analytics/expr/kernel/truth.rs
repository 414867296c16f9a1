//! NOT, and the tests that never give UNKNOWN.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray};
use arrow::compute::kernels::boolean;

use super::{Kernel, arguments};
use crate::analytics::error::Result;
use crate::analytics::expr::Values;

/// `NOT a`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Not;

impl Kernel for Not {
    fn evaluate(&self, values: &[Values], _rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        Ok(Values::rows(Arc::new(boolean::not(value.booleans()?)?)))
    }
}

/// `a IS [NOT] NULL`, and IS [NOT] UNKNOWN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsNull {
    pub(crate) negated: bool,
}

impl Kernel for IsNull {
    fn evaluate(&self, values: &[Values], _rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let array = value.array.as_ref();
        let answer = if self.negated { boolean::is_not_null(array) } else { boolean::is_null(array) }?;
        Ok(Values::rows(Arc::new(answer)))
    }
}

/// `a IS [NOT] TRUE`, `a IS [NOT] FALSE`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    pub(crate) wanted: bool,
    pub(crate) negated: bool,
}

impl Kernel for Truth {
    fn evaluate(&self, values: &[Values], _rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let booleans = value.booleans()?;
        let wanted = if self.wanted { booleans.values().clone() } else { !booleans.values() };
        let known = match booleans.nulls() {
            Some(nulls) => &wanted & nulls.inner(),
            None => wanted,
        };
        let answer = if self.negated { !&known } else { known };
        Ok(Values::rows(Arc::new(BooleanArray::new(answer, None))))
    }
}
