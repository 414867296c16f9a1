//! The local folder for finished objects that are not published yet.
//!
//! A file here is either named by a checkpoint, and then it is published, or it is a leftover and deleted. Nothing reads
//! it under this name otherwise, so a torn one does no harm.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Error, Result};

/// Staging files of one delivery, used by one process at a time.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    _lock: File,
}

impl Staging {
    /// Take the delivery's private folder for this process.
    pub(super) fn open(delivery: &str, private_dir: &Path) -> Result<Self> {
        let folder = private_dir.join("staging");
        fs::create_dir_all(&folder).map_err(|source| Error::Staging { path: folder.clone(), source })?;
        let path = private_dir.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|source| Error::Staging { path: path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::Error(source)) => Err(Error::Staging { path, source }),
            Err(TryLockError::WouldBlock) => Err(Error::InvalidOption {
                delivery: delivery.to_owned(),
                option: "name",
                reason:
                    "another running application delivers under this name\nhint: give each delivery a name of its own"
                        .into(),
            }),
        }
    }

    /// Where a staging file is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Write a staging file as a whole, replacing one that is there; gives its size. A failed one is taken away.
    pub(super) fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> Result<(), WriteFault>,
    ) -> Result<u64> {
        let path = self.path(name);
        let io_fault = |source| Error::Staging { path: path.clone(), source };
        let file = File::create(&path).map_err(io_fault)?;
        let mut out = BufWriter::with_capacity(1 << 17, file);
        let written = content(&mut out).and_then(|()| out.flush().map_err(WriteFault::Io));
        let written = written.and_then(|()| out.get_ref().metadata().map_err(WriteFault::Io));
        match written {
            Ok(metadata) => Ok(metadata.len()),
            Err(fault) => {
                // Its buffer must not be flushed into the space that was just freed.
                drop(out.into_parts());
                let _ = fs::remove_file(&path);
                Err(match fault {
                    WriteFault::Io(source) => io_fault(source),
                    WriteFault::Encode(error) => error,
                })
            }
        }
    }

    /// Delete every file that is not in `keep`.
    pub(super) fn sweep(&self, keep: &HashSet<&str>) -> Result<()> {
        let fault = |source| Error::Staging { path: self.folder.clone(), source };
        for entry in fs::read_dir(&self.folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            if !entry.file_name().to_str().is_some_and(|name| keep.contains(name)) {
                fs::remove_file(entry.path()).map_err(|source| Error::Staging { path: entry.path(), source })?;
            }
        }
        Ok(())
    }
}

/// Why content could not be written.
#[derive(Debug)]
pub(super) enum WriteFault {
    Io(io::Error),
    Encode(Error),
}

impl From<io::Error> for WriteFault {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_file_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::open("d", dir.path()).unwrap();
        let result = staging.write("x", |out| {
            out.write_all(b"half")?;
            Err(WriteFault::Io(io::Error::from(io::ErrorKind::StorageFull)))
        });
        assert!(matches!(result, Err(Error::Staging { .. })));
        assert!(!staging.path("x").exists());
    }

    #[test]
    fn sweeping_keeps_only_what_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let staging = Staging::open("d", dir.path()).unwrap();
        for name in ["a", "b"] {
            assert_eq!(staging.write(name, |out| Ok(out.write_all(b"12")?)).unwrap(), 2);
        }
        staging.sweep(&HashSet::from(["b"])).unwrap();
        assert!(!staging.path("a").exists() && staging.path("b").exists());
    }

    #[test]
    fn two_users_of_one_name_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let first = Staging::open("d", dir.path()).unwrap();
        assert!(Staging::open("d", dir.path()).unwrap_err().to_string().contains("another running application"));
        drop(first);
        Staging::open("d", dir.path()).unwrap();
    }
}
