//! Partial results that add up: what is known of a run of rows, and how two neighbouring runs become one.
//!
//! Groups fold their rows into one; sliding windows keep one for the rows behind the last turn and one for each place
//! before it, so that rows can leave without subtracting floating-point numbers.

use std::collections::BTreeSet;

use super::function::{Aggregate, AggregateFunction};
use super::value::Value;

/// What is known of a run of rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Partial {
    Count(i64),
    Exact {
        sum: i128,
        count: i64,
    },
    Float {
        sum: f64,
        count: i64,
    },
    /// The least or greatest value.
    Extreme(Value),
    /// Number, mean, and sum of squared distances from it.
    Moments {
        count: f64,
        mean: f64,
        squares: f64,
    },
    /// How many were TRUE, how many FALSE.
    Truths {
        truths: i64,
        lies: i64,
    },
    /// ROWTIME and value of each row.
    Weighted(Vec<(i64, f64)>),
    /// The first or last value; `None` before any row.
    End(Option<Value>),
    /// The different values.
    Distinct(BTreeSet<Value>),
}

impl Partial {
    /// Of no rows.
    pub(crate) fn empty(aggregate: &Aggregate) -> Self {
        let adds = matches!(aggregate.function, AggregateFunction::Sum | AggregateFunction::Avg);
        if aggregate.distinct && (adds || aggregate.function.is_statistic()) {
            return Self::Distinct(BTreeSet::new());
        }
        match aggregate.function {
            AggregateFunction::CountRows | AggregateFunction::Count => Self::Count(0),
            AggregateFunction::Sum | AggregateFunction::Avg if aggregate.is_float() => {
                Self::Float { sum: 0.0, count: 0 }
            }
            AggregateFunction::Sum | AggregateFunction::Avg => Self::Exact { sum: 0, count: 0 },
            AggregateFunction::Min | AggregateFunction::Max => Self::Extreme(Value::Null),
            AggregateFunction::VarPop
            | AggregateFunction::VarSamp
            | AggregateFunction::StddevPop
            | AggregateFunction::StddevSamp => Self::Moments { count: 0.0, mean: 0.0, squares: 0.0 },
            AggregateFunction::Any | AggregateFunction::Every => Self::Truths { truths: 0, lies: 0 },
            AggregateFunction::ExpAvg(_) => Self::Weighted(Vec::new()),
            AggregateFunction::FirstValue
            | AggregateFunction::LastValue
            | AggregateFunction::Lag(_)
            | AggregateFunction::NthValue { .. } => Self::End(None),
        }
    }

    /// Bytes beside the partial result itself.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::Weighted(rows) => rows.capacity() * size_of::<(i64, f64)>(),
            Self::Distinct(values) => values.iter().map(|value| size_of::<Value>() + value.heap()).sum(),
            Self::Extreme(value) | Self::End(Some(value)) => value.heap(),
            Self::Count(_)
            | Self::Exact { .. }
            | Self::Float { .. }
            | Self::Moments { .. }
            | Self::Truths { .. }
            | Self::End(None) => 0,
        }
    }

    /// Add one row behind the others.
    pub(crate) fn add(&mut self, aggregate: &Aggregate, rowtime: i64, value: Value) {
        if let Self::End(end) = self {
            let counts = !(aggregate.ignore_nulls && value.is_null());
            if counts && (end.is_none() || aggregate.function == AggregateFunction::LastValue) {
                *end = Some(value);
            }
            return;
        }
        if aggregate.function == AggregateFunction::CountRows {
            if let Self::Count(count) = self {
                *count += 1;
            }
            return;
        }
        if value.is_null() {
            return;
        }
        match self {
            Self::Count(count) => *count += 1,
            Self::Exact { sum, count } => {
                *sum += value.to_i128().unwrap_or_default();
                *count += 1;
            }
            Self::Float { sum, count } => {
                *sum += value.to_f64(0);
                *count += 1;
            }
            Self::Extreme(extreme) => {
                if replaces(aggregate, extreme, &value) {
                    *extreme = value;
                }
            }
            Self::Moments { count, mean, squares } => {
                let value = value.to_f64(aggregate.scale());
                *count += 1.0;
                let distance = value - *mean;
                *mean += distance / *count;
                *squares += distance * (value - *mean);
            }
            Self::Truths { truths, lies } => *(if value == Value::Int(0) { lies } else { truths }) += 1,
            Self::Weighted(rows) => rows.push((rowtime, value.to_f64(aggregate.scale()))),
            Self::Distinct(values) => {
                values.insert(value);
            }
            Self::End(_) => {}
        }
    }

    /// Put the run `later` behind this one.
    pub(crate) fn append(&mut self, aggregate: &Aggregate, later: &Self) {
        match (self, later) {
            (Self::Count(count), Self::Count(more)) => *count += more,
            (Self::Exact { sum, count }, Self::Exact { sum: more, count: rows }) => {
                *sum += more;
                *count += rows;
            }
            (Self::Float { sum, count }, Self::Float { sum: more, count: rows }) => {
                *sum += more;
                *count += rows;
            }
            (Self::Extreme(extreme), Self::Extreme(value))
                if !value.is_null() && replaces(aggregate, extreme, value) =>
            {
                *extreme = value.clone();
            }
            (
                Self::Moments { count, mean, squares },
                Self::Moments { count: count2, mean: mean2, squares: squares2 },
            ) => {
                let together = *count + count2;
                if together > 0.0 {
                    let distance = mean2 - *mean;
                    *squares += squares2 + distance * distance * *count * count2 / together;
                    *mean += distance * count2 / together;
                    *count = together;
                }
            }
            (Self::Truths { truths, lies }, Self::Truths { truths: truths2, lies: lies2 }) => {
                *truths += truths2;
                *lies += lies2;
            }
            (Self::Weighted(rows), Self::Weighted(more)) => rows.extend_from_slice(more),
            (Self::Distinct(values), Self::Distinct(more)) => values.extend(more.iter().cloned()),
            (Self::End(end), Self::End(more))
                if more.is_some() && (end.is_none() || aggregate.function == AggregateFunction::LastValue) =>
            {
                end.clone_from(more);
            }
            // Nothing is known of the later run that changes this one; runs of one aggregate are of one kind.
            _ => {}
        }
    }

    /// The function's value over these rows, at the moment `now`.
    ///
    /// # Errors
    /// Why the row that would hold it fails.
    pub(crate) fn finish(&self, aggregate: &Aggregate, now: i64) -> Result<Value, String> {
        Ok(match self {
            Self::Count(count) => Value::Int(*count),
            Self::Exact { count: 0, .. } | Self::Float { count: 0, .. } => Value::Null,
            Self::Exact { sum, count } => exact(aggregate, *sum, *count)?,
            Self::Float { sum, count } => Value::Float(match aggregate.function {
                #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
                AggregateFunction::Avg => sum / *count as f64,
                _ => *sum,
            }),
            Self::Extreme(value) => value.clone(),
            Self::Moments { count, squares, .. } => moments(aggregate.function, *count, *squares),
            Self::Truths { truths, lies } => Value::Int(i64::from(match aggregate.function {
                AggregateFunction::Every => *lies == 0,
                _ => *truths > 0,
            })),
            Self::Weighted(rows) => weighted(aggregate.function, rows.iter().copied(), now),
            Self::End(value) => value.clone().unwrap_or(Value::Null),
            Self::Distinct(values) => {
                let plain = Aggregate { distinct: false, ..aggregate.clone() };
                let mut partial = Self::empty(&plain);
                for value in values {
                    partial.add(&plain, now, value.clone());
                }
                partial.finish(&plain, now)?
            }
        })
    }
}

/// Whether `value` takes the place of the least or greatest one so far.
fn replaces(aggregate: &Aggregate, extreme: &Value, value: &Value) -> bool {
    extreme.is_null() || if aggregate.function == AggregateFunction::Max { value > extreme } else { value < extreme }
}

/// The value of SUM or AVG over exact numbers.
pub(crate) fn exact(aggregate: &Aggregate, sum: i128, count: i64) -> Result<Value, String> {
    use arrow::datatypes::DataType;
    if count == 0 {
        return Ok(Value::Null);
    }
    let value = match (aggregate.function, &aggregate.argument_type) {
        (AggregateFunction::Avg, DataType::Decimal128(..)) => rounded_quotient(sum, i128::from(count)),
        (AggregateFunction::Avg, _) => sum / i128::from(count),
        _ => sum,
    };
    let fits = match aggregate.result_type {
        DataType::Decimal128(precision, _) => value.unsigned_abs() < 10u128.pow(u32::from(precision.min(38))),
        _ => i64::try_from(value).is_ok(),
    };
    if !fits {
        return Err("The sum does not fit its type".into());
    }
    Ok(match (&aggregate.result_type, i64::try_from(value)) {
        (DataType::Decimal128(19.., _), _) | (_, Err(_)) => Value::Wide(value),
        (_, Ok(value)) => Value::Int(value),
    })
}

/// `a / b`, rounded half away from zero.
fn rounded_quotient(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if (a % b).abs() * 2 >= b.abs() { quotient + a.signum() * b.signum() } else { quotient }
}

fn moments(function: AggregateFunction, count: f64, squares: f64) -> Value {
    let sample = matches!(function, AggregateFunction::VarSamp | AggregateFunction::StddevSamp);
    let divisor = if sample { count - 1.0 } else { count };
    if divisor <= 0.0 {
        return Value::Null;
    }
    let variance = squares.max(0.0) / divisor;
    Value::Float(match function {
        AggregateFunction::StddevPop | AggregateFunction::StddevSamp => variance.sqrt(),
        _ => variance,
    })
}

/// The average of values whose weight halves with every full half-life of age.
pub(crate) fn weighted(function: AggregateFunction, rows: impl Iterator<Item = (i64, f64)>, now: i64) -> Value {
    let half_life = if let AggregateFunction::ExpAvg(half_life) = function { half_life.max(1) } else { 1 };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (rowtime, value) in rows {
        let age = i32::try_from((now - rowtime).max(0) / half_life).unwrap_or(i32::MAX);
        let weight = 0.5f64.powi(age);
        sum += weight * value;
        weights += weight;
    }
    if weights > 0.0 { Value::Float(sum / weights) } else { Value::Null }
}
