//! The backend for everything that speaks the object store interface.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path as ObjectPath;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, WriteMultipart,
};
use tokio::io::AsyncReadExt as _;

use super::{Error, LakePath, ObjectInfo, Result};
use crate::time::Timestamp;

/// Files above this size are uploaded in parts of it, several at once.
const PART_BYTES: usize = 16 << 20;
const PARTS_AT_ONCE: usize = 8;

/// A lake below a prefix of an object store.
pub(super) struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: LakePath,
}

impl Remote {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: LakePath) -> Self {
        Self { store, prefix }
    }

    fn object_path(&self, path: &LakePath) -> Result<ObjectPath> {
        let joined = self.prefix.join(path.as_str())?;
        ObjectPath::parse(joined.as_str()).map_err(|source| Error::from_object_store(path.as_str(), source.into()))
    }

    pub(super) async fn put(&self, path: &LakePath, bytes: Bytes, replace: bool) -> Result<()> {
        let mode = if replace { PutMode::Overwrite } else { PutMode::Create };
        let put = self.store.put_opts(&self.object_path(path)?, bytes.into(), PutOptions::from(mode)).await;
        put.map(|_| ()).map_err(|source| match source {
            object_store::Error::Precondition { .. } if !replace => Error::AlreadyExists { path: path.to_string() },
            source => Error::from_object_store(path.as_str(), source),
        })
    }

    pub(super) async fn put_file(&self, local: &Path, path: &LakePath) -> Result<()> {
        let failed = |source| Error::from_io(local.display().to_string(), source);
        let bytes = tokio::fs::metadata(local).await.map_err(failed)?.len();
        if bytes <= PART_BYTES as u64 {
            let content = tokio::fs::read(local).await.map_err(failed)?;
            self.put(path, content.into(), true).await?;
        } else {
            self.upload(local, path).await?;
        }
        tokio::fs::remove_file(local).await.map_err(failed)
    }

    async fn upload(&self, local: &Path, path: &LakePath) -> Result<()> {
        let failed = |source| Error::from_object_store(path.as_str(), source);
        let upload = self.store.put_multipart(&self.object_path(path)?).await.map_err(failed)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        if let Err(error) = copy_parts(local, path, &mut upload).await {
            // The parts sent so far cost money until they are given up; the first error is the one to report.
            let _ = upload.abort().await;
            return Err(error);
        }
        upload.finish().await.map(|_| ()).map_err(failed)
    }

    pub(super) async fn get(&self, path: &LakePath) -> Result<Bytes> {
        let failed = |source| Error::from_object_store(path.as_str(), source);
        self.store.get(&self.object_path(path)?).await.map_err(failed)?.bytes().await.map_err(failed)
    }

    pub(super) async fn get_range(&self, path: &LakePath, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let start = range.start;
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..Default::default() };
        let failed = |source| Error::from_object_store(path.as_str(), source);
        match self.store.get_opts(&self.object_path(path)?, options).await {
            Ok(found) => found.bytes().await.map_err(failed),
            // Services answer a range that starts at or after the end with an error.
            Err(source) => match self.head(path).await {
                Ok(info) if start >= info.bytes => Ok(Bytes::new()),
                _ => Err(failed(source)),
            },
        }
    }

    pub(super) async fn head(&self, path: &LakePath) -> Result<ObjectInfo> {
        let found = self.store.head(&self.object_path(path)?).await;
        let found = found.map_err(|source| Error::from_object_store(path.as_str(), source))?;
        Ok(object_info(path.clone(), found))
    }

    pub(super) async fn list(&self, prefix: &LakePath) -> Result<Vec<ObjectInfo>> {
        let folder = self.object_path(prefix)?;
        let folder = (!folder.as_ref().is_empty()).then_some(folder);
        let listing = self.store.list(folder.as_ref());
        let found: Vec<ObjectMeta> =
            listing.try_collect().await.map_err(|source| Error::from_object_store(prefix.as_str(), source))?;
        let mut objects = Vec::with_capacity(found.len());
        for meta in found {
            let key = LakePath::parse(meta.location.as_ref())?;
            // The marker of the folder itself is no file in it.
            if let Some(below) = key.below(&self.prefix).filter(|below| !below.is_empty() && *below != prefix.as_str())
            {
                objects.push(object_info(LakePath::parse(below)?, meta));
            }
        }
        Ok(objects)
    }

    pub(super) async fn delete(&self, path: &LakePath) -> Result<()> {
        match self.store.delete(&self.object_path(path)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::from_object_store(path.as_str(), source)),
        }
    }
}

async fn copy_parts(local: &Path, path: &LakePath, upload: &mut WriteMultipart) -> Result<()> {
    let failed = |source| Error::from_io(local.display().to_string(), source);
    let mut file = tokio::fs::File::open(local).await.map_err(failed)?;
    loop {
        let mut part = Vec::with_capacity(PART_BYTES);
        let read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut part).await.map_err(failed)?;
        if read == 0 {
            return Ok(());
        }
        let sent = upload.wait_for_capacity(PARTS_AT_ONCE).await;
        sent.map_err(|source| Error::from_object_store(path.as_str(), source))?;
        upload.put(part.into());
    }
}

fn object_info(path: LakePath, meta: ObjectMeta) -> ObjectInfo {
    let modified = Timestamp(meta.last_modified.timestamp_millis());
    ObjectInfo { path, bytes: meta.size, modified, etag: meta.e_tag }
}
