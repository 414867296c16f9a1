//! Bucket to bucket, and between buckets and folders.

use super::*;
use crate::copy::{Compare, Verify, plan};

#[tokio::test]
async fn a_folder_is_copied_within_the_service_and_nothing_beside_it() {
    let bench = Bench::new().await;
    for key in ["x/1", "x/d/2", "xy/3", "x"] {
        bench.double.store().put("a", key, key.to_owned());
    }
    let report = bench.copy("s3://a/x/", "s3://b/y").await;
    assert_eq!((report.objects, report.bytes, report.verified, report.listed), (2, 8, 2, 2));
    assert_eq!(bench.double.store().keys("b"), ["y/1", "y/d/2"]);
    assert_eq!(bench.double.faults().gets.load(Ordering::Relaxed), 0, "the bytes do not come here");
    assert_eq!(bench.double.faults().heads.load(Ordering::Relaxed), 0, "the listing tells enough");
}

#[tokio::test]
async fn a_second_copy_copies_only_what_is_new_or_changed() {
    let bench = Bench::new().await;
    for n in 0..2_500 {
        bench.double.store().put("a", &format!("x/{n:05}"), format!("{n}"));
    }
    assert_eq!(bench.copy("s3://a/x/", "s3://b/y/").await.objects, 2_500);
    bench.double.store().put("a", "x/00017", "changed");
    bench.double.store().put("a", "x/new", "new");
    let again = bench.copy("s3://a/x/", "s3://b/y/").await;
    assert_eq!((again.objects, again.skipped["same ETag"]), (2, 2_499));
    assert_eq!(bench.content("b", "y/00017"), b"changed");
}

#[tokio::test]
async fn keys_of_every_layout_are_listed_completely() {
    let bench = Bench::new().await;
    for (bucket, key) in [("flat", "p{n:07}"), ("date", "y{m}/d{d}/f{n}"), ("hash", "{h}"), ("odd", "ü {n}+%&/{h}//x")]
    {
        bench.double.store().create_bucket(bucket);
        for n in 0..12_345_u64 {
            let hash = format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let key = key.replace("{n:07}", &format!("{n:07}")).replace("{n}", &n.to_string()).replace("{h}", &hash);
            let key = key.replace("{m}", &(n % 12).to_string()).replace("{d}", &(n % 31).to_string());
            bench.double.store().put(bucket, &key, "");
        }
        let dry = CopyOptions { dry_run: true, ..bench.options() };
        let report = run(&format!("s3://{bucket}/"), "s3://b/copy/", &dry).await.unwrap();
        assert_eq!((report.listed, report.objects), (12_345, 12_345), "{bucket}");
    }
    assert!(bench.double.store().keys("b").is_empty(), "a dry run changes nothing");
}

#[tokio::test]
async fn large_objects_are_copied_in_parts_with_their_metadata_and_tags() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/large", noise(70 << 20));
    let mut object = (*bench.double.store().get("a", "x/large").unwrap()).clone();
    object.metadata = vec![("content-type".into(), "text/csv".into()), ("x-amz-meta-owner".into(), "ana".into())];
    object.tags = "team=lake%20crew".into();
    object.storage_class = "STANDARD_IA".into();
    bench.double.store().insert("a", "x/large", object.clone());
    // The limit of 5 GiB, in small.
    bench.set("most_copied_bytes", "67108864");
    bench.set("least_part_bytes", "5242880");
    let report = bench.copy("s3://a/x/", "s3://b/y/").await;
    assert_eq!((report.objects, report.failed_count, report.verified), (1, 0, 1), "{report}");
    let copy = bench.double.store().get("b", "y/large").unwrap();
    assert!(copy.content() == object.content() && copy.etag.ends_with("-3"));
    assert_eq!((copy.tags.as_str(), copy.storage_class.as_str()), ("team=lake%20crew", "STANDARD_IA"));
    for pair in &object.metadata {
        assert!(copy.metadata.contains(pair), "{pair:?}");
    }
    assert!(bench.double.store().uploads.lock().unwrap().is_empty());
    let again = bench.copy("s3://a/x/", "s3://b/y/").await;
    assert_eq!(again.skipped["copied before"], 1, "its ETag is another, but the manifest knows");
    std::fs::remove_dir_all(bench.folder.path().join("state")).unwrap();
    let again = bench.copy("s3://a/x/", "s3://b/y/").await;
    assert_eq!(again.skipped["copied before"], 1, "and so does the object");
}

#[tokio::test]
async fn another_service_is_reached_through_here() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    other.set("checksums", "2");
    bench.double.store().put("a", "x/small", "small");
    bench.double.store().put("a", "x/large", noise(20 << 20));
    let options = CopyOptions { destination: other.reach(), ..bench.options() };
    let report = run("s3://a/x/", "s3://b/", &options).await.unwrap();
    assert_eq!((report.objects, report.verified), (2, 2), "{report}");
    assert_eq!(other.content("b", "small"), b"small");
    assert!(other.content("b", "large") == noise(20 << 20));
    let again = run("s3://a/x/", "s3://b/", &options).await.unwrap();
    assert_eq!((again.objects, again.skipped_count()), (0, 2), "{again}");
}

#[tokio::test]
async fn files_go_up_and_come_down_again_unchanged() {
    let bench = Bench::new().await;
    for checksums in ["0", "1", "2"] {
        bench.set("checksums", checksums);
        let (up, down) = (bench.local("up"), format!("{}/", bench.local(&format!("down{checksums}"))));
        bench.write("up/empty", "");
        bench.write("up/d/ü +%&.csv", "a,b\n");
        bench.write("up/large.parquet", noise((33 << 20) + 17));
        let bucket = format!("s3://b/{checksums}/");
        let report = run(&format!("{up}/"), &bucket, &bench.options()).await.unwrap();
        assert_eq!((report.objects, report.verified, report.failed_count), (3, 3, 0), "{report}");
        let stored = bench.double.store().get("b", &format!("{checksums}/d/ü +%&.csv")).unwrap();
        assert!(stored.metadata.contains(&("content-type".into(), "text/csv".into())));
        let report = run(&bucket, &down, &bench.options()).await.unwrap();
        assert_eq!((report.objects, report.verified), (3, 3), "{report}");
        for name in ["empty", "d/ü +%&.csv", "large.parquet"] {
            assert!(bench.read(&format!("up/{name}")) == bench.read(&format!("down{checksums}/{name}")), "{name}");
        }
        let again = run(&bucket, &down, &bench.options()).await.unwrap();
        assert_eq!((again.objects, again.skipped["same size and time"]), (0, 3), "{again}");
        let again = run(&format!("{up}/"), &bucket, &bench.options()).await.unwrap();
        assert_eq!((again.objects, again.skipped_count()), (0, 3), "{again}");
        assert!(!has_leftovers(bench.folder.path()));
    }
}

#[tokio::test]
async fn globs_and_rules_choose_and_rename() {
    let bench = Bench::new().await;
    for key in ["customers_20190821.csv", "customers_20190822.csv", "notes.txt", "tmp/customers_20190823.csv"] {
        bench.double.store().put("a", &format!("landing/{key}"), key.to_owned());
    }
    let options = CopyOptions {
        include: vec!["*.csv".into()],
        exclude: vec!["tmp/**".into()],
        rename: vec![(
            "{table}_{year:4}{month:2}{day:2}.csv".into(),
            "{table}/year={year}/month={month}/day={day}/".into(),
        )],
        ..bench.options()
    };
    let report = run("s3://a/landing/", "s3://b/raw/", &options).await.unwrap();
    assert_eq!((report.objects, report.skipped["not selected"]), (2, 2));
    let days = ["21", "22"].map(|day| format!("raw/customers/year=2019/month=08/day={day}/customers_201908{day}.csv"));
    assert_eq!(bench.double.store().keys("b"), days);
    let again = run("s3://a/landing/", "s3://b/raw/", &options).await.unwrap();
    assert_eq!((again.objects, again.skipped["same ETag"]), (0, 2));
}

#[tokio::test]
async fn extras_are_deleted_only_when_asked_and_a_dry_run_counts_them() {
    let bench = Bench::new().await;
    for (bucket, key) in [("a", "x/1"), ("b", "y/1"), ("b", "y/2"), ("b", "y/keep.log"), ("b", "z/3")] {
        bench.double.store().put(bucket, key, "same");
    }
    bench.copy("s3://a/x/", "s3://b/y/").await;
    assert_eq!(bench.double.store().keys("b").len(), 4);
    let options = CopyOptions { delete: true, exclude: vec!["*.log".into()], ..bench.options() };
    let dry = run("s3://a/x/", "s3://b/y/", &CopyOptions { dry_run: true, ..options.clone() }).await.unwrap();
    assert_eq!((dry.deleted, bench.double.store().keys("b").len()), (1, 4));
    let report = run("s3://a/x/", "s3://b/y/", &options).await.unwrap();
    assert_eq!(report.deleted, 1);
    assert_eq!(bench.double.store().keys("b"), ["y/1", "y/keep.log", "z/3"], "what is excluded is left alone");
}

#[tokio::test]
async fn a_move_deletes_what_has_been_copied_and_no_more() {
    let bench = Bench::new().await;
    for key in ["x/1", "x/2", "x/forbidden", "x/other.log"] {
        bench.double.store().put("a", key, key.to_owned());
    }
    bench.set("forbidden", "forbidden");
    let options = CopyOptions { move_source: true, exclude: vec!["*.log".into()], ..bench.options() };
    let report = run("s3://a/x/", "s3://b/", &options).await.unwrap();
    assert_eq!((report.objects, report.moved, report.failed_count), (2, 2, 1));
    assert_eq!(bench.double.store().keys("a"), ["x/forbidden", "x/other.log"]);
}

#[tokio::test]
async fn what_exists_is_left_alone_when_asked() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1", "new");
    bench.double.store().put("a", "x/2", "two");
    bench.double.store().put("b", "1", "old");
    let report = run("s3://a/x/", "s3://b/", &CopyOptions { no_clobber: true, ..bench.options() }).await.unwrap();
    assert_eq!((report.objects, report.skipped["exists"]), (1, 1));
    assert_eq!(bench.content("b", "1"), b"old");
}

#[tokio::test]
async fn one_object_is_copied_under_its_name_or_a_new_one() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1.csv", "one");
    assert_eq!(bench.copy("s3://a/x/1.csv", "s3://b/y/").await.objects, 1);
    assert_eq!(bench.copy("s3://a/x/1.csv", "s3://b/z.csv").await.objects, 1);
    assert_eq!(bench.double.store().keys("b"), ["y/1.csv", "z.csv"]);
    bench.copy("s3://a/x/1.csv", &bench.local("down.csv")).await;
    assert_eq!(bench.read("down.csv"), b"one");
}

#[tokio::test]
async fn parts_of_a_plan_copy_everything_once() {
    let bench = Bench::new().await;
    for n in 0..3_000 {
        bench.double.store().put("a", &format!("x/{n}"), format!("{n}"));
    }
    let parts = plan("s3://a/x/", "s3://b/y/", 4, &bench.options()).await.unwrap();
    assert_eq!(parts.len(), 4);
    let mut reports = Vec::new();
    for part in &parts {
        let text = serde_json::to_string(part).unwrap();
        let mut part: crate::copy::CopyPart = serde_json::from_str(&text).unwrap();
        assert!(part.options.source.secret_access_key.is_none());
        (part.options.source, part.options.destination) = (bench.reach(), bench.reach());
        part.options.state_dir = bench.options().state_dir;
        reports.push(crate::copy::run(&part, &Arc::new(Tally::default())).await.unwrap());
    }
    let merged = CopyReport::merge(&reports).unwrap();
    assert_eq!((merged.objects, merged.listed, merged.skipped_count()), (3_000, 3_000, 0));
    assert!(parts.iter().all(|part| (600..=900).contains(&part.objects)));
}

#[tokio::test]
async fn reading_both_sides_finds_what_is_not_equal() {
    let bench = Bench::new().await;
    bench.double.store().put("a", "x/1", noise(20 << 20));
    let options = CopyOptions { verify: Verify::Read, ..bench.options() };
    let report = run("s3://a/x/", "s3://b/", &options).await.unwrap();
    assert_eq!((report.verified, report.failed_count), (1, 0));
    // The ETag says that they are the same; their bytes do not.
    let mut broken = (*bench.double.store().get("a", "x/1").unwrap()).clone();
    broken.pieces = vec![vec![0; 20 << 20].into()];
    bench.double.store().insert("b", "1", broken);
    let options = CopyOptions { compare: Compare::Nothing, ..options };
    assert_eq!(run("s3://a/x/", "s3://b/", &options).await.unwrap().verified, 1, "it was copied again");
}
