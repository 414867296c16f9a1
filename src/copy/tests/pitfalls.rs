//! What other tools get wrong.

use super::*;
use crate::copy::Error;

#[tokio::test]
async fn a_prefix_is_a_folder_with_and_without_its_slash() {
    let bench = Bench::new().await;
    for key in ["a/x/1", "a/xy/2"] {
        bench.double.store().put("a", key, "");
    }
    for source in ["s3://a/a/x", "s3://a/a/x/"] {
        let dry = CopyOptions { dry_run: true, ..bench.options() };
        assert_eq!(run(source, "s3://b/", &dry).await.unwrap().objects, 1, "{source}");
    }
}

#[tokio::test]
async fn places_that_overlap_are_refused_before_anything_happens() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1", "");
    bench.write("from/1", "");
    let from = bench.local("from");
    for (source, target) in [
        ("s3://a/x/", "s3://a/x/"),
        ("s3://a/x", "s3://a/x/y/"),
        ("s3://a/x/1", "s3://a/x/1"),
        (&from, &from),
        (&from, &format!("{from}/../from/d")),
    ] {
        let error = run(source, target, &bench.options()).await.unwrap_err();
        assert!(matches!(error, Error::Overlap { .. }), "{source} {target}: {error}");
    }
    assert!(run("s3://a/x/", "s3://a/xy/", &bench.options()).await.is_ok());
}

#[tokio::test]
async fn nothing_at_the_source_is_an_error_and_deletes_nothing() {
    let bench = Bench::new().await;
    bench.double.store().put("b", "y/1", "");
    let options = CopyOptions { delete: true, ..bench.options() };
    for source in ["s3://a/typo/", "s3://a/typo"] {
        let error = run(source, "s3://b/y/", &options).await.unwrap_err();
        assert!(matches!(error, Error::NothingThere { .. }), "{error}");
    }
    assert!(run(&bench.local("typo"), "s3://b/y/", &options).await.is_err());
    let error = run("s3://nowhere/x/", "s3://b/y/", &options).await.unwrap_err();
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    assert_eq!(bench.double.store().keys("b"), ["y/1"]);
}

#[tokio::test]
async fn keys_that_are_no_file_names_are_refused_and_copied_between_buckets() {
    let bench = Bench::new().await;
    let odd = ["x/../up", "x/a//b", "x/./here", "x/ /+%&=?#", "x/ü/\u{65e5}", "x/e\u{301}", "x/\u{e9}", "x/<&>\"'"];
    for key in odd {
        bench.double.store().put("a", key, key.to_owned());
    }
    let report = bench.copy("s3://a/x/", "s3://b/x/").await;
    assert_eq!((report.objects, report.failed_count), (odd.len() as u64, 0), "{report}");
    let mut expected = odd.map(str::to_owned);
    expected.sort();
    assert_eq!(bench.double.store().keys("b"), expected, "also both forms of é, which are two keys");
    let report = bench.copy("s3://a/x/", &format!("{}/", bench.local("down/here"))).await;
    assert_eq!((report.objects, report.failed_count), (5, 3), "{report}");
    assert!(!bench.folder.path().join("down/up").exists());
    assert!(report.failed.iter().all(|failure| failure.error.contains("cannot be the name of a file")));
}

#[tokio::test]
async fn an_archived_object_keeps_its_storage_class() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1", "cold");
    let mut object = (*bench.double.store().get("a", "x/1").unwrap()).clone();
    object.storage_class = "STANDARD_IA".into();
    bench.double.store().insert("a", "x/1", object);
    bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!(bench.double.store().get("b", "1").unwrap().storage_class, "STANDARD_IA");
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_not_tried_for_every_object() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1", "");
    let mut options = bench.options();
    options.source.secret_access_key = Some("wrong".into());
    let error = run("s3://a/x/", "s3://b/", &options).await.unwrap_err();
    assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");
    assert!(bench.double.faults().requests.load(Ordering::Relaxed) < 5);
}

#[tokio::test]
async fn a_copy_without_changes_needs_a_listing_of_each_side_and_nothing_else() {
    let bench = Bench::new().await;
    for n in 0..10_000 {
        bench.double.store().put("a", &format!("x/{n:05}"), "");
    }
    bench.copy("s3://a/x/", "s3://b/").await;
    let before = bench.double.faults().requests.load(Ordering::Relaxed);
    assert_eq!(bench.copy("s3://a/x/", "s3://b/").await.objects, 0);
    let requests = bench.double.faults().requests.load(Ordering::Relaxed) - before;
    assert!(requests < 200, "{requests} requests for ten pages on each side");
}
