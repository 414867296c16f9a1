//! Undoing a change: the catalog becomes what it was before, by a change of its own.
//!
//! Rows that the change began end, rows that it ended begin again. History is never rewritten but for the rows of tables
//! and databases themselves, which come back under their old identity, so that their versions stay with them.

use std::fmt::Write as _;

use rusqlite::Row;

use super::snapshot::{ChangeRecord, change_record, json};
use super::{Catalog, Change, Error, Result, Snapshot, Table};

/// Objects that an error names one by one.
const NAMED: usize = 5;

/// Per table that no undo takes back, what a change wrote there.
const IRREVERSIBLE: [(&str, &str); 5] = [
    ("SELECT count(*) FROM bookmark WHERE begin_change = ?1 OR end_change = ?1", "it moved the bookmarks of a job"),
    ("SELECT count(*) FROM pending_write WHERE begin_change = ?1 OR end_change = ?1", "it wrote data files"),
    ("SELECT count(*) FROM retired_file WHERE begin_change = ?1 OR end_change = ?1", "it replaced data files"),
    ("SELECT count(*) FROM data_file WHERE begin_change = ?1 AND origin = 'written'", "it wrote data files"),
    (
        "SELECT count(*) FROM prepared_statement WHERE begin_change = ?1 OR end_change = ?1",
        "it is a prepared statement",
    ),
];

/// The present rows that a change (?1) made, or that an undo made again as they were, are ended by another (?2).
///
/// With the second kind, changes can be undone one after the other, newest first.
const END: [&str; 2] = [
    r#"UPDATE "partition" SET end_change = ?2 WHERE end_change IS NULL AND (begin_change = ?1
        OR begin_change IN (SELECT id FROM change WHERE kind = 'undo' AND id > ?1)
        AND (table_id, key, location, coalesce(storage, ''), coalesce(parameters, '')) IN (
            SELECT table_id, key, location, coalesce(storage, ''), coalesce(parameters, '') FROM "partition"
            WHERE begin_change = ?1))"#,
    "UPDATE data_file SET end_change = ?2 WHERE end_change IS NULL AND (begin_change = ?1
        OR begin_change IN (SELECT id FROM change WHERE kind = 'undo' AND id > ?1)
        AND (table_id, path, coalesce(partition_key, ''), bytes, coalesce(etag, ''), modified) IN (
            SELECT table_id, path, coalesce(partition_key, ''), bytes, coalesce(etag, ''), modified FROM data_file
            WHERE begin_change = ?1))",
];

/// What was changed after a change (?1), by query, when its present rows were ended (by ?2); each gives names for a person.
/// Both parameters are given to all of them.
const CHANGED_SINCE: [&str; 6] = [
    // What the change made, and is not the present one any more.
    r#"SELECT 'partition ' || x.key || ' of ' || d.name || '.' || t.name FROM "partition" x
        JOIN "table" t ON t.id = x.table_id JOIN database d ON d.id = t.database_id
        WHERE x.begin_change = ?1 AND x.end_change NOT IN (?1, ?2) AND (x.table_id, x.key) NOT IN (
            SELECT table_id, key FROM "partition" WHERE end_change = ?2)"#,
    "SELECT 'file ' || x.path FROM data_file x
        WHERE x.begin_change = ?1 AND x.end_change NOT IN (?1, ?2) AND (x.table_id, x.path) NOT IN (
            SELECT table_id, path FROM data_file WHERE end_change = ?2)",
    // What the change ended, and what has taken its place since.
    r#"SELECT 'table ' || d.name || '.' || t.name FROM "table" o JOIN "table" t
        ON t.database_id = o.database_id AND t.name = o.name AND t.end_change IS NULL
        JOIN database d ON d.id = t.database_id WHERE o.end_change = ?1 AND o.id <> t.id AND ?2 > 0"#,
    r#"SELECT 'partition ' || x.key || ' of ' || d.name || '.' || t.name FROM "partition" o
        JOIN "partition" x ON x.table_id = o.table_id AND x.key = o.key AND x.end_change IS NULL
        JOIN "table" t ON t.id = x.table_id JOIN database d ON d.id = t.database_id WHERE o.end_change = ?1 AND ?2 > 0"#,
    "SELECT 'file ' || x.path FROM data_file o JOIN data_file x
        ON x.table_id = o.table_id AND x.path = o.path AND x.end_change IS NULL WHERE o.end_change = ?1 AND ?2 > 0",
    // Tables that were dropped since, with what the change did in them.
    r#"SELECT DISTINCT 'table ' || d.name || '.' || t.name FROM "table" t JOIN database d ON d.id = t.database_id
        WHERE t.end_change > ?1 AND ?2 > 0 AND (
            EXISTS (SELECT 1 FROM "partition" x WHERE x.table_id = t.id AND ?1 IN (x.begin_change, x.end_change))
            OR EXISTS (SELECT 1 FROM data_file x WHERE x.table_id = t.id AND ?1 IN (x.begin_change, x.end_change)))"#,
];

/// Whether a table (?1) has partitions or files that came after a change (?2).
const HAS_GROWN: &str = r#"SELECT 1 WHERE
    EXISTS (SELECT 1 FROM "partition" WHERE table_id = ?1 AND end_change IS NULL AND begin_change > ?2)
    OR EXISTS (SELECT 1 FROM data_file WHERE table_id = ?1 AND end_change IS NULL AND begin_change > ?2)"#;

impl Catalog {
    /// Undo one change, in one transaction; gives the number of the change that did it, which can be undone as well.
    ///
    /// Only the catalog changes; data files stay as they are.
    ///
    /// # Errors
    /// [`Error::UnknownChange`]; [`Error::ChangedSince`], which names what later changes built upon;
    /// [`Error::NotUndoable`] when the change wrote data files. In every case nothing was changed.
    pub fn undo(&self, id: u64) -> Result<u64> {
        let number = i64::try_from(id).unwrap_or(i64::MAX);
        let record = self.read(|snapshot| snapshot.change(number))?;
        let summary = format!("undo of change {id}: {}", record.summary);
        self.transaction("undo", &summary, |change| change.undo(number))
    }
}

impl Snapshot<'_> {
    /// One change.
    ///
    /// # Errors
    /// [`Error::UnknownChange`].
    pub fn change(&self, id: i64) -> Result<ChangeRecord> {
        let sql = "SELECT id, at, process, kind, summary FROM change WHERE id = ?1";
        self.first(sql, [id], change_record)?.ok_or(Error::UnknownChange { id })
    }
}

impl Change<'_> {
    fn undo(&mut self, undone: i64) -> Result<u64> {
        for (sql, reason) in IRREVERSIBLE {
            if self.first(sql, [undone], |row| row.get::<_, i64>(0))?.unwrap_or_default() > 0 {
                return Err(Error::NotUndoable { id: undone, reason });
            }
        }
        // What turns out to be refused rolls back what was ended until then.
        for sql in END {
            self.write(sql, (undone, self.id()))?;
        }
        let restored = self.ended_versions(undone)?;
        let mut changed = self.end_versions(undone, &restored)?;
        for sql in CHANGED_SINCE {
            changed.extend(self.rows(sql, (undone, self.id()), text)?);
        }
        if !changed.is_empty() {
            return Err(changed_since(undone, changed));
        }
        self.begin_rows(undone, restored)?;
        self.end_empty(undone)?;
        Ok(u64::try_from(self.id()).unwrap_or_default())
    }

    /// The versions of tables that a change replaced, or that went with their table.
    fn ended_versions(&self, undone: i64) -> Result<Vec<(i64, Table)>> {
        let sql = "SELECT table_id, content FROM table_version WHERE end_change = ?1 AND begin_change <> ?1";
        self.rows(sql, [undone], |row| Ok((row.get(0)?, json(row, 1)?)))
    }

    /// Ends the versions of tables that a change made; gives the tables that are not as it left them.
    fn end_versions(&mut self, undone: i64, restored: &[(i64, Table)]) -> Result<Vec<String>> {
        let sql = "SELECT table_id, content FROM table_version
            WHERE begin_change = ?1 AND (end_change IS NULL OR end_change <> ?1)";
        let made: Vec<(i64, Table)> = self.rows(sql, [undone], |row| Ok((row.get(0)?, json(row, 1)?)))?;
        let mut changed = Vec::new();
        for (id, table) in made {
            let name = format!("table {}.{}", table.database, table.name);
            let sql = "SELECT v.content FROM table_version v JOIN change c ON c.id = v.begin_change
                WHERE v.table_id = ?1 AND v.end_change IS NULL AND (c.id = ?2 OR c.kind = 'undo')";
            let now: Option<Table> = self.first(sql, (id, undone), |row| json(row, 0))?;
            if !now.is_some_and(|now| now.same_content(&table)) {
                changed.push(name);
                continue;
            }
            // Later partitions fit the table as it was, when it was there and partitioned in the same way.
            let before =
                restored.iter().find(|(restored, _)| *restored == id).map(|(_, before)| &before.partition_keys);
            let has_grown = self.first(HAS_GROWN, (id, undone), |_| Ok(()))?.is_some();
            if has_grown && before != Some(&table.partition_keys) {
                changed.push(format!("{name}, which has new partitions or files"));
            }
            let sql = "UPDATE table_version SET end_change = ?2 WHERE table_id = ?1 AND end_change IS NULL";
            self.write(sql, (id, self.id()))?;
        }
        Ok(changed)
    }

    fn begin_rows(&mut self, undone: i64, versions: Vec<(i64, Table)>) -> Result<()> {
        for table in ["database", r#""table""#] {
            let sql = format!("UPDATE {table} SET end_change = NULL WHERE end_change = ?1 AND begin_change <> ?1");
            self.write(&sql, [undone])?;
        }
        for (id, table) in versions {
            self.restore_version(id, table)?;
        }
        for sql in [
            r#"INSERT INTO "partition" (table_id, key, location, storage, parameters, begin_change)
                SELECT table_id, key, location, storage, parameters, ?2 FROM "partition"
                WHERE end_change = ?1 AND begin_change <> ?1"#,
            "INSERT INTO data_file
                (table_id, path, partition_key, bytes, rows, etag, modified, origin, column_stats, begin_change)
                SELECT table_id, path, partition_key, bytes, rows, etag, modified, origin, column_stats, ?2
                FROM data_file WHERE end_change = ?1 AND begin_change <> ?1",
        ] {
            self.write(sql, (undone, self.id()))?;
        }
        Ok(())
    }

    /// Tables that have no version any more, and databases that the change made and nothing is in, go.
    fn end_empty(&mut self, undone: i64) -> Result<()> {
        let tables = r#"UPDATE "table" SET end_change = ?2 WHERE end_change IS NULL
            AND id IN (SELECT table_id FROM table_version WHERE begin_change = ?1)
            AND NOT EXISTS (SELECT 1 FROM table_version v WHERE v.table_id = "table".id AND v.end_change IS NULL)"#;
        self.write(tables, (undone, self.id()))?;
        let databases = r#"UPDATE database SET end_change = ?2 WHERE end_change IS NULL AND begin_change = ?1
            AND NOT EXISTS (SELECT 1 FROM "table" t WHERE t.database_id = database.id AND t.end_change IS NULL)"#;
        self.write(databases, (undone, self.id())).map(|_| ())
    }
}

fn changed_since(id: i64, mut changed: Vec<String>) -> Error {
    changed.sort();
    changed.dedup();
    let more = changed.len().saturating_sub(NAMED);
    changed.truncate(NAMED);
    let mut objects = changed.join(", ");
    if more > 0 {
        let _ = write!(objects, " and {more} more");
    }
    Error::ChangedSince { id, objects }
}

fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}
