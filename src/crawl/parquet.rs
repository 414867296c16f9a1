//! The shape of Parquet: read from the footer, which is exact.

use arrow::datatypes::Fields;
use bytes::Bytes;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::Result;
use super::evidence::Unknown;
use super::shape::Shape;
use crate::catalog::HiveType;
use crate::storage::{ObjectInfo, Storage};

/// Read at once; most footers fit.
const TAIL_BYTES: u64 = 64 * 1024;
/// Length and magic at the very end.
const TRAILER: u64 = 8;

/// What a file says of its own columns.
#[derive(Debug, Clone)]
pub(super) struct ColumnsFound {
    pub(super) columns: Vec<(String, Shape)>,
    /// Rows, if the file says it.
    pub(super) rows: Option<u64>,
    pub(super) notes: Vec<String>,
}

impl ColumnsFound {
    /// Columns with these types; what the catalog has no type for is text.
    pub(super) fn new(fields: &Fields, rows: Option<u64>) -> Self {
        let mut notes = Vec::new();
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let hive = HiveType::from_arrow(field.data_type()).unwrap_or_else(|error| {
                notes.push(format!("column `{}` is read as a string: {error}", field.name()));
                HiveType::String
            });
            columns.push((field.name().clone(), Shape::from(&hive)));
        }
        Self { columns, rows, notes }
    }
}

/// Reads the footer of a file; the bytes read come first.
pub(super) async fn infer_parquet(
    storage: &Storage,
    file: &ObjectInfo,
) -> Result<(u64, Result<ColumnsFound, Unknown>)> {
    let start = file.bytes.saturating_sub(TAIL_BYTES);
    let mut tail = storage.get_range(&file.path, start..file.bytes).await?;
    let mut read = tail.len() as u64;
    let Some(length) = footer_length(&tail) else {
        return Ok((
            read,
            Err(Unknown::nearly("parquet", "no Parquet footer; the file is cut, or still being written")),
        ));
    };
    let needed = length + TRAILER;
    if needed > file.bytes {
        return Ok((read, Err(Unknown::nearly("parquet", "the footer is longer than the file"))));
    }
    if needed > tail.len() as u64 {
        tail = storage.get_range(&file.path, file.bytes - needed..file.bytes).await?;
        read += tail.len() as u64;
    }
    let end = tail.len() - usize::try_from(TRAILER).unwrap_or(8);
    let begin = end.saturating_sub(usize::try_from(length).unwrap_or(usize::MAX));
    Ok((read, decode(&tail.slice(begin..end))))
}

/// Length of the footer, from the last eight bytes of a file.
fn footer_length(tail: &Bytes) -> Option<u64> {
    let trailer: [u8; 8] = tail.get(tail.len().checked_sub(8)?..)?.try_into().ok()?;
    let [a, b, c, d, b'P', b'A', b'R', b'1'] = trailer else { return None };
    Some(u64::from(u32::from_le_bytes([a, b, c, d])))
}

fn decode(footer: &[u8]) -> Result<ColumnsFound, Unknown> {
    let broken = |error: parquet::errors::ParquetError| {
        Unknown::nearly("parquet", format!("the footer cannot be read: {error}"))
    };
    let metadata: ParquetMetaData = ParquetMetaDataReader::decode_metadata(footer).map_err(broken)?;
    let file = metadata.file_metadata();
    let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()).map_err(broken)?;
    Ok(ColumnsFound::new(schema.fields(), u64::try_from(file.num_rows()).ok()))
}
