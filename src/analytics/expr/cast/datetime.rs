//! DATE, TIME and TIMESTAMP into each other.

use crate::analytics::error::Result;
use crate::analytics::expr::Values;
use crate::analytics::expr::kernel::{Kernel, arguments, collect_datetime, milliseconds};
use crate::analytics::sql_type::SqlType;

/// A datetime as another kind of datetime.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatetimeCast(pub(super) SqlType);

impl Kernel for DatetimeCast {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let read = milliseconds(value)?;
        collect_datetime(rows, &self.0.to_arrow(), |row| Ok(read(row)))
    }
}
