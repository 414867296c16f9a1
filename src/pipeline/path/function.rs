//! Functions at the end of a path: `$.items.length()`, `$.prices.max()`.

use serde_json::Value;

use super::Missing;
use crate::pipeline::json::number;

/// What is computed of the value that the rest of the path gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Avg,
    Sum,
    Stddev,
    Keys,
}

const FUNCTIONS: [(&str, Function); 8] = [
    ("length", Function::Length),
    ("size", Function::Length),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("sum", Function::Sum),
    ("stddev", Function::Stddev),
    ("keys", Function::Keys),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    /// The value of the function, as Jayway computes it.
    pub(super) fn apply(self, value: &Value) -> Result<Value, Missing> {
        let numbers: Vec<f64> = value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        #[expect(clippy::cast_precision_loss, reason = "a count of elements")]
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        match (self, value) {
            (Self::Length, Value::Array(items)) => Ok(Value::from(items.len())),
            (Self::Length, Value::Object(members)) => Ok(Value::from(members.len())),
            (Self::Length, Value::String(text)) => Ok(Value::from(text.chars().count())),
            (Self::Keys, Value::Object(members)) => Ok(members.keys().cloned().collect()),
            (Self::Min, Value::Array(_)) if count > 0.0 => Ok(number(numbers.iter().copied().fold(f64::MAX, f64::min))),
            (Self::Max, Value::Array(_)) if count > 0.0 => Ok(number(numbers.iter().copied().fold(f64::MIN, f64::max))),
            (Self::Sum, Value::Array(_)) if count > 0.0 => Ok(number(sum)),
            (Self::Avg, Value::Array(_)) if count > 0.0 => Ok(number(sum / count)),
            (Self::Stddev, Value::Array(_)) if count > 0.0 => {
                let mean = sum / count;
                Ok(number((numbers.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / count).sqrt()))
            }
            _ => Err(Missing("Aggregation function attempted to calculate value using empty array".to_owned())),
        }
    }
}
