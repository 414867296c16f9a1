//! Listings that are kept as long as nothing changed.
//!
//! A local folder tells that files came or went by its own time of change, and a file that it was rewritten by its own,
//! so a kept listing is checked by asking for these times: about a microsecond each, where reading hundreds of folders
//! again costs milliseconds. A bucket has no such times and is listed each time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::local::object_info;
use super::store::is_private;
use super::{LakePath, ObjectInfo, Result, Storage};

/// Times of files have the kernel's tick; a change in the same tick as the listing could be missed.
const TICK: Duration = Duration::from_millis(100);
/// Listings that are kept.
const KEPT: usize = 256;

/// Listings of one lake.
#[derive(Debug, Default)]
pub(crate) struct ListCache {
    kept: Mutex<HashMap<LakePath, Arc<Listing>>>,
}

#[derive(Debug)]
struct Listing {
    files: Arc<Vec<ObjectInfo>>,
    folders: Vec<(PathBuf, SystemTime)>,
}

impl ListCache {
    /// All files below `prefix`, by path; like [`Storage::list`].
    pub(crate) async fn list(&self, storage: &Storage, prefix: &LakePath) -> Result<Arc<Vec<ObjectInfo>>> {
        let (Some(local), Some(root)) = (storage.local(), storage.local_root()) else {
            return storage.list(prefix).await.map(Arc::new);
        };
        if is_private(prefix) {
            return Ok(Arc::default());
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(prefix).cloned();
        if let Some(listing) = kept.filter(|listing| listing.is_current(root)) {
            return Ok(Arc::clone(&listing.files));
        }
        let started = SystemTime::now();
        let Some(mut walked) = local.walk(prefix).await? else { return Ok(Arc::default()) };
        walked.files.retain(|object| !is_private(&object.path));
        walked.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let files = Arc::new(walked.files);
        let settled = |changed: SystemTime| started.duration_since(changed).is_ok_and(|age| age > TICK);
        let folders: Option<Vec<_>> = walked
            .folders
            .into_iter()
            .map(|(folder, changed)| changed.filter(|changed| settled(*changed)).map(|changed| (folder, changed)))
            .collect();
        if let Some(folders) = folders {
            let listing = Arc::new(Listing { files: Arc::clone(&files), folders });
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(prefix.clone(), listing);
        }
        Ok(files)
    }
}

impl Listing {
    /// Whether every folder and every file is as it was.
    fn is_current(&self, root: &Path) -> bool {
        let folder = |(path, changed): &(PathBuf, SystemTime)| {
            path.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|now| now == *changed)
        };
        let file = |object: &ObjectInfo| {
            let metadata = root.join(object.path.as_str()).metadata();
            metadata.is_ok_and(|metadata| object_info(object.path.clone(), &metadata).etag == object.etag)
        };
        self.folders.iter().all(folder) && self.files.iter().all(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::StorageOptions;

    /// Let the folder's last change be long ago.
    fn age(folder: &Path) {
        let past = SystemTime::now() - Duration::from_secs(60);
        std::fs::File::open(folder).unwrap().set_modified(past).unwrap();
    }

    #[tokio::test]
    async fn every_change_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path().to_str().unwrap(), &StorageOptions::default()).unwrap();
        let data = dir.path().join("data");
        for day in ["a", "b"] {
            std::fs::create_dir_all(data.join(day)).unwrap();
            std::fs::write(data.join(day).join("f"), "x").unwrap();
            age(&data.join(day));
        }
        age(&data);
        let (cache, prefix) = (ListCache::default(), LakePath::parse("data").unwrap());
        let names = async || -> Vec<(String, u64)> {
            let files = cache.list(&storage, &prefix).await.unwrap();
            files.iter().map(|file| (file.path.to_string(), file.bytes)).collect()
        };
        assert_eq!(names().await.len(), 2);
        assert_eq!(cache.kept.lock().unwrap().len(), 1, "it is kept");
        assert_eq!(names().await.len(), 2);
        std::fs::write(data.join("a").join("f"), "longer").unwrap();
        assert_eq!(names().await[0], ("data/a/f".to_owned(), 6), "a file was rewritten");
        std::fs::write(data.join("b").join("g"), "x").unwrap();
        assert_eq!(names().await.len(), 3, "a file came");
        std::fs::create_dir(data.join("c")).unwrap();
        std::fs::write(data.join("c").join("f"), "x").unwrap();
        assert_eq!(names().await.len(), 4, "a folder came");
        std::fs::remove_dir_all(&data).unwrap();
        assert_eq!(names().await.len(), 0, "all is gone");
    }
}
