//! Folder to folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::copy::Error;
use crate::copy::extras::{Doomed, delete};
use crate::copy::location::Location;
use crate::copy::side::Side;

#[tokio::test]
async fn files_keep_their_content_time_and_mode() {
    let bench = Bench::new().await;
    bench.write("from/d/e/small", "small");
    bench.write("from/large", noise(3 << 20));
    bench.write("from/empty", "");
    fs::set_permissions(bench.folder.path().join("from/large"), fs::Permissions::from_mode(0o751)).unwrap();
    let report = bench.copy(&bench.local("from"), &bench.local("to")).await;
    assert_eq!((report.objects, report.bytes, report.verified), (3, (3 << 20) + 5, 3), "{report}");
    for name in ["d/e/small", "large", "empty"] {
        assert!(bench.read(&format!("from/{name}")) == bench.read(&format!("to/{name}")));
        let stat = |side: &str| fs::metadata(bench.folder.path().join(side).join(name)).unwrap();
        let (from, to) = (stat("from"), stat("to"));
        assert_eq!(
            (from.modified().unwrap(), from.permissions()),
            (to.modified().unwrap(), to.permissions()),
            "{name}"
        );
    }
    assert!(!has_leftovers(bench.folder.path()));
    let again = bench.copy(&bench.local("from"), &bench.local("to")).await;
    assert_eq!((again.objects, again.skipped["same size and time"]), (0, 3));
}

#[tokio::test]
async fn links_are_skipped_and_reported_unless_they_are_followed() {
    let bench = Bench::new().await;
    bench.write("from/real", "x");
    symlink(bench.local("from/real"), bench.local("from/link")).unwrap();
    let report = bench.copy(&bench.local("from"), &bench.local("to")).await;
    assert_eq!((report.objects, report.skipped["symbolic link"]), (1, 1));
    let options = CopyOptions { follow: true, ..bench.options() };
    assert_eq!(run(&bench.local("from"), &bench.local("to"), &options).await.unwrap().objects, 1);
    assert_eq!(bench.read("to/link"), b"x");
}

#[tokio::test]
async fn a_link_in_the_destination_does_not_lead_out_of_it() {
    let bench = Bench::new().await;
    bench.write("from/d/x", "x");
    bench.write("outside/y", "y");
    fs::create_dir_all(bench.folder.path().join("to")).unwrap();
    symlink(bench.local("outside"), bench.local("to/d")).unwrap();
    let report = bench.copy(&bench.local("from"), &bench.local("to")).await;
    assert_eq!((report.objects, report.failed_count), (0, 1));
    assert!(report.failed[0].error.contains("outside"), "{report}");
    assert!(!bench.folder.path().join("outside/x").exists());
}

#[tokio::test]
async fn a_file_where_a_folder_must_be_is_reported() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/n", "file");
    bench.double.store().put("a", "x/n/m", "below");
    bench.double.store().put("a", "x/other", "other");
    let report = bench.copy("s3://a/x/", &format!("{}/", bench.local("to"))).await;
    assert_eq!((report.objects, report.failed_count), (2, 1), "{report}");
    assert_eq!(bench.read("to/other"), b"other");
}

#[tokio::test]
async fn folder_markers_become_folders() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/d/", "");
    bench.double.store().put("a", "x/e", "");
    let report = bench.copy("s3://a/x/", &format!("{}/", bench.local("to"))).await;
    assert_eq!((report.objects, report.failed_count), (2, 0), "{report}");
    assert!(bench.folder.path().join("to/d").is_dir() && bench.read("to/e").is_empty());
    let copied = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((copied.objects, bench.double.store().keys("b")), (2, vec!["d/".to_owned(), "e".to_owned()]));
}

#[tokio::test]
async fn a_move_empties_the_source_and_extras_go_when_asked() {
    let bench = Bench::new().await;
    bench.write("from/1", "1");
    bench.write("to/2", "2");
    let options = CopyOptions { delete: true, ..bench.options() };
    let report = run(&bench.local("from"), &bench.local("to"), &options).await.unwrap();
    assert_eq!((report.objects, report.deleted), (1, 1));
    let options = CopyOptions { move_source: true, ..bench.options() };
    let report = run(&bench.local("from"), &bench.local("moved"), &options).await.unwrap();
    assert_eq!((report.moved, bench.read("moved/1")), (1, b"1".to_vec()));
    assert!(!bench.folder.path().join("from/1").exists());
}

#[tokio::test]
async fn a_move_does_not_delete_what_changed_after_it_was_copied() {
    let bench = Bench::new().await;
    bench.write("from/1", "new");
    bench.double.store().put("a", "x/1", "new");
    let options = bench.options();
    for (at, location) in [("local", bench.local("from")), ("bucket", "s3://a/x/".to_owned())] {
        let side = Side::open(&Location::parse(&location).unwrap().into_folder(), &options.source, &options).unwrap();
        let tally = Tally::default();
        let doomed = |etag: &str| vec![Doomed { key: "1".into(), etag: Some(etag.into()) }];
        assert_eq!(delete(&side, doomed("of the version before"), &tally).await.unwrap(), 0, "{at}");
        let (count, failed) = tally.failed();
        assert!(count == 1 && failed[0].key == "1" && failed[0].error.contains("changed"), "{failed:?}");
        let present = side.find("1").await.unwrap().unwrap().etag.unwrap();
        assert_eq!(delete(&side, doomed(&present), &tally).await.unwrap(), 1, "{at}");
        assert!(side.find("1").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_file_that_is_written_as_a_folder_is_named() {
    let bench = Bench::new().await;
    bench.write("from/1", "1");
    let error = run(&bench.local("from/1/"), &bench.local("to/"), &bench.options()).await.unwrap_err();
    assert!(matches!(&error, Error::InvalidLocation { .. }) && error.to_string().contains("is a file"), "{error}");
}

#[tokio::test]
async fn a_full_disk_stops_the_copy() {
    let error = Error::file("x", std::io::ErrorKind::StorageFull.into());
    assert!(error.is_fatal());
    assert!(Error::file("x", std::io::ErrorKind::ReadOnlyFilesystem.into()).is_fatal());
    assert!(!Error::file("x", std::io::ErrorKind::PermissionDenied.into()).is_fatal());
}

#[tokio::test]
async fn two_runs_of_one_copy_at_once_are_refused() {
    let bench = Bench::new().await;
    bench.write("from/1", "1");
    let options = bench.options();
    let now = crate::time::Timestamp(0).millis();
    let first = crate::copy::manifest::Manifest::open("a", "b", &options, now).unwrap();
    let second = crate::copy::manifest::Manifest::open("a", "b", &options, now);
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    first.0.finish().await;
    assert!(crate::copy::manifest::Manifest::open("a", "b", &options, now).is_ok());
}
