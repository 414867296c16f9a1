//! File to file: share the blocks where the file system can, else let the kernel copy them.

use std::fs::{File, FileTimes, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::staged::{Publish, Staged};
use super::{Done, Item, Shared};
use crate::copy::list::file_etag;
use crate::copy::location::file_path;
use crate::copy::{Error, Result};

/// Files up to this size are read and written with one call each; more calls would cost more than they save.
const SMALL: usize = 64 << 10;

thread_local! {
    static BUFFER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; SMALL + 1]);
}

/// Copy one file, with its time and mode.
pub(crate) fn copy_file(shared: &Shared, source_root: &Path, target_root: &Path, item: &Item) -> Result<Done> {
    let target = file_path(target_root, &item.target)?;
    shared.make_folder(target_root, &target)?;
    let path = source_root.join(&item.source.key);
    let failed = |source| Error::file(&path, source);
    let mut from = File::open(&path).map_err(failed)?;
    let before = from.metadata().map_err(failed)?;
    let mode = before.permissions().mode() & 0o7777;
    let mut staged = Staged::create(&shared.stage, target, mode)?;
    let copied = if before.len() <= SMALL as u64 {
        copy_small(&mut from, &mut staged.file)
    } else {
        copy_large(shared, &mut from, &mut staged.file, before.len())
    };
    let copied = copied.map_err(|source| staged.failed(source))?;
    let is_same =
        copied == before.len() && (copied <= SMALL as u64 || is_unchanged(&before, &from.metadata().map_err(failed)?));
    if !is_same {
        return Err(Error::Changed { key: path.display().to_string() });
    }
    keep_attributes(&staged, &before, mode)?;
    let etag = shared.manifest.is_some().then(|| staged.file.metadata().ok().map(|copy| file_etag(&copy).into()));
    staged.publish(Publish {
        no_clobber: shared.options.no_clobber || shared.is_case_blind,
        sync: shared.options.sync || shared.options.move_source,
    })?;
    Ok(Done { bytes: copied, etag: etag.flatten(), is_verified: true })
}

fn is_unchanged(before: &Metadata, after: &Metadata) -> bool {
    let state = |metadata: &Metadata| (metadata.len(), metadata.mtime(), metadata.mtime_nsec());
    state(before) == state(after)
}

/// The time of the source, and its mode when the process's mask took bits of it.
fn keep_attributes(staged: &Staged, source: &Metadata, mode: u32) -> Result<()> {
    let modified = source.modified().map_err(|source| staged.failed(source))?;
    let times = FileTimes::new().set_modified(modified);
    staged.file.set_times(times).map_err(|source| staged.failed(source))?;
    // The process's mask may have taken bits of it.
    let metadata = staged.file.metadata().map_err(|source| staged.failed(source))?;
    if metadata.permissions().mode() & 0o7777 != mode {
        let permissions = std::fs::Permissions::from_mode(mode);
        staged.file.set_permissions(permissions).map_err(|source| staged.failed(source))?;
    }
    Ok(())
}

fn copy_small(from: &mut File, to: &mut File) -> io::Result<u64> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut total = 0;
        loop {
            // One byte more than there should be: a short read is the end of the file.
            let read = from.read(buffer)?;
            to.write_all(buffer.get(..read).unwrap_or_default())?;
            total += read as u64;
            if read < buffer.len() {
                return Ok(total);
            }
        }
    })
}

fn copy_large(shared: &Shared, from: &mut File, to: &mut File, length: u64) -> io::Result<u64> {
    if shared.can_share.load(Ordering::Relaxed) {
        match share(from, to) {
            Ok(()) => return Ok(length),
            Err(_) => shared.can_share.store(false, Ordering::Relaxed),
        }
    }
    // On Linux this is copy_file_range, sendfile, or reads and writes: the first that works.
    io::copy(from, to)
}

#[cfg(target_os = "linux")]
fn share(from: &File, to: &File) -> io::Result<()> {
    rustix::fs::ioctl_ficlone(to, from).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn share(_from: &File, _to: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
