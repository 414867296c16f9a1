//! `approx_percentile`: a value of the set, never one between two.
//!
//! Values are kept with their weights; beyond [`MOST_VALUES`] neighbours are joined, which is where it is approximate.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, ListArray};
use arrow::datatypes::DataType;

use super::super::TrinoError;
use super::super::column::{ListShape, range, typed};
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "approx_percentile(bigint, double) -> bigint",
        SINGLE,
        "SELECT approx_percentile(x, 0.5) FROM (VALUES 1, 5, 9) AS t(x)",
        "5",
    ),
    own(
        "approx_percentile(real, double) -> real",
        SINGLE,
        "SELECT approx_percentile(x, 0.5) FROM (VALUES REAL '1.5') AS t(x)",
        "1.5",
    ),
    own(
        "approx_percentile(double, double) -> double",
        SINGLE,
        "SELECT approx_percentile(x, 0.5) FROM (VALUES 1e0, 5e0, 9e0) AS t(x)",
        "5.0",
    ),
    own(
        "approx_percentile(bigint, array(double)) -> array(bigint)",
        SINGLE,
        "SELECT approx_percentile(x, ARRAY[0.0, 1.0]) FROM (VALUES 1, 5, 9) AS t(x)",
        "[1,9]",
    ),
    own(
        "approx_percentile(real, array(double)) -> array(real)",
        SINGLE,
        "SELECT approx_percentile(x, ARRAY[0.5]) FROM (VALUES REAL '1.5') AS t(x)",
        "[1.5]",
    ),
    own(
        "approx_percentile(double, array(double)) -> array(double)",
        SINGLE,
        "SELECT approx_percentile(x, ARRAY[0.25, 0.75]) FROM (VALUES 5e0, 5e0) AS t(x)",
        "[5.0,5.0]",
    ),
    own(
        "approx_percentile(bigint, double, double) -> bigint",
        WEIGHTED,
        "SELECT approx_percentile(x, w, 0.5) FROM (VALUES (1, 1), (5, 9)) AS t(x, w)",
        "5",
    ),
    own(
        "approx_percentile(real, double, double) -> real",
        WEIGHTED,
        "SELECT approx_percentile(x, 2, 0.5) FROM (VALUES REAL '1.5') AS t(x)",
        "1.5",
    ),
    own(
        "approx_percentile(double, double, double) -> double",
        WEIGHTED,
        "SELECT approx_percentile(x, w, 0.5) FROM (VALUES (1e0, 1), (5e0, 9)) AS t(x, w)",
        "5.0",
    ),
    own(
        "approx_percentile(bigint, double, array(double)) -> array(bigint)",
        WEIGHTED,
        "SELECT approx_percentile(x, w, ARRAY[0.5]) FROM (VALUES (1, 1), (5, 9)) AS t(x, w)",
        "[5]",
    ),
    own(
        "approx_percentile(real, double, array(double)) -> array(real)",
        WEIGHTED,
        "SELECT approx_percentile(x, 2, ARRAY[0.5]) FROM (VALUES REAL '1.5') AS t(x)",
        "[1.5]",
    ),
    own(
        "approx_percentile(double, double, array(double)) -> array(double)",
        WEIGHTED,
        "SELECT approx_percentile(x, w, ARRAY[0.5]) FROM (VALUES (1e0, 1), (5e0, 9)) AS t(x, w)",
        "[5.0]",
    ),
];

const SINGLE: AggregateBuild = AggregateBuild::Own { state, start: |call| start(call, false) };
const WEIGHTED: AggregateBuild = AggregateBuild::Own { state, start: |call| start(call, true) };

/// Values that are kept apart.
const MOST_VALUES: usize = 1 << 20;

fn state(call: &AggregateCall<'_>) -> Vec<TrinoType> {
    // Values as they are, so that integers stay exact; weights; the percentages.
    let values = call.arg_types.first().cloned().unwrap_or(TrinoType::Unknown);
    let wanted = TrinoType::array(TrinoType::Double);
    vec![TrinoType::array(values), TrinoType::array(TrinoType::Double), wanted]
}

fn start(call: &AggregateCall<'_>, is_weighted: bool) -> Result<Box<dyn Aggregation>, TrinoError> {
    let value_type = call.arg_types.first().cloned().unwrap_or(TrinoType::Unknown);
    let return_type = call.return_type.clone();
    Ok(Box::new(Percentiles {
        value_type,
        return_type,
        is_weighted,
        values: Vec::new(),
        wanted: None,
        is_sorted: true,
    }))
}

/// A value: integers and floating point numbers in one order-preserving form.
type Ordered = i64;

#[derive(Debug)]
struct Percentiles {
    value_type: TrinoType,
    return_type: TrinoType,
    is_weighted: bool,
    values: Vec<(Ordered, f64)>,
    wanted: Option<Vec<f64>>,
    is_sorted: bool,
}

/// Doubles in the order of integers.
fn ordered(value: f64) -> Ordered {
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn unordered(value: Ordered) -> f64 {
    f64::from_bits((value ^ ((value >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

impl Percentiles {
    /// A column of values in their common form.
    fn read(&self, array: &ArrayRef) -> Result<Vec<Ordered>, TrinoError> {
        if self.value_type == TrinoType::Bigint {
            return Ok(typed::<arrow::array::Int64Array>(array)?.values().to_vec());
        }
        let doubles = arrow::compute::cast(array, &DataType::Float64)?;
        Ok(typed::<Float64Array>(&doubles)?.values().iter().copied().map(ordered).collect())
    }

    fn write(&self, values: &[Ordered]) -> Result<ArrayRef, TrinoError> {
        if self.value_type == TrinoType::Bigint {
            return Ok(Arc::new(arrow::array::Int64Array::from(values.to_vec())));
        }
        let doubles = Float64Array::from_iter_values(values.iter().copied().map(unordered));
        Ok(arrow::compute::cast(&doubles, &self.value_type.arrow())?)
    }

    fn push(&mut self, value: Ordered, weight: f64) {
        self.values.push((value, weight));
        self.is_sorted = false;
        if self.values.len() >= 2 * MOST_VALUES {
            self.sort();
            // Every second value takes the weight of its neighbour.
            let joined = self.values.chunks(2).map(|pair| (pair[0].0, pair.iter().map(|(_, weight)| weight).sum()));
            self.values = joined.collect();
        }
    }

    fn sort(&mut self) {
        if !self.is_sorted {
            self.values.sort_unstable_by_key(|(value, _)| *value);
            self.is_sorted = true;
        }
    }

    fn set_wanted(&mut self, array: &ArrayRef) -> Result<(), TrinoError> {
        if self.wanted.is_some() || array.is_empty() {
            return Ok(());
        }
        let wanted = match array.as_any().downcast_ref::<ListArray>() {
            Some(lists) => {
                let places = range(lists.value_offsets(), 0);
                let values = lists.values().slice(places.start, places.len());
                if values.null_count() > 0 {
                    return Err(TrinoError::argument("Percentile cannot be null"));
                }
                typed::<Float64Array>(&values)?.values().to_vec()
            }
            None => vec![typed::<Float64Array>(array)?.value(0)],
        };
        if let Some(wrong) = wanted.iter().find(|percentile| !(0.0..=1.0).contains(*percentile)) {
            return Err(TrinoError::argument(format!("Percentile must be between 0 and 1: {wrong}")));
        }
        self.wanted = Some(wanted);
        Ok(())
    }

    /// The value below which a share of the weight is.
    fn at(&self, share: f64) -> Option<Ordered> {
        let total: f64 = self.values.iter().map(|(_, weight)| weight).sum();
        let mut below = 0.0;
        for (value, weight) in &self.values {
            below += weight;
            if below > share * total {
                return Some(*value);
            }
        }
        self.values.last().map(|(value, _)| *value)
    }
}

impl Aggregation for Percentiles {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let (Some(values), Some(wanted)) = (args.first(), args.get(usize::from(self.is_weighted) + 1)) else {
            return Err(TrinoError::internal("approx_percentile takes values and percentages"));
        };
        self.set_wanted(wanted)?;
        let weights = if self.is_weighted { args.get(1).map(typed::<Float64Array>).transpose()? } else { None };
        for (row, value) in self.read(values)?.into_iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights.value(row));
            if weight <= 0.0 {
                return Err(TrinoError::argument("percentile weight must be > 0"));
            }
            self.push(value, weight);
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        let [values, weights, wanted] = states else {
            return Err(TrinoError::internal("the state of approx_percentile has three columns"));
        };
        let (values, weights) = (typed::<ListArray>(values)?, typed::<ListArray>(weights)?);
        for row in 0..values.len() {
            let (places, weight_places) = (range(values.value_offsets(), row), range(weights.value_offsets(), row));
            if places.is_empty() {
                continue;
            }
            self.set_wanted(&wanted.slice(row, 1))?;
            let weights = weights.values().slice(weight_places.start, weight_places.len());
            let weights = typed::<Float64Array>(&weights)?;
            let read = self.read(&values.values().slice(places.start, places.len()))?;
            read.into_iter().zip(weights.values()).for_each(|(value, weight)| self.push(value, *weight));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        let one = |values: ArrayRef, item: &TrinoType| {
            let mut shape = ListShape::new(1);
            shape.close(values.len(), true)?;
            shape.into_list(&TrinoType::array(item.clone()).arrow(), values)
        };
        let (values, weights): (Vec<Ordered>, Vec<f64>) = self.values.iter().copied().unzip();
        let wanted = self.wanted.clone().unwrap_or_default();
        Ok(vec![
            one(self.write(&values)?, &self.value_type)?,
            one(Arc::new(Float64Array::from(weights)), &TrinoType::Double)?,
            one(Arc::new(Float64Array::from(wanted)), &TrinoType::Double)?,
        ])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        self.sort();
        let Some(wanted) = self.wanted.as_ref().filter(|_| !self.values.is_empty()) else {
            return Ok(arrow::array::new_null_array(&self.return_type.arrow(), 1));
        };
        let found: Vec<Ordered> = wanted.iter().filter_map(|share| self.at(*share)).collect();
        let values = self.write(&found)?;
        if !matches!(self.return_type, TrinoType::Array(_)) {
            return Ok(values);
        }
        let mut shape = ListShape::new(1);
        shape.close(values.len(), true)?;
        shape.into_list(&self.return_type.arrow(), values)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * size_of::<(Ordered, f64)>()
    }
}
