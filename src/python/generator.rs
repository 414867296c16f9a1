//! `bayou.Generator`: records from a template, as bytes, as columns, as a file, or into a stream.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::error::{IntoPyErr, InvalidOptionError, OrRaise, arrow_error, file_error};
use super::preview::type_name;
use super::stream::{PyPutSummary, instant};
use super::table::PyTable;
use super::wait::{Label, Work, wait_for_work};
use crate::generate::{Generator, GeneratorOptions, PartitionKey, Rendered};
use crate::stream::{RecordBlock, Stream};

/// A compiled record template with its seed.
#[pyclass(frozen, module = "bayou", name = "Generator")]
pub(super) struct PyGenerator {
    inner: Generator,
}

/// The records `offset .. offset + count`.
fn range(offset: u64, count: u64) -> PyResult<Range<u64>> {
    let end = offset.checked_add(count).filter(|end| *end <= i64::MAX as u64);
    let end = end.ok_or_else(|| InvalidOptionError::new_err("`offset` and `count` are too large"))?;
    Ok(offset..end)
}

/// Threads to make records with: one a core unless told otherwise.
fn threads(option: Option<usize>) -> usize {
    option.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

/// Why a loop over chunks ended early.
enum Ended {
    Stopped,
    Failed(PyErr),
}

/// The result of a loop over chunks: a signal is raised by the waiter, so stopping is no error here.
fn finished(ended: Result<(), Ended>) -> PyResult<()> {
    match ended {
        Ok(()) | Err(Ended::Stopped) => Ok(()),
        Err(Ended::Failed(error)) => Err(error),
    }
}

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (template, *, seed=None, start_time=None, interval_ms=0.0, timezone="UTC", keep_newlines=false))]
    fn new(
        py: Python<'_>,
        template: &str,
        seed: Option<u64>,
        start_time: Option<&Bound<'_, PyAny>>,
        interval_ms: f64,
        timezone: &str,
        keep_newlines: bool,
    ) -> PyResult<Self> {
        let timezone = timezone.parse().map_err(|_| {
            InvalidOptionError::new_err(format!(
                "`timezone` is `{timezone}`, which is not a time zone\nhint: a name such as `UTC` or `Europe/London`"
            ))
        })?;
        if !interval_ms.is_finite() {
            return Err(InvalidOptionError::new_err("`interval_ms` must be a finite number"));
        }
        let start_time = start_time.map(instant).transpose()?;
        let options = GeneratorOptions { seed, start_time, interval_ms, timezone, keep_newlines };
        let inner = py.detach(|| Generator::compile(template, &options)).or_raise()?;
        Ok(Self { inner })
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.inner.seed()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.inner.warnings().to_vec()
    }

    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let types = PyDict::new(py);
        for field in self.inner.schema().fields() {
            types.set_item(field.name(), type_name(field.data_type()))?;
        }
        Ok(types)
    }

    #[pyo3(signature = (count, *, offset=0, threads=None))]
    fn table(&self, py: Python<'_>, count: u64, offset: u64, threads: Option<usize>) -> PyResult<PyTable> {
        let started = Instant::now();
        let range = range(offset, count)?;
        let work = Work::default();
        wait_for_work(py, &label("generate a table", count), &work, || {
            let mut batches = Vec::new();
            let made = self.inner.in_chunks(
                &range,
                self::threads(threads),
                |generator, chunk| generator.table(chunk),
                |_, batch| {
                    let batch = batch.map_err(|error| Ended::Failed(arrow_error(&error)))?;
                    work.advance(batch.num_rows() as u64);
                    batches.push(batch);
                    if work.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
                },
            );
            finished(made)?;
            Ok(PyTable::new(self.inner.schema(), batches).took(started.elapsed()))
        })?
    }

    #[pyo3(signature = (count, *, offset=0))]
    fn records<'py>(&self, py: Python<'py>, count: u64, offset: u64) -> PyResult<Bound<'py, PyList>> {
        let range = range(offset, count)?;
        let work = Work::default();
        let chunks = wait_for_work(py, &label("generate records", count), &work, || {
            let mut chunks: Vec<Rendered> = Vec::new();
            let made = self.inner.in_chunks(&range, self::threads(None), Generator::render, |_, rendered| {
                chunks.push(rendered);
                if work.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
            });
            finished(made).map(|()| chunks)
        })??;
        let records = PyList::empty(py);
        for chunk in &chunks {
            for ends in chunk.offsets.windows(2) {
                let &[from, to] = ends else { continue };
                records.append(PyBytes::new(py, chunk.bytes.get(from as usize..to as usize).unwrap_or_default()))?;
            }
        }
        Ok(records)
    }

    #[pyo3(signature = (path, count, *, offset=0, threads=None))]
    fn write(&self, py: Python<'_>, path: PathBuf, count: u64, offset: u64, threads: Option<usize>) -> PyResult<u64> {
        let range = range(offset, count)?;
        let work = Work::default();
        wait_for_work(py, &label("write records", count), &work, || {
            let failed = |error: io::Error| file_error(&path, &error);
            let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(failed)?);
            let mut written = 0;
            let made = self.inner.in_chunks(
                &range,
                self::threads(threads),
                |generator, chunk| generator.render_delimited(chunk, b"\n").bytes,
                |chunk, bytes| {
                    file.write_all(&bytes).map_err(|error| Ended::Failed(failed(error)))?;
                    written += bytes.len() as u64;
                    work.advance(chunk.end - chunk.start);
                    if work.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
                },
            );
            finished(made)?;
            file.flush().map_err(failed)?;
            Ok(written)
        })?
    }

    fn __repr__(&self) -> String {
        let fields: Vec<_> = self
            .inner
            .schema()
            .fields()
            .iter()
            .map(|field| format!("{} {}", field.name(), type_name(field.data_type())))
            .collect();
        format!("Generator({}; seed={})", fields.join(", "), self.inner.seed())
    }
}

fn label(what: &str, total: u64) -> Label {
    Label { what: what.to_owned(), unit: "records", total: Some(total) }
}

/// How `put` paces itself.
pub(super) struct Pace {
    pub(super) count: Option<u64>,
    pub(super) rate: Option<f64>,
    pub(super) seconds: Option<Duration>,
}

impl Pace {
    /// How many records there will be at most, if that is known.
    fn total(&self) -> PyResult<Option<u64>> {
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(InvalidOptionError::new_err(format!(
                "`rate` is `{rate}`, and must be above 0 records a second"
            )));
        }
        match (self.count, self.rate, self.seconds) {
            (None, _, None) => Err(InvalidOptionError::new_err(
                "Say how many records to put\nhint: `count=`, or `seconds=`, with `rate=` for records a second",
            )),
            (Some(count), _, _) => Ok(Some(count)),
            (None, Some(rate), Some(seconds)) => Ok(Some((rate * seconds.as_secs_f64()).round() as u64)),
            (None, None, Some(_)) => Ok(None),
        }
    }
}

/// Records of one pass when the rate or the time is limited.
const PACED_CHUNK: u64 = 32_768;
/// Time between two looks at the clock of a paced put.
const PACE_TICK: Duration = Duration::from_millis(10);

/// Put generated records into a stream.
pub(super) fn put(
    py: Python<'_>,
    stream: &Stream,
    generator: &PyGenerator,
    partition_key: Option<&str>,
    offset: u64,
    pace: &Pace,
    thread_count: Option<usize>,
) -> PyResult<PyPutSummary> {
    let started = Instant::now();
    let key = partition_key.map_or(PartitionKey::Random, |field| PartitionKey::Field(field.to_owned()));
    // Say it at once, not in the middle of the work.
    generator.inner.partition_keys(&key, 0..0).map_err(InvalidOptionError::new_err)?;
    let total = pace.total()?;
    let all = range(offset, total.unwrap_or(i64::MAX as u64 - offset.min(i64::MAX as u64)))?;
    let work = Work::default();
    let label = Label { what: format!("put {}", stream.name()), unit: "records", total };
    wait_for_work(py, &label, &work, || {
        let mut summary = PyPutSummary::new();
        let mut next = all.start;
        while next < all.end && !work.is_stopped() {
            let elapsed = started.elapsed();
            if pace.seconds.is_some_and(|seconds| elapsed >= seconds) && pace.rate.is_none() {
                break;
            }
            let due = match (pace.rate, pace.seconds) {
                (Some(rate), _) => all.start + (rate * elapsed.as_secs_f64()) as u64,
                (None, Some(_)) => next + PACED_CHUNK,
                (None, None) => all.end,
            };
            let upto = due.min(all.end);
            if upto > next {
                put_range(stream, &generator.inner, &key, &(next..upto), threads(thread_count), &work, &mut summary)?;
                next = upto;
            } else {
                std::thread::sleep(PACE_TICK);
            }
        }
        Ok(summary.took(started.elapsed()))
    })?
}

fn put_range(
    stream: &Stream,
    generator: &Generator,
    key: &PartitionKey,
    range: &Range<u64>,
    threads: usize,
    work: &Work,
    summary: &mut PyPutSummary,
) -> PyResult<()> {
    let make = |generator: &Generator, chunk: Range<u64>| -> PyResult<RecordBlock> {
        let keys = generator.partition_keys(key, chunk.clone()).map_err(InvalidOptionError::new_err)?;
        let records = generator.render(chunk);
        RecordBlock::from_columns(records.offsets, records.bytes, keys.offsets, keys.bytes).or_raise()
    };
    let made = generator.in_chunks(range, threads, make, |_, block| {
        let put =
            stream.put_block(&block.map_err(Ended::Failed)?).map_err(|error| Ended::Failed(error.into_py_err()))?;
        work.advance(put.records);
        summary.add(&put);
        if work.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
    });
    finished(made)
}
