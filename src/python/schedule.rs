//! `bayou.Schedule`: how many records come when.

use pyo3::prelude::*;

use super::error::InvalidOptionError;
use super::generator::zone;
use super::stream::instant;
use crate::generate::{Schedule, WeekGrid};
use crate::time::{Clock, SystemClock};

/// Records a second over time.
#[pyclass(frozen, module = "bayou", name = "Schedule")]
#[derive(Clone)]
pub(super) struct PySchedule {
    inner: Schedule,
}

/// A number for the whole week, or one for each of 24 hours of 7 days.
#[derive(FromPyObject)]
enum Grid {
    Everywhere(f64),
    Hours(Vec<Vec<f64>>),
}

impl Grid {
    fn read(self, name: &str) -> PyResult<Box<WeekGrid>> {
        let mut grid = [[0.0; 24]; 7];
        match self {
            Self::Everywhere(value) => grid = [[value; 24]; 7],
            Self::Hours(rows) => {
                if rows.len() != 7 || rows.iter().any(|row| row.len() != 24) {
                    return Err(InvalidOptionError::new_err(format!(
                        "`{name}` is a number, or 7 days, Sunday first, of 24 hours each"
                    )));
                }
                for (to, from) in grid.iter_mut().flatten().zip(rows.into_iter().flatten()) {
                    *to = from;
                }
            }
        }
        if grid.iter().flatten().any(|value| !value.is_finite()) {
            return Err(InvalidOptionError::new_err(format!("`{name}` holds what is not a number")));
        }
        Ok(Box::new(grid))
    }
}

/// A rate, or a length of time where `least` is above 0.
fn checked(name: &str, value: f64, positive: bool) -> PyResult<f64> {
    if value.is_finite() && (value > 0.0 || (!positive && value == 0.0)) {
        return Ok(value);
    }
    let bound = if positive { "must be above 0" } else { "must not be below 0" };
    Err(InvalidOptionError::new_err(format!("`{name}` is {value}, and {bound}")))
}

#[pymethods]
impl PySchedule {
    #[staticmethod]
    fn constant(rate: f64) -> PyResult<Self> {
        Ok(Self { inner: Schedule::Constant(checked("rate", rate, false)?) })
    }

    #[staticmethod]
    fn steps(steps: Vec<(f64, f64)>) -> PyResult<Self> {
        if steps.is_empty() {
            return Err(InvalidOptionError::new_err("`steps` is empty\nhint: [(seconds, rate), ...]"));
        }
        for (seconds, rate) in &steps {
            checked("seconds", *seconds, true)?;
            checked("rate", *rate, false)?;
        }
        Ok(Self { inner: Schedule::Steps(steps) })
    }

    #[staticmethod]
    #[pyo3(signature = (start, end, seconds))]
    fn ramp(start: f64, end: f64, seconds: f64) -> PyResult<Self> {
        let (from, to) = (checked("start", start, false)?, checked("end", end, false)?);
        Ok(Self { inner: Schedule::Ramp { from, to, seconds: checked("seconds", seconds, true)? } })
    }

    #[staticmethod]
    #[pyo3(signature = (mean, amplitude, period))]
    fn sine(mean: f64, amplitude: f64, period: f64) -> PyResult<Self> {
        let (mean, amplitude) = (checked("mean", mean, false)?, checked("amplitude", amplitude, false)?);
        Ok(Self { inner: Schedule::Sine { mean, amplitude, period: checked("period", period, true)? } })
    }

    #[staticmethod]
    #[pyo3(signature = (rate, burst, *, every, length))]
    fn burst(rate: f64, burst: f64, every: f64, length: f64) -> PyResult<Self> {
        let (rate, burst) = (checked("rate", rate, false)?, checked("burst", burst, false)?);
        let (every, length) = (checked("every", every, true)?, checked("length", length, true)?);
        if length > every {
            return Err(InvalidOptionError::new_err(format!("A burst of {length} s does not fit into {every} s")));
        }
        Ok(Self { inner: Schedule::Burst { rate, burst, every, length } })
    }

    #[staticmethod]
    #[pyo3(signature = (mu=Grid::Everywhere(100.0), sigma=Grid::Everywhere(10.0), *, smoothing=true, timezone="UTC"))]
    fn periodic(mu: Grid, sigma: Grid, smoothing: bool, timezone: &str) -> PyResult<Self> {
        let (mu, sigma, timezone) = (mu.read("mu")?, sigma.read("sigma")?, zone(timezone)?);
        Ok(Self { inner: Schedule::Periodic { mu, sigma, smoothing, timezone } })
    }

    #[getter]
    fn duration(&self) -> Option<f64> {
        self.inner.duration()
    }

    #[pyo3(signature = (seconds, *, start=None, seed=0))]
    fn counts(&self, py: Python<'_>, seconds: u64, start: Option<&Bound<'_, PyAny>>, seed: u64) -> PyResult<Vec<u64>> {
        let start = start.map(instant).transpose()?.unwrap_or_else(|| SystemClock.now());
        if seconds > 100_000_000 {
            return Err(InvalidOptionError::new_err("`seconds` is more than 100 million"));
        }
        Ok(py.detach(|| self.inner.counts(seconds, start, seed)))
    }

    fn __repr__(&self) -> String {
        match &self.inner {
            Schedule::Constant(rate) => format!("Schedule.constant({rate})"),
            Schedule::Steps(steps) => format!("Schedule.steps({steps:?})"),
            Schedule::Ramp { from, to, seconds } => format!("Schedule.ramp({from}, {to}, {seconds})"),
            Schedule::Sine { mean, amplitude, period } => format!("Schedule.sine({mean}, {amplitude}, {period})"),
            Schedule::Burst { rate, burst, every, length } => {
                format!("Schedule.burst({rate}, {burst}, every={every}, length={length})")
            }
            Schedule::Periodic { smoothing, timezone, .. } => {
                let smoothing = if *smoothing { "True" } else { "False" };
                format!("Schedule.periodic(..., smoothing={smoothing}, timezone=\"{timezone}\")")
            }
        }
    }
}

/// A schedule, or a list of (seconds, rate).
pub(super) fn schedule_of(value: &Bound<'_, PyAny>) -> PyResult<Schedule> {
    if let Ok(schedule) = value.cast::<PySchedule>() {
        return Ok(schedule.get().inner.clone());
    }
    let steps: Vec<(f64, f64)> = value.extract().map_err(|_| {
        InvalidOptionError::new_err("`schedule` is a bayou.Schedule, or a list of (seconds, records a second)")
    })?;
    Ok(PySchedule::steps(steps)?.inner)
}
