//! Results in the Arrow types that clients know.
//!
//! Inside of plans a timestamp with time zone is a moment and the zone that the value names itself. Arrow has one zone
//! for a whole column: that of the values when they agree, and UTC when they do not; the moment stays the same. A `uuid`
//! or `ipaddress` becomes its text.

use std::net::Ipv6Addr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{
    DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow::error::ArrowError;

use super::execution::ResultColumn;

/// The same rows for clients.
///
/// # Errors
/// When a column does not have the form that its type has in plans.
pub fn for_clients(
    columns: &[ResultColumn],
    schema: &SchemaRef,
    batches: &[RecordBatch],
) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
    let is_plain = |column: &ResultColumn| {
        let is_zoned = column.data_type.starts_with("timestamp(") && column.data_type.ends_with("with time zone");
        !is_zoned && !matches!(column.data_type.as_str(), "uuid" | "ipaddress")
    };
    if columns.iter().all(is_plain) {
        return Ok((Arc::clone(schema), batches.to_vec()));
    }
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays: Vec<Vec<ArrayRef>> = Vec::with_capacity(columns.len());
    for (place, (column, field)) in columns.iter().zip(schema.fields()).enumerate() {
        let parts: Vec<ArrayRef> = batches.iter().map(|batch| Arc::clone(batch.column(place))).collect();
        let parts = match (is_plain(column), column.data_type.as_str()) {
            (true, _) => parts,
            (false, "uuid") => parts.iter().map(|part| texts(part, uuid_text)).collect::<Result<_, _>>()?,
            (false, "ipaddress") => parts.iter().map(|part| texts(part, address_text)).collect::<Result<_, _>>()?,
            (false, _) => moments(&parts)?,
        };
        let data_type = match (parts.first(), is_plain(column), column.data_type.as_str()) {
            (Some(part), ..) => part.data_type().clone(),
            (None, true, _) => field.data_type().clone(),
            (None, false, "uuid" | "ipaddress") => DataType::Utf8,
            (None, false, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        fields.push(Field::new(field.name(), data_type, true));
        arrays.push(parts);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = |place: usize| {
        let columns = arrays.iter().filter_map(|parts| parts.get(place).cloned()).collect();
        let rows = batches.get(place).map_or(0, RecordBatch::num_rows);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
    };
    let batches = (0..batches.len()).map(batch).collect::<Result<_, _>>()?;
    Ok((schema, batches))
}

/// Moments and zones as one column with one zone.
fn moments(parts: &[ArrayRef]) -> Result<Vec<ArrayRef>, ArrowError> {
    let mut zone: Option<&str> = None;
    let mut agree = true;
    for part in parts {
        let part = part.as_struct();
        let zones = part.column(1).as_string::<i32>();
        for row in (0..part.len()).filter(|row| part.is_valid(*row)) {
            let own = zones.value(row);
            agree &= zone.is_none_or(|zone| zone == own);
            zone = Some(own);
        }
    }
    let zone: Arc<str> = zone.filter(|_| agree).unwrap_or("UTC").into();
    let convert = |part: &ArrayRef| -> ArrayRef {
        let nulls = part.nulls().cloned();
        let instants = part.as_struct().column(0);
        match instants.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                let values = instants.as_primitive::<TimestampNanosecondType>().values().clone();
                Arc::new(TimestampNanosecondArray::new(values, nulls).with_timezone(Arc::clone(&zone)))
            }
            _ => {
                let values = instants.as_primitive::<TimestampMicrosecondType>().values().clone();
                Arc::new(TimestampMicrosecondArray::new(values, nulls).with_timezone(Arc::clone(&zone)))
            }
        }
    };
    Ok(parts.iter().map(convert).collect())
}

fn texts(part: &ArrayRef, text: fn([u8; 16]) -> String) -> Result<ArrayRef, ArrowError> {
    let Some(values) = part.as_any().downcast_ref::<FixedSizeBinaryArray>() else {
        return Err(ArrowError::CastError(format!("{} is not kept as 16 bytes", part.data_type())));
    };
    let texts: StringArray =
        values.iter().map(|value| value.and_then(|value| value.try_into().ok()).map(text)).collect();
    Ok(Arc::new(texts))
}

fn uuid_text(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(bytes).to_string()
}

fn address_text(bytes: [u8; 16]) -> String {
    let address = Ipv6Addr::from(bytes);
    address.to_ipv4_mapped().map_or_else(|| address.to_string(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use arrow::array::StructArray;

    use super::*;
    use crate::sql::trino::types::TrinoType;

    #[test]
    fn a_column_has_the_zone_that_its_values_agree_on() {
        let data_type = TrinoType::TimestampWithTimeZone(3).arrow();
        let DataType::Struct(fields) = data_type else { panic!() };
        let column = ResultColumn { name: "t".into(), data_type: "timestamp(3) with time zone".into() };
        for (zones, expected) in [(["Europe/Paris", "Europe/Paris"], "Europe/Paris"), (["UTC", "+01:00"], "UTC")] {
            let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1, 2]));
            let zones: ArrayRef = Arc::new(StringArray::from(zones.to_vec()));
            let array = StructArray::try_new(fields.clone(), vec![instants, zones], None).unwrap();
            let schema = Arc::new(Schema::new(vec![Field::new("t", array.data_type().clone(), true)]));
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array)]).unwrap();
            let (schema, batches) = for_clients(std::slice::from_ref(&column), &schema, &[batch]).unwrap();
            let wanted = DataType::Timestamp(TimeUnit::Microsecond, Some(expected.into()));
            assert_eq!((schema.field(0).data_type(), batches[0].num_rows()), (&wanted, 2));
        }
    }
}
