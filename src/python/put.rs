//! `stream.put(generator)`: generated records into a stream, at a pace, with a report.

use std::io::Write;
use std::ops::Range;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::error::{IntoPyErr, InvalidOptionError, OrRaise};
use super::generator::{Ended, finished, range};
use super::put_summary::PyPutSummary;
use super::schedule::schedule_of;
use super::wait::{Label, Work, wait_for_part};
use crate::generate::{Due, Generator, PartitionKey, Rendered, Schedule};
use crate::stream::{RecordBlock, Stream};
use crate::time::{Clock, SystemClock, Timestamp};

/// How a record becomes the bytes that are put.
pub(super) struct RecordForm {
    delimiter: Vec<u8>,
    gzip: bool,
}

impl RecordForm {
    pub(super) fn new(delimiter: Option<Vec<u8>>, compress: Option<&str>) -> PyResult<Self> {
        let gzip = match compress {
            None => false,
            Some("gzip") => true,
            Some(other) => {
                return Err(InvalidOptionError::new_err(format!(
                    "`compress` is `{other}`\nhint: \"gzip\" compresses each record; None does not"
                )));
            }
        };
        // A compressed record carries no delimiter, as the Kinesis Data Generator sends it.
        let delimiter = if gzip { Vec::new() } else { delimiter.unwrap_or_default() };
        Ok(Self { delimiter, gzip })
    }

    fn render(&self, generator: &Generator, chunk: Range<u64>) -> std::io::Result<Rendered> {
        let plain = generator.render_delimited(chunk, &self.delimiter);
        if !self.gzip {
            return Ok(plain);
        }
        let mut packed = Rendered { offsets: vec![0], bytes: Vec::new() };
        for ends in plain.offsets.windows(2) {
            let &[from, to] = ends else { continue };
            let mut encoder = GzEncoder::new(&mut packed.bytes, Compression::default());
            encoder.write_all(plain.bytes.get(from as usize..to as usize).unwrap_or_default())?;
            encoder.finish()?;
            packed.offsets.push(i32::try_from(packed.bytes.len()).unwrap_or(i32::MAX));
        }
        Ok(packed)
    }
}

/// Where partition keys come from.
pub(super) enum RecordKey {
    Of(PartitionKey),
    /// A function of the record's bytes.
    Function(Py<PyAny>),
}

impl RecordKey {
    pub(super) fn new(field: Option<&Bound<'_, PyAny>>, constant: Option<String>) -> PyResult<Self> {
        match (field, constant) {
            (Some(_), Some(_)) => Err(InvalidOptionError::new_err("Pass `partition_key` or `constant_key`, not both")),
            (None, Some(text)) => Ok(Self::Of(PartitionKey::Constant(text))),
            (None, None) => Ok(Self::Of(PartitionKey::Random)),
            (Some(key), None) if key.is_callable() => Ok(Self::Function(key.clone().unbind())),
            (Some(key), None) => match key.cast::<PyString>() {
                Ok(field) => Ok(Self::Of(PartitionKey::Field(field.to_str()?.to_owned()))),
                Err(_) => {
                    Err(PyTypeError::new_err("`partition_key` is the name of a field, or a function of a record"))
                }
            },
        }
    }

    fn keys(&self, generator: &Generator, range: Range<u64>) -> PyResult<Rendered> {
        match self {
            Self::Of(key) => generator.partition_keys(key, range).map_err(InvalidOptionError::new_err),
            Self::Function(function) => {
                let plain = generator.render(range);
                Python::attach(|py| {
                    let mut keys = Rendered { offsets: vec![0], bytes: Vec::new() };
                    for ends in plain.offsets.windows(2) {
                        let &[from, to] = ends else { continue };
                        let record = plain.bytes.get(from as usize..to as usize).unwrap_or_default();
                        let key = function.call1(py, (PyBytes::new(py, record),))?;
                        keys.bytes.extend_from_slice(key.bind(py).str()?.to_str()?.as_bytes());
                        keys.offsets.push(i32::try_from(keys.bytes.len()).unwrap_or(i32::MAX));
                    }
                    Ok(keys)
                })
            }
        }
    }
}

/// How `put` paces itself.
pub(super) struct Pace {
    count: Option<u64>,
    schedule: Option<Schedule>,
    seconds: Option<Duration>,
    realtime: bool,
}

impl Pace {
    pub(super) fn new(
        count: Option<u64>,
        rate: Option<f64>,
        seconds: Option<Duration>,
        schedule: Option<&Bound<'_, PyAny>>,
        realtime: bool,
    ) -> PyResult<Self> {
        let schedule = match (rate, schedule) {
            (Some(_), Some(_)) => return Err(InvalidOptionError::new_err("Pass `rate` or `schedule`, not both")),
            (Some(rate), None) if rate.is_finite() && rate > 0.0 => Some(Schedule::Constant(rate)),
            (Some(rate), None) => {
                return Err(InvalidOptionError::new_err(format!(
                    "`rate` is `{rate}`, and must be above 0 records a second"
                )));
            }
            (None, Some(schedule)) => Some(schedule_of(schedule)?),
            (None, None) => None,
        };
        if !realtime && schedule.is_none() {
            return Err(InvalidOptionError::new_err(
                "`realtime=False` follows a schedule in simulated time\nhint: add `rate=` or `schedule=`",
            ));
        }
        let ends = count.is_some() || seconds.is_some() || schedule.as_ref().is_some_and(|s| s.duration().is_some());
        if !ends {
            return Err(InvalidOptionError::new_err(
                "Say how many records to put\nhint: `count=`, or `seconds=`, with `rate=` for records a second",
            ));
        }
        Ok(Self { count, schedule, seconds, realtime })
    }

    /// How many records there will be at most, if that is known.
    fn total(&self) -> Option<u64> {
        match (&self.schedule, self.seconds) {
            (Some(Schedule::Constant(rate)), Some(seconds)) => {
                let by_time = (rate * seconds.as_secs_f64()).round() as u64;
                Some(self.count.map_or(by_time, |count| count.min(by_time)))
            }
            _ => self.count,
        }
    }

    fn is_over(&self, elapsed: f64, due: Option<&Due>) -> bool {
        self.seconds.is_some_and(|seconds| elapsed >= seconds.as_secs_f64())
            || due.is_some_and(|due| due.is_over(elapsed))
    }
}

/// Records of one pass when only the time is limited.
const PACED_CHUNK: u64 = 32_768;
/// Time between two looks at the clock of a paced put.
const PACE_TICK: Duration = Duration::from_millis(10);

/// A put of generated records.
pub(super) struct Put<'a> {
    pub(super) stream: &'a Stream,
    pub(super) generator: &'a Generator,
    pub(super) key: RecordKey,
    pub(super) form: RecordForm,
    pub(super) pace: Pace,
    pub(super) threads: usize,
}

impl Put<'_> {
    /// Put records from number `offset` on; Ctrl-C ends it with what was done.
    pub(super) fn run(&self, py: Python<'_>, offset: u64) -> PyResult<PyPutSummary> {
        // Say it at once, not in the middle of the work.
        self.key.keys(self.generator, 0..0)?;
        let total = self.pace.total();
        let all = range(offset, total.unwrap_or(i64::MAX as u64 - offset.min(i64::MAX as u64)))?;
        let work = Work::default();
        let label = Label { what: format!("put {}", self.stream.name()), unit: "records", total };
        let started = Instant::now();
        let (summary, interrupted) = wait_for_part(py, &label, &work, || {
            let mut summary = PyPutSummary::new();
            match &self.pace.schedule {
                None => self.at_once(&all, &work, &mut summary)?,
                Some(schedule) if self.pace.realtime => self.in_time(schedule, &all, &work, &mut summary)?,
                Some(schedule) => self.simulated(schedule, &all, &work, &mut summary)?,
            }
            PyResult::Ok(summary)
        })?;
        let mut summary = summary?;
        let requested = total.unwrap_or(summary.records);
        summary.interrupted = interrupted;
        Ok(summary.took(started.elapsed(), requested))
    }

    /// As fast as records are made.
    fn at_once(&self, all: &Range<u64>, work: &Work, summary: &mut PyPutSummary) -> PyResult<()> {
        let started = Instant::now();
        let mut next = all.start;
        while next < all.end && !work.is_stopped() && !self.pace.is_over(started.elapsed().as_secs_f64(), None) {
            let end = if self.pace.seconds.is_some() { all.end.min(next + PACED_CHUNK) } else { all.end };
            self.put_range(&self.generator.at_instant(SystemClock.now()), &(next..end), work, summary)?;
            next = end;
        }
        Ok(())
    }

    /// By the clock: what is late is caught up.
    fn in_time(&self, schedule: &Schedule, all: &Range<u64>, work: &Work, summary: &mut PyPutSummary) -> PyResult<()> {
        let (started, begun) = (Instant::now(), SystemClock.now());
        let mut due = Due::new(schedule.clone(), begun, self.generator.seed());
        let (mut next, mut known) = (all.start, 0.0);
        while next < all.end && !work.is_stopped() {
            let mut elapsed = started.elapsed().as_secs_f64();
            let over = self.pace.is_over(elapsed, Some(&due));
            if over {
                elapsed = self.pace.seconds.map_or(elapsed, |seconds| elapsed.min(seconds.as_secs_f64()));
            }
            let upto = all.end.min(all.start.saturating_add(due.at(elapsed)));
            if upto > next {
                self.put_range(&self.generator.at_instant(SystemClock.now()), &(next..upto), work, summary)?;
                next = upto;
                summary.lateness = summary.lateness.max(started.elapsed().as_secs_f64() - known);
            } else if over {
                return Ok(());
            } else {
                std::thread::sleep(PACE_TICK);
            }
            known = elapsed;
        }
        Ok(())
    }

    /// In simulated seconds from the generator's first instant on, without waiting.
    fn simulated(
        &self,
        schedule: &Schedule,
        all: &Range<u64>,
        work: &Work,
        summary: &mut PyPutSummary,
    ) -> PyResult<()> {
        let start: Timestamp = self.generator.start();
        let mut due = Due::new(schedule.clone(), start, self.generator.seed());
        let (mut next, mut second) = (all.start, 0u64);
        while next < all.end && !work.is_stopped() && !self.pace.is_over(second as f64, Some(&due)) {
            let end = self.pace.seconds.map_or(f64::MAX, |seconds| seconds.as_secs_f64()).min(second as f64 + 1.0);
            let upto = all.end.min(all.start.saturating_add(due.at(end)));
            if upto > next {
                let instant = start.plus_millis(second as i64 * 1_000);
                self.put_range(&self.generator.simulated(instant), &(next..upto), work, summary)?;
                next = upto;
            }
            second += 1;
        }
        Ok(())
    }

    fn put_range(
        &self,
        generator: &Generator,
        range: &Range<u64>,
        work: &Work,
        summary: &mut PyPutSummary,
    ) -> PyResult<()> {
        let make = |generator: &Generator, chunk: Range<u64>| -> PyResult<RecordBlock> {
            let keys = self.key.keys(generator, chunk.clone())?;
            let records = self.form.render(generator, chunk)?;
            RecordBlock::from_columns(records.offsets, records.bytes, keys.offsets, keys.bytes).or_raise()
        };
        let made = generator.in_chunks(range, self.threads, make, |chunk, block| {
            summary.generated += chunk.end - chunk.start;
            let put = self
                .stream
                .put_block(&block.map_err(Ended::Failed)?)
                .map_err(|error| Ended::Failed(error.into_py_err()))?;
            work.advance(put.records);
            summary.add(&put);
            if work.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
        });
        finished(made)
    }
}
