//! The one table from core errors to Python exceptions.
//!
//! Every enum is matched without `_`: a new variant does not compile until it has a class here. The classes live in
//! `python/bayou/errors.py`, where they can inherit from PEP 249's and from built-in exceptions at once; the message is
//! the error's own text, whose `hint:` line becomes the exception's `hint`.

use arrow::error::ArrowError;
use pyo3::import_exception;
use pyo3::prelude::*;

import_exception!(bayou.errors, DataError);
import_exception!(bayou.errors, ForkedProcessError);
import_exception!(bayou.errors, InternalError);
import_exception!(bayou.errors, MissingDependencyError);

/// An error of the core that has its row in the table.
pub(super) trait IntoPyErr {
    /// The exception for this error.
    fn into_py_err(self) -> PyErr;
}

/// `result.or_raise()?`: the core's result as Python's.
pub(super) trait OrRaise<T> {
    /// The value, or the exception of the error.
    fn or_raise(self) -> PyResult<T>;
}

impl<T, E: IntoPyErr> OrRaise<T> for Result<T, E> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(IntoPyErr::into_py_err)
    }
}

/// An error of arrow's kernels: the data does not fit what was asked of it.
pub(super) fn arrow_error(error: &ArrowError) -> PyErr {
    DataError::new_err(error.to_string())
}
