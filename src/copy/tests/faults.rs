//! Services that fail, in all the ways in which they do.

use super::*;
use crate::copy::Error;

async fn filled(count: u32) -> Bench {
    let bench = Bench::new().await;
    for n in 0..count {
        bench.double.store().put("a", &format!("x/{n:04}"), format!("object {n}"));
    }
    bench
}

#[tokio::test]
async fn slow_down_is_repeated_until_everything_is_there() {
    let bench = filled(500).await;
    bench.set("slow_down_every", "7");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((report.objects, report.failed_count), (500, 0), "{report}");
    assert!(report.retried >= 500 / 7);
}

#[tokio::test]
async fn an_error_in_the_body_of_a_success_is_an_error() {
    let bench = filled(100).await;
    bench.double.store().put("a", "x/large", noise(70 << 20));
    bench.set("error_in_copy_every", "5");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((report.objects, report.failed_count), (101, 0), "{report}");
    assert!(report.retried >= 20);
    assert!(bench.content("b", "large") == noise(70 << 20));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_again() {
    let bench = filled(60).await;
    bench.double.store().put("a", "x/large", noise(40 << 20));
    bench.set("truncate_every", "3");
    let down = format!("{}/", bench.local("down"));
    let report = bench.copy("s3://a/x/", &down).await;
    assert_eq!((report.objects, report.failed_count), (61, 0), "{report}");
    assert!(report.retried >= 20 && bench.read("down/large") == noise(40 << 20));
    assert_eq!(bench.read("down/0017"), b"object 17");
}

#[tokio::test]
async fn one_forbidden_key_does_not_stop_the_others() {
    let bench = filled(300).await;
    bench.set("forbidden", "0123");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((report.objects, report.failed_count), (299, 1));
    let failure = &report.failed[0];
    assert!(failure.key == "0123" && failure.error.contains("AccessDenied"), "{failure:?}");
}

#[tokio::test]
async fn expired_credentials_stop_the_copy_and_it_goes_on_with_new_ones() {
    let bench = filled(500).await;
    bench.set("expired_after", "100");
    let error = run("s3://a/x/", "s3://b/", &bench.options()).await.unwrap_err();
    assert!(matches!(&error, Error::Service { code, .. } if code == "ExpiredToken"), "{error}");
    let before = bench.double.store().keys("b").len() as u64;
    assert!(before < 500);
    bench.set("expired_after", "0");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    // A request that was under way when the first run ended may have been carried out after the count.
    assert_eq!(report.objects + report.skipped_count(), 500);
    assert!(report.skipped_count() >= before, "{} {before}", report.skipped_count());
    assert_eq!(bench.double.store().keys("b").len(), 500);
}

#[tokio::test]
async fn a_source_that_changes_is_copied_as_it_is_then() {
    let bench = filled(3).await;
    bench.set("changing", "x/0001");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((report.objects, report.failed_count), (3, 0), "{report}");
    assert_eq!(bench.content("b", "0001"), b"changed meanwhile");
}

#[tokio::test]
async fn an_object_that_is_gone_is_reported() {
    let bench = filled(3).await;
    bench.write("plain/file", "x");
    // A listing that names an object which is not there any more when its turn comes.
    let store = bench.double.store();
    let object = (*store.get("a", "x/0001").unwrap()).clone();
    store.insert("a", "x/0001", object);
    bench.set("latency_ms", "50");
    let options = bench.options();
    let copying = run("s3://a/x/", "s3://b/", &options);
    let deleting = async {
        while bench.double.faults().lists.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        store.remove("a", "x/0001");
    };
    let (report, ()) = tokio::join!(copying, deleting);
    let report = report.unwrap();
    assert_eq!((report.objects, report.failed_count), (2, 1), "{report}");
    assert!(report.failed[0].error.contains("NoSuchKey"), "{report}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_by_the_service() {
    let bench = filled(10).await;
    bench.set("skew_ms", "7200000");
    assert_eq!(bench.copy("s3://a/x/", "s3://b/").await.objects, 10);
}

#[tokio::test]
async fn late_answers_are_asked_for_a_second_time() {
    let bench = filled(2_000).await;
    bench.set("straggle_every", "500");
    bench.set("straggle_ms", "20000");
    let report = run("s3://a/x/", "s3://b/", &CopyOptions { resume: false, ..bench.options() }).await.unwrap();
    assert_eq!(report.objects, 2_000);
    assert!(report.hedged > 0, "{report}");
}

#[tokio::test]
async fn uploads_of_a_copy_that_died_are_aborted_the_next_time_or_by_cleaning() {
    for cleans in [false, true] {
        let bench = filled(0).await;
        bench.double.store().put("a", "x/large", noise(70 << 20));
        bench.set("latency_ms", "300");
        let options = bench.options();
        let copying = tokio::spawn(async move { run("s3://a/x/", "s3://b/", &options).await });
        while bench.double.store().uploads.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        copying.abort(); // as a killed process: nothing is tidied up
        let _ = copying.await;
        bench.set("latency_ms", "0");
        if cleans {
            let cleaned = loop {
                let cleaned = crate::copy::clean(&bench.options()).await.unwrap();
                if !cleaned.is_empty() {
                    break cleaned; // the writer of the dead copy has let go of its file
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(cleaned.iter().map(|one| one.aborted).sum::<u64>(), 1, "{cleaned:?}");
        } else {
            while run("s3://a/x/", "s3://b/", &bench.options()).await.is_err() {
                tokio::task::yield_now().await;
            }
            assert!(bench.content("b", "large") == noise(70 << 20));
        }
        assert!(bench.double.store().uploads.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_stopped_copy_goes_on_where_it_was() {
    let bench = filled(5_000).await;
    bench.set("latency_ms", "5");
    let (options, tally) = (bench.options(), Arc::new(Tally::default()));
    let copying = copy("s3://a/x/", "s3://b/", &options, &tally);
    let stopping = async {
        while tally.progress().objects < 500 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        tally.stop();
    };
    let (ended, ()) = tokio::join!(copying, stopping);
    assert!(matches!(ended, Err(Error::Stopped)));
    let before = bench.double.store().keys("b").len() as u64;
    assert!((500..5_000).contains(&before), "{before}");
    let report = bench.copy("s3://a/x/", "s3://b/").await;
    assert_eq!((report.objects, report.skipped_count()), (5_000 - before, before));
}
