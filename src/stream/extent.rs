//! What a shard holds: where its records end, and letting go of those at its beginning.

use std::fs;
use std::io::ErrorKind;
use std::sync::PoisonError;

use super::error::{Error, Result};
use super::handle::Stream;
use super::segment::{segment_name, segments};
use super::sequence::ShardId;

impl Stream {
    /// The offset behind the last record of `shard`, whichever process wrote it.
    ///
    /// # Errors
    /// [`Error::UnknownShard`], and those of a put.
    pub fn end(&self, shard: ShardId) -> Result<u64> {
        let table = self.current()?;
        if let Some(end) = table.find(self.name(), shard)?.end_offset {
            return Ok(end);
        }
        match table.open.iter().find(|(info, _)| info.id == shard) {
            Some((_, appender)) => appender.lock().unwrap_or_else(PoisonError::into_inner).end(),
            None => Ok(0),
        }
    }

    /// Delete the segments of `shard` whose records all lie before `offset`; the one that is written to stays. Gives how
    /// many there were.
    ///
    /// Readers that are inside of one finish it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn trim(&self, shard: ShardId, offset: u64) -> Result<usize> {
        let folder = self.folder().join(shard.to_string());
        let all = segments(&folder)?;
        let mut deleted = 0;
        for (first, next) in all.iter().zip(all.iter().skip(1)) {
            if *next > offset {
                break;
            }
            let path = folder.join(segment_name(*first));
            match fs::remove_file(&path) {
                Ok(()) => deleted += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io(&path, error)),
            }
        }
        Ok(deleted)
    }
}
