//! An expression that is evaluated when its function decides so: the body of a lambda, of a branch, of TRY.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use datafusion::common::{Column, DFSchema};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use crate::sql::trino::call::LambdaBody;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// An expression over numbered columns; it becomes executable when its first rows show the columns' types.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) expression: Expr,
    pub(crate) data_type: TrinoType,
    physical: Arc<OnceLock<Result<Arc<dyn PhysicalExpr>, TrinoError>>>,
}

impl Body {
    pub(crate) fn new(expression: Expr, data_type: TrinoType) -> Self {
        Self { expression, data_type, physical: Arc::new(OnceLock::new()) }
    }

    /// The column that stands for the value at a place.
    pub(crate) fn column(place: usize) -> Expr {
        Expr::Column(Column::new_unqualified(format!("${place}")))
    }

    fn physical(&self, schema: &Schema) -> Result<&Arc<dyn PhysicalExpr>, TrinoError> {
        let made = self.physical.get_or_init(|| {
            let schema = DFSchema::try_from(schema.clone())?;
            Ok(create_physical_expr(
                &self.expression,
                &schema,
                &ExecutionProps::new(),
                &PhysicalPlanningContext::default(),
            )?)
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl LambdaBody for Body {
    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef, TrinoError> {
        let fields: Vec<Field> = columns
            .iter()
            .enumerate()
            .map(|(place, column)| Field::new(format!("${place}"), column.data_type().clone(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let physical = self.physical(&schema)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        Ok(physical.evaluate(&batch)?.into_array(rows)?)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expression)
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression && self.data_type == other.data_type
    }
}

impl Eq for Body {}

impl Hash for Body {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expression.hash(state);
        self.data_type.hash(state);
    }
}
