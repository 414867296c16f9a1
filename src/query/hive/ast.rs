//! Hive statements as values.

use std::collections::BTreeMap;

use crate::catalog::Column;
use crate::query::cursor::TableName;
use crate::query::lex::Place;

/// Properties `'k'='v'`.
pub(in crate::query) type Properties = BTreeMap<String, String>;

/// Keys with their values, as written: `(year='2019', month=8)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct PartitionSpec {
    /// Key in lower case and value; `None` is NULL.
    pub(in crate::query) values: Vec<(String, Option<String>)>,
    /// Where.
    pub(in crate::query) place: Place,
}

/// How rows are written, as `ROW FORMAT` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum RowFormat {
    /// `DELIMITED`: SerDe properties of the simple format.
    Delimited(Properties),
    /// A class and its properties.
    Serde { class: String, properties: Properties },
}

/// How files are written, as `STORED AS` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum FileFormat {
    /// A short name in upper case, and its place.
    Named(String, Place),
    /// Two classes.
    Classes { input: String, output: String },
}

/// `CLUSTERED BY (…) INTO n BUCKETS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct Buckets {
    /// The columns that are hashed.
    pub(in crate::query) columns: Vec<String>,
    /// How many buckets.
    pub(in crate::query) count: u32,
}

/// `CREATE [EXTERNAL] TABLE` without a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct CreateTable {
    pub(in crate::query) external: bool,
    pub(in crate::query) if_not_exists: bool,
    pub(in crate::query) table: TableName,
    pub(in crate::query) columns: Vec<Column>,
    pub(in crate::query) comment: Option<String>,
    pub(in crate::query) partition_keys: Vec<Column>,
    pub(in crate::query) buckets: Option<Buckets>,
    pub(in crate::query) row_format: Option<RowFormat>,
    pub(in crate::query) file_format: Option<FileFormat>,
    pub(in crate::query) location: Option<String>,
    pub(in crate::query) properties: Properties,
}

/// How much `DESCRIBE` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Detail {
    /// Columns.
    Plain,
    /// Columns and the whole table as one line.
    Extended,
    /// Columns and the table as a list.
    Formatted,
}

/// Where `CHANGE COLUMN` puts the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum ColumnPosition {
    /// In front of all.
    First,
    /// Behind this one.
    After(String),
}

/// A statement in Hive's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum HiveStatement {
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        comment: Option<String>,
        location: Option<String>,
        properties: Properties,
    },
    AlterDatabase {
        name: String,
        properties: Properties,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    CreateTable(Box<CreateTable>),
    DropTable {
        table: TableName,
        if_exists: bool,
    },
    AddPartitions {
        table: TableName,
        if_not_exists: bool,
        partitions: Vec<(PartitionSpec, Option<String>)>,
    },
    DropPartitions {
        table: TableName,
        if_exists: bool,
        partitions: Vec<PartitionSpec>,
    },
    RenamePartition {
        table: TableName,
        from: PartitionSpec,
        to: PartitionSpec,
    },
    AddColumns {
        table: TableName,
        partition: Option<PartitionSpec>,
        columns: Vec<Column>,
    },
    ReplaceColumns {
        table: TableName,
        partition: Option<PartitionSpec>,
        columns: Vec<Column>,
    },
    ChangeColumn {
        table: TableName,
        partition: Option<PartitionSpec>,
        old: String,
        column: Column,
        position: Option<ColumnPosition>,
    },
    SetLocation {
        table: TableName,
        partition: Option<PartitionSpec>,
        location: String,
    },
    SetProperties {
        table: TableName,
        properties: Properties,
    },
    Repair {
        table: TableName,
    },
    ShowDatabases {
        pattern: Option<String>,
    },
    ShowTables {
        database: Option<String>,
        pattern: Option<String>,
    },
    ShowViews {
        database: Option<String>,
        pattern: Option<String>,
    },
    ShowColumns {
        table: TableName,
    },
    ShowPartitions {
        table: TableName,
    },
    ShowProperties {
        table: TableName,
        key: Option<String>,
    },
    ShowCreateTable {
        table: TableName,
    },
    ShowFunctions {
        pattern: Option<String>,
    },
    Describe {
        table: TableName,
        detail: Detail,
        partition: Option<PartitionSpec>,
        path: Vec<String>,
    },
}
