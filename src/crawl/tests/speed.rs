//! How fast crawls are; run with `cargo test --no-default-features --lib crawl::tests::speed -- --ignored --nocapture`.

use super::*;

#[tokio::test]
#[ignore = "writes 100,000 files"]
async fn a_hundred_thousand_files() {
    let lake = Lake::new(&[]);
    for folder in 0..10_000 {
        for file in 0..10 {
            lake.write(&format!("data/t/day={folder}/part-{file}.json"), SENSOR.as_bytes());
        }
    }
    let first = lake.crawl("data").await;
    let again = lake.crawl("data").await;
    assert_eq!((first.files_read, again.files_read, again.is_change()), (100_000, 0, false));
    println!("first crawl {:.2} s, again {:.2} s", first.seconds, again.seconds);
}

#[tokio::test]
#[ignore = "writes 200 MB"]
async fn large_files() {
    let lake = Lake::new(&[]);
    let text = SENSOR.repeat(20_000);
    for file in 0..80 {
        lake.write(&format!("data/t/part-{file}.json"), text.as_bytes());
    }
    let first = lake.crawl("data").await;
    println!("{} MB in 80 files: {:.3} s, {} bytes read", text.len() * 80 / 1_000_000, first.seconds, first.bytes_read);
}
