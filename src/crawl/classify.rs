//! Classifying: what format a file has, in the order of Glue's built-in classifiers, and what it tells.

use std::sync::Arc;

use super::container::infer_container;
use super::csv::infer_csv;
use super::evidence::{Compression, Evidence, Format, Schema, Unknown};
use super::json::{infer_json, is_enough, looks_like_json};
use super::naming::catalog_names;
use super::parquet::infer_parquet;
use super::rules::Rules;
use super::sample::{HEAD_BYTES, Head, LARGEST_HEAD_BYTES, Sample};
use super::{Error, Result};
use crate::storage::{ObjectInfo, Storage};

/// What reading a file gave.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) outcome: Result<Evidence, Unknown>,
    pub(super) bytes_read: u64,
}

/// Reads as much of a file as needed and says what it is.
pub(super) async fn examine(storage: &Storage, file: &ObjectInfo, rules: &Arc<dyn Rules>) -> Result<Examined> {
    let name = file.path.as_str().to_ascii_lowercase();
    if name.ends_with(".parquet") || name.ends_with(".parq") {
        return examine_described(storage, file, Format::Parquet).await;
    }
    let mut head = Head::read(storage, file).await?;
    for (magic, format) in [(&b"PAR1"[..], Format::Parquet), (b"Obj\x01", Format::Avro), (b"ORC", Format::Orc)] {
        if head.bytes.starts_with(magic) {
            return examine_described(storage, file, format).await;
        }
    }
    if let Some(unknown) = foreign_format(&head.bytes) {
        return Ok(Examined { outcome: Err(unknown), bytes_read: head.bytes.len() as u64 });
    }
    if !head.is_whole && !is_enough(&head.bytes) {
        head = Head::read_to(storage, file, HEAD_BYTES).await?;
    }
    let mut examined = infer(storage, file, head, HEAD_BYTES, rules).await?;
    let is_cut = |examined: &Examined| matches!(&examined.outcome, Err(unknown) if unknown.reason.starts_with("no complete record"));
    if is_cut(&examined) {
        let head = Head::read_to(storage, file, LARGEST_HEAD_BYTES).await?;
        let before = examined.bytes_read;
        examined = infer(storage, file, head, LARGEST_HEAD_BYTES, rules).await?;
        examined.bytes_read += before;
    }
    Ok(examined)
}

/// A file that describes its columns itself.
async fn examine_described(storage: &Storage, file: &ObjectInfo, format: Format) -> Result<Examined> {
    let (bytes_read, found) = match format {
        Format::Avro | Format::Orc => infer_container(storage, file, format).await?,
        _ => infer_parquet(storage, file).await?,
    };
    let outcome = found.map(|mut found| Evidence {
        schema: Arc::new(Schema {
            format,
            compression: Compression::None,
            columns: catalog_names(&found.columns, &mut found.notes),
            framing: None,
            csv: None,
        }),
        rows: found.rows,
        sampled_bytes: file.bytes,
        sampled_records: found.rows.unwrap_or_default(),
        first_row: None,
        notes: found.notes,
    });
    Ok(Examined { outcome, bytes_read })
}

/// Infers on a thread that may work for a while, where there is a runtime that has some.
async fn infer(
    storage: &Storage,
    file: &ObjectInfo,
    head: Head,
    limit: u64,
    rules: &Arc<dyn Rules>,
) -> Result<Examined> {
    let sample = Sample::complete(storage, file, head, limit).await?;
    let bytes_read = sample.bytes_read;
    let rules = Arc::clone(rules);
    let outcome = match tokio::runtime::Handle::try_current() {
        Err(_) => infer_text(&sample, rules.as_ref()),
        Ok(runtime) => runtime
            .spawn_blocking(move || infer_text(&sample, rules.as_ref()))
            .await
            .map_err(|error| Error::Worker { reason: error.to_string() })?,
    };
    Ok(Examined { outcome, bytes_read })
}

/// What a sample of text tells.
pub(super) fn infer_text(sample: &Sample, rules: &dyn Rules) -> Result<Evidence, Unknown> {
    let bytes = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample.head);
    if sample.compression == Compression::Gzip && !sample.path.ends_with(".gz") {
        return Err(Unknown::nearly(
            "gzip",
            "gzip, but its name does not end in `.gz`, by which readers tell; rename the file",
        ));
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Unknown::because("nothing but white space"));
    }
    if let Some(unknown) = foreign_format(bytes) {
        return Err(unknown);
    }
    if looks_like_json(bytes) {
        // `[` begins a line of a log or a cell as well; `{` begins nothing else.
        match json_evidence(sample, rules) {
            Err(unknown) if bytes.trim_ascii_start().starts_with(b"[") => {
                csv_evidence(sample, rules).map_err(|_| unknown)
            }
            found => found,
        }
    } else {
        csv_evidence(sample, rules)
    }
}

fn json_evidence(sample: &Sample, rules: &dyn Rules) -> Result<Evidence, Unknown> {
    let found = infer_json(sample, rules.json_numbers())?;
    let mut notes = Vec::new();
    if let Some(position) = found.malformed_at {
        notes.push(format!(
            "`{}` is not JSON at byte {position}; that record was left out of the inference",
            sample.path
        ));
    }
    let schema = Schema {
        format: Format::Json,
        compression: sample.compression,
        columns: found.fields,
        framing: Some(found.framing),
        csv: None,
    };
    Ok(Evidence {
        schema: Arc::new(schema),
        rows: None,
        sampled_bytes: found.bytes,
        sampled_records: found.records,
        first_row: None,
        notes,
    })
}

fn csv_evidence(sample: &Sample, rules: &dyn Rules) -> Result<Evidence, Unknown> {
    let found = infer_csv(sample, rules)?;
    let mut notes = Vec::new();
    if found.ragged > 0 {
        notes.push(format!(
            "`{}` has {} sampled rows whose number of fields is not {}",
            sample.path,
            found.ragged,
            found.columns.len()
        ));
    }
    if found.is_unbalanced {
        notes.push(format!("`{}` has a quote that is never closed", sample.path));
    }
    let schema = Schema {
        format: Format::Csv,
        compression: sample.compression,
        columns: catalog_names(&found.columns, &mut notes),
        framing: None,
        csv: Some(found.layout),
    };
    Ok(Evidence {
        schema: Arc::new(schema),
        rows: None,
        sampled_bytes: found.bytes,
        sampled_records: found.records,
        first_row: Some(found.first_row),
        notes,
    })
}

/// Formats that are recognised by their first bytes and cannot be read.
fn foreign_format(bytes: &[u8]) -> Option<Unknown> {
    const MAGIC: [(&[u8], &str); 11] = [
        (b"<", "xml"),
        (b"\xe0\x01\x00\xea", "ion"),
        (b"PK\x03\x04", "zip"),
        (b"BZh", "bzip2"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\xff\x06\x00\x00sNaPpY", "snappy"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ", "xz"),
        (b"%PDF", "pdf"),
        (b"\x89PNG", "png"),
        (b"SQLite format 3\0", "sqlite"),
    ];
    let (_, format) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic))?;
    Some(Unknown::nearly(format, format!("{format} is recognised but cannot be read yet")))
}
