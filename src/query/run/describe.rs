//! DESCRIBE: columns of a table, its partition, or what a column is made of.

use super::{Reply, Runner};
use crate::catalog::{Column, HiveType, StorageDescriptor, Table};
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::hive::{Detail, PartitionSpec};
use crate::query::result::{Rows, padded};

type Row = [String; 3];

fn row(name: &str, data_type: &str, comment: &str) -> Row {
    [padded(name), padded(data_type), padded(comment)]
}

impl Runner<'_> {
    pub(super) fn describe(
        &self,
        name: &TableName,
        detail: Detail,
        partition: Option<&PartitionSpec>,
        path: &[String],
    ) -> Result<Reply> {
        // `DESCRIBE t.c` reads like a table of a database; it is a column when there is no such database.
        let (name, path) = &self.resolved(name, path);
        let found = self.table(name)?;
        let table = &found.table;
        let named = partition.map(|spec| self.named_partition(table, spec)).transpose()?;
        let own = named.as_ref().and_then(|partition| partition.storage.as_ref());
        let storage = own.unwrap_or(&table.storage);
        if let Some((column, below)) = path.split_first() {
            return Ok(Reply::rows(Rows::text(
                ["col_name", "data_type", "comment"],
                column_rows(table, column, below)?,
            )));
        }
        let is_json = storage.serde.serialization_library.ends_with("JsonSerDe");
        let comment = |column: &Column| match &column.comment {
            Some(comment) => comment.clone(),
            None if is_json => "from deserializer".to_owned(),
            None => String::new(),
        };
        let line = |column: &Column| row(&column.name, &column.data_type.to_string(), &comment(column));
        let key = |column: &Column| {
            row(&column.name, &column.data_type.to_string(), column.comment.as_deref().unwrap_or_default())
        };
        let mut rows: Vec<Row> = storage.columns.iter().map(line).collect();
        if detail == Detail::Formatted {
            rows.splice(0..0, [row("# col_name", "data_type", "comment"), row("", "", "")]);
        } else {
            rows.extend(table.partition_keys.iter().map(key));
        }
        if !table.partition_keys.is_empty() {
            rows.push(row("", "", ""));
            rows.push(row("# Partition Information", "", ""));
            rows.push(row("# col_name", "data_type", "comment"));
            rows.extend(table.partition_keys.iter().map(key));
        }
        match detail {
            Detail::Plain => {}
            Detail::Extended => {
                rows.push(row("", "", ""));
                let text = serde_json::to_string(table).unwrap_or_default();
                rows.push(["Detailed Table Information".to_owned(), text, String::new()]);
            }
            Detail::Formatted => rows.extend(formatted(table, storage)),
        }
        Ok(Reply::rows(Rows::text(["col_name", "data_type", "comment"], rows)))
    }

    fn resolved(&self, name: &TableName, path: &[String]) -> (TableName, Vec<String>) {
        if let Some(first) = &name.database
            && self.lake().catalog.database(first).is_err()
            && self.lake().table(&self.statement.database, first).is_ok()
        {
            let table = TableName { database: None, name: first.clone(), place: name.place };
            return (table, std::iter::once(name.name.clone()).chain(path.iter().cloned()).collect());
        }
        (name.clone(), path.to_vec())
    }
}

/// A column, or the parts of what lies below it.
fn column_rows(table: &Table, column: &str, below: &[String]) -> Result<Vec<Row>> {
    let all = table.storage.columns.iter().chain(&table.partition_keys);
    let Some(found) = all.into_iter().find(|candidate| candidate.name == column) else {
        return Err(Error::hive(format!("Invalid column reference {column} in table {}", table.name)));
    };
    let mut data_type = &found.data_type;
    let mut name = column;
    for step in below {
        let next = match (data_type, step.as_str()) {
            (HiveType::Array(element), "$elem$") => Some(element.as_ref()),
            (HiveType::Map(key, _), "$key$") => Some(key.as_ref()),
            (HiveType::Map(_, value), "$value$") => Some(value.as_ref()),
            (HiveType::Struct(fields), field) => {
                fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, data_type)| data_type)
            }
            _ => None,
        };
        data_type = next.ok_or_else(|| Error::hive(format!("Invalid column reference {step} in {data_type}")))?;
        name = step;
    }
    let comment = if below.is_empty() { found.comment.as_deref().unwrap_or_default() } else { "from deserializer" };
    Ok(match data_type {
        HiveType::Struct(fields) if !below.is_empty() || fields.len() > 1 => {
            fields.iter().map(|(name, of)| row(name, &of.to_string(), "from deserializer")).collect()
        }
        _ => vec![row(name, &data_type.to_string(), comment)],
    })
}

/// The table as a list. Source: Hive's `MetaDataFormatUtils.getTableInformation`.
fn formatted(table: &Table, storage: &StorageDescriptor) -> Vec<Row> {
    let time = |at: crate::time::Timestamp| {
        at.to_utc().map_or_else(String::new, |at| at.format("%a %b %d %H:%M:%S UTC %Y").to_string())
    };
    let mut rows = vec![
        row("", "", ""),
        row("# Detailed Table Information", "", ""),
        row("Database:", &table.database, ""),
        row("CreateTime:", &time(table.create_time), ""),
        row("LastAccessTime:", "UNKNOWN", ""),
        row("Protect Mode:", "None", ""),
        row("Retention:", "0", ""),
        row("Location:", &storage.location, ""),
        row("Table Type:", &table.table_type, ""),
        row("Table Parameters:", "", ""),
    ];
    rows.extend(table.parameters.iter().map(|(key, value)| row("", key, value)));
    let yes = |flag: bool| if flag { "Yes" } else { "No" };
    let buckets = if storage.number_of_buckets == 0 { -1 } else { i64::from(storage.number_of_buckets) };
    rows.extend([
        row("", "", ""),
        row("# Storage Information", "", ""),
        row("SerDe Library:", &storage.serde.serialization_library, ""),
        row("InputFormat:", &storage.input_format, ""),
        row("OutputFormat:", &storage.output_format, ""),
        row("Compressed:", yes(storage.compressed), ""),
        row("Num Buckets:", &buckets.to_string(), ""),
        row("Bucket Columns:", &format!("[{}]", storage.bucket_columns.join(", ")), ""),
        row("Sort Columns:", "[]", ""),
        row("Storage Desc Params:", "", ""),
    ]);
    rows.extend(storage.serde.parameters.iter().map(|(key, value)| row("", key, value)));
    rows
}
