//! `CREATE [EXTERNAL] TABLE` with all of its clauses, in Hive's order.

use super::ast::{Buckets, CreateTable, FileFormat, Properties, RowFormat};
use crate::query::cursor::Cursor;
use crate::query::error::{Error, Result};

/// Behind `CREATE [EXTERNAL] TABLE`.
pub(super) fn create_table(cursor: &mut Cursor<'_>, external: bool) -> Result<CreateTable> {
    let if_not_exists = cursor.accept(&["IF", "NOT", "EXISTS"]);
    let table = cursor.table()?;
    if cursor.sees(0, "LIKE") {
        return Err(Error::Unsupported { what: "The statement CREATE TABLE … LIKE".into() });
    }
    let columns = cursor.list(Cursor::column)?;
    let comment = if cursor.accept(&["COMMENT"]) { Some(cursor.string()?) } else { None };
    let partition_keys = if cursor.accept(&["PARTITIONED", "BY"]) { cursor.list(Cursor::column)? } else { Vec::new() };
    let buckets = if cursor.accept(&["CLUSTERED", "BY"]) { Some(buckets(cursor)?) } else { None };
    let row_format = if cursor.accept(&["ROW", "FORMAT"]) { Some(row_format(cursor)?) } else { None };
    let file_format = if cursor.accept(&["STORED", "AS"]) { Some(file_format(cursor)?) } else { None };
    let location = if cursor.accept(&["LOCATION"]) { Some(cursor.string()?) } else { None };
    let properties = if cursor.accept(&["TBLPROPERTIES"]) { cursor.properties()? } else { Properties::new() };
    if !cursor.is_at_end() {
        return Err(misplaced(cursor));
    }
    Ok(CreateTable {
        external,
        if_not_exists,
        table,
        columns,
        comment,
        partition_keys,
        buckets,
        row_format,
        file_format,
        location,
        properties,
    })
}

/// A clause that exists but stands at another place, or a word that is none.
fn misplaced(cursor: &Cursor<'_>) -> Error {
    const CLAUSES: [&str; 8] =
        ["COMMENT", "PARTITIONED", "CLUSTERED", "ROW", "STORED", "LOCATION", "TBLPROPERTIES", "WITH"];
    match CLAUSES.iter().find(|clause| cursor.sees(0, clause)) {
        Some(clause) => cursor.error(format!(
            "the clause {clause} is out of order\n\
             hint: the order is COMMENT, PARTITIONED BY, CLUSTERED BY, ROW FORMAT [WITH SERDEPROPERTIES], STORED AS, \
             LOCATION, TBLPROPERTIES"
        )),
        None => cursor.unexpected("a clause of CREATE TABLE or its end"),
    }
}

fn buckets(cursor: &mut Cursor<'_>) -> Result<Buckets> {
    let columns = cursor.list(Cursor::name)?;
    cursor.expect(&["INTO"])?;
    let count = cursor.number()?;
    cursor.expect(&["BUCKETS"])?;
    Ok(Buckets { columns, count })
}

fn row_format(cursor: &mut Cursor<'_>) -> Result<RowFormat> {
    if cursor.accept(&["SERDE"]) {
        let class = cursor.string()?;
        let properties =
            if cursor.accept(&["WITH", "SERDEPROPERTIES"]) { cursor.properties()? } else { Properties::new() };
        return Ok(RowFormat::Serde { class, properties });
    }
    cursor.expect(&["DELIMITED"])?;
    let mut properties = Properties::new();
    if cursor.accept(&["FIELDS", "TERMINATED", "BY"]) {
        let delimiter = cursor.string()?;
        properties.insert("serialization.format".into(), delimiter.clone());
        properties.insert("field.delim".into(), delimiter);
        if cursor.accept(&["ESCAPED", "BY"]) {
            properties.insert("escape.delim".into(), cursor.string()?);
        }
    }
    for (words, key) in [
        // Hive's own spelling.
        (["COLLECTION", "ITEMS"].as_slice(), "colelction.delim"),
        (["MAP", "KEYS"].as_slice(), "mapkey.delim"),
        (["LINES"].as_slice(), "line.delim"),
    ] {
        if cursor.accept(words) {
            cursor.expect(&["TERMINATED", "BY"])?;
            properties.insert(key.into(), cursor.string()?);
        }
    }
    if cursor.accept(&["NULL", "DEFINED", "AS"]) {
        properties.insert("serialization.null.format".into(), cursor.string()?);
    }
    Ok(RowFormat::Delimited(properties))
}

fn file_format(cursor: &mut Cursor<'_>) -> Result<FileFormat> {
    if cursor.accept(&["INPUTFORMAT"]) {
        let input = cursor.string()?;
        cursor.expect(&["OUTPUTFORMAT"])?;
        return Ok(FileFormat::Classes { input, output: cursor.string()? });
    }
    let place = cursor.place();
    cursor.name().map(|name| FileFormat::Named(name.to_uppercase(), place))
}
