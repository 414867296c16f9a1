//! Parquet: all rows of an object in one file, snappy-compressed.

use std::io::Write;

use arrow::array::{Array as _, RecordBatch, new_null_array};
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;

/// Whether Parquet has a type for this column. Some types have one and yet no writer, so a NULL is written to see.
pub(super) fn is_supported(field: &Field) -> bool {
    let schema = SchemaRef::new(Schema::new(vec![field.clone().with_nullable(true)]));
    let probe = RecordBatch::try_new(SchemaRef::clone(&schema), vec![new_null_array(field.data_type(), 1)]);
    probe.is_ok_and(|probe| encode(&schema, &[probe], std::io::sink()).is_ok())
}

/// Bytes that rows take in memory; for a slice, those of the slice.
pub(in crate::deliver) fn size(batch: &RecordBatch) -> u64 {
    let bytes = |column: &arrow::array::ArrayRef| column.to_data().get_slice_memory_size().unwrap_or_default() as u64;
    batch.columns().iter().map(bytes).sum()
}

/// Write a file of `batches`.
pub(in crate::deliver) fn encode<W: Write + Send>(schema: &SchemaRef, batches: &[RecordBatch], out: W) -> Result<()> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(out, SchemaRef::clone(schema), Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close().map(|_| ())
}
