//! What can be asked of a copy.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::list::KeyRange;
use super::{Error, Result};
use crate::storage::StorageOptions;

/// When an object that is at the destination already counts as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By what identifies content: ETag, recorded ETag, checksum; files by size and time.
    #[default]
    Identity,
    /// By size, and when the destination is not older.
    SizeAndTime,
    /// By size alone.
    Size,
    /// Never: everything is copied again.
    Nothing,
}

/// How a copy is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// By size, and by the ETag or checksum that the copy's own answer tells.
    #[default]
    Answer,
    /// By reading both sides.
    Read,
    /// Not at all.
    Off,
}

/// Options of a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CopyOptions {
    /// Globs of the keys to copy; everything when empty. One without `/` is compared with the file's name.
    pub include: Vec<String>,
    /// Globs of the keys to leave out.
    pub exclude: Vec<String>,
    /// Rules for new names, pattern and template; the first that fits counts.
    pub rename: Vec<(String, String)>,
    /// Requests in flight; found out while copying when None.
    pub concurrency: Option<usize>,
    /// When an object at the destination counts as the same.
    pub compare: Compare,
    /// How copies are checked.
    pub verify: Verify,
    /// Leave alone what exists at the destination, whatever it is.
    pub no_clobber: bool,
    /// Delete at the destination what the source does not have.
    pub delete: bool,
    /// Delete at the source what has been copied and verified.
    pub move_source: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Remember in a manifest what has been done, and use it the next time.
    pub resume: bool,
    /// Follow symbolic links instead of skipping them.
    pub follow: bool,
    /// Have files on the disk before they count as copied, so that they survive a loss of power.
    pub sync: bool,
    /// Most memory for the parts in flight, in MiB.
    pub memory_mib: usize,
    /// Objects above this size are copied in parts at once, in MiB.
    pub threshold_mib: u64,
    /// Size of parts that pass through this machine, in MiB; at least 5.
    pub part_mib: u64,
    /// Attempts at one request before it counts as failed.
    pub attempts: u32,
    /// Copies a second that every prefix gets; S3's own limit on AWS and none elsewhere when None.
    pub rate_per_prefix: Option<f64>,
    /// Folder of the manifests; the user's cache folder when None.
    #[serde(skip)]
    pub state_dir: Option<PathBuf>,
    /// How to reach the source.
    #[serde(with = "reach")]
    pub source: StorageOptions,
    /// How to reach the destination.
    #[serde(with = "reach")]
    pub destination: StorageOptions,
    /// Keys at which a listing may be cut, relative to the source: folders of partitions, for example.
    pub hints: Vec<String>,
    /// The keys to copy, for one part of a plan.
    pub(crate) range: KeyRange,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            rename: Vec::new(),
            concurrency: None,
            compare: Compare::default(),
            verify: Verify::default(),
            no_clobber: false,
            delete: false,
            move_source: false,
            dry_run: false,
            resume: true,
            follow: false,
            sync: false,
            memory_mib: 256,
            threshold_mib: 64,
            part_mib: 16,
            attempts: 10,
            rate_per_prefix: None,
            state_dir: None,
            source: StorageOptions::default(),
            destination: StorageOptions::default(),
            hints: Vec::new(),
            range: KeyRange::default(),
        }
    }
}

impl CopyOptions {
    /// Refuse values that make no sense.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |option, reason: &str| Err(Error::InvalidOption { option, reason: reason.to_owned() });
        match self {
            _ if self.part_mib < 5 || self.part_mib > 5_120 => refuse("part_mib", "it is 5 to 5120"),
            _ if self.threshold_mib < 5 || self.threshold_mib > 5_120 => refuse("threshold_mib", "it is 5 to 5120"),
            _ if (self.memory_mib as u64) < self.part_mib => refuse("memory_mib", "it is less than one part"),
            _ if self.concurrency == Some(0) => refuse("concurrency", "it is at least 1"),
            _ if self.attempts == 0 => refuse("attempts", "it is at least 1"),
            _ if self.rate_per_prefix.is_some_and(|rate| rate.is_nan() || rate <= 0.0) => {
                refuse("rate_per_prefix", "it is more than 0")
            }
            _ if self.delete && !self.rename.is_empty() => {
                refuse("delete", "renamed objects cannot be told from extra ones")
            }
            _ if self.delete && self.move_source => refuse("delete", "a move has emptied the source"),
            _ if self.move_source && self.verify == Verify::Off => {
                refuse("verify", "nothing is deleted that has not been verified")
            }
            _ => Ok(()),
        }
    }
}

/// How a bucket is reached, without the keys: a part of a plan is sent to workers that have their own.
mod reach {
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    use crate::storage::StorageOptions;

    #[derive(Serialize, serde::Deserialize)]
    struct Reach {
        endpoint_url: Option<String>,
        region: Option<String>,
        profile: Option<String>,
    }

    pub(super) fn serialize<S: Serializer>(options: &StorageOptions, serializer: S) -> Result<S::Ok, S::Error> {
        let (endpoint_url, region) = (options.endpoint_url.clone(), options.region.clone());
        Reach { endpoint_url, region, profile: options.profile.clone() }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StorageOptions, D::Error> {
        let Reach { endpoint_url, region, profile } = Reach::deserialize(deserializer)?;
        Ok(StorageOptions { endpoint_url, region, profile, ..StorageOptions::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_travel_with_the_options() {
        let source = StorageOptions {
            secret_access_key: Some("hush".into()),
            endpoint_url: Some("http://localhost:9000".into()),
            ..StorageOptions::default()
        };
        let text = serde_json::to_string(&CopyOptions { source, ..CopyOptions::default() }).unwrap();
        assert!(!text.contains("hush") && text.contains("localhost:9000"));
        let back: CopyOptions = serde_json::from_str(&text).unwrap();
        assert_eq!(back.source.endpoint_url.as_deref(), Some("http://localhost:9000"));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let options = CopyOptions { move_source: true, verify: Verify::Off, ..CopyOptions::default() };
        assert!(options.check().unwrap_err().to_string().contains("verified"));
        assert!(CopyOptions { part_mib: 4, ..CopyOptions::default() }.check().is_err());
        assert!(CopyOptions::default().check().is_ok());
    }
}
