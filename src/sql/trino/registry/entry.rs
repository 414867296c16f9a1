//! What a function family writes down about each of its functions.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use crate::sql::trino::call::{AggregateCall, Aggregation, Kernel};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// What NULL arguments do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullRule {
    /// A NULL argument makes the result NULL (aggregates: skips the row); the code never sees it.
    Propagate,
    /// The code is called with NULLs.
    Called,
}

/// Gives the result type from the arguments' types.
pub(crate) type Derive = fn(&[TrinoType]) -> TrinoType;

/// A scalar function.
#[derive(Debug)]
pub(crate) struct FunctionEntry {
    /// As `substr(varchar, bigint) -> varchar`; see the module's documentation.
    pub(crate) signature: &'static str,
    /// The code.
    pub(crate) kernel: Kernel,
    /// What NULL arguments do.
    pub(crate) nulls: NullRule,
    /// The result type, where the signature cannot say it.
    pub(crate) derive: Option<Derive>,
    /// Whether two calls with the same arguments may give different results, as `random()`.
    pub(crate) is_volatile: bool,
    /// Whether some values make it fail: branches that are not taken must then not be evaluated.
    pub(crate) can_fail: bool,
    /// An expression and its value, as `CAST(… AS varchar)` prints it: a test, and a line of the documentation.
    pub(crate) example: (&'static str, &'static str),
}

impl FunctionEntry {
    /// A function that gives NULL for NULL arguments, may fail, and depends on its arguments alone.
    pub(crate) const fn new(signature: &'static str, kernel: Kernel, example: (&'static str, &'static str)) -> Self {
        Self {
            signature,
            kernel,
            nulls: NullRule::Propagate,
            derive: None,
            is_volatile: false,
            can_fail: true,
            example,
        }
    }

    /// The code is called with NULL arguments.
    pub(crate) const fn called_on_null(mut self) -> Self {
        self.nulls = NullRule::Called;
        self
    }

    /// The result type is computed.
    pub(crate) const fn derived(mut self, derive: Derive) -> Self {
        self.derive = Some(derive);
        self
    }

    /// Each call may give another value.
    pub(crate) const fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    /// No value makes it fail.
    pub(crate) const fn infallible(mut self) -> Self {
        self.can_fail = false;
        self
    }
}

/// An aggregate function.
#[derive(Debug)]
pub(crate) struct AggregateEntry {
    /// As `max_by(V, K) -> V`.
    pub(crate) signature: &'static str,
    /// How it is computed.
    pub(crate) build: AggregateBuild,
    /// What NULL arguments do.
    pub(crate) nulls: NullRule,
    /// The result type, where the signature cannot say it.
    pub(crate) derive: Option<Derive>,
    /// A query and its one value, as `CAST(… AS varchar)` prints it.
    pub(crate) example: (&'static str, &'static str),
}

/// How an aggregate is computed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AggregateBuild {
    /// By one of the engine's aggregates: the arguments are cast to `inputs`, the engine's result, which is of type
    /// `output`, is cast to the signature's result type. Both casts are Trino's, so an overflow is an error.
    Engine {
        /// The engine's function.
        function: fn() -> Arc<AggregateUDF>,
        /// Types of the engine's arguments, from those of Trino's.
        inputs: fn(&[TrinoType]) -> Vec<TrinoType>,
        /// Type of the engine's result, from those of Trino's arguments.
        output: fn(&[TrinoType]) -> TrinoType,
    },
    /// By code of ours: one [`Aggregation`] a group.
    Own {
        /// The types of the columns of a state.
        state: fn(&AggregateCall<'_>) -> Vec<TrinoType>,
        /// A new, empty group.
        start: fn(&AggregateCall<'_>) -> Result<Box<dyn Aggregation>, TrinoError>,
    },
}

impl AggregateEntry {
    /// An aggregate that skips rows in which an argument is NULL.
    pub(crate) const fn new(
        signature: &'static str,
        build: AggregateBuild,
        example: (&'static str, &'static str),
    ) -> Self {
        Self { signature, build, nulls: NullRule::Propagate, derive: None, example }
    }

    /// Rows with NULL arguments are taken too.
    pub(crate) const fn called_on_null(mut self) -> Self {
        self.nulls = NullRule::Called;
        self
    }

    /// The result type is computed.
    pub(crate) const fn derived(mut self, derive: Derive) -> Self {
        self.derive = Some(derive);
        self
    }
}
