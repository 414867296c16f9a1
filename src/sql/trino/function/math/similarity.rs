//! Angles between vectors, dense (arrays) or sparse (maps from names to weights).

use arrow::array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow::datatypes::Float64Type;
use hashbrown::HashMap;

use super::super::column::{primitive_rows, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "cosine_distance(array(double), array(double)) -> double",
        |call| arrays(call, |cosine| 1.0 - cosine),
        "cosine_distance(ARRAY[1e0, 0e0], ARRAY[0e0, 1e0])",
        "1.0",
    ),
    entry(
        "cosine_distance(map(varchar, double), map(varchar, double)) -> double",
        |call| maps(call, |cosine| 1.0 - cosine),
        "cosine_distance(MAP(ARRAY['a'], ARRAY[1e0]), MAP(ARRAY['b'], ARRAY[2e0]))",
        "1.0",
    ),
    entry(
        "cosine_similarity(array(double), array(double)) -> double",
        |call| arrays(call, |cosine| cosine),
        "cosine_similarity(ARRAY[3e0, 4e0], ARRAY[3e0, 4e0])",
        "1.0",
    ),
    entry(
        "cosine_similarity(map(varchar, double), map(varchar, double)) -> double",
        |call| maps(call, |cosine| cosine),
        "cosine_similarity(MAP(ARRAY['a'], ARRAY[1.0]), MAP(ARRAY['a'], ARRAY[2.0]))",
        "1.0",
    ),
];

fn arrays(call: &Call<'_>, result: fn(f64) -> f64) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.list(0)?, call.list(1)?);
    let (left_values, right_values) =
        (typed::<PrimitiveArray<Float64Type>>(left.values())?, typed::<PrimitiveArray<Float64Type>>(right.values())?);
    primitive_rows::<Float64Type>(call, |row| {
        let (one, other) = (range(left.value_offsets(), row), range(right.value_offsets(), row));
        if one.len() != other.len() {
            return Err(TrinoError::argument("The arguments must have the same length"));
        }
        let is_null = |values: &PrimitiveArray<Float64Type>, places: &std::ops::Range<usize>| {
            values.null_count() > 0 && places.clone().any(|place| values.is_null(place))
        };
        if is_null(left_values, &one) || is_null(right_values, &other) {
            return Ok(None);
        }
        let (one, other) = (&left_values.values()[one], &right_values.values()[other]);
        let dot: f64 = one.iter().zip(other).map(|(left, right)| left * right).sum();
        let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        let norms = norm(one) * norm(other);
        if norms == 0.0 {
            return Err(TrinoError::argument("Vector magnitude cannot be zero"));
        }
        Ok(Some(result(dot / norms)))
    })
}

fn maps(call: &Call<'_>, result: fn(f64) -> f64) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.map(0)?, call.map(1)?);
    let keys = (typed::<StringArray>(left.keys())?, typed::<StringArray>(right.keys())?);
    let values =
        (typed::<PrimitiveArray<Float64Type>>(left.values())?, typed::<PrimitiveArray<Float64Type>>(right.values())?);
    primitive_rows::<Float64Type>(call, |row| {
        let (one, other) = (range(left.value_offsets(), row), range(right.value_offsets(), row));
        if one.clone().any(|place| values.0.is_null(place)) || other.clone().any(|place| values.1.is_null(place)) {
            return Ok(None);
        }
        let weights: HashMap<&str, f64> = other.map(|place| (keys.1.value(place), values.1.value(place))).collect();
        let (mut dot, mut norm) = (0.0, 0.0);
        for place in one {
            let weight = values.0.value(place);
            norm += weight * weight;
            dot += weight * weights.get(keys.0.value(place)).copied().unwrap_or(0.0);
        }
        let norms = norm.sqrt() * weights.values().map(|weight| weight * weight).sum::<f64>().sqrt();
        Ok((norms != 0.0).then(|| result(dot / norms)))
    })
}
