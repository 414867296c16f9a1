//! Arrays, maps and rows: their parts are cast, their shape stays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};

use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

pub(super) fn cast(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
) -> Result<ArrayRef, TrinoError> {
    match (from, to) {
        (TrinoType::Array(from), TrinoType::Array(to)) => {
            let lists = array.as_list::<i32>();
            let items = super::cast(lists.values(), from, to, session)?;
            let lists = ListArray::try_new(to.item_field(), lists.offsets().clone(), items, lists.nulls().cloned())?;
            Ok(Arc::new(lists))
        }
        (TrinoType::Map(from_key, from), TrinoType::Map(to_key, to)) => {
            let maps = array.as_map();
            let keys = super::cast(maps.keys(), from_key, to_key, session)?;
            let values = super::cast(maps.values(), from, to, session)?;
            if keys.logical_null_count() > 0 {
                return Err(TrinoError::cast("Cannot cast to map: a key would be NULL"));
            }
            let entries = StructArray::try_new(TrinoType::entry_fields(to_key, to), vec![keys, values], None)?;
            let field = Arc::new(TrinoType::entries_field(to_key, to));
            Ok(Arc::new(MapArray::try_new(field, maps.offsets().clone(), entries, maps.nulls().cloned(), false)?))
        }
        (TrinoType::Row(from), TrinoType::Row(to)) => {
            let rows = array.as_struct();
            let columns = rows
                .columns()
                .iter()
                .zip(from.iter().zip(to))
                .map(|(column, (from, to))| super::cast(column, &from.data_type, &to.data_type, session))
                .collect::<Result<Vec<_>, _>>()?;
            let fields = TrinoType::row_fields(to);
            Ok(Arc::new(StructArray::try_new_with_length(fields, columns, rows.nulls().cloned(), rows.len())?))
        }
        _ => Err(TrinoError::internal(format!("No cast from {from} to {to}"))),
    }
}
