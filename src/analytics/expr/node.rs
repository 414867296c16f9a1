//! Bound expressions and how a batch goes through them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, RecordBatchOptions, Time32MillisecondArray,
    TimestampMillisecondArray, new_null_array,
};
use arrow::compute::interleave;
use arrow::compute::kernels::boolean::{and_kleene, or_kleene};
use arrow::compute::kernels::nullif::nullif;
use arrow::datatypes::{Field, Schema};

use super::kernel::Kernel;
use super::{EvalEnv, ExprType, RowFailures, Values};
use crate::analytics::error::{Error, Result};
use crate::analytics::syntax::Clock;

/// A typed expression; its columns are places in the batch.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    node: Node,
    sql_type: ExprType,
}

#[derive(Clone, Debug)]
enum Node {
    Column(usize),
    /// An array of one value.
    Constant(ArrayRef),
    Clock(Clock),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    Call {
        kernel: Arc<dyn Kernel>,
        arguments: Vec<Expr>,
    },
    /// A column of a row value.
    Field {
        row: Box<Expr>,
        field: usize,
    },
    /// A function written in SQL: its body reads the arguments as columns.
    Function {
        body: Arc<Expr>,
        arguments: Vec<Expr>,
        null_on_null: bool,
    },
}

/// The result of an evaluation: as many values as the batch has rows.
#[derive(Clone, Debug)]
pub(crate) struct Evaluated {
    pub(crate) values: ArrayRef,
    /// Rows without a value because something failed; their value is NULL.
    pub(crate) failed: Option<RowFailures>,
}

impl Expr {
    pub(crate) fn column(place: usize, sql_type: ExprType) -> Self {
        Self { node: Node::Column(place), sql_type }
    }

    /// The value in an array of length one.
    pub(crate) fn constant(value: ArrayRef, sql_type: ExprType) -> Self {
        Self { node: Node::Constant(value), sql_type }
    }

    /// NULL of a type.
    pub(crate) fn null(sql_type: ExprType) -> Self {
        Self::constant(new_null_array(&sql_type.to_arrow(), 1), sql_type)
    }

    pub(crate) fn boolean(value: Option<bool>) -> Self {
        Self::constant(Arc::new(BooleanArray::from(vec![value])), ExprType::BOOLEAN)
    }

    pub(crate) fn clock(clock: Clock) -> Self {
        let sql_type = match clock {
            Clock::Timestamp | Clock::RowTimestamp => crate::analytics::sql_type::SqlType::Timestamp,
            Clock::Date => crate::analytics::sql_type::SqlType::Date,
            Clock::Time => crate::analytics::sql_type::SqlType::Time,
        };
        Self { node: Node::Clock(clock), sql_type: sql_type.into() }
    }

    pub(crate) fn and(operands: Vec<Self>) -> Self {
        Self { node: Node::And(operands), sql_type: ExprType::BOOLEAN }
    }

    pub(crate) fn or(operands: Vec<Self>) -> Self {
        Self { node: Node::Or(operands), sql_type: ExprType::BOOLEAN }
    }

    /// All results are of type `sql_type` already.
    pub(crate) fn case(branches: Vec<(Self, Self)>, otherwise: Self, sql_type: ExprType) -> Self {
        Self { node: Node::Case { branches, otherwise: Box::new(otherwise) }, sql_type }
    }

    /// A kernel over its arguments; computed at once when they are constant and it does not fail.
    pub(crate) fn call(kernel: impl Kernel + 'static, arguments: Vec<Self>, sql_type: ExprType) -> Result<Self> {
        let constant = arguments.iter().all(|argument| matches!(argument.node, Node::Constant(_)));
        let call = Self { node: Node::Call { kernel: Arc::new(kernel), arguments }, sql_type };
        if constant {
            let batch = RecordBatch::try_new_with_options(
                Arc::new(Schema::empty()),
                Vec::new(),
                &RecordBatchOptions::new().with_row_count(Some(1)),
            )?;
            let value = call.compute(&batch, &EvalEnv::default())?;
            if value.failed.is_none() {
                return Ok(Self::constant(value.array, call.sql_type));
            }
        }
        Ok(call)
    }

    pub(crate) fn field(row: Self, field: usize) -> Result<Self> {
        let ExprType::Row(fields) = &row.sql_type else {
            return Err(Error::Internal("a field of what is no row value".to_owned()));
        };
        let sql_type = fields.get(field).map(|(_, sql_type)| sql_type.clone());
        let sql_type = sql_type.ok_or_else(|| Error::Internal("a row value without that field".to_owned()))?;
        Ok(Self { node: Node::Field { row: Box::new(row), field }, sql_type })
    }

    /// A function written in SQL.
    pub(crate) fn function(body: Arc<Self>, arguments: Vec<Self>, null_on_null: bool) -> Self {
        let sql_type = body.sql_type.clone();
        Self { node: Node::Function { body, arguments, null_on_null }, sql_type }
    }

    pub(crate) fn sql_type(&self) -> &ExprType {
        &self.sql_type
    }

    /// The same values under another type of the same Arrow form.
    pub(crate) fn retyped(mut self, sql_type: ExprType) -> Self {
        self.sql_type = sql_type;
        self
    }

    /// The value, when it is known without rows and clock.
    pub(crate) fn value(&self) -> Option<&ArrayRef> {
        match &self.node {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The text of a constant.
    pub(crate) fn constant_text(&self) -> Option<&str> {
        let texts = self.value()?.as_string_opt::<i32>()?;
        texts.is_valid(0).then(|| texts.value(0))
    }

    /// Whether the value is the same for all rows of a query.
    pub(crate) fn is_constant(&self) -> bool {
        match &self.node {
            Node::Column(_) => false,
            Node::Constant(_) => true,
            Node::Clock(clock) => *clock != Clock::RowTimestamp,
            _ => self.children().into_iter().all(Self::is_constant),
        }
    }

    fn children(&self) -> Vec<&Self> {
        match &self.node {
            Node::Column(_) | Node::Constant(_) | Node::Clock(_) => Vec::new(),
            Node::And(operands) | Node::Or(operands) => operands.iter().collect(),
            Node::Call { kernel: _, arguments } | Node::Function { body: _, arguments, null_on_null: _ } => {
                arguments.iter().collect()
            }
            Node::Field { row, field: _ } => vec![row],
            Node::Case { branches, otherwise } => {
                branches.iter().flat_map(|(condition, result)| [condition, result]).chain([&**otherwise]).collect()
            }
        }
    }

    /// The column's place, when the expression is nothing but a column.
    pub(crate) fn as_column(&self) -> Option<usize> {
        match &self.node {
            Node::Column(place) => Some(*place),
            _ => None,
        }
    }

    /// Places of the columns it reads, ascending, each once.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut places = Vec::new();
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            if let Node::Column(place) = expr.node {
                places.push(place);
            }
            waiting.extend(expr.children());
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The value of every row of `batch`.
    ///
    /// # Errors
    /// [`Error::Internal`]; what a row can do wrong is in [`Evaluated::failed`].
    pub(crate) fn evaluate(&self, batch: &RecordBatch, env: &EvalEnv) -> Result<Evaluated> {
        let values = self.compute(batch, env)?.expand(batch.num_rows())?;
        let Some(failed) = values.failed.and_then(RowFailures::some) else {
            return Ok(Evaluated { values: values.array, failed: None });
        };
        let mut without_value = vec![false; batch.num_rows()];
        for (row, _) in failed.iter() {
            if let Some(place) = without_value.get_mut(row) {
                *place = true;
            }
        }
        Ok(Evaluated { values: nullif(&values.array, &BooleanArray::from(without_value))?, failed: Some(failed) })
    }

    fn compute(&self, batch: &RecordBatch, env: &EvalEnv) -> Result<Values> {
        match &self.node {
            Node::Column(place) => {
                let column = batch.columns().get(*place);
                Ok(Values::rows(Arc::clone(column.ok_or_else(|| {
                    Error::Internal(format!("a batch of {} columns has no column {place}", batch.num_columns()))
                })?)))
            }
            Node::Constant(value) => Ok(Values::constant(Arc::clone(value))),
            Node::Clock(clock) => Ok(Values::constant(read_clock(*clock, env))),
            Node::And(operands) => logical(operands, batch, env, false),
            Node::Or(operands) => logical(operands, batch, env, true),
            Node::Case { branches, otherwise } => case(branches, otherwise, batch, env),
            Node::Call { kernel, arguments } => {
                let (values, failed) = compute_all(arguments, batch, env)?;
                let rows = if values.iter().all(|value| value.constant) { 1 } else { batch.num_rows() };
                let mut result = kernel.evaluate(&values, rows)?;
                result.constant = values.iter().all(|value| value.constant);
                let constant = result.constant;
                let failed = spread(failed, constant, rows);
                result.failed = RowFailures::join(failed, result.failed);
                Ok(result)
            }
            Node::Field { row, field } => {
                let rows = row.compute(batch, env)?;
                let fields = rows.array.as_struct_opt();
                let fields = fields.ok_or_else(|| Error::Internal("a row value is no struct".to_owned()))?;
                let values = Arc::clone(fields.column(*field));
                // A NULL row has NULL fields, whatever its columns hold.
                let array = match fields.nulls() {
                    Some(nulls) if nulls.null_count() > 0 => nullif(&values, &BooleanArray::new(!nulls.inner(), None))?,
                    _ => values,
                };
                Ok(Values { array, constant: rows.constant, failed: rows.failed })
            }
            Node::Function { body, arguments, null_on_null } => function(body, arguments, *null_on_null, batch, env),
        }
    }
}

/// Values of the arguments and their failures; failures of constants stand apart from those of rows.
type Computed = (Vec<Values>, Vec<(bool, RowFailures)>);

fn compute_all(arguments: &[Expr], batch: &RecordBatch, env: &EvalEnv) -> Result<Computed> {
    let mut failures = Vec::new();
    let mut all = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let mut values = argument.compute(batch, env)?;
        if let Some(failed) = values.failed.take() {
            failures.push((values.constant, failed));
        }
        all.push(values);
    }
    Ok((all, failures))
}

/// The failures of arguments as failures of a result that is constant or not.
fn spread(failures: Vec<(bool, RowFailures)>, constant: bool, rows: usize) -> Option<RowFailures> {
    failures.into_iter().fold(None, |all, (of_constant, failed)| {
        let failed = if of_constant && !constant { failed.everywhere(rows) } else { failed };
        RowFailures::join(all, failed.some())
    })
}

fn read_clock(clock: Clock, env: &EvalEnv) -> ArrayRef {
    const DAY: i64 = 86_400_000;
    match clock {
        Clock::Timestamp => Arc::new(TimestampMillisecondArray::from(vec![env.started])),
        Clock::RowTimestamp => Arc::new(TimestampMillisecondArray::from(vec![env.row_clock])),
        Clock::Date => Arc::new(Date32Array::from(vec![i32::try_from(env.started.div_euclid(DAY)).ok()])),
        Clock::Time => Arc::new(Time32MillisecondArray::from(vec![i32::try_from(env.started.rem_euclid(DAY)).ok()])),
    }
}

/// AND (`decisive` = false) or OR (`decisive` = true): an operand counts only in rows that are not decided before it.
fn logical(operands: &[Expr], batch: &RecordBatch, env: &EvalEnv, decisive: bool) -> Result<Values> {
    let mut so_far: Option<Values> = None;
    for operand in operands {
        let right = operand.compute(batch, env)?;
        let Some(left) = so_far.take() else {
            so_far = Some(right);
            continue;
        };
        let constant = left.constant && right.constant;
        let rows = if constant { 1 } else { batch.num_rows() };
        let (left, mut right) = if constant { (left, right) } else { (left.expand(rows)?, right.expand(rows)?) };
        let mut new_failures = right.failed.take();
        let (before, new) = (left.booleans()?, right.booleans()?);
        if let Some(failed) = &mut new_failures {
            failed.retain(|row| before.is_null(row) || before.value(row) != decisive);
        }
        let array: ArrayRef = Arc::new(if decisive { or_kleene(before, new)? } else { and_kleene(before, new)? });
        let failed = RowFailures::join(left.failed, new_failures);
        so_far = Some(Values { array, constant, failed });
    }
    so_far.ok_or_else(|| Error::Internal("AND or OR without operands".to_owned()))
}

/// CASE: each row takes its value, and its failures, from the first branch whose condition is TRUE.
fn case(branches: &[(Expr, Expr)], otherwise: &Expr, batch: &RecordBatch, env: &EvalEnv) -> Result<Values> {
    const UNDECIDED: usize = usize::MAX;
    const FAILED: usize = usize::MAX - 1;
    let rows = batch.num_rows();
    let mut chosen = vec![UNDECIDED; rows];
    let mut failed = RowFailures::default();
    let mut results = Vec::with_capacity(branches.len() + 1);
    for (place, (condition, result)) in branches.iter().enumerate() {
        if !chosen.contains(&UNDECIDED) {
            break;
        }
        let condition = condition.compute(batch, env)?.expand(rows)?;
        if let Some(mut failures) = condition.failed.clone() {
            failures.retain(|row| chosen.get(row) == Some(&UNDECIDED));
            failures.iter().for_each(|(row, _)| {
                if let Some(choice) = chosen.get_mut(row) {
                    *choice = FAILED;
                }
            });
            failed = failed.merge(failures);
        }
        let truth = condition.booleans()?;
        for (row, choice) in chosen.iter_mut().enumerate() {
            if *choice == UNDECIDED && truth.is_valid(row) && truth.value(row) {
                *choice = place;
            }
        }
        results.push(result.compute(batch, env)?);
    }
    let last = results.len();
    results.push(if chosen.contains(&UNDECIDED) {
        otherwise.compute(batch, env)?
    } else {
        Values::null(&otherwise.sql_type.to_arrow())
    });
    // A failed row takes anything: its value becomes NULL in the end.
    let branch_of = |row: usize| chosen.get(row).filter(|choice| **choice < last).copied().unwrap_or(last);
    for (place, result) in results.iter().enumerate() {
        if let Some(failures) = &result.failed {
            let mut failures = if result.constant { failures.everywhere(rows) } else { failures.clone() };
            failures.retain(|row| branch_of(row) == place && chosen.get(row) != Some(&FAILED));
            failed = failed.merge(failures);
        }
    }
    let arrays: Vec<&dyn Array> = results.iter().map(|result| result.array.as_ref()).collect();
    let places: Vec<(usize, usize)> = (0..rows)
        .map(|row| {
            let branch = branch_of(row);
            (branch, results.get(branch).map_or(0, |result| result.place(row)))
        })
        .collect();
    Ok(Values::rows(interleave(&arrays, &places)?).with_failures(failed.some()))
}

/// A function written in SQL, over its arguments as a batch of their own.
fn function(body: &Expr, arguments: &[Expr], null_on_null: bool, batch: &RecordBatch, env: &EvalEnv) -> Result<Values> {
    let rows = batch.num_rows();
    let (values, failed) = compute_all(arguments, batch, env)?;
    let failed = spread(failed, false, rows);
    let columns = values.into_iter().map(|value| Ok(value.expand(rows)?.array)).collect::<Result<Vec<_>>>()?;
    let fields: Vec<Field> = columns.iter().map(|column| Field::new("", column.data_type().clone(), true)).collect();
    let null_input: Vec<bool> = if null_on_null {
        (0..rows).map(|row| columns.iter().any(|column| column.is_null(row))).collect()
    } else {
        Vec::new()
    };
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let inner = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?;
    let mut result = body.compute(&inner, env)?.expand(rows)?;
    if null_on_null {
        if let Some(failures) = &mut result.failed {
            failures.retain(|row| null_input.get(row) != Some(&true));
        }
        result.array = nullif(&result.array, &BooleanArray::from(null_input))?;
    }
    result.failed = RowFailures::join(failed, result.failed);
    Ok(result)
}
