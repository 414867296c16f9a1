//! Which partitions a query needs: the conditions are evaluated over a batch of one row a partition, so any
//! function, list and NULL is treated as in the query itself.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{Field, FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;

use crate::catalog::{Column, HiveType, Partition};
use crate::query::error::Error;
use crate::query::serde::text_column;

/// How Hive writes a NULL into a folder's name.
pub(in crate::query) const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Partitions with their values typed.
#[derive(Debug)]
pub(in crate::query) struct TypedPartitions {
    pub(in crate::query) partitions: Vec<Partition>,
    batch: RecordBatch,
}

/// The partition columns as fields; a value may be NULL.
pub(in crate::query) fn partition_fields(keys: &[Column]) -> Vec<FieldRef> {
    keys.iter().map(|key| Arc::new(Field::new(&key.name, key.data_type.to_arrow(), true))).collect()
}

/// One column of partition values, typed.
///
/// # Errors
/// `HIVE_INVALID_PARTITION_VALUE` naming the value.
pub(super) fn typed_values(name: &str, data_type: &HiveType, texts: &StringArray) -> Result<ArrayRef, Error> {
    let typed = text_column(data_type, texts);
    if typed.null_count() == texts.null_count() {
        return Ok(typed);
    }
    let bad = (0..texts.len()).find(|row| typed.is_null(*row) && texts.is_valid(*row)).unwrap_or_default();
    let message = format!("Invalid partition value `{}` for {data_type} partition key: {name}", texts.value(bad));
    Err(Error::failed("HIVE_INVALID_PARTITION_VALUE", message))
}

impl TypedPartitions {
    pub(super) fn new(partitions: Vec<Partition>, keys: &[Column]) -> Result<Self, Error> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(keys.len());
        for (place, key) in keys.iter().enumerate() {
            let texts: StringArray = partitions
                .iter()
                .map(|partition| {
                    partition.values.get(place).and_then(Option::as_deref).filter(|text| *text != HIVE_NULL)
                })
                .collect();
            columns.push(typed_values(&key.name, &key.data_type, &texts)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(partitions.len()));
        let schema = Arc::new(Schema::new(partition_fields(keys)));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|error| Error::Execution(error.to_string()))?;
        Ok(Self { partitions, batch })
    }

    /// The typed values, one row a partition.
    pub(in crate::query) fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The partitions for which all conditions hold.
    pub(super) fn surviving(&self, state: &dyn Session, conditions: &[Expr]) -> Result<Vec<usize>> {
        surviving(state, &self.batch, conditions)
    }

    /// The typed values of one partition.
    pub(super) fn values(&self, place: usize) -> Result<Vec<ScalarValue>> {
        self.batch.columns().iter().map(|column| ScalarValue::try_from_array(column, place)).collect()
    }
}

/// The rows of `batch` for which all conditions hold.
pub(super) fn surviving(state: &dyn Session, batch: &RecordBatch, conditions: &[Expr]) -> Result<Vec<usize>> {
    let Some(condition) = conjunction(conditions.iter().cloned().map(unqualified)) else {
        return Ok((0..batch.num_rows()).collect());
    };
    let schema = DFSchema::try_from(batch.schema())?;
    let holds = state.create_physical_expr(condition, &schema)?.evaluate(batch)?.into_array(batch.num_rows())?;
    let Some(holds) = holds.as_boolean_opt() else {
        return Err(DataFusionError::Internal("a condition is no boolean".into()));
    };
    Ok((0..holds.len()).filter(|row| holds.is_valid(*row) && holds.value(*row)).collect())
}

/// The expression with its columns named without their table.
pub(super) fn unqualified(expr: Expr) -> Expr {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let fallback = expr.clone();
    let plain = expr.transform(|inner| match inner {
        Expr::Column(column) if column.relation.is_some() => {
            Ok(Transformed::yes(Expr::Column(datafusion::common::Column::new_unqualified(column.name))))
        }
        other => Ok(Transformed::no(other)),
    });
    plain.map_or(fallback, |transformed| transformed.data)
}
