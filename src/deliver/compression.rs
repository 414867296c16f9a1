//! Compression of objects as a whole.
//!
//! Whatever is compressed twice gives the same bytes: neither times nor random numbers are in it.

use std::io::{self, Cursor, Write};
use std::str::FromStr;

use flate2::GzBuilder;
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

/// Bytes of a block of Hadoop's snappy, before compression: what its codec takes by default.
const HADOOP_BLOCK: usize = 256 * 1024;

/// Compression of an object as a whole. Source: Firehose API reference, S3DestinationConfiguration, CompressionFormat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As encoded.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// A zip archive of one file, which has the object's name.
    Zip,
    /// Snappy's framing format.
    Snappy,
    /// The blocks of Hadoop's snappy codec, which Athena and Spark read.
    HadoopSnappy,
}

impl Compression {
    /// The compression as users write it.
    #[must_use]
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zip => Some("zip"),
            Self::Snappy => Some("snappy"),
            Self::HadoopSnappy => Some("hadoop_snappy"),
        }
    }

    /// What keys end with.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zip => ".zip",
            Self::Snappy => ".snappy",
            Self::HadoopSnappy => ".hsnappy",
        }
    }

    /// The catalog's word for it.
    pub(super) fn catalog_name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zip => Some("zip"),
            Self::Snappy | Self::HadoopSnappy => Some("snappy"),
        }
    }

    /// Write `bytes` compressed; `name` is the object's, without its folders.
    pub(super) fn write<W: Write>(self, bytes: &[u8], name: &str, out: &mut W) -> io::Result<()> {
        match self {
            Self::None => out.write_all(bytes),
            Self::Gzip => {
                let mut encoder = GzBuilder::new().write(out, flate2::Compression::default());
                encoder.write_all(bytes)?;
                encoder.finish().map(|_| ())
            }
            Self::Zip => out.write_all(&zipped(bytes, name.strip_suffix(".zip").unwrap_or(name))?),
            Self::Snappy => {
                let mut encoder = snap::write::FrameEncoder::new(out);
                encoder.write_all(bytes)?;
                encoder.into_inner().map(|_| ()).map_err(snap::write::IntoInnerError::into_error)
            }
            Self::HadoopSnappy => bytes.chunks(HADOOP_BLOCK).try_for_each(|block| write_hadoop_block(block, out)),
        }
    }
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "none" | "uncompressed" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            "zip" => Ok(Self::Zip),
            "snappy" => Ok(Self::Snappy),
            "hadoop_snappy" => Ok(Self::HadoopSnappy),
            _ => Err(format!("`{text}` is not one of `gzip`, `zip`, `snappy`, `hadoop_snappy`, `uncompressed`")),
        }
    }
}

/// An archive of one file. It is small enough for memory: an object is 128 MiB at most before compression.
fn zipped(bytes: &[u8], name: &str) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
    archive.start_file(name, options)?;
    archive.write_all(bytes)?;
    Ok(archive.finish()?.into_inner())
}

/// A block: its length before compression, the length of its one chunk, the chunk.
fn write_hadoop_block<W: Write>(block: &[u8], out: &mut W) -> io::Result<()> {
    let chunk = snap::raw::Encoder::new().compress_vec(block).map_err(io::Error::other)?;
    for length in [block.len(), chunk.len()] {
        let length = u32::try_from(length).map_err(io::Error::other)?;
        out.write_all(&length.to_be_bytes())?;
    }
    out.write_all(&chunk)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn text() -> Vec<u8> {
        (0..60_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect()
    }

    fn compressed(kind: Compression, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        kind.write(bytes, "d-1-2018.zip", &mut out).unwrap();
        let mut again = Vec::new();
        kind.write(bytes, "d-1-2018.zip", &mut again).unwrap();
        assert!(out == again, "the same rows give the same bytes");
        out
    }

    #[test]
    fn a_zip_archive_holds_one_file_of_the_objects_name() {
        let mut archive = zip::ZipArchive::new(Cursor::new(compressed(Compression::Zip, &text()))).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "d-1-2018");
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        assert!(found == text());
    }

    #[test]
    fn snappy_is_the_framing_format() {
        let mut found = Vec::new();
        snap::read::FrameDecoder::new(compressed(Compression::Snappy, &text()).as_slice())
            .read_to_end(&mut found)
            .unwrap();
        assert!(found == text());
    }

    #[test]
    fn hadoops_blocks_say_their_lengths() {
        let bytes = compressed(Compression::HadoopSnappy, &text());
        let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let number = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
            let (whole, length) = (number(0), number(4));
            assert!(whole <= HADOOP_BLOCK);
            let block = snap::raw::Decoder::new().decompress_vec(&rest[8..8 + length]).unwrap();
            assert_eq!(block.len(), whole);
            found.extend(block);
            rest = &rest[8 + length..];
        }
        assert!(found == text());
        assert!(compressed(Compression::HadoopSnappy, b"").is_empty());
    }

    #[test]
    fn names_are_the_services_in_any_case() {
        for (name, kind) in [("GZIP", Compression::Gzip), ("Snappy", Compression::Snappy), ("ZIP", Compression::Zip)] {
            assert_eq!(name.parse::<Compression>().unwrap(), kind);
        }
        assert!("brotli".parse::<Compression>().unwrap_err().contains("hadoop_snappy"));
    }
}
