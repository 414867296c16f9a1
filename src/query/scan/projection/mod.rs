//! Partition projection: partitions computed from table properties instead of looked up in the catalog.
//!
//! Source: the Athena User Guide, "Supported types for partition projection". Values are made only where the conditions
//! allow them: a range of minutes over ten years is never written out for a query of one day.

mod conditions;
mod dates;
mod key;
mod now;
mod template;

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::Schema;
use datafusion::catalog::Session;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;

use self::conditions::Allowed;
use self::key::ProjectedKey;
pub(in crate::query) use self::template::HIVE_ESCAPES;
use self::template::Template;
use super::lake::Lake;
use super::partitions::{TypedPartitions, partition_fields, surviving, typed_values};
use super::snapshot::TableSnapshot;
use crate::catalog::{Column, Partition};
use crate::query::error::Error;

/// More partitions than this are not read by one query.
const MAX_PARTITIONS: usize = 1_000_000;

/// The partitions of a projected table that the conditions leave, and how many there would be without the conditions on
/// several keys.
pub(super) fn partitions(
    snapshot: &TableSnapshot,
    lake: &Lake,
    state: &dyn Session,
    conditions: &[Expr],
) -> Result<TypedPartitions> {
    let table = &snapshot.table;
    let keys = configured(snapshot)?;
    let now = lake.clock.now();
    let mut candidates = Vec::with_capacity(keys.len());
    for (key, column) in keys.iter().zip(&table.partition_keys) {
        let own: Vec<Expr> = conditions.iter().filter(|expr| is_over(expr, &column.name)).cloned().collect();
        let allowed = Allowed::by(&own, &column.name);
        let values = key.values(&allowed, now, MAX_PARTITIONS)?;
        candidates.push(kept(state, column, values, &own)?);
    }
    let count = candidates.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()));
    if count.is_none_or(|count| count > MAX_PARTITIONS) {
        return Err(Error::failed(
            "HIVE_EXCEEDED_PARTITION_LIMIT",
            format!(
                "The projection of `{}.{}` gives more than {MAX_PARTITIONS} partitions\n\
                 hint: add conditions on the partition keys",
                table.database, table.name
            ),
        )
        .into());
    }
    let template = Template::new(table)?;
    let mut projected = vec![Vec::new()];
    for values in &candidates {
        projected = projected
            .iter()
            .flat_map(|front: &Vec<Option<String>>| {
                values.iter().map(|value| front.iter().cloned().chain([Some(value.clone())]).collect())
            })
            .collect();
    }
    let partitions = projected
        .into_iter()
        .map(|values| {
            let location = template.location(&values);
            Partition::new(values, location)
        })
        .collect();
    Ok(TypedPartitions::new(partitions, &table.partition_keys)?)
}

/// The projection of each key.
fn configured(snapshot: &TableSnapshot) -> Result<Vec<ProjectedKey>, Error> {
    let table = &snapshot.table;
    let missing: Vec<String> = table
        .partition_keys
        .iter()
        .filter(|key| !table.parameters.contains_key(&format!("projection.{}.type", key.name)))
        .map(|key| format!("`{}`", key.name))
        .collect();
    if !missing.is_empty() {
        return Err(Error::failed(
            "HIVE_METASTORE_ERROR",
            format!(
                "Table {}.{} is configured for partition projection, but the following partition columns are missing \
                 projection configuration: {}\nhint: set `projection.<column>.type` with ALTER TABLE … SET TBLPROPERTIES",
                table.database,
                table.name,
                missing.join(", ")
            ),
        ));
    }
    table.partition_keys.iter().map(|key| ProjectedKey::new(table, key)).collect()
}

/// The values for which the conditions on this key alone hold.
fn kept(state: &dyn Session, key: &Column, values: Vec<String>, conditions: &[Expr]) -> Result<Vec<String>> {
    if conditions.is_empty() {
        return Ok(values);
    }
    let typed = typed_values(&key.name, &key.data_type, &values.iter().map(Some).collect::<StringArray>())?;
    let schema = Arc::new(Schema::new(partition_fields(std::slice::from_ref(key))));
    let batch = RecordBatch::try_new(schema, vec![typed])?;
    let places = surviving(state, &batch, conditions)?;
    let mut values: Vec<Option<String>> = values.into_iter().map(Some).collect();
    Ok(places.into_iter().filter_map(|place| values.get_mut(place)?.take()).collect())
}

/// Whether an expression is over this key alone.
fn is_over(expr: &Expr, key: &str) -> bool {
    let columns = expr.column_refs();
    !columns.is_empty() && columns.iter().all(|column| column.name == key)
}

#[cfg(test)]
mod tests;
