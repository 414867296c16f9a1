//! How rows are written, from the properties of CTAS and UNLOAD or from the description of a table.

use super::formats;
use crate::catalog::{SerdeInfo, Table};
use crate::query::error::{Error, Result};
use crate::query::lex::Place;
use crate::query::trino::{PropertyValue, TrinoProperties};
use crate::query::write::{Compression, Delimiters, FileFormat};

/// Properties of `WITH (…)`, taken one by one; what is left is unknown.
pub(super) struct Taken<'a> {
    text: &'a str,
    left: TrinoProperties,
}

impl<'a> Taken<'a> {
    pub(super) fn new(text: &'a str, properties: &TrinoProperties) -> Self {
        Self { text, left: properties.clone() }
    }

    fn take(&mut self, name: &str) -> Option<(PropertyValue, Place)> {
        let place = self.left.iter().position(|(found, ..)| found == name)?;
        let (_, value, at) = self.left.remove(place);
        Some((value, at))
    }

    fn wrong(&self, name: &str, place: Place, expected: &str) -> Error {
        Error::at(self.text, place, "INVALID_TABLE_PROPERTY", format!("The property `{name}` must be {expected}"), None)
    }

    pub(super) fn error(&self, place: Place, message: impl Into<String>) -> Error {
        Error::at(self.text, place, "INVALID_TABLE_PROPERTY", message, None)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<(String, Place)>> {
        match self.take(name) {
            None => Ok(None),
            Some((PropertyValue::Text(text), place)) => Ok(Some((text, place))),
            Some((_, place)) => Err(self.wrong(name, place, "a string")),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<(i64, Place)>> {
        match self.take(name) {
            None => Ok(None),
            Some((PropertyValue::Number(text) | PropertyValue::Text(text), place)) => match text.parse() {
                Ok(number) => Ok(Some((number, place))),
                Err(_) => Err(self.wrong(name, place, "a whole number")),
            },
            Some((_, place)) => Err(self.wrong(name, place, "a whole number")),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<(Vec<String>, Place)>> {
        match self.take(name) {
            None => Ok(None),
            Some((PropertyValue::List(items), place)) => {
                Ok(Some((items.into_iter().map(|item| item.to_lowercase()).collect(), place)))
            }
            Some((_, place)) => Err(self.wrong(name, place, "ARRAY['…']")),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<(bool, Place)>> {
        match self.take(name) {
            None => Ok(None),
            Some((PropertyValue::Boolean(value), place)) => Ok(Some((value, place))),
            Some((_, place)) => Err(self.wrong(name, place, "true or false")),
        }
    }

    /// Refuse what nobody took.
    pub(super) fn end(self, of: &str) -> Result<()> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _, place)) => Err(self.error(*place, format!("{of} has no property `{name}`"))),
        }
    }

    /// Format and compression; the format has no default when `is_required`.
    pub(super) fn format(&mut self, is_required: bool) -> Result<(FileFormat, Compression, String)> {
        let format = self.text("format")?;
        if format.is_none() && is_required {
            let place = Place { line: 1, column: 1 };
            return Err(Error::at(self.text, place, "SYNTAX_ERROR", "UNLOAD needs the property `format`", None));
        }
        let (name, place) = format.unwrap_or_else(|| ("PARQUET".into(), Place::default()));
        let name = name.to_uppercase();
        let mut delimiters = Delimiters::default();
        if let Some((delimiter, place)) = self.text("field_delimiter")? {
            match delimiter.as_bytes() {
                [byte] if name == "TEXTFILE" => {
                    if let Some(first) = delimiters.separators.first_mut() {
                        *first = *byte;
                    }
                }
                [_] => return Err(self.error(place, "The property `field_delimiter` is for the format TEXTFILE only")),
                _ => return Err(self.error(place, format!("The field delimiter `{delimiter}` is not one character"))),
            }
        }
        let format = match name.as_str() {
            "PARQUET" => FileFormat::Parquet,
            "ORC" => FileFormat::Orc,
            "AVRO" => FileFormat::Avro,
            "JSON" => FileFormat::Json,
            "TEXTFILE" => FileFormat::Text(delimiters),
            "ION" => return Err(Error::Unsupported { what: "Writing the format ION".into() }),
            _ => {
                return Err(
                    self.error(place, format!("The format `{name}` is none of PARQUET, ORC, AVRO, JSON, TEXTFILE"))
                );
            }
        };
        let mut compression = None;
        for property in ["write_compression", "compression", "parquet_compression", "orc_compression"] {
            if let Some(found) = self.text(property)? {
                compression = Some(found);
            }
        }
        let level = self.number("compression_level")?;
        if let Some((found, place)) = level.filter(|(found, _)| !(1..=22).contains(found)) {
            return Err(self.error(place, format!("The property `compression_level` is {found}; 1 to 22 are known")));
        }
        let compression = match compression {
            Some((codec, place)) => parse_codec(&codec, level.map(|(level, _)| level))
                .ok_or_else(|| self.error(place, format!("The compression `{codec}` is not known")))?,
            None => match format {
                FileFormat::Orc => Compression::Zlib,
                _ => Compression::Gzip,
            },
        };
        if let (Some((_, place)), false) = (level, matches!(compression, Compression::Zstd(_))) {
            return Err(self.error(place, "The property `compression_level` is for ZSTD only"));
        }
        Ok((format, compression, name))
    }
}

pub(in crate::query) fn parse_codec(name: &str, level: Option<i64>) -> Option<Compression> {
    Some(match name.to_uppercase().as_str() {
        "NONE" | "UNCOMPRESSED" => Compression::None,
        "GZIP" => Compression::Gzip,
        "ZLIB" | "DEFLATE" => Compression::Zlib,
        "SNAPPY" => Compression::Snappy,
        "LZ4" => Compression::Lz4,
        "BZIP2" => Compression::Bzip2,
        "ZSTD" => {
            let level = level.unwrap_or(3);
            if !(1..=22).contains(&level) {
                return None;
            }
            Compression::Zstd(i32::try_from(level).ok()?)
        }
        _ => return None,
    })
}

/// The classes and the SerDe that read what is written in this format.
pub(super) fn described(format: &FileFormat, name: &str) -> (&'static formats::FileClasses, SerdeInfo) {
    let fallback = match format {
        FileFormat::Json | FileFormat::Text(_) | FileFormat::Csv(_) => "TEXTFILE",
        FileFormat::Parquet => "PARQUET",
        FileFormat::Orc => "ORC",
        FileFormat::Avro => "AVRO",
    };
    let classes = formats::classes(name).filter(|_| *format != FileFormat::Json);
    let classes = classes.or_else(|| formats::classes(fallback)).unwrap_or(formats::TEXTFILE);
    let mut serde = formats::serde(if *format == FileFormat::Json { formats::HIVE_JSON } else { classes.serde });
    if let FileFormat::Text(delimiters) = format {
        let delimiter = delimiters.separators.first().map_or_else(String::new, |byte| char::from(*byte).to_string());
        serde.parameters.insert("field.delim".into(), delimiter.clone());
        serde.parameters.insert("serialization.format".into(), delimiter);
    }
    (classes, serde)
}

/// How an INSERT writes into this table.
pub(in crate::query) fn of_table(table: &Table) -> Result<(FileFormat, Compression)> {
    let serde = &table.storage.serde;
    let class = serde.serialization_library.rsplit('.').next().unwrap_or_default();
    let refused =
        |class: &str| Error::failed("NOT_SUPPORTED", format!("Inserting into a table with the SerDe {class}"));
    let format = match class {
        "ParquetHiveSerDe" => FileFormat::Parquet,
        "OrcSerde" => FileFormat::Orc,
        "AvroSerDe" => FileFormat::Avro,
        "JsonSerDe" | "HiveJsonSerDe" => FileFormat::Json,
        "LazySimpleSerDe" => FileFormat::Text(delimiters(&serde.parameters)),
        other => return Err(refused(other)),
    };
    let property =
        ["write.compression", "parquet.compression", "parquet.compress", "orc.compress", "avro.output.codec"]
            .iter()
            .find_map(|key| table.parameters.get(*key));
    let compression = match property {
        Some(codec) => parse_codec(codec, None).ok_or_else(|| {
            Error::failed("INVALID_TABLE_PROPERTY", format!("The compression `{codec}` is not known"))
        })?,
        None => match format {
            FileFormat::Orc => Compression::Zlib,
            _ => Compression::Gzip,
        },
    };
    Ok((format, compression))
}

fn delimiters(parameters: &std::collections::BTreeMap<String, String>) -> Delimiters {
    let byte = |key: &str| parameters.get(key).and_then(|text| text.parse::<u8>().ok().or_else(|| text.bytes().next()));
    let mut delimiters = Delimiters { escape: byte("escape.delim"), ..Delimiters::default() };
    let keys =
        [["field.delim", "serialization.format"], ["colelction.delim", "collection.delim"], ["mapkey.delim", ""]];
    for (separator, keys) in delimiters.separators.iter_mut().zip(keys) {
        if let Some(found) = keys.iter().find_map(|key| byte(key)) {
            *separator = found;
        }
    }
    if let Some(null) = parameters.get("serialization.null.format") {
        delimiters.null = null.as_bytes().to_vec();
    }
    delimiters
}
