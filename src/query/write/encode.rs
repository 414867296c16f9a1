//! One open file: rows in, bytes of a format out.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use arrow_avro::compression::CompressionCodec;
use arrow_avro::writer::{AvroWriter, WriterBuilder};
use flate2::write::GzEncoder;
use hashbrown::HashSet;
use parquet::arrow::ArrowWriter;
use parquet::basic::{GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::csv::{append_header, append_rows};
use super::json::append_json;
use super::text::{Delimiters, append_line};
use crate::query::error::{Error, Result};
use crate::query::write_request::CsvStyle;

/// A format that can be written.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::query) enum FileFormat {
    Parquet,
    Orc,
    Avro,
    Json,
    /// Delimited text.
    Text(Delimiters),
    /// Delimited text with quotes.
    Csv(CsvStyle),
}

/// How files, or the pages in them, are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Compression {
    None,
    Gzip,
    Snappy,
    Zstd(i32),
    Lz4,
    Bzip2,
    /// ORC's and Avro's own name for it.
    Zlib,
}

/// A file under construction.
pub(super) struct OpenFile {
    path: PathBuf,
    encoder: Encoder,
    pub(super) rows: u64,
}

enum Encoder {
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
    Orc(Box<orc_rust::ArrowWriter<BufWriter<File>>>),
    Avro(Box<AvroWriter<BufWriter<File>>>),
    Lines { out: Lines, buffer: Vec<u8>, form: LineForm },
}

/// How rows become lines.
enum LineForm {
    Json,
    Text(Delimiters),
    Csv(CsvStyle),
}

/// A text file with its compression.
enum Lines {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Bzip2(Box<bzip2::write::BzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
    Lz4(Box<lz4_flex::frame::FrameEncoder<BufWriter<File>>>),
    Snappy(Box<snap::write::FrameEncoder<BufWriter<File>>>),
}

impl FileFormat {
    /// The codec of the pages inside, as it stands in front of the end of a file's name.
    pub(super) fn codec_name(&self, compression: Compression) -> &'static str {
        match (self, compression) {
            (Self::Json | Self::Text(_) | Self::Csv(_), _) | (_, Compression::None) => "",
            (_, Compression::Gzip) => ".gz",
            (_, Compression::Zlib) => ".zlib",
            (_, Compression::Snappy) => ".snappy",
            (_, Compression::Zstd(_)) => ".zstd",
            (_, Compression::Lz4) => ".lz4",
            (_, Compression::Bzip2) => ".bz2",
        }
    }

    /// The end of a file's name.
    pub(super) fn extension(&self, compression: Compression) -> &'static str {
        match (self, compression) {
            (Self::Csv(_), Compression::None) => ".csv",
            (Self::Csv(_), Compression::Gzip | Compression::Zlib) => ".csv.gz",
            (Self::Csv(_), Compression::Snappy) => ".csv.snappy",
            (Self::Csv(_), Compression::Zstd(_)) => ".csv.zst",
            (Self::Csv(_), Compression::Lz4) => ".csv.lz4",
            (Self::Csv(_), Compression::Bzip2) => ".csv.bz2",
            (Self::Parquet, _) => ".parquet",
            (Self::Orc, _) => ".orc",
            (Self::Avro, _) => ".avro",
            (Self::Json | Self::Text(_), Compression::None) => "",
            (Self::Json | Self::Text(_), Compression::Gzip | Compression::Zlib) => ".gz",
            (Self::Json | Self::Text(_), Compression::Snappy) => ".snappy",
            (Self::Json | Self::Text(_), Compression::Zstd(_)) => ".zst",
            (Self::Json | Self::Text(_), Compression::Lz4) => ".lz4",
            (Self::Json | Self::Text(_), Compression::Bzip2) => ".bz2",
        }
    }
}

fn failed(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::failed("HIVE_WRITER_DATA_ERROR", format!("The file `{}` cannot be written: {error}", path.display()))
}

impl OpenFile {
    /// A file for rows like the first ones, which are not written yet.
    pub(super) fn create(
        path: PathBuf,
        format: &FileFormat,
        compression: Compression,
        first: &RecordBatch,
    ) -> Result<Self> {
        let schema = first.schema_ref();
        let file =
            File::create(&path).map_err(|error| crate::storage::Error::from_io(path.display().to_string(), error))?;
        let file = BufWriter::with_capacity(64 * 1024, file);
        let wrong = |error: &dyn std::fmt::Display| failed(&path, error);
        let encoder = match format {
            FileFormat::Parquet => {
                let mut properties = WriterProperties::builder().set_compression(parquet_compression(compression)?);
                for (field, column) in schema.fields().iter().zip(first.columns()) {
                    if rarely_repeats(column) {
                        let path = ColumnPath::new(vec![field.name().clone()]);
                        properties = properties.set_column_dictionary_enabled(path, false);
                    }
                }
                let writer = ArrowWriter::try_new(file, SchemaRef::clone(schema), Some(properties.build()));
                Encoder::Parquet(Box::new(writer.map_err(|error| wrong(&error))?))
            }
            FileFormat::Orc => {
                let writer = orc_writer(file, compression, schema)?.try_build();
                Encoder::Orc(Box::new(writer.map_err(|error| wrong(&error))?))
            }
            FileFormat::Avro => {
                let codec = match compression {
                    Compression::None => None,
                    Compression::Snappy => Some(CompressionCodec::Snappy),
                    Compression::Zstd(_) => Some(CompressionCodec::ZStandard),
                    Compression::Bzip2 => Some(CompressionCodec::Bzip2),
                    Compression::Gzip | Compression::Zlib => Some(CompressionCodec::Deflate),
                    Compression::Lz4 => return Err(Error::Unsupported { what: "LZ4 in Avro files".into() }),
                };
                let writer = WriterBuilder::new(schema.as_ref().clone()).with_compression(codec).build(file);
                Encoder::Avro(Box::new(writer.map_err(|error| wrong(&error))?))
            }
            FileFormat::Json => Encoder::lines(file, compression, &path, LineForm::Json)?,
            FileFormat::Text(delimiters) => {
                Encoder::lines(file, compression, &path, LineForm::Text(delimiters.clone()))?
            }
            FileFormat::Csv(style) => {
                let mut encoder = Encoder::lines(file, compression, &path, LineForm::Csv(*style))?;
                if let (Encoder::Lines { out, buffer, .. }, true) = (&mut encoder, style.header) {
                    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
                    append_header(buffer, &names, *style);
                    buffer.push(b'\n');
                    out.writer().write_all(buffer).map_err(|error| failed(&path, error))?;
                }
                encoder
            }
        };
        Ok(Self { path, encoder, rows: 0 })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let path = &self.path;
        match &mut self.encoder {
            Encoder::Parquet(writer) => writer.write(batch).map_err(|error| failed(path, error))?,
            Encoder::Orc(writer) => writer.write(batch).map_err(|error| failed(path, error))?,
            Encoder::Avro(writer) => writer.write(batch).map_err(|error| failed(path, error))?,
            Encoder::Lines { out, buffer, form } => {
                buffer.clear();
                form.append(buffer, batch).map_err(|error| failed(path, error))?;
                let written = out.writer().write_all(buffer);
                written.map_err(|error| crate::storage::Error::from_io(path.display().to_string(), error))?;
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Bytes so far, about: what the codec still holds is not known.
    pub(super) fn bytes(&self) -> u64 {
        match &self.encoder {
            Encoder::Parquet(writer) => (writer.bytes_written() + writer.in_progress_size()) as u64,
            Encoder::Orc(_) | Encoder::Avro(_) | Encoder::Lines { .. } => {
                std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
            }
        }
    }

    /// Bytes of memory for rows that are not in the file yet.
    pub(super) fn held_bytes(&self) -> u64 {
        match &self.encoder {
            Encoder::Parquet(writer) => writer.memory_size() as u64,
            Encoder::Orc(_) | Encoder::Avro(_) | Encoder::Lines { .. } => 0,
        }
    }

    /// Write what is held.
    pub(super) fn write_out(&mut self) -> Result<()> {
        let path = &self.path;
        match &mut self.encoder {
            Encoder::Parquet(writer) => writer.flush().map_err(|error| failed(path, error)),
            Encoder::Orc(_) | Encoder::Avro(_) | Encoder::Lines { .. } => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(PathBuf, u64)> {
        let path = self.path;
        match self.encoder {
            Encoder::Parquet(writer) => writer.close().map(drop).map_err(|error| failed(&path, error))?,
            Encoder::Orc(writer) => writer.close().map(drop).map_err(|error| failed(&path, error))?,
            Encoder::Avro(mut writer) => {
                writer.finish().map_err(|error| failed(&path, error))?;
                writer.into_inner().flush().map_err(|error| failed(&path, error))?;
            }
            Encoder::Lines { out, .. } => out.finish().map_err(|error| failed(&path, error))?,
        }
        Ok((path, self.rows))
    }
}

impl Encoder {
    fn lines(file: BufWriter<File>, compression: Compression, path: &Path, form: LineForm) -> Result<Self> {
        Ok(Self::Lines { out: Lines::new(file, compression, path)?, buffer: Vec::new(), form })
    }
}

impl LineForm {
    /// Append all rows, each with its line break.
    fn append(&self, out: &mut Vec<u8>, batch: &RecordBatch) -> Result<(), ArrowError> {
        if let Self::Csv(style) = self {
            return append_rows(out, batch, *style);
        }
        for row in 0..batch.num_rows() {
            match self {
                Self::Text(delimiters) => append_line(out, batch, row, delimiters)?,
                _ => append_json(out, batch, row)?,
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Values that are looked at to see whether a dictionary is worth its making.
const SAMPLE: usize = 4096;
/// With fewer values than this nothing can be said.
const LEAST_SAMPLE: usize = 256;

/// Whether most values of a column differ from each other, so that a dictionary would be given up soon.
fn rarely_repeats(column: &ArrayRef) -> bool {
    if column.data_type().is_nested() || column.len() < LEAST_SAMPLE {
        return false;
    }
    let sample = column.slice(0, column.len().min(SAMPLE));
    let Ok(converter) = RowConverter::new(vec![SortField::new(column.data_type().clone())]) else { return false };
    let Ok(rows) = converter.convert_columns(&[sample]) else { return false };
    let distinct: HashSet<&[u8]> = (0..rows.num_rows()).map(|row| rows.row(row).data()).collect();
    distinct.len() * 4 > rows.num_rows() * 3
}

/// A writer of ORC, for the types that it knows.
fn orc_writer(
    file: BufWriter<File>,
    compression: Compression,
    schema: &SchemaRef,
) -> Result<orc_rust::ArrowWriterBuilder<BufWriter<File>>> {
    use arrow::datatypes::DataType;
    for field in schema.fields() {
        if field.data_type().is_nested() || matches!(field.data_type(), DataType::Decimal128(..)) {
            let what = format!("Writing the column `{}` of type {} as ORC", field.name(), field.data_type());
            return Err(Error::Unsupported { what });
        }
    }
    let codec = match compression {
        Compression::None => None,
        Compression::Gzip | Compression::Zlib => Some(orc_rust::compression::CompressionType::Zlib),
        Compression::Snappy => Some(orc_rust::compression::CompressionType::Snappy),
        Compression::Zstd(_) => Some(orc_rust::compression::CompressionType::Zstd),
        Compression::Lz4 => Some(orc_rust::compression::CompressionType::Lz4),
        Compression::Bzip2 => return Err(Error::Unsupported { what: "BZIP2 in ORC files".into() }),
    };
    let builder = orc_rust::ArrowWriterBuilder::new(file, SchemaRef::clone(schema));
    Ok(match codec {
        Some(codec) => builder.with_compression(codec),
        None => builder,
    })
}

fn parquet_compression(compression: Compression) -> Result<parquet::basic::Compression> {
    use parquet::basic::Compression as Codec;
    Ok(match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Gzip | Compression::Zlib => Codec::GZIP(GzipLevel::default()),
        Compression::Snappy => Codec::SNAPPY,
        Compression::Zstd(level) => Codec::ZSTD(ZstdLevel::try_new(level).unwrap_or_default()),
        Compression::Lz4 => Codec::LZ4_RAW,
        Compression::Bzip2 => return Err(Error::Unsupported { what: "BZIP2 in Parquet files".into() }),
    })
}

impl Lines {
    fn new(file: BufWriter<File>, compression: Compression, path: &Path) -> Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(file),
            Compression::Gzip | Compression::Zlib => {
                Self::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::default())))
            }
            Compression::Bzip2 => {
                Self::Bzip2(Box::new(bzip2::write::BzEncoder::new(file, bzip2::Compression::default())))
            }
            Compression::Zstd(level) => {
                let encoder = zstd::stream::write::Encoder::new(file, level);
                Self::Zstd(Box::new(encoder.map_err(|error| failed(path, error))?))
            }
            Compression::Lz4 => Self::Lz4(Box::new(lz4_flex::frame::FrameEncoder::new(file))),
            Compression::Snappy => Self::Snappy(Box::new(snap::write::FrameEncoder::new(file))),
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out,
            Self::Bzip2(out) => out,
            Self::Zstd(out) => out,
            Self::Lz4(out) => out,
            Self::Snappy(out) => out,
        }
    }

    fn finish(self) -> std::io::Result<()> {
        let mut file = match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out.finish()?,
            Self::Bzip2(out) => out.finish()?,
            Self::Zstd(out) => out.finish()?,
            Self::Lz4(out) => out.finish().map_err(std::io::Error::other)?,
            Self::Snappy(out) => out.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?,
        };
        file.flush()
    }
}
