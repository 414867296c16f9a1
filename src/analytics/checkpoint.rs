//! Checkpoints: state files, then one manifest that makes them valid.
//!
//! A manifest is written under a temporary name and linked into place, so it is there as a whole or not at all. Restoring
//! takes the newest one whose files all verify.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::input::InputSchema;
use super::source::Positions;
use crate::deliver::SinkSnapshot;

const FORMAT: u32 = 2;
/// Manifests kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// What a manifest says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    pub(crate) application: String,
    /// Of the SQL text and the input schemas.
    pub(crate) fingerprint: String,
    pub(crate) epoch: u64,
    /// When the application was first started: what CURRENT_TIMESTAMP shows.
    pub(crate) started: i64,
    /// Next offset of each shard of each input.
    pub(crate) positions: Positions,
    /// The time that each input has come to: no row will have a ROWTIME before it.
    pub(crate) bounds: BTreeMap<String, i64>,
    /// The input schemas, given or discovered.
    pub(crate) schemas: BTreeMap<String, InputSchema>,
    /// Records read and error rows made since the first start.
    pub(crate) records: u64,
    pub(crate) errors: u64,
    pub(crate) sinks: Vec<StateFile>,
    /// What the operators remember.
    pub(crate) operators: Vec<StateFile>,
}

/// A state file that a manifest names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StateFile {
    /// `stream/destination` of a sink, or the name of an operator.
    name: String,
    file: String,
    bytes: u64,
    crc: u32,
}

/// Everything of a checkpoint but the sinks' parts.
pub(crate) struct Cut<'a> {
    pub(crate) application: &'a str,
    pub(crate) fingerprint: &'a str,
    pub(crate) epoch: u64,
    pub(crate) started: i64,
    pub(crate) positions: &'a Positions,
    pub(crate) bounds: &'a BTreeMap<String, i64>,
    pub(crate) schemas: &'a BTreeMap<String, InputSchema>,
    pub(crate) records: u64,
    pub(crate) errors: u64,
}

/// States by the name of what they belong to.
pub(crate) type States = Vec<(String, Vec<u8>)>;

/// A checkpoint as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) manifest: Manifest,
    pub(crate) sinks: Vec<(String, SinkSnapshot)>,
    pub(crate) operators: States,
}

/// The checkpoints of one application.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let state = folder.join("state");
        fs::create_dir_all(&state).map_err(Error::io(&state))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The newest manifest whose state files are intact, with their contents.
    ///
    /// # Errors
    /// [`Error::CorruptCheckpoint`] when there are manifests and none is usable.
    pub(crate) fn newest(&self) -> Result<Option<Loaded>> {
        let mut first_error = None;
        for epoch in self.epochs()?.into_iter().rev() {
            match self.load(epoch) {
                Ok(loaded) => return Ok(Some(loaded)),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        first_error.map_or(Ok(None), Err)
    }

    fn load(&self, epoch: u64) -> Result<Loaded> {
        let path = self.manifest_path(epoch);
        let corrupt = |path: &Path, message: String| Error::CorruptCheckpoint { path: path.to_owned(), message };
        let text = fs::read(&path).map_err(Error::io(&path))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| corrupt(&path, error.to_string()))?;
        if manifest.format > FORMAT {
            return Err(corrupt(&path, format!("its format {} was written by a newer bayou", manifest.format)));
        }
        if manifest.format < FORMAT {
            return Err(corrupt(&path, format!("its format {} is that of an older bayou", manifest.format)));
        }
        let read = |state: &StateFile| -> Result<(String, Vec<u8>)> {
            let path = self.folder.join("state").join(&state.file);
            let bytes = fs::read(&path).map_err(|error| corrupt(&path, error.to_string()))?;
            if bytes.len() as u64 != state.bytes || crc32c::crc32c(&bytes) != state.crc {
                return Err(corrupt(&path, "its checksum is wrong".into()));
            }
            Ok((state.name.clone(), bytes))
        };
        let sinks = manifest.sinks.iter().map(|state| read(state).map(|(name, bytes)| (name, SinkSnapshot(bytes))));
        let sinks = sinks.collect::<Result<_>>()?;
        let operators = manifest.operators.iter().map(read).collect::<Result<_>>()?;
        Ok(Loaded { manifest, sinks, operators })
    }

    /// Write a checkpoint; when this returns, it holds.
    pub(crate) fn write(&self, cut: &Cut<'_>, sinks: &[(String, SinkSnapshot)], operators: &States) -> Result<()> {
        let write = |name: &str, kind: &str, place: usize, bytes: &[u8]| -> Result<StateFile> {
            let file = format!("{:020}-{kind}-{place}.bin", cut.epoch);
            write_durably(&self.folder.join("state").join(&file), bytes)?;
            Ok(StateFile { name: name.to_owned(), file, bytes: bytes.len() as u64, crc: crc32c::crc32c(bytes) })
        };
        let sinks = sinks.iter().enumerate().map(|(place, (name, state))| write(name, "sink", place, &state.0));
        let sinks = sinks.collect::<Result<_>>()?;
        let operators =
            operators.iter().enumerate().map(|(place, (name, state))| write(name, "operator", place, state));
        let operators = operators.collect::<Result<_>>()?;
        let manifest = Manifest {
            format: FORMAT,
            application: cut.application.to_owned(),
            fingerprint: cut.fingerprint.to_owned(),
            epoch: cut.epoch,
            started: cut.started,
            positions: cut.positions.clone(),
            bounds: cut.bounds.clone(),
            schemas: cut.schemas.clone(),
            records: cut.records,
            errors: cut.errors,
            sinks,
            operators,
        };
        let path = self.manifest_path(cut.epoch);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
        let staged = path.with_extension("partial");
        write_durably(&staged, &text)?;
        fs::rename(&staged, &path).map_err(Error::io(&path))
    }

    /// Remove what older manifests alone need.
    pub(crate) fn clean(&self) -> Result<()> {
        let epochs = self.epochs()?;
        let Some(oldest_kept) = epochs.len().checked_sub(KEPT).and_then(|place| epochs.get(place)).copied() else {
            return Ok(());
        };
        for epoch in epochs.iter().filter(|epoch| **epoch < oldest_kept) {
            let path = self.manifest_path(*epoch);
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        let folder = self.folder.join("state");
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let epoch = entry.file_name().to_str().and_then(|name| name.split('-').next()?.parse::<u64>().ok());
            if epoch.is_some_and(|epoch| epoch < oldest_kept) {
                fs::remove_file(entry.path()).map_err(Error::io(entry.path()))?;
            }
        }
        Ok(())
    }

    fn manifest_path(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("checkpoint-{epoch:020}.json"))
    }

    /// Epochs that have a manifest, ascending.
    fn epochs(&self) -> Result<Vec<u64>> {
        let mut epochs = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(Error::io(&self.folder))? {
            let name = entry.map_err(Error::io(&self.folder))?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix("checkpoint-")?.strip_suffix(".json"));
            epochs.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        }
        epochs.sort_unstable();
        Ok(epochs)
    }
}

/// Write a file and have it on disk.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(Error::io(path))
}

/// Tells whether a checkpoint belongs to this text and these inputs.
pub(crate) fn fingerprint(sql: &str, schemas: &BTreeMap<String, InputSchema>) -> String {
    let mut digest = Md5::new();
    digest.update(sql.as_bytes());
    for (input, schema) in schemas {
        digest.update([0]);
        digest.update(input.as_bytes());
        digest.update(format!("{schema:?}"));
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::{InputColumn, SqlType};

    fn cut(schema: &InputSchema, epoch: u64, checkpoints: &Checkpoints) {
        let positions = Positions::from([("s".to_owned(), BTreeMap::from([(0, epoch * 10)]))]);
        let cut = Cut {
            application: "a",
            fingerprint: "f",
            epoch,
            started: 1,
            positions: &positions,
            bounds: &BTreeMap::from([("s".to_owned(), 2)]),
            schemas: &BTreeMap::from([("s".to_owned(), schema.clone())]),
            records: 3,
            errors: 0,
        };
        checkpoints
            .write(&cut, &[("s/d".into(), SinkSnapshot(vec![epoch as u8; 4]))], &vec![("0-sort".into(), vec![1])])
            .unwrap();
    }

    #[test]
    fn the_newest_intact_checkpoint_is_restored() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(folder.path()).unwrap();
        assert!(checkpoints.newest().unwrap().is_none());
        let schema =
            InputSchema::json(vec![InputColumn { name: "a".into(), sql_type: SqlType::Integer, mapping: None }]);
        for epoch in 1..=3 {
            cut(&schema, epoch, &checkpoints);
            checkpoints.clean().unwrap();
        }
        let Loaded { manifest, sinks, operators } = checkpoints.newest().unwrap().unwrap();
        assert_eq!((manifest.epoch, manifest.positions["s"][&0], &sinks[0].1.0[..]), (3, 30, &[3, 3, 3, 3][..]));
        assert_eq!(operators, [("0-sort".to_owned(), vec![1])]);
        fs::write(folder.path().join("state").join(format!("{:020}-sink-0.bin", 3)), b"torn").unwrap();
        assert_eq!(checkpoints.newest().unwrap().unwrap().manifest.epoch, 2);
        assert_eq!(checkpoints.epochs().unwrap(), [2, 3]);
        fs::write(checkpoints.manifest_path(2), b"{").unwrap();
        assert!(matches!(checkpoints.newest(), Err(Error::CorruptCheckpoint { .. })));
    }
}
