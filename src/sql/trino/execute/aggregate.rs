//! Aggregates of ours as functions of the engine.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{SortOptions, filter};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature};

use super::body::Body;
use super::collect::Collected;
use super::scalar::any_arguments;
use crate::sql::trino::call::{AggregateCall, Aggregation, LambdaBody, SessionInfo};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry, NullRule};
use crate::sql::trino::types::TrinoType;

/// One use of an aggregate of ours. Sort keys of an ORDER BY inside are arguments behind the values.
#[derive(Debug, Clone)]
pub(crate) struct BoundAggregate {
    pub(crate) name: String,
    pub(crate) entry: &'static AggregateEntry,
    pub(crate) arg_types: Vec<TrinoType>,
    pub(crate) return_type: TrinoType,
    pub(crate) lambdas: Vec<Body>,
    pub(crate) session: Arc<SessionInfo>,
    pub(crate) is_distinct: bool,
    pub(crate) order: Vec<SortOptions>,
    pub(crate) order_types: Vec<DataType>,
    signature: Signature,
}

/// The engine's function for one use of an aggregate of ours.
pub(crate) fn bound_aggregate(
    name: String,
    entry: &'static AggregateEntry,
    (arg_types, return_type): (Vec<TrinoType>, TrinoType),
    lambdas: Vec<Body>,
    session: &Arc<SessionInfo>,
    is_distinct: bool,
    order: Vec<(DataType, SortOptions)>,
) -> Arc<AggregateUDF> {
    let (order_types, order): (Vec<_>, Vec<_>) = order.into_iter().unzip();
    let signature = any_arguments(arg_types.len() + order.len(), false);
    Arc::new(AggregateUDF::new_from_impl(BoundAggregate {
        name,
        entry,
        arg_types,
        return_type,
        lambdas,
        session: Arc::clone(session),
        is_distinct,
        order,
        order_types,
        signature,
    }))
}

impl BoundAggregate {
    fn with_call<T>(&self, run: impl FnOnce(&AggregateCall<'_>) -> T) -> T {
        let lambdas: Vec<Arc<dyn LambdaBody>> =
            self.lambdas.iter().map(|body| Arc::new(body.clone()) as Arc<dyn LambdaBody>).collect();
        run(&AggregateCall {
            arg_types: &self.arg_types,
            return_type: &self.return_type,
            session: &self.session,
            lambdas: &lambdas,
        })
    }

    fn state_types(&self) -> Vec<DataType> {
        match self.entry.build {
            AggregateBuild::Own { state, .. } => self.with_call(state).iter().map(TrinoType::arrow).collect(),
            AggregateBuild::Engine { .. } => Vec::new(),
        }
    }

    pub(super) fn start(&self) -> Result<Box<dyn Aggregation>, TrinoError> {
        match self.entry.build {
            AggregateBuild::Own { start, .. } => self.with_call(start),
            AggregateBuild::Engine { .. } => {
                Err(TrinoError::internal("an aggregate of the engine has no code of ours"))
            }
        }
    }

    /// Whether rows are kept until the end: to be sorted, made distinct, or taken back.
    fn collects(&self) -> bool {
        self.is_distinct || !self.order.is_empty()
    }

    /// The rows that the aggregate takes.
    pub(super) fn wanted(&self, columns: &[ArrayRef]) -> Result<Vec<ArrayRef>, TrinoError> {
        let values = self.arg_types.len().min(columns.len());
        if self.entry.nulls == NullRule::Called {
            return Ok(columns.to_vec());
        }
        let nulls = columns[..values].iter().fold(None, |all: Option<NullBuffer>, column| {
            NullBuffer::union(all.as_ref(), column.logical_nulls().as_ref())
        });
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None => Ok(columns.to_vec()),
            Some(nulls) => {
                let keep = BooleanArray::new(nulls.inner().clone(), None);
                Ok(columns.iter().map(|column| filter(column.as_ref(), &keep)).collect::<Result<_, _>>()?)
            }
        }
    }

    fn column_types(&self) -> Vec<DataType> {
        self.arg_types.iter().map(TrinoType::arrow).chain(self.order_types.iter().cloned()).collect()
    }
}

impl AggregateUDFImpl for BoundAggregate {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> EngineResult<DataType> {
        Ok(self.return_type.arrow())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> EngineResult<Box<dyn Accumulator>> {
        if self.collects() {
            return Ok(Box::new(Collected::new(self.clone(), self.column_types())));
        }
        Ok(Box::new(Running { bound: self.clone(), group: self.start()? }))
    }

    fn create_sliding_accumulator(&self, _: AccumulatorArgs<'_>) -> EngineResult<Box<dyn Accumulator>> {
        Ok(Box::new(Collected::new(self.clone(), self.column_types())))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> EngineResult<Vec<FieldRef>> {
        let types: Vec<DataType> = if self.collects() {
            let list = |data_type: DataType| DataType::List(Arc::new(Field::new("item", data_type, true)));
            self.column_types().into_iter().map(list).collect()
        } else {
            self.state_types()
        };
        let field = |(place, data_type)| Arc::new(Field::new(format!("{}[{place}]", args.name), data_type, true));
        Ok(types.into_iter().enumerate().map(field).collect())
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn default_value(&self, data_type: &DataType) -> EngineResult<ScalarValue> {
        match self.start().and_then(|mut group| group.finish()) {
            Ok(empty) => ScalarValue::try_from_array(&empty, 0),
            Err(_) => ScalarValue::try_from(data_type),
        }
    }
}

impl PartialEq for BoundAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && std::ptr::eq(self.entry, other.entry)
            && self.arg_types == other.arg_types
            && self.lambdas == other.lambdas
            && self.is_distinct == other.is_distinct
            && self.order == other.order
    }
}

impl Eq for BoundAggregate {}

impl Hash for BoundAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.arg_types.hash(state);
        self.lambdas.hash(state);
        self.is_distinct.hash(state);
    }
}

/// A group that takes rows as they come.
#[derive(Debug)]
struct Running {
    bound: BoundAggregate,
    group: Box<dyn Aggregation>,
}

impl Accumulator for Running {
    fn update_batch(&mut self, values: &[ArrayRef]) -> EngineResult<()> {
        let wanted = self.bound.wanted(values)?;
        Ok(self.group.update(&wanted)?)
    }

    fn evaluate(&mut self) -> EngineResult<ScalarValue> {
        ScalarValue::try_from_array(&self.group.finish()?, 0)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.group.bytes()
    }

    fn state(&mut self) -> EngineResult<Vec<ScalarValue>> {
        self.group.state()?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> EngineResult<()> {
        Ok(self.group.merge(states)?)
    }
}
