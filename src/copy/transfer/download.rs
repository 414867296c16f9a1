//! Object to file: in one piece, or in ranges at once into a file of the right size.

use std::fs::FileTimes;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::parts::{each, memory, ranges};
use super::staged::{Publish, Staged};
use super::{Done, Item, Shared};
use crate::copy::crc64::Crc64;
use crate::copy::entry::is_md5;
use crate::copy::list::{file_etag, system_time};
use crate::copy::location::file_path;
use crate::copy::s3::ObjectHead;
use crate::copy::side::{LocalSide, RemoteSide};
use crate::copy::{Error, Result, Verify, stopped_worker};

const MIB: u64 = 1 << 20;
const MODE: u32 = 0o644;

pub(super) async fn download(
    shared: &Arc<Shared>,
    source: &RemoteSide,
    target: &LocalSide,
    item: &Item,
) -> Result<Done> {
    let path = file_path(&target.root, &item.target)?;
    if item.source.is_folder() {
        std::fs::create_dir_all(&path).map_err(|source| Error::file(path, source))?;
        return Ok(Done { is_verified: true, ..Done::default() });
    }
    if item.target.ends_with('/') {
        let reason = "it ends with `/` and has content".to_owned();
        return Err(Error::UnsafeName { key: item.target.clone(), reason });
    }
    let from = source.key(&item.source.key);
    let (size, part) = (item.source.size, shared.options.part_mib * MIB);
    if size > part {
        return download_parts(shared, source, target, item).await;
    }
    let _memory = memory(shared, size).await?;
    let permit = source.s3.pace.acquire().await;
    let got = source.s3.get(&from, 0..size, item.source.etag.as_deref()).await?;
    drop(permit);
    let (shared, item, root) = (Arc::clone(shared), item.clone(), target.root.clone());
    let write = move || {
        if shared.options.verify != Verify::Off {
            check(&from, &got.bytes, &got.head)?;
        }
        shared.make_folder(&root, &path)?;
        let staged = Staged::create(&shared.stage, path, MODE)?;
        staged.file.write_all_at(&got.bytes, 0).map_err(|source| staged.failed(source))?;
        finish(&shared, staged, &item)
    };
    tokio::task::spawn_blocking(write).await.map_err(stopped_worker)?
}

/// Compare bytes with what the service says about them.
fn check(key: &str, bytes: &Bytes, head: &ObjectHead) -> Result<()> {
    let mismatch = |what, expected: &str, found: String| {
        Err(Error::Mismatch { key: key.to_owned(), what, expected: expected.to_owned(), found })
    };
    if let Some(expected) = &head.crc64 {
        let found = Crc64::of(bytes).to_base64();
        return if *expected == found { Ok(()) } else { mismatch("CRC64NVME", expected, found) };
    }
    if is_md5(&head.etag) && !head.is_kms {
        let found: String = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        return if head.etag == found { Ok(()) } else { mismatch("MD5", &head.etag, found) };
    }
    Ok(())
}

async fn download_parts(shared: &Arc<Shared>, source: &RemoteSide, target: &LocalSide, item: &Item) -> Result<Done> {
    let from = source.key(&item.source.key);
    let head = source.s3.head(&from).await?;
    if item.source.etag.as_deref().is_some_and(|etag| etag != head.etag) {
        return Err(Error::Changed { key: from });
    }
    let (root, path) = (target.root.clone(), file_path(&target.root, &item.target)?);
    let (creating, size) = (Arc::clone(shared), head.size);
    let create = move || {
        creating.make_folder(&root, &path)?;
        let staged = Staged::create(&creating.stage, path, MODE)?;
        allocate(&staged, size)?;
        Ok::<_, Error>(Arc::new(staged))
    };
    let staged = tokio::task::spawn_blocking(create).await.map_err(stopped_worker)??;
    let parts = ranges(size, shared.options.part_mib * MIB);
    let sums = each(shared, &source.s3.pace, parts, true, async |_, range| {
        let start = range.start;
        let got = source.s3.get(&from, range, Some(&head.etag)).await?;
        let staged = Arc::clone(&staged);
        let write = move || {
            staged.file.write_all_at(&got.bytes, start).map_err(|source| staged.failed(source))?;
            Ok::<_, Error>(Crc64::of(&got.bytes))
        };
        tokio::task::spawn_blocking(write).await.map_err(stopped_worker)?
    })
    .await?;
    let found = sums.into_iter().fold(Crc64::default(), Crc64::join).to_base64();
    if let Some(expected) = head.crc64.filter(|expected| *expected != found && shared.options.verify != Verify::Off) {
        return Err(Error::Mismatch { key: from, what: "CRC64NVME", expected, found });
    }
    let staged =
        Arc::into_inner(staged).ok_or_else(|| Error::Worker { reason: "a part is still written".to_owned() })?;
    let (shared, item) = (Arc::clone(shared), item.clone());
    tokio::task::spawn_blocking(move || finish(&shared, staged, &item)).await.map_err(stopped_worker)?
}

/// Have the blocks before the parts come: a full disk shows at once, and parts do not fragment the file.
#[cfg(target_os = "linux")]
fn allocate(staged: &Staged, size: u64) -> Result<()> {
    match rustix::fs::fallocate(&staged.file, rustix::fs::FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP) => staged.file.set_len(size).map_err(|source| staged.failed(source)),
        Err(error) => Err(staged.failed(error.into())),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate(staged: &Staged, size: u64) -> Result<()> {
    staged.file.set_len(size).map_err(|source| staged.failed(source))
}

/// The file under its name, with the time of the object.
fn finish(shared: &Shared, staged: Staged, item: &Item) -> Result<Done> {
    let times = FileTimes::new().set_modified(system_time(item.source.modified));
    staged.file.set_times(times).map_err(|source| staged.failed(source))?;
    let metadata = staged.file.metadata().map_err(|source| staged.failed(source))?;
    let bytes = metadata.len();
    if bytes != item.source.size {
        let (expected, found) = (format!("{} bytes", item.source.size), format!("{bytes} bytes"));
        return Err(Error::Mismatch { key: item.target.clone(), what: "size", expected, found });
    }
    staged.publish(Publish {
        no_clobber: shared.options.no_clobber || shared.is_case_blind,
        sync: shared.options.sync || shared.options.move_source,
    })?;
    Ok(Done { bytes, etag: Some(file_etag(&metadata).into()), is_verified: true })
}
