//! The shape of Avro and ORC: read from the schema that each file carries.

use std::fs::File;
use std::io::BufReader;

use super::Result;
use super::evidence::{Format, Unknown};
use super::parquet::ColumnsFound;
use crate::storage::{ObjectInfo, Storage};

/// Reads the schema of a file; the bytes read come first.
pub(super) async fn infer_container(
    storage: &Storage,
    file: &ObjectInfo,
    format: Format,
) -> Result<(u64, Result<ColumnsFound, Unknown>)> {
    if let Some(root) = storage.local_root() {
        let path = root.join(file.path.as_str());
        let opened =
            File::open(&path).map_err(|error| crate::storage::Error::from_io(path.display().to_string(), error))?;
        let found = match format {
            Format::Orc => orc(opened),
            _ => avro(BufReader::new(opened)),
        };
        return Ok((file.bytes.min(64 * 1024), found));
    }
    let bytes = storage.get(&file.path).await?;
    let read = bytes.len() as u64;
    let found = match format {
        Format::Orc => orc(bytes),
        _ => avro(std::io::Cursor::new(bytes)),
    };
    Ok((read, found))
}

fn avro(reader: impl std::io::BufRead) -> Result<ColumnsFound, Unknown> {
    let reader = arrow_avro::reader::ReaderBuilder::new().build(reader);
    let reader = reader.map_err(|error| Unknown::nearly("avro", format!("its header cannot be read: {error}")))?;
    Ok(ColumnsFound::new(reader.schema().fields(), None))
}

fn orc(reader: impl orc_rust::reader::ChunkReader) -> Result<ColumnsFound, Unknown> {
    let builder = orc_rust::ArrowReaderBuilder::try_new(reader);
    let builder = builder.map_err(|error| Unknown::nearly("orc", format!("its footer cannot be read: {error}")))?;
    let rows = builder.file_metadata().number_of_rows();
    Ok(ColumnsFound::new(builder.schema().fields(), Some(rows)))
}
