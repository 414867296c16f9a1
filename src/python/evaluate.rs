//! `bayou.testing.evaluate`: one expression of the streaming dialect.

use pyo3::prelude::*;

use super::error::OrRaise;
use crate::time::{Clock, SystemClock};

/// The value of an expression or of a query over VALUES, as text.
#[pyfunction]
pub(super) fn evaluate(py: Python<'_>, expr: &str) -> PyResult<String> {
    py.detach(|| crate::analytics::evaluate(expr, SystemClock.now())).or_raise()
}
