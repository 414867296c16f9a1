//! Hidden columns: what is known of the file that a row comes from.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, StructArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;

use crate::sql::trino::types::{TrinoType, zoned_fields};
use crate::storage::ObjectInfo;

/// Names and types of the hidden columns, in their order behind the partition keys.
pub(in crate::query) const HIDDEN: [(&str, TrinoType); 3] = [
    ("$path", TrinoType::VARCHAR),
    ("$file_size", TrinoType::Bigint),
    ("$file_modified_time", TrinoType::TimestampWithTimeZone(3)),
];

/// The hidden columns as fields.
pub(super) fn fields() -> impl Iterator<Item = FieldRef> {
    HIDDEN.into_iter().map(|(name, data_type)| Arc::new(Field::new(name, data_type.arrow(), true)))
}

/// The hidden columns of these files, one row each.
pub(super) fn columns<'a>(files: impl Iterator<Item = (&'a ObjectInfo, String)>) -> Result<Vec<ArrayRef>> {
    let (mut paths, mut sizes, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (object, location) in files {
        paths.push(location);
        sizes.push(i64::try_from(object.bytes).unwrap_or(i64::MAX));
        times.push(object.modified.millis().saturating_mul(1000));
    }
    let zones = StringArray::from(vec!["UTC"; times.len()]);
    let times = TimestampMicrosecondArray::from(times);
    let fields = zoned_fields(arrow::datatypes::DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None));
    let modified = StructArray::try_new(fields, vec![Arc::new(times), Arc::new(zones)], None)?;
    Ok(vec![Arc::new(StringArray::from(paths)), Arc::new(Int64Array::from(sizes)), Arc::new(modified)])
}

/// The hidden columns of one file.
pub(super) fn values(object: &ObjectInfo, location: String) -> Result<Vec<ScalarValue>> {
    columns(std::iter::once((object, location)))?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
}

/// Whether a path below a table is data: no name in it begins with `_` or `.`.
pub(in crate::query) fn is_data_path(relative: &str) -> bool {
    !relative.split('/').any(|segment| segment.starts_with(['_', '.']))
}
