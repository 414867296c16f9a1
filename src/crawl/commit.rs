//! Committing: all plans of a crawl in one short transaction, or none.

use super::Result;
use super::plan::Plan;
use crate::catalog::{Catalog, Change, Database, Error as CatalogError};

/// How a commit went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// Everything is in the catalog, under this change.
    Written(u64),
    /// Nothing had to be written.
    Nothing,
    /// Another process changed this table since it was read; nothing was written.
    Overtaken(String),
}

/// Writes the plans.
pub(super) fn commit(catalog: &Catalog, database: &str, target: &str, plans: &[Plan]) -> Result<Committed> {
    let summary = format!("crawl of `{target}/` into `{database}`");
    let committed = catalog.transaction("crawl", &summary, |change| {
        if let Some(name) = overtaken(change, database, plans)? {
            return Ok(Committed::Overtaken(name));
        }
        if plans.iter().any(|plan| plan.table.is_some()) {
            change.create_database(&Database::new(database), true)?;
        }
        for plan in plans {
            write(change, database, plan)?;
        }
        Ok(match u64::try_from(change.id()) {
            Ok(id) if change.is_dirty() => Committed::Written(id),
            _ => Committed::Nothing,
        })
    })?;
    Ok(committed)
}

/// The first table that is not at the version which its plan was made for.
fn overtaken(change: &Change<'_>, database: &str, plans: &[Plan]) -> Result<Option<String>, CatalogError> {
    for plan in plans {
        let present = match change.table(database, &plan.name) {
            Ok(table) => Some(table.version),
            Err(CatalogError::UnknownDatabase { .. } | CatalogError::UnknownTable { .. }) => None,
            Err(error) => return Err(error),
        };
        if present != plan.expects {
            return Ok(Some(plan.name.clone()));
        }
    }
    Ok(None)
}

fn write(change: &mut Change<'_>, database: &str, plan: &Plan) -> Result<(), CatalogError> {
    let name = &plan.name;
    if plan.drops_table {
        return change.drop_table(database, name);
    }
    if plan.resets {
        let partitions: Vec<_> =
            change.partitions(database, name)?.into_iter().map(|partition| partition.values).collect();
        let files: Vec<_> = change.files(database, name, None)?.into_iter().map(|file| file.path).collect();
        change.drop_partitions(database, name, &partitions)?;
        change.end_files(database, name, &files)?;
    }
    if let Some(table) = &plan.table {
        change.put_table(table)?;
    }
    if !plan.dropped.is_empty() {
        change.drop_partitions(database, name, &plan.dropped)?;
    }
    if !plan.ended.is_empty() {
        change.end_files(database, name, &plan.ended)?;
    }
    if !plan.partitions.is_empty() {
        change.put_partitions(database, name, &plan.partitions)?;
    }
    if !plan.files.is_empty() {
        change.put_files(database, name, &plan.files)?;
    }
    Ok(())
}
