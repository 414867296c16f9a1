//! What is kept while very many keys are listed, compared and planned.

use super::s3_double::Counted;
use super::*;
use crate::copy::list::{Bisection, KeyRange};
use crate::copy::pace::Pace;
use crate::copy::plan;
use crate::copy::s3::S3;
use crate::storage::S3Access;

fn count(bench: &Bench, bucket: &str, count: u64) {
    bench.double.store().count(bucket, Counted { prefix: "x/".into(), count, size: 10 });
}

#[tokio::test]
async fn a_listing_waits_for_whoever_takes_its_pages() {
    let bench = Bench::new().await;
    count(&bench, "many", 2_000_000);
    let access = S3Access::new("many", &bench.reach()).unwrap();
    let s3 = Arc::new(S3::new(access, Arc::new(Pace::new(Some(64), None)), 1, 0).unwrap());
    let (out, mut batches) = tokio::sync::mpsc::channel(16);
    Bisection::spawn(s3, "x/".into(), KeyRange::default(), &[], out);
    for taken in 1..=100 {
        batches.recv().await.unwrap().unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await; // let the listing go as far as it may
        }
        let asked = bench.double.faults().lists.load(Ordering::Relaxed);
        assert!(asked <= taken + 64 + 16 + 1, "{asked} pages were fetched, {taken} taken");
    }
}

#[tokio::test]
async fn very_many_keys_are_planned_and_compared() {
    let bench = Bench::new().await;
    count(&bench, "many", 60_000);
    count(&bench, "same", 60_000);
    let parts = plan("s3://many/x/", "s3://same/x/", 7, &bench.options()).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.objects).sum::<u64>(), 60_000);
    assert!(parts.iter().all(|part| (8_000..=9_200).contains(&part.objects)), "{parts:?}");
    let report = bench.copy("s3://many/x/", "s3://same/x/").await;
    assert_eq!((report.objects, report.listed, report.skipped["same ETag"]), (0, 60_000, 60_000));
}
