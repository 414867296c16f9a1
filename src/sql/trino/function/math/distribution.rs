//! Probability distributions: normal, beta, and Wilson's interval for a share.

use arrow::array::ArrayRef;
use arrow::datatypes::Float64Type;
use libm::{erf, erfc, lgamma};

use super::super::column::primitive_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "beta_cdf(double, double, double) -> double",
        |call| of_three(call, beta_cdf),
        "round(beta_cdf(2, 1, 0.5), 6)",
        "0.25",
    ),
    entry(
        "inverse_beta_cdf(double, double, double) -> double",
        |call| of_three(call, inverse_beta_cdf),
        "round(inverse_beta_cdf(1, 1, 0.25), 6)",
        "0.25",
    ),
    entry(
        "inverse_normal_cdf(double, double, double) -> double",
        |call| of_three(call, inverse_normal_cdf),
        "inverse_normal_cdf(0, 1, 0.5)",
        "0.0",
    ),
    entry(
        "normal_cdf(double, double, double) -> double",
        |call| of_three(call, normal_cdf),
        "normal_cdf(0, 1, 0)",
        "0.5",
    ),
    entry(
        "wilson_interval_lower(bigint, bigint, double) -> double",
        |call| wilson(call, -1.0),
        "round(wilson_interval_lower(1250, 1310, 1.96e0), 6)",
        "0.941488",
    ),
    entry(
        "wilson_interval_upper(bigint, bigint, double) -> double",
        |call| wilson(call, 1.0),
        "round(wilson_interval_upper(1250, 1310, 1.96e0), 6)",
        "0.964252",
    ),
];

fn of_three(call: &Call<'_>, function: fn(f64, f64, f64) -> Result<f64, TrinoError>) -> Result<ArrayRef, TrinoError> {
    let (first, second, third) = (call.double(0)?, call.double(1)?, call.double(2)?);
    primitive_rows::<Float64Type>(call, |row| function(first.value(row), second.value(row), third.value(row)).map(Some))
}

fn require(holds: bool, message: &str) -> Result<(), TrinoError> {
    if holds { Ok(()) } else { Err(TrinoError::argument(message)) }
}

fn normal_cdf(mean: f64, deviation: f64, value: f64) -> Result<f64, TrinoError> {
    require(deviation > 0.0, "standardDeviation must be > 0")?;
    Ok(0.5 * (1.0 + erf((value - mean) / (deviation * std::f64::consts::SQRT_2))))
}

fn inverse_normal_cdf(mean: f64, deviation: f64, p: f64) -> Result<f64, TrinoError> {
    require(p > 0.0 && p < 1.0, "p must be 0 > p > 1")?;
    require(deviation > 0.0, "sd must be > 0")?;
    Ok(mean + deviation * standard_quantile(p))
}

/// The quantile of the standard normal distribution: bracketed Newton steps on the distribution function, which is
/// exact to the last digits in both tails because it is computed from `erfc`.
fn standard_quantile(p: f64) -> f64 {
    if p == 0.5 {
        return 0.0;
    }
    // In the upper half the complement is the exact quantity.
    if p > 0.5 {
        return -standard_quantile(1.0 - p);
    }
    let below = |x: f64| 0.5 * erfc(-x / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (-40.0, 0.0);
    let mut x = -(-2.0 * p.ln()).sqrt().min(39.0);
    for _ in 0..200 {
        let error = below(x) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let newton = x - error / density;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= 1e-16 * x.abs() {
            break;
        }
        x = next;
    }
    x
}

fn beta_cdf(a: f64, b: f64, value: f64) -> Result<f64, TrinoError> {
    require(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    require((0.0..=1.0).contains(&value), "value must be in the interval [0, 1]")?;
    Ok(regularized_beta(a, b, value))
}

fn inverse_beta_cdf(a: f64, b: f64, p: f64) -> Result<f64, TrinoError> {
    require(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    require((0.0..=1.0).contains(&p), "p must be in the interval [0, 1]")?;
    let (mut low, mut high) = (0.0, 1.0);
    if p == 0.0 || p == 1.0 {
        return Ok(p);
    }
    // The function is monotonic; halving ends when no double lies between.
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return Ok(middle);
        }
        if regularized_beta(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The regularised incomplete beta function, by Lentz's continued fraction.
fn regularized_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularized_beta(b, a, 1.0 - x);
    }
    let scale = (a * x.ln() + b * (-x).ln_1p() - (lgamma(a) + lgamma(b) - lgamma(a + b))).exp() / a;
    let guard = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, guard(1.0 - (a + b) * x / (a + 1.0)).recip());
    fraction *= d;
    for step in 1..10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = guard(1.0 + even * d).recip();
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = guard(1.0 + odd * d).recip();
        c = guard(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    scale * fraction
}

/// One end of Wilson's score interval; `side` is −1 or 1.
fn wilson(call: &Call<'_>, side: f64) -> Result<ArrayRef, TrinoError> {
    let (successes, trials, scores) = (call.bigint(0)?, call.bigint(1)?, call.double(2)?);
    primitive_rows::<Float64Type>(call, |row| {
        let (successes, trials, z) = (successes.value(row), trials.value(row), scores.value(row));
        require(successes >= 0, "number of successes must not be negative")?;
        require(trials > 0, "number of trials must be positive")?;
        require(successes <= trials, "number of successes must not be larger than number of trials")?;
        require(z >= 0.0, "z-score must not be negative")?;
        let (share, n) = (successes as f64 / trials as f64, trials as f64);
        let width = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        Ok(Some((share + z * z / (2.0 * n) + side * width) / (1.0 + z * z / n)))
    })
}
