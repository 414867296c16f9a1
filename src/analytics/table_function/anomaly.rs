//! `RANDOM_CUT_FOREST` and `RANDOM_CUT_FOREST_WITH_EXPLANATION`: how unlike the recent rows a row is.
//!
//! A row is scored against the forest, then enters it. The first `subSampleSize` rows score 0, since there is too little to
//! compare them with.
//!
//! Source: Kinesis Data Analytics SQL Reference, "RANDOM_CUT_FOREST", "RANDOM_CUT_FOREST_WITH_EXPLANATION".

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::compute::{take, take_record_batch};
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::argument::{ArgumentError, Arguments};
use super::explanation::explain;
use super::forest::{Attribution, Forest, ForestOptions};
use super::points::Coordinates;
use super::{Argument, Column, Emitted, TableFunction};
use crate::analytics::codec::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

const SCORE: &str = "ANOMALY_SCORE";
const EXPLANATION: &str = "ANOMALY_EXPLANATION";
/// The longest explanation: 30 columns with names of 128 characters.
const EXPLANATION_LENGTH: u32 = 20_480;

/// The function at work.
pub(super) struct RandomCutForest {
    coordinates: Coordinates,
    columns: Vec<Column>,
    schema: SchemaRef,
    options: ForestOptions,
    shingle: usize,
    explained: bool,
    directions: bool,
    /// Rows seen so far.
    seen: u64,
    /// The coordinates of the last rows, at most `shingle − 1` of them.
    recent: Vec<f64>,
    forest: Forest,
}

/// What the forest says of the rows of a batch.
enum Judged {
    Scores(Vec<f64>),
    Parts(Vec<Attribution>),
}

impl RandomCutForest {
    pub(super) fn new(
        input: &[Column],
        arguments: &[Argument],
        seed: u64,
        explained: bool,
    ) -> std::result::Result<Self, ArgumentError> {
        const NAMES: [&str; 5] = ["numberOfTrees", "subSampleSize", "timeDecay", "shingleSize", "withDirectionality"];
        let (function, names): (_, &'static [_]) = if explained {
            ("RANDOM_CUT_FOREST_WITH_EXPLANATION", &NAMES)
        } else {
            ("RANDOM_CUT_FOREST", NAMES.split_at(4).0)
        };
        let arguments = Arguments::new(function, names, 0, arguments)?;
        let trees = arguments.size(0, 100, 1..=1_000)?;
        let sample = arguments.size(1, 256, 10..=1_000)?;
        let time_decay = arguments.integer(2, 100_000, 1..=i64::from(i32::MAX))?;
        let shingle = arguments.size(3, 1, 1..=30)?;
        let directions = explained && arguments.boolean(4, false)?;
        if sample as i64 >= time_decay {
            return arguments.refuse(2, format_args!("above subSampleSize, which is {sample}"));
        }
        let coordinates = Coordinates::of(&arguments, input)?;
        let dimensions = coordinates.len() * shingle;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let options = ForestOptions { trees, sample, time_decay: time_decay as f64, dimensions, seed, threads };
        let mut columns = input.to_vec();
        columns.push(Column::new(SCORE, SqlType::Double));
        if explained {
            columns.push(Column::new(EXPLANATION, SqlType::Varchar(EXPLANATION_LENGTH)));
        }
        Ok(Self {
            coordinates,
            schema: arrow_schema(&columns),
            columns,
            options,
            shingle,
            explained,
            directions,
            seen: 0,
            recent: Vec::new(),
            forest: Forest::new(options),
        })
    }

    /// The points that the forest gets: with shingles, the last rows' coordinates behind each other, oldest first.
    ///
    /// The first `shingle − 1` rows have no point.
    fn shingled(&mut self, values: Vec<f64>) -> Vec<f64> {
        if self.shingle == 1 {
            return values;
        }
        let width = self.coordinates.len();
        let mut line = std::mem::take(&mut self.recent);
        line.extend(values);
        let points = line.windows(self.options.dimensions).step_by(width).flatten().copied().collect();
        let keep = line.len().saturating_sub((self.shingle - 1) * width);
        self.recent = line.split_off(keep);
        points
    }

    /// The score column, and the explanations.
    fn added_columns(&self, before: u64, rows: usize, judged: &Judged) -> Vec<ArrayRef> {
        let points = match judged {
            Judged::Scores(scores) => scores.len(),
            Judged::Parts(parts) => parts.len(),
        };
        // Rows whose shingle is not full have no point; they are among those that learn.
        let pointless = rows - points;
        let learning = |row: usize| before + (row as u64) < self.options.sample as u64 || row < pointless;
        let score = |row: usize| match judged {
            _ if learning(row) => 0.0,
            Judged::Scores(scores) => scores[row - pointless],
            Judged::Parts(parts) => parts[row - pointless].score(),
        };
        let mut added: Vec<ArrayRef> = vec![Arc::new((0..rows).map(|row| Some(score(row))).collect::<Float64Array>())];
        if let Judged::Parts(parts) = judged {
            let part = |row: usize| if learning(row) { None } else { Some(&parts[row - pointless]) };
            let text = |row: usize| Some(explain(self.coordinates.names(), part(row), self.directions));
            added.push(Arc::new((0..rows).map(text).collect::<StringArray>()));
        }
        added
    }
}

impl TableFunction for RandomCutForest {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted> {
        let points = self.coordinates.points(rows)?;
        let (kept, rowtime) = if points.failed.is_empty() {
            (rows.clone(), rowtime.clone())
        } else {
            let places = points.rows.iter().map(|row| *row as u64).collect::<UInt64Array>();
            (
                take_record_batch(rows, &places)?,
                TimestampMillisecondArray::from(take(rowtime, &places, None)?.to_data()),
            )
        };
        let before = self.seen;
        let values = self.shingled(points.values);
        let judged = if self.explained {
            Judged::Parts(self.forest.attribute_and_update(&values))
        } else {
            Judged::Scores(self.forest.score_and_update(&values))
        };
        self.seen += kept.num_rows() as u64;
        let mut columns = kept.columns().to_vec();
        columns.extend(self.added_columns(before, kept.num_rows(), &judged));
        Ok(Emitted { rows: RecordBatch::try_new(Arc::clone(&self.schema), columns)?, rowtime, failed: points.failed })
    }

    fn on_time(&mut self, _bound: i64) -> Result<Emitted> {
        Ok(nothing(&self.schema))
    }

    fn state_bytes(&self) -> usize {
        self.forest.bytes() + self.recent.capacity() * size_of::<f64>()
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        out.u64(self.seen);
        out.u64(self.recent.len() as u64);
        self.recent.iter().for_each(|value| out.f64(*value));
        self.forest.write(&mut out);
        Ok(out.finish())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let mut input = Reader::new(state);
        self.seen = input.u64()?;
        let recent = input.u64()?;
        self.recent = (0..recent).map(|_| input.f64()).collect::<std::result::Result<_, _>>()?;
        self.forest = Forest::read(&mut input, self.options)?;
        Ok(input.end()?)
    }
}

/// The Arrow schema of columns, all nullable.
pub(super) fn arrow_schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, column.sql_type.to_arrow(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// No rows of `schema`.
pub(super) fn nothing(schema: &SchemaRef) -> Emitted {
    Emitted {
        rows: RecordBatch::new_empty(Arc::clone(schema)),
        rowtime: TimestampMillisecondArray::from(Vec::<i64>::new()),
        failed: Vec::new(),
    }
}
