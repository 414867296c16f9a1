//! What only local folders can get wrong: links, staging, big trees.

use super::*;
use crate::storage::{Storage, StorageOptions};

fn lake_in(dir: &Path) -> Storage {
    Storage::open(dir.to_str().unwrap(), &StorageOptions::default()).unwrap()
}

fn path(text: &str) -> LakePath {
    LakePath::parse(text).unwrap()
}

#[tokio::test]
#[cfg(unix)]
async fn links_that_lead_out_of_the_lake_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (inside, outside) = (dir.path().join("lake"), dir.path().join("outside"));
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("secret"), b"x").unwrap();
    let lake = lake_in(&inside);
    std::os::unix::fs::symlink(&outside, inside.join("folder")).unwrap();
    std::os::unix::fs::symlink(outside.join("secret"), inside.join("file")).unwrap();
    std::os::unix::fs::symlink(outside.join("new"), inside.join("dangling")).unwrap();
    for name in ["folder/secret", "file"] {
        let error = lake.get(&path(name)).await.unwrap_err();
        assert!(matches!(error, Error::OutsideLake { .. }), "{name}: {error}");
    }
    for name in ["folder/secret", "folder/new/deep", "file", "dangling"] {
        assert!(lake.put(&path(name), Bytes::from_static(b"y")).await.is_err(), "{name}");
    }
    assert!(lake.delete(&path("folder/secret")).await.is_err());
    assert!(lake.list(&LakePath::root()).await.unwrap().is_empty());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"x");
}

#[tokio::test]
#[cfg(unix)]
async fn links_inside_of_the_lake_are_followed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake_in(dir.path());
    lake.put(&path("data/x"), Bytes::from_static(b"x")).await.unwrap();
    std::os::unix::fs::symlink("data/x", dir.path().join("link")).unwrap();
    assert_eq!(lake.get(&path("link")).await.unwrap().as_ref(), b"x");
    assert_eq!(lake.list(&LakePath::root()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake_in(dir.path());
    lake.put(&path("file"), Bytes::from_static(b"x")).await.unwrap();
    assert!(lake.put(&path("file/below"), Bytes::from_static(b"y")).await.is_err());
    assert!(lake.put_new(&path("file"), Bytes::from_static(b"y")).await.is_err());
    assert!(lake.put(&path("folder/x"), Bytes::new()).await.is_ok());
    assert!(lake.put(&path("folder"), Bytes::new()).await.is_err());
    let left = fs::read_dir(dir.path().join(".bayou").join("tmp")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn staged_files_cross_file_systems() {
    let (Ok(memory), disk) = (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir().unwrap()) else { return };
    let lake = lake_in(disk.path());
    let staged = memory.path().join("part");
    fs::write(&staged, b"rows").unwrap();
    lake.put_file(&staged, &path("data/part")).await.unwrap();
    assert!(!staged.exists());
    assert_eq!(lake.get(&path("data/part")).await.unwrap().as_ref(), b"rows");
}

#[tokio::test]
#[cfg(unix)]
async fn a_file_name_that_is_no_path_is_reported_not_dropped() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    let lake = lake_in(dir.path());
    if fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), b"x").is_ok() {
        let message = lake.list(&LakePath::root()).await.unwrap_err().to_string();
        assert!(message.contains("not Unicode"), "{message}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_a_matter_of_permission() {
    // Not even the superuser creates folders in /sys.
    let error = Storage::open("/sys/bayou-lake", &StorageOptions::default()).unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
}

#[test]
#[ignore = "a measurement: 100,000 files"]
fn a_hundred_thousand_files_are_listed_in_about_a_second() {
    let dir = tempfile::tempdir().unwrap();
    for folder in 0..1_000 {
        let folder = dir.path().join(format!("year=2019/day={folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..100 {
            fs::write(folder.join(format!("part-{file:05}.json")), b"").unwrap();
        }
    }
    let lake = lake_in(dir.path());
    let start = std::time::Instant::now();
    let found = futures::executor::block_on(lake.list(&LakePath::root())).unwrap();
    println!("listed {} files in {:?}", found.len(), start.elapsed());
    assert_eq!(found.len(), 100_000);
}
