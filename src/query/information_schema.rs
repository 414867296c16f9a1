//! `information_schema`: schemata, tables, columns and views of the catalog, made when a query names them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};

use super::error::{Error, Result};
use super::hive_trino::trino_type;
use super::relation::{CATALOG, Relation, RelationColumn, memory};
use super::view;
use crate::catalog::{self, Catalog, Table};
use crate::sql::trino::types::TrinoType;

/// Name of the schema.
pub(super) const NAME: &str = "information_schema";
const TABLES: [&str; 4] = ["columns", "schemata", "tables", "views"];

type Texts = Vec<Option<String>>;

/// One of the tables.
pub(super) fn relation(catalog: &Catalog, name: &str) -> Result<Relation> {
    let (names, columns) = match name {
        "schemata" => schemata(catalog)?,
        "tables" => tables(catalog)?,
        "columns" => return columns(catalog),
        "views" => views(catalog)?,
        _ => {
            let hint = format!("\nhint: there are {}", TABLES.join(", "));
            return Err(Error::Catalog(catalog::Error::UnknownTable {
                database: NAME.into(),
                name: name.into(),
                hint,
            }));
        }
    };
    let described = names.iter().map(|name| text_column(name)).collect();
    memory(described, columns.into_iter().map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef).collect())
}

fn text_column(name: &str) -> RelationColumn {
    RelationColumn::plain(name, TrinoType::VARCHAR)
}

/// All databases with their tables; the schema itself last.
fn described(catalog: &Catalog) -> Result<Vec<(String, Vec<Table>)>> {
    let all = catalog.read(|snapshot| {
        let databases = snapshot.databases()?;
        databases.into_iter().map(|found| Ok((found.name.clone(), snapshot.tables(&found.name)?))).collect()
    })?;
    Ok(all)
}

fn schemata(catalog: &Catalog) -> Result<(Vec<&'static str>, Vec<Texts>)> {
    let mut names: Vec<String> = catalog.databases()?.into_iter().map(|database| database.name).collect();
    names.push(NAME.to_owned());
    let catalogs = vec![Some(CATALOG.to_owned()); names.len()];
    Ok((vec!["catalog_name", "schema_name"], vec![catalogs, names.into_iter().map(Some).collect()]))
}

fn tables(catalog: &Catalog) -> Result<(Vec<&'static str>, Vec<Texts>)> {
    let mut columns: Vec<Texts> = vec![Vec::new(); 4];
    let mut push = |row: [&str; 4]| {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(Some(value.to_owned())));
    };
    for (database, tables) in described(catalog)? {
        for table in tables {
            let kind = if table.table_type == view::VIRTUAL_VIEW { "VIEW" } else { "BASE TABLE" };
            push([CATALOG, &database, &table.name, kind]);
        }
    }
    for name in TABLES {
        push([CATALOG, NAME, name, "BASE TABLE"]);
    }
    Ok((vec!["table_catalog", "table_schema", "table_name", "table_type"], columns))
}

fn views(catalog: &Catalog) -> Result<(Vec<&'static str>, Vec<Texts>)> {
    let mut columns: Vec<Texts> = vec![Vec::new(); 4];
    for (database, tables) in described(catalog)? {
        for table in tables {
            if let Some(query) = view::query_of(&table)? {
                let row = [CATALOG.to_owned(), database.clone(), table.name, query.sql];
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(Some(value)));
            }
        }
    }
    Ok((vec!["table_catalog", "table_schema", "table_name", "view_definition"], columns))
}

fn columns(catalog: &Catalog) -> Result<Relation> {
    const NAMES: [&str; 9] = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "column_default",
        "is_nullable",
        "data_type",
        "comment",
        "extra_info",
    ];
    let mut texts: Vec<Texts> = vec![Vec::new(); NAMES.len()];
    let mut places = Vec::new();
    for (database, tables) in described(catalog)? {
        for table in tables {
            let keys = table.partition_keys.iter().map(|key| (key, Some("partition key")));
            let columns = table.storage.columns.iter().map(|column| (column, None)).chain(keys);
            for (place, (column, extra)) in columns.enumerate() {
                let row = [
                    Some(CATALOG.to_owned()),
                    Some(database.clone()),
                    Some(table.name.clone()),
                    Some(column.name.clone()),
                    None,
                    Some("YES".to_owned()),
                    Some(trino_type(&column.data_type).to_string()),
                    column.comment.clone(),
                    extra.map(str::to_owned),
                ];
                texts.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
                places.push(i64::try_from(place + 1).unwrap_or(i64::MAX));
            }
        }
    }
    let mut described: Vec<RelationColumn> = NAMES.iter().map(|name| text_column(name)).collect();
    let mut arrays: Vec<ArrayRef> =
        texts.into_iter().map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef).collect();
    let ordinal = RelationColumn::plain("ordinal_position", TrinoType::Bigint);
    described.insert(4, ordinal);
    arrays.insert(4, Arc::new(Int64Array::from(places)));
    memory(described, arrays)
}
