//! Errors of Trino's names: of a place in the text, and of a value while running.

use std::fmt;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// A value that a function or operator cannot take; carries Trino's name for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub(crate) struct TrinoError {
    /// Trino's error name, as `DIVISION_BY_ZERO`.
    pub(crate) name: &'static str,
    /// A sentence without final period.
    pub(crate) message: String,
}

impl TrinoError {
    /// An error by its name.
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// `INVALID_FUNCTION_ARGUMENT`.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new("INVALID_FUNCTION_ARGUMENT", message)
    }

    /// `INVALID_CAST_ARGUMENT`.
    pub(crate) fn cast(message: impl Into<String>) -> Self {
        Self::new("INVALID_CAST_ARGUMENT", message)
    }

    /// `NUMERIC_VALUE_OUT_OF_RANGE`.
    pub(crate) fn range(message: impl Into<String>) -> Self {
        Self::new("NUMERIC_VALUE_OUT_OF_RANGE", message)
    }

    /// `DIVISION_BY_ZERO`.
    pub(crate) fn division_by_zero() -> Self {
        Self::new("DIVISION_BY_ZERO", "Division by zero")
    }

    /// `NOT_SUPPORTED`.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new("NOT_SUPPORTED", message)
    }

    /// `GENERIC_INTERNAL_ERROR`: an invariant of ours does not hold.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new("GENERIC_INTERNAL_ERROR", message)
    }
}

impl From<ArrowError> for TrinoError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::DivideByZero => Self::division_by_zero(),
            ArrowError::ArithmeticOverflow(message) => Self::range(message),
            ArrowError::ExternalError(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::internal(other.to_string()),
            },
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<TrinoError> for DataFusionError {
    fn from(error: TrinoError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<DataFusionError> for TrinoError {
    fn from(error: DataFusionError) -> Self {
        match Self::find(&error) {
            Some(own) => own.clone(),
            None => Self::internal(error.strip_backtrace()),
        }
    }
}

impl TrinoError {
    /// Our own error inside of the engine's, however it was wrapped on its way.
    pub(crate) fn find(error: &DataFusionError) -> Option<&Self> {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(current) = source {
            if let Some(own) = current.downcast_ref::<Self>() {
                return Some(own);
            }
            if let Some(shared) = current.downcast_ref::<std::sync::Arc<DataFusionError>>() {
                return Self::find(shared);
            }
            source = match current.downcast_ref::<DataFusionError>() {
                Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
                Some(DataFusionError::Shared(inner)) => return Self::find(inner),
                Some(DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner)) => {
                    return Self::find(inner);
                }
                Some(DataFusionError::Collection(all)) => return all.iter().find_map(Self::find),
                Some(DataFusionError::ArrowError(inner, _)) => Some(inner.as_ref()),
                _ => match current.downcast_ref::<ArrowError>() {
                    Some(ArrowError::ExternalError(inner)) => Some(inner.as_ref()),
                    _ => current.source(),
                },
            };
        }
        None
    }
}

/// A place in the text: line and column in characters, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
}

/// A statement that cannot be run: what is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlError {
    /// Trino's error name, as `COLUMN_NOT_FOUND`.
    pub(crate) name: &'static str,
    /// A sentence without final period.
    pub(crate) message: String,
    /// Where in the text.
    pub(crate) place: Place,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl SqlError {
    /// An error at a place.
    pub(crate) fn new(name: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), place, hint: None }
    }

    /// The error with a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `TYPE_MISMATCH`.
    pub(crate) fn mismatch(place: Place, message: impl Into<String>) -> Self {
        Self::new("TYPE_MISMATCH", place, message)
    }

    /// `SYNTAX_ERROR`.
    pub(crate) fn syntax(place: Place, message: impl Into<String>) -> Self {
        Self::new("SYNTAX_ERROR", place, message)
    }

    /// `NOT_SUPPORTED`.
    pub(crate) fn unsupported(place: Place, message: impl Into<String>) -> Self {
        Self::new("NOT_SUPPORTED", place, message)
    }

    /// An error of the engine or of a value, at the place of what was being planned.
    pub(crate) fn wrap(place: Place, error: TrinoError) -> Self {
        Self::new(error.name, place, error.message)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}:{}: {}", self.name, self.place.line, self.place.column, self.message)
    }
}

impl std::error::Error for SqlError {}
