//! A kernel of ours as a function of the engine, bound to the types of one call.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{filter, take};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility, expr::ScalarFunction,
};

use super::body::Body;
use crate::sql::trino::call::{Call, Kernel, Lambda, SessionInfo};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::registry::NullRule;
use crate::sql::trino::types::TrinoType;

/// A lambda argument: its body over its parameters followed by what it captures, which are the places
/// `captured` among the function's trailing arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BoundLambda {
    pub(crate) body: Body,
    pub(crate) captured: std::ops::Range<usize>,
}

/// One call of a kernel.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) kernel: Kernel,
    pub(crate) nulls: NullRule,
    pub(crate) is_volatile: bool,
    /// The types of the arguments that are values; arguments behind them are captured by lambdas.
    pub(crate) arg_types: Vec<TrinoType>,
    pub(crate) return_type: TrinoType,
    pub(crate) lambdas: Vec<BoundLambda>,
    pub(crate) session: Arc<SessionInfo>,
    signature: Signature,
}

/// The signature of a function whose arguments are of the right types already.
pub(super) fn any_arguments(count: usize, is_volatile: bool) -> Signature {
    let volatility = if is_volatile { Volatility::Volatile } else { Volatility::Immutable };
    let types = if count == 0 { TypeSignature::Nullary } else { TypeSignature::Any(count) };
    Signature::new(types, volatility)
}

impl Bound {
    /// A call of a kernel that propagates NULL and captures nothing.
    pub(crate) fn new(
        name: impl Into<String>,
        kernel: Kernel,
        arg_types: Vec<TrinoType>,
        return_type: TrinoType,
        session: &Arc<SessionInfo>,
    ) -> Self {
        Self {
            name: name.into(),
            kernel,
            nulls: NullRule::Propagate,
            is_volatile: false,
            signature: any_arguments(arg_types.len(), false),
            arg_types,
            return_type,
            lambdas: Vec::new(),
            session: Arc::clone(session),
        }
    }

    /// The expression that calls it.
    pub(crate) fn call(mut self, args: Vec<Expr>) -> Expr {
        self.signature = any_arguments(args.len(), self.is_volatile);
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(self)), args))
    }

    fn evaluate(&self, arrays: &[ArrayRef], constant: &[bool], rows: usize) -> Result<ArrayRef, TrinoError> {
        let values = self.arg_types.len().min(arrays.len());
        if self.nulls == NullRule::Called {
            return self.run(arrays, constant, rows);
        }
        let nulls = arrays[..values].iter().fold(None, |all: Option<NullBuffer>, array| {
            NullBuffer::union(all.as_ref(), array.logical_nulls().as_ref())
        });
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else {
            return self.run(arrays, constant, rows);
        };
        let valid = rows - nulls.null_count();
        if valid == 0 {
            return Ok(new_null_array(&self.return_type.arrow(), rows));
        }
        let keep = BooleanArray::new(nulls.inner().clone(), None);
        let kept = arrays.iter().map(|array| filter(array.as_ref(), &keep)).collect::<Result<Vec<_>, _>>()?;
        let results = self.run(&kept, constant, valid)?;
        let mut next = 0;
        let places: UInt32Array = nulls
            .iter()
            .map(|is_valid| {
                is_valid.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Ok(take(results.as_ref(), &places, None)?)
    }

    fn run(&self, arrays: &[ArrayRef], constant: &[bool], rows: usize) -> Result<ArrayRef, TrinoError> {
        let values = self.arg_types.len().min(arrays.len());
        let (args, captured) = arrays.split_at(values);
        let lambdas: Vec<Lambda<'_>> = self
            .lambdas
            .iter()
            .map(|lambda| Lambda {
                body: &lambda.body,
                captured: captured.get(lambda.captured.clone()).unwrap_or_default(),
                return_type: &lambda.body.data_type,
            })
            .collect();
        let call = Call {
            args,
            arg_types: &self.arg_types,
            constant: constant.get(..values).unwrap_or_default(),
            return_type: &self.return_type,
            rows,
            session: &self.session,
            lambdas: &lambdas,
        };
        let result = (self.kernel)(&call)?;
        if result.len() != rows || result.data_type() != &self.return_type.arrow() {
            return Err(TrinoError::internal(format!(
                "The function {} gave {} rows of {} instead of {rows} rows of {}",
                self.name,
                result.len(),
                result.data_type(),
                self.return_type.arrow()
            )));
        }
        Ok(result)
    }
}

/// Arguments as arrays of `rows` rows, and which of them are constant. One row when all of them are.
pub(super) fn arrays(
    args: Vec<ColumnarValue>,
    rows: usize,
    is_volatile: bool,
) -> EngineResult<(Vec<ArrayRef>, Vec<bool>, usize, bool)> {
    let constant: Vec<bool> = args.iter().map(|arg| matches!(arg, ColumnarValue::Scalar(_))).collect();
    let all = !is_volatile && constant.iter().all(|constant| *constant);
    let rows = if all { 1 } else { rows };
    let arrays = args.into_iter().map(|arg| arg.into_array(rows)).collect::<EngineResult<Vec<_>>>()?;
    Ok((arrays, constant, rows, all))
}

/// A result as the engine takes it: a scalar when it is the same in all rows.
pub(super) fn columnar(result: ArrayRef, is_constant: bool) -> EngineResult<ColumnarValue> {
    if is_constant {
        ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar)
    } else {
        Ok(ColumnarValue::Array(result))
    }
}

impl ScalarUDFImpl for Bound {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> EngineResult<DataType> {
        Ok(self.return_type.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> EngineResult<FieldRef> {
        Ok(Arc::new(Field::new(&self.name, self.return_type.arrow(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> EngineResult<ColumnarValue> {
        let (arrays, constant, rows, all) = arrays(args.args, args.number_rows, self.is_volatile)?;
        columnar(self.evaluate(&arrays, &constant, rows)?, all)
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && std::ptr::fn_addr_eq(self.kernel, other.kernel)
            && self.arg_types == other.arg_types
            && self.return_type == other.return_type
            && self.lambdas == other.lambdas
            && self.session == other.session
    }
}

impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.arg_types.hash(state);
        self.return_type.hash(state);
        self.lambdas.hash(state);
    }
}
