//! The catalog's promises: whole changes or none, versions, many writers, damage that is named.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::storage::{LakePath, Storage, StorageOptions};
use crate::time::{ManualClock, Timestamp};

fn storage(dir: &Path) -> Storage {
    Storage::open(dir.to_str().unwrap(), &StorageOptions::default()).unwrap()
}

fn lake() -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(&storage(dir.path())).unwrap();
    (dir, catalog)
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

fn anomaly() -> Table {
    let columns = vec![Column::new("sensor_id", HiveType::Int), Column::new("location", HiveType::String)];
    let keys = vec![Column::new("year", HiveType::String), Column::new("month", HiveType::String)];
    Table::new("IoT", "Anomaly", StorageDescriptor::json(columns, "s3://b/data/anomaly"), keys)
}

fn file(path: &str, partition: &[&str]) -> DataFile {
    DataFile {
        path: LakePath::parse(path).unwrap(),
        partition: Some(some(partition)),
        bytes: 10,
        rows: Some(2),
        etag: None,
        modified: Timestamp(5),
        origin: Origin::Written,
        column_stats: Some(serde_json::json!({"sensor_id": {"min": 1, "max": 9}})),
    }
}

/// A catalog with the table `iot.anomaly`.
fn with_table() -> (tempfile::TempDir, Catalog) {
    let (dir, catalog) = lake();
    let created = catalog.transaction("test", "create a table", |tx| {
        tx.create_database(&Database::new("IoT"), false)?;
        tx.put_table(&anomaly())
    });
    assert_eq!(created.unwrap(), Outcome::Created);
    (dir, catalog)
}

fn put(catalog: &Catalog, table: &Table) -> Outcome {
    catalog.transaction("test", "put a table", |tx| tx.put_table(table)).unwrap()
}

#[test]
fn names_are_stored_lower_case_and_found_in_any_case() {
    let (_dir, catalog) = with_table();
    let table = catalog.table("IOT", "anoMALY").unwrap();
    assert_eq!((table.database.as_str(), table.name.as_str()), ("iot", "anomaly"));
    assert_eq!(catalog.databases().unwrap()[0].name, "iot");
    assert_eq!(catalog.tables("iot").unwrap().len(), 1);
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    let (_dir, catalog) = with_table();
    let message = catalog.table("iot", "anomoly").unwrap_err().to_string();
    assert_eq!(message, "There is no table `iot.anomoly` in the catalog\nhint: did you mean `anomaly`?");
    let message = catalog.table("iott", "anomaly").unwrap_err().to_string();
    assert_eq!(message, "There is no database `iott` in the catalog\nhint: did you mean `iot`?");
    assert_eq!(catalog.database("zebra").unwrap_err().to_string(), "There is no database `zebra` in the catalog");
}

#[test]
fn the_same_content_again_is_no_new_version_and_no_change() {
    let (_dir, catalog) = with_table();
    let before = catalog.generation().unwrap();
    let mut again = catalog.table("iot", "anomaly").unwrap();
    again.create_time = Timestamp(1);
    assert_eq!(put(&catalog, &again), Outcome::Unchanged);
    assert_eq!(put(&catalog, &anomaly()), Outcome::Unchanged);
    assert_eq!(catalog.generation().unwrap(), before);
    assert_eq!(catalog.changes(10).unwrap().len(), 1);
}

#[test]
fn every_version_of_a_table_stays_readable() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_000)));
    let catalog = Catalog::open_with_clock(&storage(dir.path()), Arc::<ManualClock>::clone(&clock)).unwrap();
    let mut table = anomaly();
    catalog.transaction("test", "", |tx| tx.create_database(&Database::new("iot"), false)).unwrap();
    put(&catalog, &table);
    clock.advance(500);
    table.parameters.insert("owner".into(), "ana".into());
    assert_eq!(put(&catalog, &table), Outcome::Updated);

    let now = catalog.table("iot", "anomaly").unwrap();
    assert_eq!((now.version, now.create_time, now.update_time), (1, Timestamp(1_000), Timestamp(1_500)));
    assert!(!catalog.table_version("iot", "anomaly", 0).unwrap().parameters.contains_key("owner"));
    let history = catalog.table_history("iot", "anomaly").unwrap();
    assert_eq!(history.iter().map(|version| version.version).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(history[1].change.at, Timestamp(1_500));
    assert!(matches!(catalog.table_version("iot", "anomaly", 2), Err(Error::UnknownVersion { .. })));
}

#[test]
fn a_change_that_fails_leaves_nothing() {
    let (_dir, catalog) = with_table();
    let before = catalog.generation().unwrap();
    let failed: Result<()> = catalog.transaction("test", "half done", |tx| {
        tx.put_partitions("iot", "anomaly", &[Partition::new(some(&["2019", "08"]), "x/")])?;
        assert_eq!(tx.partitions("iot", "anomaly")?.len(), 1, "a change sees what it wrote");
        tx.table("iot", "missing").map(|_| ())
    });
    assert!(matches!(failed, Err(Error::UnknownTable { .. })));
    assert!(catalog.partitions("iot", "anomaly").unwrap().is_empty());
    assert_eq!(catalog.generation().unwrap(), before);
}

#[test]
fn a_change_that_panics_leaves_nothing_and_blocks_nobody() {
    let (_dir, catalog) = with_table();
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _: Result<()> = catalog.transaction("test", "", |tx| {
            tx.drop_table("iot", "anomaly")?;
            panic!("midway");
        });
    }));
    assert!(stopped.is_err());
    assert!(catalog.table("iot", "anomaly").is_ok());
    assert_eq!(put(&catalog, &anomaly()), Outcome::Unchanged);
}

#[test]
fn a_process_that_dies_midway_leaves_nothing() {
    let (dir, catalog) = with_table();
    // What a killed process leaves: the files as they are on disk in the middle of its transaction.
    let copy = tempfile::tempdir().unwrap();
    let _: Result<()> = catalog.transaction("test", "", |tx| {
        let files: Vec<_> = (0..5_000).map(|n| file(&format!("data/{n}"), &["2019", "08"])).collect();
        tx.put_files("iot", "anomaly", &files)?;
        copy_private(dir.path(), copy.path());
        Err(Error::UnknownDatabase { name: String::new(), hint: String::new() })
    });
    let after = Catalog::open(&storage(copy.path())).unwrap();
    after.verify().unwrap();
    assert!(after.files("iot", "anomaly", None).unwrap().is_empty());
    assert_eq!(after.table("iot", "anomaly").unwrap(), catalog.table("iot", "anomaly").unwrap());
}

fn copy_private(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join(".bayou")).unwrap();
    for name in ["catalog.db", "catalog.db-wal"] {
        std::fs::copy(from.join(".bayou").join(name), to.join(".bayou").join(name)).unwrap();
    }
}

#[test]
fn partitions_are_put_changed_and_dropped_with_their_files() {
    let (_dir, catalog) = with_table();
    let null = vec![Some("2019".to_owned()), None];
    let mut partitions = vec![
        Partition::new(some(&["2019", "08"]), "data/year=2019/month=08/"),
        Partition::new(null.clone(), "data/year=2019/month=__HIVE_DEFAULT_PARTITION__/"),
    ];
    let put = |partitions: &[Partition]| {
        catalog.transaction("test", "", |tx| tx.put_partitions("iot", "anomaly", partitions)).unwrap()
    };
    assert_eq!(put(&partitions), PutSummary { created: 2, ..Default::default() });
    partitions[0].parameters.insert("k".into(), "v".into());
    assert_eq!(put(&partitions), PutSummary { updated: 1, unchanged: 1, ..Default::default() });
    assert_eq!(catalog.partition("iot", "anomaly", &null).unwrap(), partitions[1]);
    let mut sorted = partitions.clone();
    sorted.sort_by(|a, b| a.values.cmp(&b.values));
    assert_eq!(catalog.partitions("iot", "anomaly").unwrap(), sorted);

    let files = [file("data/a", &["2019", "08"]), DataFile { partition: Some(null.clone()), ..file("data/b", &[]) }];
    catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", &files)).unwrap();
    assert_eq!(catalog.files("iot", "anomaly", Some(std::slice::from_ref(&null))).unwrap(), [files[1].clone()]);
    let dropped =
        catalog.transaction("test", "", |tx| tx.drop_partitions("iot", "anomaly", &[null, some(&["1", "2"])]));
    assert_eq!(dropped.unwrap(), 1);
    assert_eq!(catalog.files("iot", "anomaly", None).unwrap(), [files[0].clone()]);
    assert_eq!(catalog.partitions("iot", "anomaly").unwrap().len(), 1);
}

#[test]
fn a_partition_needs_a_value_for_every_key() {
    let (_dir, catalog) = with_table();
    let put = |values: &[&str]| {
        let partition = Partition::new(some(values), "x/");
        catalog.transaction("test", "", |tx| tx.put_partitions("iot", "anomaly", &[partition]))
    };
    assert!(matches!(put(&["2019"]), Err(Error::PartitionValues { expected: 2, found: 1, .. })));
    let whole_table = DataFile { partition: None, ..file("data/a", &[]) };
    let put = catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", &[whole_table]));
    assert!(matches!(put, Err(Error::PartitionValues { .. })));
}

#[test]
fn files_are_replaced_and_ended() {
    let (_dir, catalog) = with_table();
    let (one, two) = (file("data/1", &["2019", "08"]), file("data/2", &["2019", "09"]));
    let put = |files: &[DataFile]| catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", files)).unwrap();
    assert_eq!(put(&[two.clone(), one.clone()]).created, 2);
    assert_eq!(catalog.files("iot", "anomaly", None).unwrap(), [one.clone(), two.clone()]);
    let bigger = DataFile { bytes: 99, ..one.clone() };
    assert_eq!(put(&[bigger.clone(), two.clone()]), PutSummary { updated: 1, unchanged: 1, ..Default::default() });
    let ended =
        catalog.transaction("test", "", |tx| tx.end_files("iot", "anomaly", &[two.path.clone(), two.path.clone()]));
    assert_eq!(ended.unwrap(), 1);
    assert_eq!(catalog.files("iot", "anomaly", None).unwrap(), [bigger]);
}

#[test]
fn a_dropped_table_can_be_made_again_from_nothing() {
    let (_dir, catalog) = with_table();
    catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", &[file("data/1", &["2019", "08"])])).unwrap();
    let kept = catalog.transaction("test", "", |tx| tx.drop_database("iot", false));
    assert!(matches!(kept, Err(Error::DatabaseNotEmpty { tables: 1, .. })));
    catalog.transaction("test", "", |tx| tx.drop_database("iot", true)).unwrap();
    assert!(catalog.databases().unwrap().is_empty());
    catalog.transaction("test", "", |tx| tx.create_database(&Database::new("iot"), true)).unwrap();
    let again = catalog.transaction("test", "", |tx| tx.create_database(&Database::new("iot"), false));
    assert!(matches!(again, Err(Error::DatabaseExists { .. })));
    assert_eq!(put(&catalog, &anomaly()), Outcome::Created);
    assert!(catalog.files("iot", "anomaly", None).unwrap().is_empty());
}

#[test]
fn many_writers_wait_for_each_other_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (writers, changes) = (8_usize, 25_usize);
    // Each thread opens the new catalog itself, as so many processes would.
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let storage = storage(dir.path());
            scope.spawn(move || {
                let catalog = Catalog::open(&storage).unwrap();
                catalog
                    .transaction("test", "", |tx| {
                        tx.create_database(&Database::new("iot"), true)?;
                        match tx.table("iot", "anomaly") {
                            Err(Error::UnknownTable { .. }) => tx.put_table(&anomaly()),
                            found => found.map(|_| Outcome::Unchanged),
                        }
                    })
                    .unwrap();
                for change in 0..changes {
                    let partition = Partition::new(some(&[&writer.to_string(), &change.to_string()]), "x/");
                    catalog
                        .transaction("test", "", |tx| {
                            // Read, modify, write: a counter that would lose counts if two writers ran together.
                            let mut table = tx.table("iot", "anomaly")?;
                            let count: usize = table.parameters.get("count").map_or(0, |text| text.parse().unwrap());
                            table.parameters.insert("count".into(), (count + 1).to_string());
                            tx.put_table(&table)?;
                            tx.put_partitions("iot", "anomaly", &[partition])
                        })
                        .unwrap();
                    let (count, partitions) = catalog
                        .read(|now| {
                            let count: usize = now.table("iot", "anomaly")?.parameters["count"].parse().unwrap();
                            Ok((count, now.partitions("iot", "anomaly")?.len()))
                        })
                        .unwrap();
                    assert_eq!(count, partitions, "a reader sees whole changes");
                }
            });
        }
    });
    let catalog = Catalog::open(&storage(dir.path())).unwrap();
    let total = writers * changes;
    assert_eq!(catalog.table("iot", "anomaly").unwrap().parameters["count"], total.to_string());
    assert_eq!(catalog.partitions("iot", "anomaly").unwrap().len(), total);
    assert_eq!(catalog.generation().unwrap() as usize, total + 1);
    catalog.verify().unwrap();
}

/// Run by [`several_processes_share_one_catalog`] in processes of their own; alone it does nothing.
#[test]
fn child_process_writes_partitions() {
    let (Ok(dir), Ok(writer)) = (std::env::var("BAYOU_TEST_LAKE"), std::env::var("BAYOU_TEST_WRITER")) else { return };
    let catalog = Catalog::open(&storage(Path::new(&dir))).unwrap();
    for change in 0..20 {
        let partition = Partition::new(some(&[&writer, &change.to_string()]), "x/");
        catalog
            .transaction("test", "", |tx| {
                tx.create_database(&Database::new("iot"), true)?;
                tx.put_table(&anomaly())?;
                tx.put_partitions("iot", "anomaly", &[partition])
            })
            .unwrap();
    }
}

/// Run by [`a_killed_process_leaves_nothing`]: dies with more written than SQLite keeps in memory.
#[test]
fn child_process_dies_midway() {
    let Ok(dir) = std::env::var("BAYOU_TEST_KILLED") else { return };
    let catalog = Catalog::open(&storage(Path::new(&dir))).unwrap();
    let _: Result<()> = catalog.transaction("test", "", |tx| {
        let files: Vec<_> = (0..20_000).map(|n| file(&format!("data/{n}"), &["2019", "08"])).collect();
        tx.put_files("iot", "anomaly", &files)?;
        tx.drop_database("iot", true)?;
        std::process::abort()
    });
}

#[test]
fn a_killed_process_leaves_nothing() {
    let (dir, catalog) = with_table();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "catalog::tests::child_process_dies_midway"])
        .env("BAYOU_TEST_KILLED", dir.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(std::fs::metadata(dir.path().join(".bayou/catalog.db-wal")).unwrap().len() > 1 << 20, "it got far");
    assert!(catalog.files("iot", "anomaly", None).unwrap().is_empty());
    assert_eq!(put(&catalog, &anomaly()), Outcome::Unchanged);
    catalog.verify().unwrap();
}

#[test]
fn several_processes_share_one_catalog() {
    let dir = tempfile::tempdir().unwrap();
    let start = |writer: usize| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "catalog::tests::child_process_writes_partitions"])
            .env("BAYOU_TEST_LAKE", dir.path())
            .env("BAYOU_TEST_WRITER", writer.to_string())
            .output()
    };
    std::thread::scope(|scope| {
        let children: Vec<_> = (0..4).map(|writer| scope.spawn(move || start(writer).unwrap())).collect();
        for child in children {
            let output = child.join().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
    });
    let catalog = Catalog::open(&storage(dir.path())).unwrap();
    assert_eq!(catalog.partitions("iot", "anomaly").unwrap().len(), 80);
    catalog.verify().unwrap();
}

#[test]
fn generation_grows_with_changes_of_other_processes() {
    let (dir, catalog) = with_table();
    let before = catalog.generation().unwrap();
    let other = Catalog::open(&storage(dir.path())).unwrap();
    other.transaction("test", "", |tx| tx.drop_table("iot", "anomaly")).unwrap();
    assert!(catalog.generation().unwrap() > before);
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage(dir.path());
    let path = storage.private_dir().join("catalog.db");
    std::fs::write(&path, b"this is no database at all, and long enough to be read as one".repeat(100)).unwrap();
    let error = Catalog::open(&storage).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { path: named, .. } if *named == path), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("catalog.db` is damaged") && message.contains("backup") && message.contains("crawl"),
        "{message}"
    );
}

#[test]
fn damage_in_the_middle_is_found_when_it_is_read() {
    let (dir, catalog) = with_table();
    let partitions: Vec<_> = (0..5_000).map(|n| Partition::new(some(&["2019", &n.to_string()]), "x/")).collect();
    catalog.transaction("test", "", |tx| tx.put_partitions("iot", "anomaly", &partitions)).unwrap();
    let backup = dir.path().join("copy.db");
    catalog.backup(&backup).unwrap();
    let mut bytes = std::fs::read(&backup).unwrap();
    let quarter = bytes.len() / 4;
    bytes[quarter..].fill(0xa5);
    let other = tempfile::tempdir().unwrap();
    let storage = storage(other.path());
    std::fs::write(storage.private_dir().join("catalog.db"), bytes).unwrap();
    let result = Catalog::open(&storage).and_then(|catalog| {
        catalog.partitions("iot", "anomaly")?;
        catalog.verify()
    });
    assert!(matches!(result, Err(Error::Corrupt { .. })), "{result:?}");
}

#[test]
fn a_newer_file_and_a_foreign_file_are_refused() {
    let (dir, catalog) = with_table();
    catalog.raw(|connection| connection.pragma_update(None, "user_version", 99)).unwrap();
    let error = Catalog::open(&storage(dir.path())).unwrap_err();
    assert!(matches!(error, Error::TooNew { found: 99, .. }), "{error}");

    let other = tempfile::tempdir().unwrap();
    let lake = storage(other.path());
    let foreign = rusqlite::Connection::open(lake.private_dir().join("catalog.db")).unwrap();
    foreign.execute_batch("CREATE TABLE mine (x)").unwrap();
    let message = Catalog::open(&lake).unwrap_err().to_string();
    assert!(message.contains("not a catalog"), "{message}");
}

#[test]
fn a_backup_is_a_catalog_and_never_replaces_a_file() {
    let (_dir, catalog) = with_table();
    let other = tempfile::tempdir().unwrap();
    let lake = storage(other.path());
    let target = lake.private_dir().join("catalog.db");
    catalog.backup(&target).unwrap();
    assert_eq!(Catalog::open(&lake).unwrap().tables("iot").unwrap(), catalog.tables("iot").unwrap());
    assert!(matches!(catalog.backup(&target), Err(Error::BackupExists { .. })));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_catalog_disk_is_told_apart_and_loses_nothing() {
    let (_dir, catalog) = with_table();
    // SQLite reports a file that may not grow as it reports a disk without space.
    let pages: i64 = catalog.raw(|c| c.query_row("PRAGMA page_count", [], |row| row.get(0))).unwrap();
    catalog.raw(|c| c.query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(()))).unwrap();
    let partitions: Vec<_> = (0..10_000).map(|n| Partition::new(some(&["2019", &n.to_string()]), "x/")).collect();
    let error = catalog.transaction("test", "", |tx| tx.put_partitions("iot", "anomaly", &partitions)).unwrap_err();
    assert!(matches!(error, Error::Storage(crate::storage::Error::NoSpace { .. })), "{error}");
    assert!(catalog.partitions("iot", "anomaly").unwrap().is_empty());
    assert!(catalog.table("iot", "anomaly").is_ok());
}

#[test]
#[ignore = "needs BAYOU_TEST_SMALL_DISK, an empty folder on a file system of about a megabyte"]
fn a_full_disk_is_named_at_every_step_and_loses_nothing() {
    let dir = std::env::var("BAYOU_TEST_SMALL_DISK").unwrap();
    let lake = storage(Path::new(&dir));
    let catalog = Catalog::open(&lake).unwrap();
    catalog.transaction("test", "", |tx| tx.create_database(&Database::new("iot"), false)).unwrap();
    put(&catalog, &anomaly());
    // Fill the disk to the last byte.
    let mut fill = std::fs::File::create(Path::new(&dir).join("fill")).unwrap();
    while std::io::Write::write(&mut fill, &[0; 512]).is_ok_and(|written| written > 0) {}
    let path = LakePath::parse("data/x").unwrap();
    let error = futures::executor::block_on(lake.put(&path, vec![1; 1 << 16].into())).unwrap_err();
    assert!(matches!(error, crate::storage::Error::NoSpace { .. }), "{error}");
    let files: Vec<_> = (0..20_000).map(|n| file(&format!("data/{n}"), &["2019", "08"])).collect();
    let error = catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", &files)).unwrap_err();
    assert!(matches!(error, Error::Storage(crate::storage::Error::NoSpace { .. })), "{error:?}");
    drop(catalog);
    // Closing the last connection removes the shared memory; opening needs room for it again.
    while std::io::Write::write(&mut fill, &[0; 512]).is_ok_and(|written| written > 0) {}
    let full = Catalog::open(&lake).and_then(|catalog| catalog.tables("iot"));
    assert!(matches!(full, Ok(_) | Err(Error::Storage(crate::storage::Error::NoSpace { .. }))), "{full:?}");
    std::fs::remove_file(Path::new(&dir).join("fill")).unwrap();
    let catalog = Catalog::open(&lake).unwrap();
    catalog.verify().unwrap();
    assert_eq!(catalog.tables("iot").unwrap().len(), 1);
    assert!(catalog.files("iot", "anomaly", None).unwrap().is_empty());
    assert!(futures::executor::block_on(lake.list(&LakePath::root())).unwrap().is_empty());
}

#[test]
fn pragmas_are_as_promised() {
    let (_dir, catalog) = lake();
    catalog.raw(|connection| {
        let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
        assert_eq!(text("PRAGMA journal_mode"), rusqlite::types::Value::Text("wal".into()));
        assert_eq!(text("PRAGMA foreign_keys"), rusqlite::types::Value::Integer(1));
        assert_eq!(text("PRAGMA synchronous"), rusqlite::types::Value::Integer(2));
    });
}

#[test]
#[ignore = "a measurement: 10,000 partitions with a file each"]
fn ten_thousand_partitions_are_listed_in_under_fifty_milliseconds() {
    let (_dir, catalog) = with_table();
    let values = |n: usize| some(&[&(n / 100).to_string(), &(n % 100).to_string()]);
    let location = |n: usize| format!("s3://bucket/data/anomaly/year={}/month={}/", n / 100, n % 100);
    let partitions: Vec<_> = (0..10_000).map(|n| Partition::new(values(n), location(n))).collect();
    let files: Vec<_> = (0..10_000)
        .map(|n| DataFile {
            partition: Some(values(n)),
            ..file(&format!("data/anomaly/year={}/month={}/part.json", n / 100, n % 100), &[])
        })
        .collect();
    let time = |what: &str, work: &dyn Fn() -> usize| {
        let start = std::time::Instant::now();
        let count = work();
        println!("{what}: {count} in {:?}", start.elapsed());
    };
    time("put partitions", &|| {
        catalog.transaction("test", "", |tx| tx.put_partitions("iot", "anomaly", &partitions)).unwrap().created
    });
    time("put files", &|| {
        catalog.transaction("test", "", |tx| tx.put_files("iot", "anomaly", &files)).unwrap().created
    });
    let some_values: Vec<_> = (0..100).map(|n| values(n * 37)).collect();
    for _ in 0..2 {
        time("partitions", &|| catalog.partitions("iot", "anomaly").unwrap().len());
        time("files", &|| catalog.files("iot", "anomaly", None).unwrap().len());
        time("files of 100 partitions", &|| catalog.files("iot", "anomaly", Some(&some_values)).unwrap().len());
        time("one table", &|| catalog.table("iot", "anomaly").map_or(0, |_| 1));
        time("generation", &|| catalog.generation().unwrap() as usize);
    }
}
