//! The exam that every backend must pass, and the backends that sit it.

use std::sync::Arc;

use bytes::Bytes;
use object_store::memory::InMemory;

use super::{Error, LakePath, Storage, StorageOptions};

fn path(text: &str) -> LakePath {
    LakePath::parse(text).unwrap()
}

async fn names(lake: &Storage, prefix: &str) -> Vec<String> {
    lake.list(&path(prefix)).await.unwrap().into_iter().map(|object| object.path.to_string()).collect()
}

/// Every rule of [`Storage`] that does not depend on where the lake is; `lake` is empty.
pub(super) async fn storage_conformance(lake: &Storage) {
    content_comes_back(lake).await;
    new_files_do_not_replace(lake).await;
    listing_is_recursive_sorted_and_by_folder(lake).await;
    staged_files_are_published_once(lake).await;
    odd_names_round_trip(lake).await;
    private_and_outside_paths_are_refused(lake).await;
    the_engine_sees_the_same_objects(lake).await;
    deleting_is_idempotent(lake).await;
}

async fn content_comes_back(lake: &Storage) {
    let file = path("a/file");
    assert!(lake.head(&file).await.unwrap_err().is_not_found());
    assert!(lake.get(&file).await.unwrap_err().is_not_found());
    lake.put(&file, Bytes::from_static(b"0123456789")).await.unwrap();
    assert_eq!(lake.get(&file).await.unwrap().as_ref(), b"0123456789");
    assert_eq!(lake.get_range(&file, 2..5).await.unwrap().as_ref(), b"234");
    assert_eq!(lake.get_range(&file, 8..50).await.unwrap().as_ref(), b"89");
    assert!(lake.get_range(&file, 10..20).await.unwrap().is_empty());
    let first = lake.head(&file).await.unwrap();
    assert_eq!((first.bytes, &first.path), (10, &file));
    lake.put(&file, Bytes::from_static(b"other")).await.unwrap();
    assert_eq!(lake.get(&file).await.unwrap().as_ref(), b"other");
    assert_ne!(lake.head(&file).await.unwrap().etag, first.etag);
    assert!(lake.head(&path("a")).await.unwrap_err().is_not_found(), "a folder is no file");
}

async fn new_files_do_not_replace(lake: &Storage) {
    let file = path("a/new");
    lake.put_new(&file, Bytes::from_static(b"first")).await.unwrap();
    let error = lake.put_new(&file, Bytes::from_static(b"second")).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error}");
    assert_eq!(lake.get(&file).await.unwrap().as_ref(), b"first");
}

async fn listing_is_recursive_sorted_and_by_folder(lake: &Storage) {
    for name in ["l/b/2", "l/a/1", "l/a/.hidden", "l/a/_SUCCESS", "l2/x", "l/c"] {
        lake.put(&path(name), Bytes::from_static(b"x")).await.unwrap();
    }
    assert_eq!(names(lake, "l").await, ["l/a/.hidden", "l/a/1", "l/a/_SUCCESS", "l/b/2", "l/c"]);
    assert_eq!(names(lake, "l/a").await, ["l/a/.hidden", "l/a/1", "l/a/_SUCCESS"]);
    assert!(names(lake, "missing").await.is_empty());
    let all = names(lake, "").await;
    assert!(all.is_sorted() && all.contains(&"l2/x".to_owned()) && all.contains(&"a/file".to_owned()));
    let listed = lake.list(&path("l/b")).await.unwrap().remove(0);
    assert_eq!(listed, lake.head(&path("l/b/2")).await.unwrap());
}

async fn staged_files_are_published_once(lake: &Storage) {
    let staging = tempfile::tempdir().unwrap();
    let (local, published) = (staging.path().join("part-0"), path("p/day=1/part-0"));
    std::fs::write(&local, b"rows").unwrap();
    lake.put_file(&local, &published).await.unwrap();
    assert!(!local.exists());
    assert_eq!(lake.get(&published).await.unwrap().as_ref(), b"rows");
    lake.put_file(&local, &published).await.unwrap();
    assert!(lake.put_file(&local, &path("p/day=2/part-0")).await.unwrap_err().is_not_found());
}

async fn odd_names_round_trip(lake: &Storage) {
    for name in ["odd/city=S%2FW/part 1.json", "odd/ünï=数/x", "odd/a:b=c/{x}[y]~z", "odd/q?x#y&z+1"] {
        lake.put(&path(name), Bytes::copy_from_slice(name.as_bytes())).await.unwrap();
        assert_eq!(lake.get(&path(name)).await.unwrap().as_ref(), name.as_bytes());
        assert_eq!(lake.lake_path(&lake.location(&path(name))).unwrap(), path(name));
    }
    let listed = names(lake, "odd").await;
    assert_eq!(listed.len(), 4, "{listed:?}");
    assert!(listed.contains(&"odd/city=S%2FW/part 1.json".to_owned()), "{listed:?}");
}

async fn private_and_outside_paths_are_refused(lake: &Storage) {
    for private in [".bayou", ".bayou/catalog.db"] {
        let error = lake.put(&path(private), Bytes::new()).await.unwrap_err();
        assert!(matches!(error, Error::InvalidPath { .. }), "{error}");
        assert!(lake.get(&path(private)).await.is_err());
    }
    assert!(lake.put(&LakePath::root(), Bytes::new()).await.is_err());
    assert!(names(lake, ".bayou").await.is_empty());
    assert!(!names(lake, "").await.iter().any(|name| name.starts_with(".bayou")));
    for outside in ["s3://another-bucket/x", "file:///", "gs://b/x", &format!("{}x/y", lake.url())] {
        let error = lake.lake_path(outside).unwrap_err();
        assert!(matches!(error, Error::OutsideLake { .. }), "{outside}: {error}");
    }
    assert!(matches!(lake.lake_path(&format!("{}/../x", lake.url())), Err(Error::InvalidPath { .. })));
    assert_eq!(lake.lake_path("data/x/").unwrap(), path("data/x"));
    assert_eq!(lake.lake_path(lake.url()).unwrap(), LakePath::root());
}

async fn the_engine_sees_the_same_objects(lake: &Storage) {
    use object_store::ObjectStoreExt as _;
    for name in ["odd/city=S%2FW/part 1.json", "odd/ünï=数/x", "a/file"] {
        let read = lake.object_store().get(&lake.object_path(&path(name))).await.unwrap().bytes().await.unwrap();
        assert_eq!(read, lake.get(&path(name)).await.unwrap(), "{name}");
    }
}

async fn deleting_is_idempotent(lake: &Storage) {
    for _ in 0..2 {
        lake.delete(&path("a/file")).await.unwrap();
        lake.delete(&path("never/was")).await.unwrap();
    }
    assert!(lake.head(&path("a/file")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn local_folder_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Storage::open(dir.path().join("lake").to_str().unwrap(), &StorageOptions::default()).unwrap();
    storage_conformance(&lake).await;
}

#[test]
fn local_folder_conforms_without_a_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Storage::open(dir.path().to_str().unwrap(), &StorageOptions::default()).unwrap();
    futures::executor::block_on(storage_conformance(&lake));
}

#[tokio::test]
async fn object_store_with_and_without_prefix_conforms() {
    for url in ["s3://bucket", "s3://bucket/some/prefix"] {
        let dir = tempfile::tempdir().unwrap();
        let lake = Storage::over(Arc::new(InMemory::new()), url, dir.path().to_path_buf()).unwrap();
        storage_conformance(&lake).await;
    }
}

#[tokio::test]
#[ignore = "needs BAYOU_TEST_S3_URL (s3://bucket/prefix), BAYOU_TEST_S3_ENDPOINT and AWS credentials"]
async fn s3_endpoint_conforms() {
    let cache = tempfile::tempdir().unwrap();
    let url = std::env::var("BAYOU_TEST_S3_URL").unwrap();
    let options = StorageOptions {
        endpoint_url: std::env::var("BAYOU_TEST_S3_ENDPOINT").ok(),
        cache_dir: Some(cache.path().to_path_buf()),
        ..Default::default()
    };
    let lake = Storage::open(&format!("{url}/{}", uuid::Uuid::new_v4()), &options).unwrap();
    storage_conformance(&lake).await;
    for object in lake.list(&LakePath::root()).await.unwrap() {
        lake.delete(&object.path).await.unwrap();
    }
}
