//! One epoch through the pumps: a pure function of its input rows, but for the last ROWTIMEs that pumps have set.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, TimestampMillisecondArray};
use arrow::compute::{FilterBuilder, cast, filter_record_batch};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;

use super::error::Result;
use super::error_stream::{ErrorRow, row_text};
use super::plan::{ApplicationPlan, Branch, PumpPlan, Step};
use super::rows::{StreamRows, merge};
use crate::deliver::OutputRows;

/// What an epoch gave.
#[derive(Debug, Default)]
pub(crate) struct EpochOutput {
    /// Rows of every in-application stream that got some, in order of ROWTIME.
    pub(crate) streams: BTreeMap<String, Vec<OutputRows>>,
    pub(crate) errors: Vec<ErrorRow>,
}

/// The pumps of an application at work.
#[derive(Debug)]
pub(crate) struct Graph {
    plan: ApplicationPlan,
    schemas: BTreeMap<String, SchemaRef>,
    /// For pumps that set ROWTIME, the last one that each has set.
    rowtimes: BTreeMap<String, i64>,
}

impl Graph {
    pub(crate) fn new(plan: ApplicationPlan, rowtimes: BTreeMap<String, i64>) -> Self {
        let schemas = plan.streams.iter().map(|(name, stream)| (name.clone(), stream.schema())).collect();
        Self { plan, schemas, rowtimes }
    }

    pub(crate) fn plan(&self) -> &ApplicationPlan {
        &self.plan
    }

    /// The last ROWTIMEs set, for the checkpoint.
    pub(crate) fn rowtimes(&self) -> &BTreeMap<String, i64> {
        &self.rowtimes
    }

    /// Push the rows of the input streams through all pumps.
    ///
    /// # Errors
    /// Only for faults of ours; a row that fails becomes an error row.
    pub(crate) fn run_epoch(&mut self, mut inputs: BTreeMap<String, Vec<StreamRows>>) -> Result<EpochOutput> {
        let mut output = EpochOutput::default();
        let mut arriving: BTreeMap<String, Vec<OutputRows>> = BTreeMap::new();
        for stream in &self.plan.order {
            let rows = match inputs.remove(stream) {
                Some(rows) => rows,
                None => merge(arriving.remove(stream).unwrap_or_default())?
                    .into_iter()
                    .map(|rows| StreamRows { rows, origin: None })
                    .collect(),
            };
            if rows.is_empty() {
                continue;
            }
            for pump in &self.plan.pumps {
                let Some(target) = self.schemas.get(&pump.target) else { continue };
                let last = self.rowtimes.get(&pump.name).copied();
                let mut run = PumpRun { pump, target, errors: &mut output.errors, last_rowtime: last };
                let produced = arriving.entry(pump.target.clone()).or_default();
                for branch in pump.branches.iter().filter(|branch| branch.stream == *stream) {
                    for rows in &rows {
                        run.run(branch, rows, produced)?;
                    }
                }
                if let Some(last) = run.last_rowtime {
                    self.rowtimes.insert(pump.name.clone(), last);
                }
            }
            output.streams.insert(stream.clone(), rows.into_iter().map(|rows| rows.rows).collect());
        }
        Ok(output)
    }
}

/// One pump over the rows of one stream.
struct PumpRun<'a> {
    pump: &'a PumpPlan,
    target: &'a SchemaRef,
    errors: &'a mut Vec<ErrorRow>,
    last_rowtime: Option<i64>,
}

impl PumpRun<'_> {
    /// Evaluate all rows at once; when one of them fails, halve until it stands alone.
    fn run(&mut self, branch: &Branch, rows: &StreamRows, produced: &mut Vec<OutputRows>) -> Result<()> {
        match self.evaluate(branch, rows) {
            Ok(output) => {
                let output = if self.pump.sets_rowtime { self.set_rowtime(output)? } else { output };
                if !output.rowtime.is_empty() {
                    produced.push(self.without_rowtime_column(output)?);
                }
                Ok(())
            }
            Err(error) if rows.len() == 1 => {
                let rowtime = rows.rows.rowtime.value(0);
                self.errors.push(ErrorRow {
                    time: rowtime,
                    name: "ROW_ERROR",
                    message: plain_message(&error),
                    data_rowtime: rowtime,
                    data: row_text(&rows.rows.batch, 0),
                    pump: self.pump.name.clone(),
                });
                Ok(())
            }
            Err(_) => {
                let half = rows.len() / 2;
                self.run(branch, &rows.slice(0, half), produced)?;
                self.run(branch, &rows.slice(half, rows.len() - half), produced)
            }
        }
    }

    /// The target's columns, and behind them the ROWTIME item if there is one.
    fn evaluate(&self, branch: &Branch, rows: &StreamRows) -> Result<OutputRows, ArrowError> {
        let external = |error: super::error::Error| ArrowError::ExternalError(Box::new(error));
        let first_schema = scan_schema(branch);
        let mut batch = rows.scan(&branch.columns, &first_schema).map_err(external)?;
        let mut rowtime: ArrayRef = Arc::new(rows.rows.rowtime.clone());
        for step in &branch.steps {
            match step {
                Step::Filter(predicate) => {
                    let kept = predicate
                        .evaluate(&batch)
                        .and_then(|value| value.into_array(batch.num_rows()))
                        .map_err(unwrapped)?;
                    let kept: &BooleanArray = kept
                        .as_boolean_opt()
                        .ok_or_else(|| ArrowError::ComputeError("WHERE needs a condition".into()))?;
                    let filter = FilterBuilder::new(kept).optimize().build();
                    batch = filter.filter_record_batch(&batch)?;
                    rowtime = filter.filter(&rowtime)?;
                }
                Step::Project(exprs, schema) => {
                    let rows = batch.num_rows();
                    let columns = exprs
                        .iter()
                        .map(|expr| expr.evaluate(&batch).and_then(|value| value.into_array(rows)).map_err(unwrapped));
                    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
                    batch = RecordBatch::try_new_with_options(
                        nullable(schema),
                        columns.collect::<Result<Vec<_>, _>>()?,
                        &options,
                    )?;
                }
            }
        }
        let rows = batch.num_rows();
        let values = batch.columns();
        let mut columns = self
            .pump
            .assignments
            .iter()
            .map(|assignment| assignment.apply(values, rows))
            .collect::<Result<Vec<_>, _>>()?;
        let mut schema = Arc::clone(self.target);
        if self.pump.sets_rowtime
            && let Some(set) = values.last()
        {
            let set = cast(set, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
            let mut fields = schema.fields().to_vec();
            fields.push(Arc::new(arrow::datatypes::Field::new("ROWTIME", set.data_type().clone(), true)));
            schema = Arc::new(arrow::datatypes::Schema::new(fields));
            columns.push(set);
        }
        let batch = RecordBatch::try_new(schema, columns)?;
        Ok(OutputRows { batch, rowtime: rowtime.as_primitive::<TimestampMillisecondType>().clone() })
    }

    /// Take ROWTIME from the last column: rows without one are dropped, rows that go back are errors.
    fn set_rowtime(&mut self, output: OutputRows) -> Result<OutputRows> {
        let set =
            output.batch.column(output.batch.num_columns() - 1).as_primitive::<TimestampMillisecondType>().clone();
        let mut last = self.last_rowtime.unwrap_or(i64::MIN);
        let mut kept = Vec::with_capacity(set.len());
        for row in 0..set.len() {
            let time = set.value(row);
            let goes_back = set.is_valid(row) && time < last;
            if goes_back {
                self.errors.push(ErrorRow {
                    time: output.rowtime.value(row),
                    name: "ROW_OUT_OF_ORDER",
                    message: format!(
                        "The row's ROWTIME {} lies before the last one of the pump",
                        crate::time::Timestamp(time)
                    ),
                    data_rowtime: time,
                    data: row_text(&output.batch, row),
                    pump: self.pump.name.clone(),
                });
            } else if set.is_valid(row) {
                last = time;
            }
            kept.push(set.is_valid(row) && !goes_back);
        }
        self.last_rowtime = Some(last).filter(|last| *last > i64::MIN);
        let batch = filter_record_batch(&output.batch, &kept.into())?;
        let rowtime: TimestampMillisecondArray =
            batch.column(batch.num_columns() - 1).as_primitive::<TimestampMillisecondType>().clone();
        Ok(OutputRows { batch, rowtime })
    }

    fn without_rowtime_column(&self, output: OutputRows) -> Result<OutputRows> {
        if !self.pump.sets_rowtime {
            return Ok(output);
        }
        let columns = output.batch.columns()[..self.target.fields().len()].to_vec();
        Ok(OutputRows { batch: RecordBatch::try_new(Arc::clone(self.target), columns)?, rowtime: output.rowtime })
    }
}

/// The schema that the first step was planned over.
fn scan_schema(branch: &Branch) -> SchemaRef {
    nullable(&branch.scan_schema)
}

/// Planned schemas may promise NOT NULL for constants; batches are checked against what they hold.
fn nullable(schema: &SchemaRef) -> SchemaRef {
    if schema.fields().iter().all(|field| field.is_nullable()) {
        return Arc::clone(schema);
    }
    let fields =
        schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect::<Vec<_>>();
    Arc::new(arrow::datatypes::Schema::new(fields))
}

fn unwrapped(error: datafusion::error::DataFusionError) -> ArrowError {
    match error {
        datafusion::error::DataFusionError::ArrowError(error, _) => *error,
        other => ArrowError::ComputeError(other.strip_backtrace()),
    }
}

fn plain_message(error: &ArrowError) -> String {
    match error {
        ArrowError::DivideByZero => "Division by zero".to_owned(),
        ArrowError::ComputeError(message)
        | ArrowError::CastError(message)
        | ArrowError::ArithmeticOverflow(message) => message.clone(),
        other => other.to_string(),
    }
}
