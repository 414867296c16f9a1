//! Undoing changes: what was there comes back, what others built upon is named.

use super::*;
use crate::storage::{LakePath, Storage, StorageOptions};
use crate::time::Timestamp;

fn lake() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap(), &StorageOptions::default()).unwrap();
    let catalog = Catalog::open(&storage).unwrap();
    (folder, catalog)
}

fn table(columns: &[&str]) -> Table {
    let columns = columns.iter().map(|name| Column::new(*name, HiveType::Int)).collect();
    Table::new("iot", "t", StorageDescriptor::json(columns, "s3://b/t"), vec![Column::new("day", HiveType::String)])
}

fn day(value: &str) -> Vec<Option<String>> {
    vec![Some(value.to_owned())]
}

fn file(value: &str, origin: Origin) -> DataFile {
    DataFile {
        path: LakePath::parse(&format!("t/day={value}/x.json")).unwrap(),
        partition: Some(day(value)),
        bytes: 10,
        rows: None,
        etag: None,
        modified: Timestamp(5),
        origin,
        column_stats: None,
    }
}

/// One change that puts the table with these columns, and partitions with a file each.
fn put(catalog: &Catalog, columns: &[&str], days: &[&str]) -> u64 {
    let change = catalog.transaction("crawl", "crawl", |tx| {
        tx.create_database(&Database::new("iot"), true)?;
        tx.put_table(&table(columns))?;
        let partitions: Vec<_> =
            days.iter().map(|value| Partition::new(day(value), format!("t/day={value}/"))).collect();
        tx.put_partitions("iot", "t", &partitions)?;
        tx.put_files("iot", "t", &days.iter().map(|value| file(value, Origin::Found)).collect::<Vec<_>>())?;
        Ok(tx.id())
    });
    change.unwrap().try_into().unwrap()
}

/// Everything that readers see but for versions and times.
fn seen(catalog: &Catalog) -> String {
    let databases: Vec<_> = catalog.databases().unwrap().into_iter().map(|database| database.name).collect();
    let mut text = format!("{databases:?}");
    for table in databases.iter().flat_map(|name| catalog.tables(name).unwrap()) {
        let columns: Vec<_> = table.storage.columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<_> = catalog.partitions("iot", &table.name).unwrap().into_iter().map(|p| p.values).collect();
        let files: Vec<_> = catalog.files("iot", &table.name, None).unwrap().into_iter().map(|f| f.path).collect();
        text.push_str(&format!(" {} {columns:?} {values:?} {files:?}", table.name));
    }
    text
}

#[test]
fn a_created_table_goes_with_its_database_and_comes_back_by_undoing_the_undo() {
    let (_folder, catalog) = lake();
    let before = seen(&catalog);
    let change = put(&catalog, &["a"], &["1", "2"]);
    let after = seen(&catalog);
    let undo = catalog.undo(change).unwrap();
    assert_eq!(seen(&catalog), before);
    catalog.undo(undo).unwrap();
    assert_eq!(seen(&catalog), after);
    assert_eq!(catalog.table_history("iot", "t").unwrap().len(), 2);
}

#[test]
fn an_update_is_undone_as_a_new_version() {
    let (_folder, catalog) = lake();
    put(&catalog, &["a"], &["1"]);
    let before = seen(&catalog);
    let change = put(&catalog, &["a", "b"], &["2"]);
    catalog.undo(change).unwrap();
    assert_eq!(seen(&catalog), before);
    assert_eq!(catalog.table("iot", "t").unwrap().version, 2);
    let last = &catalog.changes(1).unwrap()[0];
    assert_eq!((last.kind.as_str(), last.summary.as_str()), ("undo", "undo of change 2: crawl"));
}

#[test]
fn what_was_dropped_comes_back_with_its_history() {
    let (_folder, catalog) = lake();
    put(&catalog, &["a"], &["1", "2"]);
    put(&catalog, &["a", "b"], &[]);
    let before = seen(&catalog);
    let dropped = catalog.transaction("sql", "drop", |tx| tx.drop_table("iot", "t").map(|()| tx.id())).unwrap();
    catalog.undo(dropped.try_into().unwrap()).unwrap();
    assert_eq!(seen(&catalog), before);
    assert_eq!(catalog.table_history("iot", "t").unwrap().len(), 3);
    let partition =
        catalog.transaction("sql", "drop", |tx| tx.drop_partitions("iot", "t", &[day("1")]).map(|_| tx.id())).unwrap();
    catalog.undo(partition.try_into().unwrap()).unwrap();
    assert_eq!(seen(&catalog), before);
}

#[test]
fn what_later_changes_built_upon_is_named_and_nothing_is_undone() {
    let (_folder, catalog) = lake();
    let first = put(&catalog, &["a"], &["1"]);
    let second = put(&catalog, &["a"], &["2"]);
    let third = put(&catalog, &["a", "b"], &[]);
    let now = seen(&catalog);
    let message = catalog.undo(first).unwrap_err().to_string();
    assert!(message.contains("table iot.t") && message.contains("newest first"), "{message}");
    assert_eq!(seen(&catalog), now);
    // Each on its own, and the newest first, they can be.
    for change in [third, second, first] {
        catalog.undo(change).unwrap();
    }
    assert_eq!(seen(&catalog), "[]");
    let message = catalog.undo(first).unwrap_err().to_string();
    assert!(matches!(catalog.undo(first), Err(Error::ChangedSince { .. })), "{message}");
}

#[test]
fn a_dropped_table_whose_name_is_taken_is_named() {
    let (_folder, catalog) = lake();
    put(&catalog, &["a"], &["1"]);
    let dropped = catalog.transaction("sql", "drop", |tx| tx.drop_table("iot", "t").map(|()| tx.id())).unwrap();
    put(&catalog, &["z"], &[]);
    let now = seen(&catalog);
    let message = catalog.undo(dropped.try_into().unwrap()).unwrap_err().to_string();
    assert!(message.contains("table iot.t"), "{message}");
    assert_eq!(seen(&catalog), now);
}

#[test]
fn a_database_that_others_use_stays() {
    let (_folder, catalog) = lake();
    let change = put(&catalog, &["a"], &[]);
    let other = Table::new("iot", "other", StorageDescriptor::json(Vec::new(), "s3://b/o"), Vec::new());
    catalog.transaction("crawl", "other", |tx| tx.put_table(&other)).unwrap();
    catalog.undo(change).unwrap();
    assert_eq!(seen(&catalog), r#"["iot"] other [] [] []"#);
}

#[test]
fn writes_and_unknown_changes_are_refused() {
    let (_folder, catalog) = lake();
    put(&catalog, &["a"], &["1"]);
    let written = catalog
        .transaction("etl", "write", |tx| tx.put_files("iot", "t", &[file("1", Origin::Written)]).map(|_| tx.id()));
    let message = catalog.undo(written.unwrap().try_into().unwrap()).unwrap_err().to_string();
    assert!(message.contains("it wrote data files"), "{message}");
    assert!(matches!(catalog.undo(99), Err(Error::UnknownChange { id: 99 })));
}
