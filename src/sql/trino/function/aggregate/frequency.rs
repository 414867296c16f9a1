//! `approx_most_frequent` and `numeric_histogram`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float32Array, Float64Array, Int64Array};

use super::super::TrinoError;
use super::super::column::pick;
use super::super::compare::Keys;
use super::collect::{Collected, Columns, state};
use super::keyed::{groups, one_map};
use super::own;
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "approx_most_frequent(bigint, T, bigint) -> map(T, bigint)",
        FREQUENT,
        "SELECT approx_most_frequent(1, x, 10) FROM (VALUES 'a', 'b', 'a') AS t(x)",
        r#"[["a",2]]"#,
    ),
    own(
        "numeric_histogram(bigint, double) -> map(double, double)",
        HISTOGRAM,
        "SELECT numeric_histogram(2, x) FROM (VALUES 1, 1, 5) AS t(x)",
        "[[1.0,2.0],[5.0,1.0]]",
    ),
    own(
        "numeric_histogram(bigint, double, double) -> map(double, double)",
        HISTOGRAM,
        "SELECT numeric_histogram(2, x, w) FROM (VALUES (1, 2), (5, 3)) AS t(x, w)",
        "[[1.0,2.0],[5.0,3.0]]",
    ),
    own(
        "numeric_histogram(bigint, real) -> map(real, real)",
        HISTOGRAM_REAL,
        "SELECT numeric_histogram(2, x) FROM (VALUES REAL '1', REAL '5') AS t(x)",
        "[[1.0,1.0],[5.0,1.0]]",
    ),
    own(
        "numeric_histogram(bigint, real, double) -> map(real, real)",
        HISTOGRAM_REAL,
        "SELECT numeric_histogram(2, x, 2e0) FROM (VALUES REAL '1', REAL '5') AS t(x)",
        "[[1.0,2.0],[5.0,2.0]]",
    ),
];

const FREQUENT: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, most_frequent) };
const HISTOGRAM: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, histogram) };
const HISTOGRAM_REAL: AggregateBuild =
    AggregateBuild::Own { state, start: |call| Collected::start(call, histogram_real) };

/// The number in the first row of a column, which must be at least `least`.
fn first(columns: &Columns, place: usize, least: i64, name: &str) -> Result<usize, TrinoError> {
    match columns.column::<Int64Array>(place)?.value(0) {
        number if number >= least => Ok(number as usize),
        number => Err(TrinoError::argument(format!("{name} must be greater than {}, but was {number}", least - 1))),
    }
}

/// Counted exactly, whatever the capacity.
fn most_frequent(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let buckets = first(columns, 0, 2, "approx_most_frequent bucket count").or_else(|error| {
        // One bucket is allowed where there is one.
        if columns.column::<Int64Array>(0)?.value(0) == 1 { Ok(1) } else { Err(error) }
    })?;
    let values = columns.array(1)?;
    let keys = Keys::new(values, columns.types.get(1).unwrap_or(&TrinoType::Unknown))?;
    let mut groups = groups(&keys, 0..values.len());
    groups.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    groups.truncate(buckets);
    let places = groups.iter().filter_map(|rows| rows.first().copied()).collect();
    let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(groups.iter().map(|rows| rows.len() as i64)));
    one_map(columns, &pick(values, places)?, &counts)
}

fn histogram(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let values = columns.column::<Float64Array>(1)?;
    let bins = bins(columns, values.values().iter().copied())?;
    let (centres, weights): (Vec<f64>, Vec<f64>) = bins.into_iter().unzip();
    let (centres, weights): (ArrayRef, ArrayRef) =
        (Arc::new(Float64Array::from(centres)), Arc::new(Float64Array::from(weights)));
    one_map(columns, &centres, &weights)
}

fn histogram_real(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let values = columns.column::<Float32Array>(1)?;
    let bins = bins(columns, values.values().iter().copied().map(f64::from))?;
    let (centres, weights): (Vec<f32>, Vec<f32>) =
        bins.into_iter().map(|(centre, weight)| (centre as f32, weight as f32)).unzip();
    let (centres, weights): (ArrayRef, ArrayRef) =
        (Arc::new(Float32Array::from(centres)), Arc::new(Float32Array::from(weights)));
    one_map(columns, &centres, &weights)
}

/// Bins that may be there beyond those wanted before neighbours are joined.
const SPARE_BINS: usize = 100;

/// Bins of neighbouring values: the two nearest become one until there are few enough.
///
/// Source: Ben-Haim and Tom-Tov, "A streaming parallel decision tree algorithm".
fn bins(columns: &Columns, values: impl Iterator<Item = f64>) -> Result<Vec<(f64, f64)>, TrinoError> {
    let buckets = first(columns, 0, 2, "numeric_histogram bucket count")?;
    let weights = if columns.arrays.len() > 2 { Some(columns.column::<Float64Array>(2)?) } else { None };
    let mut bins: Vec<(f64, f64)> = Vec::new();
    for (row, value) in values.enumerate() {
        bins.push((value, weights.map_or(1.0, |weights| weights.value(row))));
        if bins.len() >= buckets + SPARE_BINS {
            join_nearest(&mut bins, buckets);
        }
    }
    join_nearest(&mut bins, buckets);
    Ok(bins)
}

/// Sort bins, join those of the same value, then the nearest ones until `buckets` are left.
fn join_nearest(bins: &mut Vec<(f64, f64)>, buckets: usize) {
    bins.sort_by(|left, right| left.0.total_cmp(&right.0));
    bins.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        kept.1 += if is_same { next.1 } else { 0.0 };
        is_same
    });
    while bins.len() > buckets {
        let gap = |place: usize| bins[place + 1].0 - bins[place].0;
        let nearest = (0..bins.len() - 1).min_by(|left, right| gap(*left).total_cmp(&gap(*right))).unwrap_or(0);
        let (value, weight) = bins.remove(nearest + 1);
        let bin = &mut bins[nearest];
        let total = bin.1 + weight;
        *bin = ((bin.0 * bin.1 + value * weight) / total, total);
    }
}
