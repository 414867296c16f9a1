//! `ALTER TABLE`: partitions, columns, location and properties.

use super::ast::{ColumnPosition, HiveStatement, PartitionSpec};
use crate::query::cursor::{Cursor, TableName};
use crate::query::error::{Error, Result};

/// Behind `ALTER TABLE`.
pub(super) fn alter_table(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    let table = cursor.table()?;
    if cursor.accept(&["ADD"]) {
        return if cursor.accept(&["COLUMNS"]) {
            add_columns(cursor, table, None)
        } else {
            add_partitions(cursor, table)
        };
    }
    if cursor.accept(&["DROP"]) {
        return drop_partitions(cursor, table);
    }
    let partition = cursor.partition()?;
    if let Some(from) = &partition
        && cursor.accept(&["RENAME", "TO"])
    {
        cursor.expect(&["PARTITION"])?;
        return Ok(HiveStatement::RenamePartition { table, from: from.clone(), to: cursor.partition_spec()? });
    }
    if cursor.accept(&["ADD", "COLUMNS"]) {
        return add_columns(cursor, table, partition);
    }
    if cursor.accept(&["REPLACE", "COLUMNS"]) {
        return Ok(HiveStatement::ReplaceColumns { table, partition, columns: cursor.list(Cursor::column)? });
    }
    if cursor.accept(&["CHANGE"]) {
        return change_column(cursor, table, partition);
    }
    if cursor.accept(&["SET", "LOCATION"]) {
        return Ok(HiveStatement::SetLocation { table, partition, location: cursor.string()? });
    }
    if cursor.accept(&["SET", "TBLPROPERTIES"]) {
        return Ok(HiveStatement::SetProperties { table, properties: cursor.properties()? });
    }
    for (words, what) in [
        (["RENAME", "TO"].as_slice(), "RENAME TO"),
        (["SET", "SERDEPROPERTIES"].as_slice(), "SET SERDEPROPERTIES"),
        (["SET", "SERDE"].as_slice(), "SET SERDE"),
        (["SET", "PROPERTIES"].as_slice(), "SET PROPERTIES"),
        (["SET", "FILEFORMAT"].as_slice(), "SET FILEFORMAT"),
        (["UNSET"].as_slice(), "UNSET TBLPROPERTIES"),
        (["CLUSTERED"].as_slice(), "CLUSTERED BY"),
        (["TOUCH"].as_slice(), "TOUCH"),
        (["COMPACT"].as_slice(), "COMPACT"),
    ] {
        if cursor.accept(words) {
            return Err(Error::Unsupported { what: format!("The statement ALTER TABLE … {what}") });
        }
    }
    Err(cursor.unexpected("ADD, DROP, PARTITION, REPLACE COLUMNS, CHANGE, SET LOCATION or SET TBLPROPERTIES"))
}

fn add_columns(cursor: &mut Cursor<'_>, table: TableName, partition: Option<PartitionSpec>) -> Result<HiveStatement> {
    Ok(HiveStatement::AddColumns { table, partition, columns: cursor.list(Cursor::column)? })
}

/// Several partitions stand without commas between.
fn add_partitions(cursor: &mut Cursor<'_>, table: TableName) -> Result<HiveStatement> {
    let if_not_exists = cursor.accept(&["IF", "NOT", "EXISTS"]);
    let mut partitions = Vec::new();
    while cursor.accept(&["PARTITION"]) {
        let spec = cursor.partition_spec()?;
        let location = if cursor.accept(&["LOCATION"]) { Some(cursor.string()?) } else { None };
        partitions.push((spec, location));
        let place = cursor.place();
        if cursor.accept_symbol(',') {
            return Err(cursor.error_at(place, "the partitions of ADD stand behind each other without commas"));
        }
    }
    if partitions.is_empty() {
        return Err(cursor.unexpected("COLUMNS or PARTITION"));
    }
    Ok(HiveStatement::AddPartitions { table, if_not_exists, partitions })
}

/// Several partitions stand with commas between.
fn drop_partitions(cursor: &mut Cursor<'_>, table: TableName) -> Result<HiveStatement> {
    if cursor.accept(&["COLUMN"]) {
        return Err(Error::Unsupported { what: "The statement ALTER TABLE … DROP COLUMN".into() });
    }
    let if_exists = cursor.accept(&["IF", "EXISTS"]);
    let mut partitions = Vec::new();
    loop {
        cursor.expect(&["PARTITION"])?;
        partitions.push(cursor.partition_spec()?);
        if !cursor.accept_symbol(',') {
            cursor.accept(&["PURGE"]);
            return Ok(HiveStatement::DropPartitions { table, if_exists, partitions });
        }
    }
}

fn change_column(cursor: &mut Cursor<'_>, table: TableName, partition: Option<PartitionSpec>) -> Result<HiveStatement> {
    cursor.accept(&["COLUMN"]);
    let old = cursor.name()?;
    let column = cursor.column()?;
    let position = if cursor.accept(&["FIRST"]) {
        Some(ColumnPosition::First)
    } else if cursor.accept(&["AFTER"]) {
        Some(ColumnPosition::After(cursor.name()?))
    } else {
        None
    };
    Ok(HiveStatement::ChangeColumn { table, partition, old, column, position })
}
