//! The properties that change how files are read, wherever a table keeps them.

use crate::catalog::{StorageDescriptor, Table};

/// SerDe properties first, then those of the storage descriptor, then the table's.
pub(super) struct Settings<'a> {
    table: &'a Table,
    storage: &'a StorageDescriptor,
}

impl<'a> Settings<'a> {
    pub(super) fn new(table: &'a Table, storage: &'a StorageDescriptor) -> Self {
        Self { table, storage }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.storage.serde.parameters.get(key);
        let found = found.or_else(|| self.storage.parameters.get(key)).or_else(|| self.table.parameters.get(key));
        found.map(String::as_str)
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The class of the SerDe.
    pub(super) fn class(&self) -> &'a str {
        &self.storage.serde.serialization_library
    }

    /// Whether bayou itself described the files, after having looked at them or written them: ISO timestamps are then
    /// times and empty cells NULL, where Athena's SerDes would be stricter.
    pub(super) fn is_described_here(&self) -> bool {
        self.storage.parameters.contains_key("typeOfData")
    }
}
