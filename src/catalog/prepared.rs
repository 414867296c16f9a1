//! Prepared statements, by work group and name.

use super::snapshot::Snapshot;
use super::{Catalog, Change, Error, Result};

impl Change<'_> {
    /// Keep a statement under a name.
    ///
    /// # Errors
    /// [`Error::StatementExists`].
    pub fn put_prepared(&mut self, work_group: &str, name: &str, text: &str) -> Result<()> {
        if self.prepared(work_group, name)?.is_some() {
            return Err(Error::StatementExists { name: name.to_owned(), work_group: work_group.to_owned() });
        }
        let sql = "INSERT INTO prepared_statement (work_group, name, text, begin_change) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, (work_group, name, text, self.id())).map(|_| ())
    }

    /// Forget a statement; false when there is none of this name.
    pub fn drop_prepared(&mut self, work_group: &str, name: &str) -> Result<bool> {
        let sql = "UPDATE prepared_statement SET end_change = ?3
            WHERE work_group = ?1 AND name = ?2 AND end_change IS NULL";
        self.write(sql, (work_group, name, self.id())).map(|rows| rows > 0)
    }
}

impl Snapshot<'_> {
    /// The text of a prepared statement.
    pub fn prepared(&self, work_group: &str, name: &str) -> Result<Option<String>> {
        let sql = "SELECT text FROM prepared_statement WHERE work_group = ?1 AND name = ?2 AND end_change IS NULL";
        self.first(sql, (work_group, name), |row| row.get(0))
    }
}

impl Catalog {
    /// The text of a prepared statement.
    pub fn prepared(&self, work_group: &str, name: &str) -> Result<Option<String>> {
        self.read(|snapshot| snapshot.prepared(work_group, name))
    }

    /// Names and texts of a work group's prepared statements, by name.
    pub fn prepared_statements(&self, work_group: &str) -> Result<Vec<(String, String)>> {
        let sql =
            "SELECT name, text FROM prepared_statement WHERE work_group = ?1 AND end_change IS NULL ORDER BY name";
        self.read(|snapshot| snapshot.rows(sql, [work_group], |row| Ok((row.get(0)?, row.get(1)?))))
    }
}
