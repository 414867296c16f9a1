//! Describing a draft as a table of the catalog: formats, SerDes, and the parameters that a crawler writes.

use std::collections::BTreeMap;

use super::evidence::{Compression, Format, Framing};
use super::folder::Found;
use super::group::Draft;
use super::known::{FRAMING, MODE, MULTI_LINE};
use super::naming::NamedColumn;
use super::plan::Planner;
use crate::catalog::{Column, DataFile, StorageDescriptor, Table};
use crate::storage::LakePath;

/// Sizes and counts of a whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    bytes: u64,
    files: u64,
    records: u64,
    average: u64,
}

/// Adds up the files of a draft and those of its table that were not listed.
pub(super) fn statistics(draft: &Draft, files: &[Found], others: &[&DataFile], known: Option<&Table>) -> Totals {
    let members = || draft.files.iter().filter_map(|place| files.get(*place));
    let bytes =
        members().map(|found| found.info.bytes).sum::<u64>() + others.iter().map(|file| file.bytes).sum::<u64>();
    let count = draft.files.len() as u64 + others.len() as u64;
    let setting = |name: &str| known.and_then(|table| table.parameters.get(name)?.parse::<u64>().ok());
    let sampled = members().filter_map(|found| found.evidence.as_ref());
    let (sample_bytes, sample_records) = sampled.fold((0, 0), |(bytes, records), evidence| {
        (bytes + evidence.sampled_bytes, records + evidence.sampled_records)
    });
    // An average that is known stays: new files would move it by a byte, and the table to a new version.
    let average = setting("averageRecordSize")
        .filter(|average| *average > 0)
        .unwrap_or_else(|| sample_bytes.checked_div(sample_records).map_or(0, |average| average.max(1)));
    let exact = || {
        let new: u64 = members().filter_map(|found| found.rows).sum();
        let old: u64 = others.iter().filter_map(|file| file.rows).sum();
        new + old
    };
    let records = match draft.schema.format {
        Format::Parquet | Format::Orc if members().all(|found| found.rows.is_some()) => exact(),
        Format::Json | Format::Csv | Format::Parquet | Format::Avro | Format::Orc => {
            bytes.checked_div(average).unwrap_or(0)
        }
    };
    Totals { bytes, files: count, records, average }
}

/// The table that a draft stands for.
pub(super) fn describe(
    planner: &Planner<'_>,
    draft: &Draft,
    name: &str,
    columns: &[NamedColumn],
    partition_keys: Vec<Column>,
    totals: &Totals,
    exclusions: &[String],
) -> Table {
    let location = planner.storage.location(&LakePath::parse(&draft.path).unwrap_or_default());
    let location = if draft.is_file { location } else { format!("{location}/") };
    let mut storage = descriptor(draft, columns, &location);
    // The constructors take a location for a folder.
    storage.location.clone_from(&location);
    storage.compressed = draft.schema.compression == Compression::Gzip;
    storage.parameters.extend(parameters(planner, draft, totals));
    if !exclusions.is_empty() {
        storage.parameters.insert("exclusions".to_owned(), serde_json::Value::from(exclusions).to_string());
    }
    if draft.is_file || !exclusions.is_empty() {
        // Listing the location would find no file, or files of others.
        storage.parameters.insert(MODE.to_owned(), "manifest".to_owned());
    }
    Table::new(&planner.options.database, name, storage, partition_keys)
}

fn descriptor(draft: &Draft, columns: &[NamedColumn], location: &str) -> StorageDescriptor {
    let typed = |name: &str, column: &NamedColumn| Column::new(name, column.shape.to_hive());
    let final_columns: Vec<Column> = columns.iter().map(|column| typed(&column.name, column)).collect();
    let csv = draft.schema.csv;
    let mut storage = match draft.schema.format {
        Format::Json => {
            let originals = columns.iter().map(|column| typed(&column.original, column)).collect();
            StorageDescriptor::json(originals, location)
        }
        Format::Csv => {
            let delimiter = csv.map_or(',', |csv| char::from(csv.delimiter));
            let has_header = csv.is_some_and(|csv| csv.has_header);
            if csv.is_some_and(|csv| csv.is_quoted) {
                StorageDescriptor::quoted_csv(Vec::new(), location, delimiter, '"', has_header)
            } else {
                StorageDescriptor::csv(Vec::new(), location, delimiter, has_header)
            }
        }
        Format::Parquet => StorageDescriptor::parquet(Vec::new(), location),
        Format::Avro => StorageDescriptor::avro(Vec::new(), location),
        Format::Orc => StorageDescriptor::orc(Vec::new(), location),
    };
    storage.columns = final_columns;
    storage
}

/// The parameters that Glue's crawler writes on tables, and two of ours that say how to read.
fn parameters(planner: &Planner<'_>, draft: &Draft, totals: &Totals) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = [
        ("CrawlerSchemaSerializerVersion", "1.0".to_owned()),
        ("CrawlerSchemaDeserializerVersion", "1.0".to_owned()),
        ("UPDATED_BY_CRAWLER", planner.options.crawler_name.clone()),
        ("compressionType", draft.schema.compression.as_str().to_owned()),
        ("typeOfData", "file".to_owned()),
        ("sizeKey", totals.bytes.to_string()),
        ("objectCount", totals.files.to_string()),
        ("recordCount", totals.records.to_string()),
        ("averageRecordSize", totals.average.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    if let Some(framing) = draft.schema.framing.filter(|framing| *framing != Framing::Lines) {
        parameters.insert(FRAMING.to_owned(), framing.as_str().to_owned());
    }
    if draft.schema.csv.is_some_and(|csv| csv.is_multi_line) {
        parameters.insert(MULTI_LINE.to_owned(), "true".to_owned());
    }
    parameters
}
