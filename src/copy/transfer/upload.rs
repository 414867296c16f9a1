//! File to object: in one piece, or in parts at once, with checksums that the service compares.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::parts::{each, memory, ranges};
use super::server::Upload;
use super::{Done, Item, Shared};
use crate::copy::crc64::Crc64;
use crate::copy::list::file_etag;
use crate::copy::s3::{Copied, PutOptions};
use crate::copy::side::{LocalSide, RemoteSide};
use crate::copy::{Error, Result, Verify, stopped_worker};

const MIB: u64 = 1 << 20;

pub(super) async fn upload(shared: &Arc<Shared>, source: &LocalSide, target: &RemoteSide, item: &Item) -> Result<Done> {
    let path = source.root.join(&item.source.key);
    let to = target.key(&item.target);
    let file = open(&path).await?;
    let (file, size) = (file.0, file.1);
    let mut options = PutOptions { no_clobber: shared.options.no_clobber, ..PutOptions::default() };
    options.metadata.push(("content-type".to_owned(), content_type(&item.target).to_owned()));
    let part = shared.options.part_mib * MIB;
    if size <= part {
        let _memory = memory(shared, size).await?;
        let _permit = target.s3.pace.acquire().await;
        let bytes = read(&file, &path, 0, size).await?;
        unchanged(&file, &path, item).await?;
        let Copied { etag } = target.s3.put(&to, bytes, &options).await?;
        return Ok(Done { bytes: size, etag: Some(etag.into()), is_verified: true });
    }
    let upload = Upload::begin(shared, target, &to, &options, true).await?;
    let sent = each(shared, &target.s3.pace, ranges(size, part), true, async |number, range| {
        let bytes = read(&file, &path, range.start, range.end - range.start).await?;
        target.s3.upload_part(&to, &upload.id, number, bytes).await
    })
    .await;
    let completed = match sent {
        Ok(sent) => {
            let (tags, sums): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
            let whole = sums.into_iter().fold(Crc64::default(), Crc64::join);
            match unchanged(&file, &path, item).await {
                Ok(()) => target.s3.complete_upload(&to, &upload.id, &tags, options.no_clobber, Some(whole)).await,
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    let Copied { etag } = upload.end(shared, target, completed).await?;
    if shared.options.verify != Verify::Off {
        let found = target.s3.head(&to).await?.size;
        if found != size {
            let (expected, found) = (format!("{size} bytes"), format!("{found} bytes"));
            return Err(Error::Mismatch { key: to, what: "size", expected, found });
        }
    }
    Ok(Done { bytes: size, etag: Some(etag.into()), is_verified: true })
}

async fn open(path: &Path) -> Result<(Arc<File>, u64)> {
    let path = path.to_path_buf();
    let open = move || {
        let file = File::open(&path).map_err(|source| Error::file(&path, source))?;
        let size = file.metadata().map_err(|source| Error::file(&path, source))?.len();
        Ok((Arc::new(file), size))
    };
    tokio::task::spawn_blocking(open).await.map_err(stopped_worker)?
}

async fn read(file: &Arc<File>, path: &Path, start: u64, length: u64) -> Result<Bytes> {
    let (file, path) = (Arc::clone(file), path.to_path_buf());
    let read = move || {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        match file.read_exact_at(&mut bytes, start) {
            Ok(()) => Ok(Bytes::from(bytes)),
            // It became shorter than it was.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(Error::Changed { key: path.display().to_string() })
            }
            Err(source) => Err(Error::file(path, source)),
        }
    };
    tokio::task::spawn_blocking(read).await.map_err(stopped_worker)?
}

/// Refuse a file that was written to meanwhile.
async fn unchanged(file: &File, path: &Path, item: &Item) -> Result<()> {
    let now = file.metadata().map_err(|source| Error::file(path, source))?;
    let is_same = item.source.etag.as_deref().is_none_or(|etag| etag == file_etag(&now));
    if is_same { Ok(()) } else { Err(Error::Changed { key: path.display().to_string() }) }
}

/// The content type of a file by its name, for the formats of a lake.
fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "csv" => "text/csv",
        "json" | "jsonl" | "ndjson" => "application/json",
        "parquet" => "application/vnd.apache.parquet",
        "txt" | "log" | "sql" => "text/plain",
        "html" => "text/html",
        "xml" => "application/xml",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}
