//! What an evaluation may read besides its rows.

/// The clock's readings. All in milliseconds since the epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EvalEnv {
    /// When the query started: CURRENT_TIMESTAMP and its like.
    pub(crate) started: i64,
    /// Now, for CURRENT_ROW_TIMESTAMP.
    pub(crate) row_clock: i64,
}
