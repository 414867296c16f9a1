//! The checkpoint of a delivery that reads its source itself: one file, replaced as a whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sink::SinkSnapshot;
use super::{Error, Result};
use crate::time::Timestamp;

/// What a checkpoint says besides the delivery's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) stream: String,
    /// The next offset of every shard.
    pub(super) positions: BTreeMap<String, u64>,
    #[serde(default)]
    pub(super) totals: DeliveryTotals,
    /// CRC-32C of the state.
    crc: u32,
}

/// What a delivery did since it was first started, over all its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeliveryTotals {
    /// Records taken from the source.
    pub records: u64,
    /// Rows in published files.
    pub delivered: u64,
    /// Documents in published error objects.
    pub failed: u64,
    /// Published objects.
    pub objects: u64,
    /// Their bytes, as stored.
    pub bytes: u64,
    /// Rows that were taken and are in no published object yet.
    pub pending: u64,
    /// Arrival of the oldest of them.
    pub oldest_pending: Option<Timestamp>,
}

/// The file.
#[derive(Debug)]
pub(super) struct Checkpoint {
    delivery: String,
    path: PathBuf,
}

impl Checkpoint {
    pub(super) fn new(delivery: &str, private_dir: &Path) -> Self {
        Self { delivery: delivery.to_owned(), path: private_dir.join("checkpoint") }
    }

    /// The head behind its length, then the state.
    pub(super) fn save(
        &self,
        stream: &str,
        positions: BTreeMap<String, u64>,
        totals: DeliveryTotals,
        state: &SinkSnapshot,
    ) -> Result<()> {
        let head = Head { stream: stream.to_owned(), positions, totals, crc: crc32c::crc32c(&state.0) };
        let write = || {
            let head = serde_json::to_vec(&head)?;
            let staged = self.path.with_extension("new");
            let mut file = File::create(&staged)?;
            file.write_all(&(head.len() as u64).to_le_bytes())?;
            file.write_all(&head)?;
            file.write_all(&state.0)?;
            file.sync_all()?;
            fs::rename(&staged, &self.path)
        };
        write().map_err(|source| Error::Staging { path: self.path.clone(), source })
    }

    /// What was saved last, if anything was.
    pub(super) fn load(&self) -> Result<Option<(Head, SinkSnapshot)>> {
        let Some((head, mut file)) = self.open()? else { return Ok(None) };
        let mut state = Vec::new();
        file.read_to_end(&mut state).map_err(|source| Error::Staging { path: self.path.clone(), source })?;
        if crc32c::crc32c(&state) != head.crc {
            return Err(self.corrupt("its content does not fit its checksum"));
        }
        Ok(Some((head, SinkSnapshot(state))))
    }

    /// The head alone, without reading what may be a large state.
    pub(super) fn head(&self) -> Result<Option<Head>> {
        Ok(self.open()?.map(|(head, _)| head))
    }

    fn open(&self) -> Result<Option<(Head, File)>> {
        let failed = |source| Error::Staging { path: self.path.clone(), source };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let whole = file.metadata().map_err(failed)?.len();
        let mut length = [0; 8];
        let read = file.read_exact(&mut length).map(|()| u64::from_le_bytes(length));
        let length = read.ok().filter(|length| *length <= whole.saturating_sub(8));
        let length = length.ok_or_else(|| self.corrupt("it ends too early"))?;
        let mut head = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact(&mut head).map_err(failed)?;
        let head = serde_json::from_slice(&head).map_err(|error| self.corrupt(&error.to_string()))?;
        Ok(Some((head, file)))
    }

    /// The error for a file that was damaged.
    pub(super) fn corrupt(&self, reason: &str) -> Error {
        let (delivery, reason) = (self.delivery.clone(), format!("{reason} (`{}`)", self.path.display()));
        Error::CorruptSnapshot { delivery, reason }
    }
}
