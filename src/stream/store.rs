//! The streams of one lake: created, opened, listed, deleted.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::appender::{AppenderOptions, Durability};
use super::error::{Error, Result};
use super::handle::Stream;
use super::manifest::{MANIFEST, Manifest};
use super::retention::Retention;
use crate::time::Clock;

/// The most shards of a new stream.
pub(super) const MOST_SHARDS: u32 = 10_000;

/// How a stream is made and opened.
#[derive(Clone, Copy, Debug)]
pub struct StreamOptions {
    /// Shards of a new stream.
    pub shards: u32,
    /// When puts through this handle are acknowledged.
    pub durability: Durability,
    /// What a new stream keeps.
    pub retention: Retention,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { shards: 1, durability: Durability::Os, retention: Retention::default() }
    }
}

/// The streams below one folder.
#[derive(Clone, Debug)]
pub struct StreamStore {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl StreamStore {
    /// Streams below `folder`, which is made when the first stream is.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self { folder: folder.into(), clock }
    }

    /// Make a stream.
    ///
    /// # Errors
    /// [`Error::InUse`] when it exists, [`Error::InvalidArgument`] for a name or number of shards that the API does not allow.
    pub fn create(&self, name: &str, options: &StreamOptions) -> Result<Stream> {
        check_name(name)?;
        if options.shards == 0 || options.shards > MOST_SHARDS {
            return Err(Error::InvalidArgument {
                message: format!("A stream has 1 to {MOST_SHARDS} shards, not {}", options.shards),
            });
        }
        let folder = self.folder.join(name);
        if folder.join(MANIFEST).exists() {
            return Err(Error::InUse { name: name.to_owned() });
        }
        options.retention.checked()?;
        let manifest = Manifest::new(name, self.clock.now(), options.shards, options.retention);
        for shard in &manifest.shards {
            let shard_folder = folder.join(shard.id.to_string());
            fs::create_dir_all(&shard_folder).map_err(|error| Error::io(&shard_folder, error))?;
        }
        if manifest.create(&folder)? {
            self.open(name, options.durability)
        } else {
            Err(Error::InUse { name: name.to_owned() })
        }
    }

    /// Open a stream.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NewerFormat`], [`Error::Corrupt`].
    pub fn open(&self, name: &str, durability: Durability) -> Result<Stream> {
        check_name(name)?;
        let folder = self.folder.join(name);
        match Manifest::load(&folder)? {
            Some((manifest, file)) => {
                let options = AppenderOptions { clock: Arc::clone(&self.clock), durability };
                Stream::open(&folder, &manifest, file, options)
            }
            None => Err(self.not_found(name)),
        }
    }

    /// Open a stream, making it when there is none. An existing one must have `shards` open shards when that is given.
    ///
    /// # Errors
    /// [`Error::DifferentShards`], and those of [`StreamStore::create`] and [`StreamStore::open`].
    pub fn open_or_create(&self, name: &str, shards: Option<u32>, durability: Durability) -> Result<Stream> {
        let options = StreamOptions { shards: shards.unwrap_or(1), durability, ..StreamOptions::default() };
        match self.create(name, &options) {
            Err(Error::InUse { .. }) => {}
            other => return other,
        }
        let stream = self.open(name, durability)?;
        match shards {
            Some(wanted) if stream.open_shards().len() != wanted as usize => Err(Error::DifferentShards {
                name: name.to_owned(),
                found: stream.open_shards().len(),
                wanted: wanted as usize,
            }),
            _ => Ok(stream),
        }
    }

    /// The names of the streams, sorted.
    ///
    /// # Errors
    /// The operating system's.
    pub fn list(&self) -> Result<Vec<String>> {
        let failed = |error| Error::io(&self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if entry.path().join(MANIFEST).exists()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Delete a stream and all of its records.
    ///
    /// # Errors
    /// [`Error::NotFound`], and the operating system's.
    pub fn delete(&self, name: &str) -> Result<()> {
        check_name(name)?;
        let folder = self.folder.join(name);
        match fs::remove_file(folder.join(MANIFEST)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.not_found(name)),
            other => other.map_err(|error| Error::io(&folder, error))?,
        }
        fs::remove_dir_all(&folder).map_err(|error| Error::io(&folder, error))
    }

    fn not_found(&self, name: &str) -> Error {
        let names = self.list().unwrap_or_default();
        let hint = if names.is_empty() {
            "\nhint: the lake has no streams yet".to_owned()
        } else {
            format!("\nhint: there are `{}`", names.join("`, `"))
        };
        Error::NotFound { name: name.to_owned(), hint }
    }
}

fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) || name.chars().all(|c| c == '.') {
        return Err(Error::InvalidArgument {
            message: format!(
                "`{name}` is not a stream name: 1 to 128 of the characters a-z, A-Z, 0-9, `_`, `.` and `-`"
            ),
        });
    }
    Ok(())
}
