//! What a user says about a delivery, checked before anything runs.

use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::compression::Compression;
use super::object_name::{ObjectIdentity, ObjectNaming};
use super::partitioning::{MOST_ACTIVE, Partitioner, Partitioning};
use super::prefix::PrefixExpression;
use super::split::Split;
use super::{Error, Result};
use crate::storage::{LakePath, Storage};
use crate::time::Timestamp;
use crate::time::java::JavaPattern;

/// Options of a delivery. [`DeliveryConfig::new`] gives the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryConfig {
    /// Name of the delivery: 1 to 64 of `a-z A-Z 0-9 _ . -`; part of every object's name.
    pub name: String,
    /// Prefix of records, with expressions.
    pub prefix: String,
    /// Prefix of error documents, with expressions; may be absent when `prefix` has no expression.
    pub error_prefix: Option<String>,
    /// Format of the objects.
    pub format: Format,
    /// Compression of the objects as a whole; Parquet has its own.
    pub compression: Compression,
    /// Size at which an object is finished, before compression, 1 to 128 MiB.
    pub buffer_mib: u32,
    /// Seconds from its first record after which an object is finished, 0 to 900.
    pub buffer_seconds: u32,
    /// Region id of the zone for the times in keys, such as `Asia/Tokyo`; UTC when None.
    pub custom_time_zone: Option<String>,
    /// What keys end with, in place of the format's and compression's own.
    pub file_extension: Option<String>,
    /// Version of the configuration, from 1; part of every object's name.
    pub version: u32,
    /// Catalog table, `database.name`, in which the files are registered.
    pub table: Option<String>,
    /// How often and how long an object is tried to be published before that is an error.
    pub retry: RetryPolicy,
    /// What is appended to each record that is delivered as it is; nothing, as in the service, when empty.
    pub delimiter: Vec<u8>,
    /// How records that hold several records are taken apart.
    pub split: Option<Split>,
    /// Prefixes made of what is in the records.
    pub partitioning: Option<Partitioning>,
    /// Fixes the random parts of keys, for tests; by default each fresh start has new ones.
    pub seed: Option<u64>,
}

/// Format of the objects of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    #[default]
    Json,
    /// RFC 4180, no header.
    Csv,
    /// Parquet with snappy.
    Parquet,
}

/// How publishing is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts before it is an error, at least 1.
    pub attempts: u32,
    /// Pause after the first attempt; it doubles after each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 3, first_pause: Duration::from_millis(100), longest_pause: Duration::from_secs(30) }
    }
}

impl Format {
    /// The format as users write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Json, Self::Csv, Self::Parquet]
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is not one of `json`, `csv`, `parquet`"))
    }
}

impl DeliveryConfig {
    /// The defaults: JSON lines, uncompressed, 5 MiB or 300 seconds, UTC.
    pub fn new(name: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            prefix: prefix.into(),
            error_prefix: None,
            format: Format::default(),
            compression: Compression::default(),
            buffer_mib: 5,
            buffer_seconds: 300,
            custom_time_zone: None,
            file_extension: None,
            version: 1,
            table: None,
            retry: RetryPolicy::default(),
            delimiter: Vec::new(),
            split: None,
            partitioning: None,
            seed: None,
        }
    }
}

/// A configuration that was checked.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) naming: ObjectNaming,
    pub(super) format: Format,
    pub(super) compression: Compression,
    pub(super) file_extension: Option<String>,
    pub(super) buffer_bytes: u64,
    pub(super) buffer_millis: i64,
    pub(super) retry: RetryPolicy,
    pub(super) table: Option<TableTarget>,
    pub(super) delimiter: Vec<u8>,
    pub(super) split: Option<Split>,
    pub(super) partitioner: Option<Partitioner>,
    pub(super) most_active: usize,
    pub(super) is_strict: bool,
}

/// The catalog table that takes the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableTarget {
    pub(super) database: String,
    pub(super) name: String,
    /// Folder of the table; partitions are the `key=value` folders right below it.
    pub(super) folder: LakePath,
}

impl Plan {
    pub(super) fn new(config: &DeliveryConfig) -> Result<Self> {
        let refuse = |option: &'static str, reason: String| {
            Err(Error::InvalidOption { delivery: config.name.clone(), option, reason })
        };
        if !is_delivery_name(&config.name) {
            return refuse("name", "it must be 1 to 64 of the characters `a-z A-Z 0-9 _ . -`".into());
        }
        if !(1..=128).contains(&config.buffer_mib) {
            return refuse("buffer_mib", format!("{} is not between 1 and 128", config.buffer_mib));
        }
        if config.buffer_seconds > 900 {
            return refuse("buffer_seconds", format!("{} is not between 0 and 900", config.buffer_seconds));
        }
        if config.version == 0 {
            return refuse("version", "versions begin with 1".into());
        }
        if config.retry.attempts == 0 {
            return refuse("retry", "there must be at least one attempt".into());
        }
        if config.format == Format::Parquet && config.compression != Compression::None {
            return refuse("compression", "Parquet objects are compressed inside\nhint: leave it out".into());
        }
        if config.table.is_some() && config.compression == Compression::Zip {
            return refuse(
                "compression",
                "queries do not read zip archives\nhint: use `gzip`, or leave out `table`".into(),
            );
        }
        if let Some(extension) = config.file_extension.as_deref().filter(|extension| !is_file_extension(extension)) {
            let rule = "it must be `.` and then letters `a-z`, digits or `! - _ . * ' ( )`, 128 characters at most";
            return refuse("file_extension", format!("`{extension}`: {rule}"));
        }
        let zone = match config.custom_time_zone.as_deref().unwrap_or("UTC").parse::<Tz>() {
            Ok(zone) => zone,
            Err(_) => {
                let given = config.custom_time_zone.as_deref().unwrap_or_default();
                return refuse("custom_time_zone", format!("`{given}` is no region id\nhint: such as `Europe/Berlin`"));
            }
        };
        let prefix = PrefixExpression::prefix(&config.prefix)?;
        let error_prefix = PrefixExpression::error_prefix(config.error_prefix.as_deref(), &prefix)?;
        let suffix_time = match JavaPattern::parse("yyyy-MM-dd-HH-mm-ss") {
            Ok(pattern) => pattern,
            Err(error) => return refuse("name", error.to_string()),
        };
        let naming = ObjectNaming {
            delivery: config.name.clone(),
            version: config.version,
            prefix,
            error_prefix,
            zone,
            suffix_time,
        };
        let mut plan = Self {
            delimiter: config.delimiter.clone(),
            split: config.split.clone(),
            partitioner: partitioner(config, &naming.prefix)?,
            most_active: config.partitioning.as_ref().map_or(MOST_ACTIVE, |one| one.most_active) as usize,
            is_strict: config.partitioning.as_ref().is_some_and(|partitioning| partitioning.is_strict),
            naming,
            format: config.format,
            compression: config.compression,
            file_extension: config.file_extension.clone(),
            buffer_bytes: u64::from(config.buffer_mib) << 20,
            buffer_millis: i64::from(config.buffer_seconds) * 1000,
            retry: config.retry,
            table: None,
        };
        let sample = plan.sample_key()?;
        plan.table = config.table.as_deref().map(|table| plan.table_target(table, &sample)).transpose()?;
        Ok(plan)
    }

    /// What keys of records end with.
    pub(super) fn extension(&self, format: Format, compression: Compression) -> &str {
        match (&self.file_extension, format, compression) {
            (Some(extension), ..) => extension,
            (None, Format::Parquet, _) => ".parquet",
            (None, _, compression) => compression.extension(),
        }
    }

    /// A key as the objects will have it, to find out now what the lake cannot hold.
    fn sample_key(&self) -> Result<LakePath> {
        let identity = ObjectIdentity { run: 0, number: 0 };
        let error = Some(super::ErrorOutputType::FormatConversionFailed);
        let extension = self.extension(self.format, self.compression);
        let partition = self.partitioner.as_ref().map(Partitioner::sample).unwrap_or_default();
        self.lake_path(&self.naming.key(identity, Timestamp(0), error, &partition, extension)?)?;
        self.lake_path(&self.naming.key(identity, Timestamp(0), None, &partition, extension)?)
    }

    /// A key as a path in the lake.
    pub(super) fn lake_path(&self, key: &str) -> Result<LakePath> {
        LakePath::parse(key).map_err(|source| Error::Key {
            delivery: self.naming.delivery.clone(),
            key: key.to_owned(),
            source,
        })
    }

    fn table_target(&self, table: &str, sample: &LakePath) -> Result<TableTarget> {
        let refuse = |reason: String| {
            Err(Error::InvalidOption { delivery: self.naming.delivery.clone(), option: "table", reason })
        };
        let Some((database, name)) =
            table.split_once('.').filter(|(database, name)| !database.is_empty() && !name.is_empty())
        else {
            return refuse(format!("`{table}` is not `database.table`"));
        };
        let is_partition = |segment: &&str| segment.contains('=');
        let folder = sample.parent().unwrap_or_default();
        let folder = if folder.segments().any(|segment| is_partition(&segment)) {
            folder.segments().take_while(|segment| !is_partition(segment)).collect::<Vec<_>>().join("/")
        } else {
            let start = self.naming.prefix.literal_start();
            start.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
        };
        if folder.is_empty() {
            return refuse(
                "its files need a folder of their own\nhint: begin the prefix with one, such as `data/name/`".into(),
            );
        }
        let folder = self.lake_path(&folder)?;
        Ok(TableTarget { database: database.to_lowercase(), name: name.to_lowercase(), folder })
    }

    /// Where the delivery keeps what is not published yet.
    pub(super) fn private_dir(&self, storage: &Storage) -> std::path::PathBuf {
        storage.private_dir().join("deliveries").join(&self.naming.delivery)
    }
}

/// Finds the keys that the prefix names, when dynamic partitioning is on.
fn partitioner(config: &DeliveryConfig, prefix: &PrefixExpression) -> Result<Option<Partitioner>> {
    let refuse = |option, reason: String| Error::InvalidOption { delivery: config.name.clone(), option, reason };
    let Some(partitioning) = &config.partitioning else {
        return match prefix.partition_keys().first() {
            None => Ok(None),
            Some((_, key)) => {
                Err(refuse("prefix", format!("the key `{key}` needs dynamic partitioning\nhint: give `partition_by`")))
            }
        };
    };
    if config.error_prefix.is_none() {
        return Err(refuse("error_prefix", "dynamic partitioning needs one, for records without their keys".into()));
    }
    if config.buffer_seconds == 0 {
        return Err(refuse("buffer_seconds", "0 does not go with dynamic partitioning".into()));
    }
    if !(1..=5_000).contains(&partitioning.most_active) {
        return Err(refuse(
            "most_active_partitions",
            format!("{} is not between 1 and 5000", partitioning.most_active),
        ));
    }
    Partitioner::new(partitioning, prefix.partition_keys()).map(Some).map_err(|reason| refuse("partition_by", reason))
}

fn is_delivery_name(name: &str) -> bool {
    // `.` and `..` are folders, and the name is one too.
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && name.bytes().any(|byte| byte != b'.')
}

fn is_file_extension(extension: &str) -> bool {
    extension.len() <= 128
        && extension.strip_prefix('.').is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(
                    |b| matches!(b, b'0'..=b'9' | b'a'..=b'z' | b'!' | b'-' | b'_' | b'.' | b'*' | b'\'' | b'(' | b')'),
                )
        })
}
