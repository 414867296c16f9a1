//! What a session knows, and identifiers that are new with every call.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use uuid::Uuid;

use super::{Call, FunctionEntry, TrinoError, entry};
use crate::sql::trino::types::TrinoType;

pub(super) const ENTRIES: &[FunctionEntry] = &[
    entry("current_groups() -> array(varchar)", current_groups, "current_groups()", "[]").infallible(),
    entry("uuid() -> uuid", uuid, "typeof(uuid())", "uuid").infallible().volatile(),
    entry("version() -> varchar", version, "length(version()) > 0", "true").infallible(),
];

fn uuid(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let identifiers = (0..call.rows).map(|_| Some(Uuid::new_v4().into_bytes()));
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(identifiers, 16)?))
}

fn version(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(StringArray::from(vec![concat!("bayou ", env!("CARGO_PKG_VERSION")); call.rows])))
}

/// Nobody is in a group here.
fn current_groups(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(0, call.rows));
    let none = arrow::array::new_empty_array(&TrinoType::VARCHAR.arrow());
    Ok(Arc::new(ListArray::try_new(TrinoType::VARCHAR.item_field(), offsets, none, None)?))
}
