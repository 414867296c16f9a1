//! Whether two objects are the same when their listings do not tell: by what was recorded, then by their content.

use md5::{Digest as _, Md5};

use super::entry::Entry;
use super::manifest::Record;
use super::side::Side;
use super::transfer::verify::read;
use super::transfer::{Item, Shared};
use super::{Error, Result, stopped_worker};

/// The reason why they are the same; None when they are not, or nothing says so.
pub(crate) async fn settle(
    shared: &Shared,
    item: &Item,
    target: &Entry,
    record: Option<&Record>,
) -> Result<Option<&'static str>> {
    let is_recorded = record.is_some_and(|record| {
        record.size == item.source.size
            && record.etag.is_some()
            && record.etag == item.source.etag
            && record.copied_etag.is_some()
            && record.copied_etag == target.etag
    });
    if is_recorded {
        return Ok(Some("copied before"));
    }
    let Side::Remote(remote) = &shared.target else { return Ok(None) };
    match &shared.source {
        Side::Local(local) => {
            if let Some(md5) = target.md5() {
                let found = file_md5(local.root.join(&item.source.key)).await?;
                return Ok((found == md5).then_some("same MD5"));
            }
            let head = remote.s3.head(&remote.key(&item.target)).await?;
            let Some(expected) = head.crc64 else { return Ok(None) };
            let found = read(shared, &shared.source, &item.source.key).await?;
            Ok((found.to_base64() == expected).then_some("same checksum"))
        }
        Side::Remote(source) => {
            let copy = remote.s3.head(&remote.key(&item.target)).await?;
            if copy.source_etag.is_some() && copy.source_etag.as_deref() == item.source.etag.as_deref() {
                return Ok(Some("copied before"));
            }
            let Some(found) = copy.crc64 else { return Ok(None) };
            let original = source.s3.head(&source.key(&item.source.key)).await?;
            Ok((original.crc64 == Some(found)).then_some("same checksum"))
        }
    }
}

async fn file_md5(path: std::path::PathBuf) -> Result<String> {
    let hash = move || {
        let failed = |source| Error::file(&path, source);
        let mut file = std::fs::File::open(&path).map_err(failed)?;
        let mut md5 = Md5::new();
        std::io::copy(&mut file, &mut md5).map_err(failed)?;
        Ok(md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    };
    tokio::task::spawn_blocking(hash).await.map_err(stopped_worker)?
}
