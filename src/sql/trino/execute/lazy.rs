//! Branches that must not be evaluated for rows that do not take them: CASE, COALESCE, AND, OR, and TRY.
//!
//! The engine evaluates the arguments of its functions, rewrites CASE over booleans to AND and OR, and evaluates both
//! sides of those. Where a branch can fail, the expressions are therefore kept as [`Body`]s over the columns that they
//! use, and evaluated over the rows that need them.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_null_array};
use arrow::compute::{interleave, take};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, expr::ScalarFunction,
};

use super::body::Body;
use super::scalar::{any_arguments, arrays, columnar};
use crate::sql::trino::call::LambdaBody;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// Errors that TRY turns into NULL. Source: Trino's documentation of TRY.
const CAUGHT: [&str; 4] =
    ["DIVISION_BY_ZERO", "INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT", "NUMERIC_VALUE_OUT_OF_RANGE"];

/// What is lazy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LazyKind {
    /// Condition, result, condition, result, …, and a result for the rest.
    Case,
    /// The first that is not NULL.
    Coalesce,
    /// All of them.
    And,
    /// One of them.
    Or,
    /// The one, or NULL where it fails.
    Try,
}

/// A lazy form over its captured columns.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lazy {
    kind: LazyKind,
    bodies: Vec<Body>,
    return_type: TrinoType,
    is_volatile: bool,
    signature: Signature,
}

impl Lazy {
    /// The expression: `bodies` over the columns `captured`.
    pub(crate) fn call(kind: LazyKind, bodies: Vec<Body>, captured: Vec<Expr>, return_type: TrinoType) -> Expr {
        let is_volatile = bodies.iter().any(|body| body.expression.is_volatile());
        let signature = any_arguments(captured.len(), is_volatile);
        let own = Self { kind, bodies, return_type, is_volatile, signature };
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(own)), captured))
    }

    fn evaluate(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, TrinoError> {
        match self.kind {
            LazyKind::Try => match self.bodies.first() {
                Some(body) => attempt(body, columns, rows),
                None => Err(TrinoError::internal("TRY without a body")),
            },
            LazyKind::Case => self.branches(columns, rows),
            LazyKind::Coalesce => self.coalesce(columns, rows),
            LazyKind::And | LazyKind::Or => self.connective(columns, rows, self.kind == LazyKind::Or),
        }
    }

    fn branches(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, TrinoError> {
        let mut merge = Merge::new(&self.return_type, rows);
        let mut left: Vec<u32> = places(rows);
        for pair in self.bodies.chunks(2) {
            if left.is_empty() {
                break;
            }
            let [condition, result] = pair else {
                for body in pair {
                    merge.add(&left, over(body, columns, &left, rows)?);
                }
                break;
            };
            let holds = over(condition, columns, &left, rows)?;
            let holds = holds.as_boolean();
            let is_true = |place: usize| holds.is_valid(place) && holds.value(place);
            let (mut taken, mut rest) = (Vec::new(), Vec::new());
            for (place, row) in left.iter().enumerate() {
                if is_true(place) { taken.push(*row) } else { rest.push(*row) }
            }
            if !taken.is_empty() {
                merge.add(&taken, over(result, columns, &taken, rows)?);
            }
            left = rest;
        }
        merge.finish()
    }

    fn coalesce(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, TrinoError> {
        let mut merge = Merge::new(&self.return_type, rows);
        let mut left: Vec<u32> = places(rows);
        for body in &self.bodies {
            if left.is_empty() {
                break;
            }
            let found = over(body, columns, &left, rows)?;
            let nulls = found.logical_nulls();
            merge.add(&left, found);
            let Some(nulls) = nulls else { break };
            left = left.iter().enumerate().filter(|(place, _)| nulls.is_null(*place)).map(|(_, row)| *row).collect();
        }
        merge.finish()
    }

    /// AND and OR of three values; a row is done at the first FALSE or TRUE.
    fn connective(&self, columns: &[ArrayRef], rows: usize, deciding: bool) -> Result<ArrayRef, TrinoError> {
        let mut results: Vec<Option<bool>> = vec![Some(!deciding); rows];
        let mut left: Vec<u32> = places(rows);
        for body in &self.bodies {
            if left.is_empty() {
                break;
            }
            let found = over(body, columns, &left, rows)?;
            let found = found.as_boolean();
            let mut rest = Vec::with_capacity(left.len());
            for (place, row) in left.iter().enumerate() {
                let result = &mut results[*row as usize];
                match found.is_valid(place).then(|| found.value(place)) {
                    Some(value) if value == deciding => *result = Some(deciding),
                    Some(_) => rest.push(*row),
                    None => {
                        *result = None;
                        rest.push(*row);
                    }
                }
            }
            left = rest;
        }
        Ok(Arc::new(BooleanArray::from(results)))
    }
}

/// Values of rows, put together from several evaluations.
struct Merge<'a> {
    return_type: &'a TrinoType,
    parts: Vec<ArrayRef>,
    /// Part and place of each row.
    rows: Vec<Option<(usize, usize)>>,
}

impl<'a> Merge<'a> {
    fn new(return_type: &'a TrinoType, rows: usize) -> Self {
        Self { return_type, parts: Vec::new(), rows: vec![None; rows] }
    }

    fn add(&mut self, rows: &[u32], values: ArrayRef) {
        for (place, row) in rows.iter().enumerate() {
            if let Some(slot) = self.rows.get_mut(*row as usize) {
                *slot = Some((self.parts.len(), place));
            }
        }
        self.parts.push(values);
    }

    fn finish(self) -> Result<ArrayRef, TrinoError> {
        let data_type = self.return_type.arrow();
        if self.parts.is_empty() {
            return Ok(new_null_array(&data_type, self.rows.len()));
        }
        let null = new_null_array(&data_type, 1);
        let mut parts: Vec<&dyn Array> = self.parts.iter().map(AsRef::as_ref).collect();
        parts.push(null.as_ref());
        let absent = (parts.len() - 1, 0);
        let places: Vec<(usize, usize)> = self.rows.iter().map(|row| row.unwrap_or(absent)).collect();
        Ok(interleave(&parts, &places)?)
    }
}

fn places(rows: usize) -> Vec<u32> {
    (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect()
}

/// A body over some of the rows.
fn over(body: &Body, columns: &[ArrayRef], some: &[u32], rows: usize) -> Result<ArrayRef, TrinoError> {
    if some.len() == rows {
        return body.evaluate(columns.to_vec(), rows);
    }
    let places = UInt32Array::from(some.to_vec());
    let columns = columns.iter().map(|column| take(column.as_ref(), &places, None)).collect::<Result<Vec<_>, _>>()?;
    body.evaluate(columns, some.len())
}

/// A body with NULL for the rows in which it fails: a batch that fails is halved until single rows are left.
fn attempt(body: &Body, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, TrinoError> {
    match body.evaluate(columns.to_vec(), rows) {
        Ok(result) => Ok(result),
        Err(error) if !CAUGHT.contains(&error.name) => Err(error),
        Err(_) if rows <= 1 => Ok(new_null_array(&body.data_type.arrow(), rows)),
        Err(_) => {
            let half = rows / 2;
            let part = |offset: usize, length: usize| {
                let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(offset, length)).collect();
                attempt(body, &columns, length)
            };
            let (first, second) = (part(0, half)?, part(half, rows - half)?);
            Ok(arrow::compute::concat(&[first.as_ref(), second.as_ref()])?)
        }
    }
}

impl ScalarUDFImpl for Lazy {
    fn name(&self) -> &str {
        match self.kind {
            LazyKind::Case => "case",
            LazyKind::Coalesce => "coalesce",
            LazyKind::And => "and",
            LazyKind::Or => "or",
            LazyKind::Try => "try",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> EngineResult<DataType> {
        Ok(self.return_type.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> EngineResult<FieldRef> {
        Ok(Arc::new(Field::new(self.name(), self.return_type.arrow(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> EngineResult<ColumnarValue> {
        let (arrays, _, rows, all) = arrays(args.args, args.number_rows, self.is_volatile)?;
        columnar(self.evaluate(&arrays, rows)?, all)
    }
}
