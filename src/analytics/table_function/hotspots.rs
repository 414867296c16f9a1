//! `HOTSPOTS`: where the records around a record lie unusually close together.
//!
//! Source: Kinesis Data Analytics SQL Reference, "HOTSPOTS".

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::compute::{take, take_record_batch};
use arrow::datatypes::SchemaRef;

use super::anomaly::{arrow_schema, nothing};
use super::argument::{ArgumentError, Arguments};
use super::neighbours::Neighbours;
use super::points::Coordinates;
use super::{Argument, Column, Emitted, TableFunction};
use crate::analytics::codec::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

const RESULT: &str = "HOTSPOTS_RESULT";
const RESULT_LENGTH: u32 = 10_240;

/// The function at work.
pub(super) struct Hotspots {
    coordinates: Coordinates,
    columns: Vec<Column>,
    schema: SchemaRef,
    window: usize,
    radius: f64,
    least: usize,
    neighbours: Neighbours,
}

impl Hotspots {
    pub(super) fn new(input: &[Column], arguments: &[Argument]) -> std::result::Result<Self, ArgumentError> {
        const NAMES: [&str; 3] = ["windowSize", "scanRadius", "minimumNumberOfPointsInAHotspot"];
        let arguments = Arguments::new("HOTSPOTS", &NAMES, 3, arguments)?;
        let window = arguments.size(0, 0, 100..=1_000)?;
        let radius = arguments.positive(1)?;
        let least = arguments.size(2, 0, 2..=i64::try_from(window).unwrap_or(1_000))?;
        let coordinates = Coordinates::of(&arguments, input)?;
        let mut columns = input.to_vec();
        columns.push(Column::new(RESULT, SqlType::Varchar(RESULT_LENGTH)));
        let neighbours = Neighbours::new(window, coordinates.len(), radius);
        Ok(Self { coordinates, schema: arrow_schema(&columns), columns, window, radius, least, neighbours })
    }

    /// The text for a record that has just entered the window.
    fn describe(&self, place: usize) -> String {
        let mut text = String::from("{\"hotspots\":[");
        for (nth, cluster) in self.neighbours.clusters_around(place, self.least).iter().enumerate() {
            let (count, lower, upper) = self.neighbours.extent(cluster);
            let volume: f64 = lower.iter().zip(&upper).map(|(low, high)| (high - low).max(self.radius)).product();
            let comma = if nth > 0 { "," } else { "" };
            let _ = write!(text, "{comma}{{\"density\":{}", number(count as f64 / volume));
            let _ = write!(text, ",\"minValues\":[{}],\"maxValues\":[{}]}}", numbers(&lower), numbers(&upper));
        }
        text.push_str("]}");
        text
    }
}

fn numbers(values: &[f64]) -> String {
    values.iter().map(|value| number(*value)).collect::<Vec<_>>().join(",")
}

/// A number of JSON.
fn number(value: f64) -> String {
    serde_json::Value::from(value).to_string()
}

impl TableFunction for Hotspots {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted> {
        let points = self.coordinates.points(rows)?;
        let places = points.rows.iter().map(|row| *row as u64).collect::<UInt64Array>();
        let rowtime = TimestampMillisecondArray::from(take(rowtime, &places, None)?.to_data());
        let mut columns = take_record_batch(rows, &places)?.columns().to_vec();
        let texts = points.values.chunks_exact(self.coordinates.len()).map(|point| {
            let place = self.neighbours.push(point);
            Some(self.describe(place))
        });
        columns.push(Arc::new(texts.collect::<StringArray>()));
        Ok(Emitted { rows: RecordBatch::try_new(Arc::clone(&self.schema), columns)?, rowtime, failed: points.failed })
    }

    fn on_time(&mut self, _bound: i64) -> Result<Emitted> {
        Ok(nothing(&self.schema))
    }

    fn state_bytes(&self) -> usize {
        self.neighbours.bytes()
    }

    fn snapshot(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        let points: Vec<&[f64]> = self.neighbours.oldest_first().collect();
        out.u64(points.len() as u64);
        points.into_iter().flatten().for_each(|value| out.f64(*value));
        Ok(out.finish())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let mut input = Reader::new(state);
        self.neighbours = Neighbours::new(self.window, self.coordinates.len(), self.radius);
        for _ in 0..input.u64()? {
            let point: Vec<f64> =
                (0..self.coordinates.len()).map(|_| input.f64()).collect::<std::result::Result<_, _>>()?;
            self.neighbours.push(&point);
        }
        Ok(input.end()?)
    }
}
