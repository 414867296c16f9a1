//! Merging: what a crawl found, into the table that is there.

use std::collections::BTreeSet;

use super::UpdateBehavior;
use super::evidence::CsvLayout;
use super::group::Draft;
use super::known::{DEPRECATED, KnownTable, MODE};
use super::naming::NamedColumn;
use super::plan::Planner;
use super::shape::Shape;
use crate::catalog::{HiveType, Table};

/// Parameter: the run that made a table's present version.
pub(super) const RUN_ID: &str = "CRAWL_RUN_ID";

/// What is there, plus what is new. Nothing is removed or retyped.
pub(super) fn merge(
    planner: &Planner<'_>,
    present: &Table,
    found: Table,
    columns: &[NamedColumn],
    draft: &Draft,
    notes: &mut Vec<String>,
) -> Table {
    let mut table = present.clone();
    table.partition_keys = found.partition_keys;
    for (column, typed) in columns.iter().zip(&found.storage.columns) {
        match table.storage.columns.iter().find(|known| known.name.eq_ignore_ascii_case(&column.name)) {
            None => table.storage.columns.push(typed.clone()),
            Some(known) if !fits(&known.data_type, &column.shape) => notes.push(format!(
                "column `{}` is {} in the catalog, and the files hold {}; crawl with `on_update=\"replace\"` to retype it",
                known.name, known.data_type, typed.data_type
            )),
            Some(_) => {}
        }
    }
    let is_crawled = present.parameters.contains_key("UPDATED_BY_CRAWLER");
    if is_crawled && draft.schema.csv.is_some_and(|csv| csv.is_quoted) {
        table.storage.serde = found.storage.serde;
    } else if let (Some(paths), Some(more)) =
        (table.storage.serde.parameters.get("paths"), found.storage.serde.parameters.get("paths"))
    {
        let all: BTreeSet<&str> = paths.split(',').chain(more.split(',')).filter(|path| !path.is_empty()).collect();
        let all = all.into_iter().collect::<Vec<_>>().join(",");
        table.storage.serde.parameters.insert("paths".to_owned(), all);
    }
    table.storage.compressed |= found.storage.compressed;
    if is_crawled
        && planner.storage.lake_path(&present.storage.location).is_ok_and(|path| path.is_below(planner.target))
    {
        for parameters in [&mut table.parameters, &mut table.storage.parameters] {
            if parameters.remove("exclusions").is_some() {
                parameters.remove(MODE);
            }
        }
    }
    table.parameters.extend(found.parameters);
    table.storage.parameters.extend(found.storage.parameters);
    table.parameters.remove(DEPRECATED);
    table.storage.parameters.remove(DEPRECATED);
    if planner.options.on_update == UpdateBehavior::Log && table.storage.columns != present.storage.columns {
        notes.extend(column_changes(present, &table).into_iter().map(|change| format!("only reported: {change}")));
        table.storage.columns.clone_from(&present.storage.columns);
    }
    table
}

/// Why files of a draft cannot be files of a table that is there.
pub(super) fn misfit(known: &KnownTable, draft: &Draft, keys: &[String]) -> Option<String> {
    let table = &known.table;
    let there: Vec<&str> = table.partition_keys.iter().map(|column| column.name.as_str()).collect();
    if there != keys {
        let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let found: Vec<&str> = keys.iter().map(String::as_str).collect();
        return Some(format!(
            "the table has the partition keys {}, the folders have {}; drop the table, or crawl with `on_update=\"replace\"`",
            list(&there),
            list(&found)
        ));
    }
    let Some(schema) = &known.schema else {
        return Some(format!(
            "the table is {}, the files are {}",
            table.storage.classification().unwrap_or("of an unknown format"),
            draft.schema.format.as_str()
        ));
    };
    if schema.format != draft.schema.format {
        return Some(format!(
            "the table is {}, the files are {}",
            schema.format.as_str(),
            draft.schema.format.as_str()
        ));
    }
    let layout = |csv: CsvLayout| (csv.delimiter, csv.has_header);
    (schema.csv.map(layout) != draft.schema.csv.map(layout))
        .then(|| "the files have another delimiter or header than the table".to_owned())
}

/// Whether a column of the catalog holds what was found.
fn fits(known: &HiveType, found: &Shape) -> bool {
    matches!(known, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_)) || Shape::from(known).holds(found)
}

/// The run that made the present version is not replaced when nothing else is.
pub(super) fn keep_run(table: &mut Table, present: &Table) {
    for (parameters, before) in
        [(&mut table.parameters, &present.parameters), (&mut table.storage.parameters, &present.storage.parameters)]
    {
        match before.get(RUN_ID) {
            Some(run) => parameters.insert(RUN_ID.to_owned(), run.clone()),
            None => parameters.remove(RUN_ID),
        };
    }
}

pub(super) fn same(a: &Table, b: &Table) -> bool {
    a.storage == b.storage
        && a.partition_keys == b.partition_keys
        && a.parameters == b.parameters
        && a.table_type == b.table_type
}

pub(super) fn column_changes(before: &Table, after: &Table) -> Vec<String> {
    let mut changes = Vec::new();
    let find = |table: &Table, name: &str| table.storage.columns.iter().find(|column| column.name == name).cloned();
    let added: Vec<&str> = after
        .storage
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| find(before, name).is_none())
        .collect();
    if !added.is_empty() {
        changes.push(format!("new columns: {}", added.join(" ")));
    }
    let removed: Vec<&str> = before
        .storage
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| find(after, name).is_none())
        .collect();
    if !removed.is_empty() {
        changes.push(format!("columns removed: {}", removed.join(" ")));
    }
    for column in &after.storage.columns {
        if let Some(old) = find(before, &column.name).filter(|old| old.data_type != column.data_type) {
            changes.push(format!("column `{}` was {}, is {}", column.name, old.data_type, column.data_type));
        }
    }
    changes
}
