//! Object to object within a service: the bytes never come here.
//!
//! Small objects are copied with one request. A service copies a large object at the speed of one stream, so it is copied
//! in ranges at once; above 5 GiB there is no other way. A copy in parts loses what a whole copy keeps, so metadata,
//! storage class and tags are read from the source and set on the new object.

use std::sync::Arc;

use super::parts::{each, ranges};
use super::{Done, Item, Shared};
use crate::copy::entry::is_md5;
use crate::copy::manifest::LeftUpload;
use crate::copy::s3::{Copied, ObjectHead, PutOptions, SOURCE_ETAG};
use crate::copy::side::RemoteSide;
use crate::copy::{Error, Result, Verify};

/// Parts of copies within a service: none of their bytes are held here.
const PART: u64 = 32 << 20;
const MIB: u64 = 1 << 20;

pub(super) async fn copy(shared: &Arc<Shared>, source: &RemoteSide, target: &RemoteSide, item: &Item) -> Result<Done> {
    match copy_version(shared, source, target, item).await {
        // Listed again once: what is there now is copied, whatever it is.
        Err(Error::Changed { .. }) => {
            let head = source.s3.head(&source.key(&item.source.key)).await?;
            let mut newer = item.clone();
            newer.source.size = head.size;
            newer.source.etag = Some(head.etag.into());
            newer.source.modified = head.modified;
            copy_version(shared, source, target, &newer).await
        }
        copied => copied,
    }
}

async fn copy_version(shared: &Arc<Shared>, source: &RemoteSide, target: &RemoteSide, item: &Item) -> Result<Done> {
    if item.source.size > shared.options.threshold_mib * MIB {
        return copy_parts(shared, source, target, item).await;
    }
    let (from, to) = (source.key(&item.source.key), target.key(&item.target));
    let etag = item.source.etag.as_deref();
    let options = PutOptions {
        no_clobber: shared.options.no_clobber,
        metadata: Vec::new(),
        storage_class: item.source.storage_class.clone(),
    };
    let permit = target.s3.pace.acquire().await;
    let copied = target.s3.copy((source.s3.bucket(), &from), etag, &to, &options).await?;
    drop(permit);
    // An MD5 that is the source's proves the content; another may be how the destination encrypts.
    let is_proven = etag.is_some_and(|etag| is_md5(etag) && etag == copied.etag);
    if !is_proven && shared.options.verify != Verify::Off {
        check(source, target, (&from, &to), item, etag).await?;
    }
    Ok(Done { bytes: item.source.size, etag: Some(copied.etag.into()), is_verified: true })
}

/// Compare what the service says about source and copy.
async fn check(
    source: &RemoteSide,
    target: &RemoteSide,
    (from, to): (&str, &str),
    item: &Item,
    etag: Option<&str>,
) -> Result<()> {
    let copy = target.s3.head(to).await?;
    let mismatch =
        |what, expected: String, found: String| Err(Error::Mismatch { key: to.to_owned(), what, expected, found });
    if copy.size != item.source.size {
        return mismatch("size", format!("{} bytes", item.source.size), format!("{} bytes", copy.size));
    }
    let Some(found) = copy.crc64 else { return Ok(()) };
    let original = source.s3.head(from).await?;
    if etag.is_some_and(|etag| etag != original.etag) {
        return Ok(()); // the source is another object by now
    }
    match original.crc64 {
        Some(expected) if expected != found => mismatch("CRC64NVME", expected, found),
        _ => Ok(()),
    }
}

async fn copy_parts(shared: &Arc<Shared>, source: &RemoteSide, target: &RemoteSide, item: &Item) -> Result<Done> {
    let (from, to) = (source.key(&item.source.key), target.key(&item.target));
    let head = source.s3.head(&from).await?;
    if item.source.etag.as_deref().is_some_and(|etag| etag != head.etag) {
        return Err(Error::Changed { key: from });
    }
    let options = kept(source, &from, &head, shared.options.no_clobber).await?;
    let upload = Upload::begin(shared, target, &to, &options, false).await?;
    let parts = ranges(head.size, PART);
    let copied = each(shared, &target.s3.pace, parts, false, async |number, range| {
        target.s3.copy_part((source.s3.bucket(), &from), range, Some(&head.etag), (&to, &upload.id, number)).await
    })
    .await;
    let completed = match copied {
        Ok(tags) => target.s3.complete_upload(&to, &upload.id, &tags, options.no_clobber, None).await,
        Err(error) => Err(error),
    };
    let Copied { etag } = upload.end(shared, target, completed).await?;
    if shared.options.verify != Verify::Off {
        check(source, target, (&from, &to), item, Some(&head.etag)).await?;
    }
    Ok(Done { bytes: head.size, etag: Some(etag.into()), is_verified: true })
}

/// What an object in parts does not inherit by itself.
pub(super) async fn kept(source: &RemoteSide, from: &str, head: &ObjectHead, no_clobber: bool) -> Result<PutOptions> {
    let mut metadata = head.metadata.clone();
    metadata.push((SOURCE_ETAG.to_owned(), head.etag.clone()));
    if head.has_tags {
        metadata.push(("x-amz-tagging".to_owned(), source.s3.tags(from).await?));
    }
    Ok(PutOptions { no_clobber, metadata, storage_class: None })
}

/// An upload that is under way, written down so that it does not stay behind.
pub(super) struct Upload {
    pub(super) id: String,
    key: String,
    bucket: String,
}

impl Upload {
    pub(super) async fn begin(
        shared: &Shared,
        target: &RemoteSide,
        key: &str,
        options: &PutOptions,
        is_summed: bool,
    ) -> Result<Self> {
        let mut upload = Self { id: String::new(), key: key.to_owned(), bucket: target.s3.bucket().to_owned() };
        upload.note(shared).await;
        upload.id = target.s3.create_upload(key, options, is_summed).await?;
        upload.note(shared).await;
        Ok(upload)
    }

    fn left(&self) -> LeftUpload {
        LeftUpload { key: self.key.clone(), bucket: self.bucket.clone(), id: self.id.clone() }
    }

    async fn note(&self, shared: &Shared) {
        if let Some(manifest) = &shared.manifest {
            manifest.upload(self.left()).await;
        }
    }

    /// The result of the upload; after a failure it is aborted.
    pub(super) async fn end<T>(self, shared: &Shared, target: &RemoteSide, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            tracing::debug!(key = self.key, %error, "the upload is aborted");
            target.s3.abort_upload(&self.key, &self.id).await?;
        }
        if let Some(manifest) = &shared.manifest {
            manifest.ended(self.left());
        }
        result
    }
}
