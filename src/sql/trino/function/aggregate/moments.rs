//! `geometric_mean`, `skewness`, `kurtosis`: sums and central moments, merged without another pass.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array};

use super::super::TrinoError;
use super::super::column::typed;
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "geometric_mean(double) -> double",
        GEOMETRIC_MEAN,
        "SELECT round(geometric_mean(x), 9) FROM (VALUES 2, 8) AS t(x)",
        "4.0",
    ),
    own(
        "kurtosis(double) -> double",
        KURTOSIS,
        "SELECT round(kurtosis(x), 6) FROM (VALUES 1, 2, 3, 4, 5) AS t(x)",
        "-1.2",
    ),
    own("skewness(double) -> double", SKEWNESS, "SELECT skewness(x) FROM (VALUES 1, 2, 3) AS t(x)", "0.0"),
];

const GEOMETRIC_MEAN: AggregateBuild =
    AggregateBuild::Own { state: numbers, start: |_| Ok(Box::new(Moments::new(f64::ln, |m| Some(m.mean.exp())))) };
const KURTOSIS: AggregateBuild =
    AggregateBuild::Own { state: numbers, start: |_| Ok(Box::new(Moments::new(|value| value, kurtosis))) };
const SKEWNESS: AggregateBuild =
    AggregateBuild::Own { state: numbers, start: |_| Ok(Box::new(Moments::new(|value| value, skewness))) };

fn numbers(_: &AggregateCall<'_>) -> Vec<TrinoType> {
    vec![TrinoType::Double; 5]
}

/// Count, mean, and the sums of the second to fourth powers of the distances from the mean.
#[derive(Debug)]
struct Moments {
    count: f64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
    map: fn(f64) -> f64,
    result: fn(&Self) -> Option<f64>,
}

fn skewness(m: &Moments) -> Option<f64> {
    (m.count >= 3.0).then(|| m.count.sqrt() * m.m3 / m.m2.powf(1.5))
}

/// The unbiased excess.
fn kurtosis(m: &Moments) -> Option<f64> {
    let n = m.count;
    let variance = m.m2 / (n - 1.0);
    (n >= 4.0).then(|| {
        let scale = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
        scale * m.m4 / (variance * variance) - 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))
    })
}

impl Moments {
    fn new(map: fn(f64) -> f64, result: fn(&Self) -> Option<f64>) -> Self {
        Self { count: 0.0, mean: 0.0, m2: 0.0, m3: 0.0, m4: 0.0, map, result }
    }

    /// Take another group's moments. Source: P. Pébay, "Formulas for robust, one-pass parallel computation".
    fn add(&mut self, [count, mean, m2, m3, m4]: [f64; 5]) {
        if count == 0.0 {
            return;
        }
        let (na, nb, n) = (self.count, count, self.count + count);
        let delta = mean - self.mean;
        let (d2, d3, d4) = (delta * delta, delta.powi(3), delta.powi(4));
        let next_m2 = self.m2 + m2 + d2 * na * nb / n;
        let next_m3 = self.m3 + m3 + d3 * na * nb * (na - nb) / (n * n) + 3.0 * delta * (na * m2 - nb * self.m2) / n;
        self.m4 += m4
            + d4 * na * nb * (na * na - na * nb + nb * nb) / n.powi(3)
            + 6.0 * d2 * (na * na * m2 + nb * nb * self.m2) / (n * n)
            + 4.0 * delta * (na * m3 - nb * self.m3) / n;
        self.m3 = next_m3;
        self.m2 = next_m2;
        self.mean += delta * nb / n;
        self.count = n;
    }
}

impl Aggregation for Moments {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        for values in args {
            for value in typed::<Float64Array>(values)?.iter().flatten() {
                self.add([1.0, (self.map)(value), 0.0, 0.0, 0.0]);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        let columns = states.iter().map(typed::<Float64Array>).collect::<Result<Vec<_>, _>>()?;
        let [counts, means, m2, m3, m4] = columns.as_slice() else {
            return Err(TrinoError::internal("moments have five columns"));
        };
        for row in 0..counts.len() {
            self.add([counts.value(row), means.value(row), m2.value(row), m3.value(row), m4.value(row)]);
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        let numbers = [self.count, self.mean, self.m2, self.m3, self.m4];
        Ok(numbers.into_iter().map(|number| Arc::new(Float64Array::from(vec![number])) as ArrayRef).collect())
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        let result = if self.count > 0.0 { (self.result)(self) } else { None };
        Ok(Arc::new(Float64Array::from(vec![result])))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}
