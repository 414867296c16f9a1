//! Which partitions a query needs: the conditions are evaluated over a batch of one row a partition, so any
//! function, list and NULL is treated as in the query itself.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{Field, FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;

use crate::catalog::{Column, Partition};

/// Partitions with their values typed.
pub(super) struct TypedPartitions {
    pub(super) partitions: Vec<Partition>,
    batch: RecordBatch,
}

/// The partition columns as fields; a value may be NULL.
pub(super) fn partition_fields(keys: &[Column]) -> Vec<FieldRef> {
    keys.iter().map(|key| Arc::new(Field::new(&key.name, key.data_type.to_arrow(), true))).collect()
}

impl TypedPartitions {
    pub(super) fn new(partitions: Vec<Partition>, keys: &[Column]) -> Result<Self> {
        let fields = partition_fields(keys);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for (place, field) in fields.iter().enumerate() {
            let texts: StringArray =
                partitions.iter().map(|partition| partition.values.get(place).and_then(Option::as_deref)).collect();
            let typed = cast(&texts, field.data_type())?;
            if typed.null_count() != texts.null_count() {
                let bad = (0..texts.len()).find(|row| typed.is_null(*row) && texts.is_valid(*row)).unwrap_or_default();
                return Err(DataFusionError::Execution(format!(
                    "the partition value `{}` of `{}` is not of type {}",
                    texts.value(bad),
                    field.name(),
                    field.data_type()
                )));
            }
            columns.push(typed);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(partitions.len()));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?;
        Ok(Self { partitions, batch })
    }

    /// The partitions for which all conditions hold.
    pub(super) fn surviving(&self, state: &dyn Session, conditions: &[Expr]) -> Result<Vec<usize>> {
        let Some(condition) = conjunction(conditions.iter().cloned().map(unqualified)) else {
            return Ok((0..self.partitions.len()).collect());
        };
        let schema = DFSchema::try_from(self.batch.schema())?;
        let holds =
            state.create_physical_expr(condition, &schema)?.evaluate(&self.batch)?.into_array(self.batch.num_rows())?;
        let holds = holds.as_boolean();
        Ok((0..holds.len()).filter(|row| holds.is_valid(*row) && holds.value(*row)).collect())
    }

    /// The typed values of one partition.
    pub(super) fn values(&self, place: usize) -> Result<Vec<ScalarValue>> {
        self.batch.columns().iter().map(|column| ScalarValue::try_from_array(column, place)).collect()
    }
}

/// The expression with its columns named without their table.
fn unqualified(expr: Expr) -> Expr {
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
