//! `bayou.Generator`: records from a template, as bytes, as columns, or as a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, StringArray};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::catalog::table_of;
use super::error::{InvalidOptionError, OrRaise, TemplateWarning, arrow_error, file_error};
use super::preview::type_name;
use super::stream::instant;
use super::table::PyTable;
use super::wait::{Label, Work, wait_for_work};
use crate::generate::{FunctionInfo, Generator, GeneratorOptions, Rendered, functions};
use crate::time::{Clock, SystemClock};

/// Records of a preview at most; more belong in a table.
const MOST_SHOWN: u64 = 10_000;

/// A compiled record template with its seed.
#[pyclass(frozen, module = "bayou", name = "Generator")]
pub(super) struct PyGenerator {
    pub(super) inner: Generator,
}

/// Weights of several templates, by order or by name.
#[derive(FromPyObject)]
pub(super) enum Weights {
    ByName(std::collections::BTreeMap<String, f64>),
    InOrder(Vec<f64>),
}

impl Weights {
    fn of(self, templates: &[(String, String)]) -> PyResult<Vec<f64>> {
        let mut named = match self {
            Self::InOrder(weights) => return Ok(weights),
            Self::ByName(named) => named,
        };
        let weights = templates.iter().map(|(name, _)| {
            named.remove(name).ok_or_else(|| InvalidOptionError::new_err(format!("`weights` has none for `{name}`")))
        });
        let weights = weights.collect::<PyResult<_>>()?;
        match named.keys().next() {
            Some(name) => Err(InvalidOptionError::new_err(format!("`weights` names `{name}`, which is no template"))),
            None => Ok(weights),
        }
    }
}

/// Generated records for looking at; shows itself in a notebook.
#[pyclass(frozen, module = "bayou", name = "Preview")]
pub(super) struct PyPreview {
    records: Vec<String>,
    warnings: Vec<String>,
}

#[pymethods]
impl PyPreview {
    #[getter]
    fn records(&self) -> Vec<String> {
        self.records.clone()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn __len__(&self) -> usize {
        self.records.len()
    }

    fn __repr__(&self) -> String {
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        self.records.iter().cloned().chain(warnings).collect::<Vec<_>>().join("\n")
    }

    fn _repr_html_(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut html = String::from("<pre style=\"text-align:left;white-space:pre-wrap\">");
        html.push_str(&self.records.iter().map(|record| escape(record)).collect::<Vec<_>>().join("\n"));
        html.push_str("</pre>");
        for warning in &self.warnings {
            html.push_str(&format!("<div style=\"color:#b35900\">&#9888; {}</div>", escape(warning)));
        }
        html
    }
}

/// A seed.
fn seed_of(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    value.extract().map_err(|_| {
        InvalidOptionError::new_err(format!("`seed` is `{value}`\nhint: a whole number from 0 to 2^64 - 1"))
    })
}

/// A time zone by its name.
pub(super) fn zone(name: &str) -> PyResult<chrono_tz::Tz> {
    name.parse().map_err(|_| {
        InvalidOptionError::new_err(format!(
            "`timezone` is `{name}`, which is not a time zone\nhint: a name such as `UTC` or `Europe/London`"
        ))
    })
}

/// The records `offset .. offset + count`.
pub(super) fn range(offset: u64, count: u64) -> PyResult<Range<u64>> {
    let end = offset.checked_add(count).filter(|end| *end <= i64::MAX as u64);
    let end = end.ok_or_else(|| InvalidOptionError::new_err("`offset` and `count` are too large"))?;
    Ok(offset..end)
}

/// `value` of the option `name` as a number of records.
pub(super) fn number(name: &str, value: i64) -> PyResult<u64> {
    u64::try_from(value).map_err(|_| {
        InvalidOptionError::new_err(format!("`{name}` is {value}, which is less than none\nhint: give 0 or more"))
    })
}

/// The records that a caller asks for by number.
fn asked(offset: i64, count: i64) -> PyResult<Range<u64>> {
    let count = number("count", count)?;
    range(number("offset", offset)?, count)
}

/// Threads to make records with: one a core unless told otherwise.
pub(super) fn threads(option: Option<usize>) -> usize {
    option.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

/// Why a loop over chunks ended early.
pub(super) enum Ended {
    Stopped,
    Failed(PyErr),
}

/// The result of a loop over chunks: a signal is raised by the waiter, so stopping is no error here.
pub(super) fn finished(ended: Result<(), Ended>) -> PyResult<()> {
    match ended {
        Ok(()) | Err(Ended::Stopped) => Ok(()),
        Err(Ended::Failed(error)) => Err(error),
    }
}

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (template, *, weights=None, seed=None, start_time=None, interval_ms=0.0, timezone="UTC",
                        keep_newlines=false, json_escape=false, strict=false, columns=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn new(
        py: Python<'_>,
        template: &Bound<'_, PyAny>,
        weights: Option<Weights>,
        seed: Option<&Bound<'_, PyAny>>,
        start_time: Option<&Bound<'_, PyAny>>,
        interval_ms: f64,
        timezone: &str,
        keep_newlines: bool,
        json_escape: bool,
        strict: bool,
        columns: Option<Vec<String>>,
    ) -> PyResult<Self> {
        if !interval_ms.is_finite() {
            return Err(InvalidOptionError::new_err("`interval_ms` must be a finite number"));
        }
        let options = GeneratorOptions {
            seed: seed.map(seed_of).transpose()?,
            start_time: start_time.map(instant).transpose()?,
            interval_ms,
            timezone: zone(timezone)?,
            keep_newlines,
            json_escape,
            strict,
            columns,
        };
        let inner = match (template.cast::<PyDict>(), weights) {
            (Ok(templates), weights) => {
                let templates: Vec<(String, String)> = templates
                    .iter()
                    .map(|(name, text)| Ok((name.extract()?, text.extract()?)))
                    .collect::<PyResult<_>>()?;
                let weights = weights.map(|weights| weights.of(&templates)).transpose()?.unwrap_or_default();
                py.detach(|| Generator::compile_mixture(&templates, &weights, &options)).or_raise()?
            }
            (Err(_), Some(_)) => {
                return Err(InvalidOptionError::new_err(
                    "`weights` needs several templates\nhint: Generator({\"a\": template, \"b\": another}, weights=[1, 3])",
                ));
            }
            (Err(_), None) => {
                let text: String = template.extract()?;
                py.detach(|| Generator::compile(&text, &options)).or_raise()?
            }
        };
        if !inner.warnings().is_empty() {
            let warnings = py.import("warnings")?;
            for warning in inner.warnings() {
                warnings.call_method1("warn", (warning, py.get_type::<TemplateWarning>(), 2))?;
            }
        }
        Ok(Self { inner })
    }

    /// The functions of the language.
    #[staticmethod]
    fn functions(py: Python<'_>) -> PyResult<PyTable> {
        let all: Vec<_> = functions().collect();
        let column = |of: fn(&FunctionInfo) -> &'static str| -> ArrayRef {
            Arc::new(all.iter().map(|function| Some(of(function))).collect::<StringArray>())
        };
        let _ = py;
        table_of(vec![
            ("name", column(|function| function.name)),
            ("argument", column(|function| function.argument)),
            ("type", column(|function| function.kind)),
            ("example", column(|function| function.example)),
        ])
    }

    /// A few records, for looking at.
    #[pyo3(signature = (count=5))]
    fn preview(&self, py: Python<'_>, count: i64) -> PyResult<PyPreview> {
        let count = number("count", count)?;
        let rendered = py.detach(|| self.inner.render(0..count.min(MOST_SHOWN).min(self.inner.chunk_size())));
        let records = rendered.offsets.windows(2).map(|ends| {
            let &[from, to] = ends else { return String::new() };
            let bytes = rendered.bytes.get(from as usize..to as usize).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        });
        Ok(PyPreview { records: records.collect(), warnings: self.inner.warnings().to_vec() })
    }

    /// The same records at another instant, unless the clock was fixed.
    #[pyo3(signature = (instant=None))]
    fn at(&self, instant: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let instant = instant.map(self::instant).transpose()?.unwrap_or_else(|| SystemClock.now());
        Ok(Self { inner: self.inner.at_instant(instant) })
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
    fn table(&self, py: Python<'_>, count: i64, offset: i64, threads: Option<usize>) -> PyResult<PyTable> {
        let started = Instant::now();
        let range = asked(offset, count)?;
        let work = Work::default();
        wait_for_work(py, &label("generate a table", &range), &work, || {
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
    fn records<'py>(&self, py: Python<'py>, count: i64, offset: i64) -> PyResult<Bound<'py, PyList>> {
        let range = asked(offset, count)?;
        let work = Work::default();
        let chunks = wait_for_work(py, &label("generate records", &range), &work, || {
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
    fn write(&self, py: Python<'_>, path: PathBuf, count: i64, offset: i64, threads: Option<usize>) -> PyResult<u64> {
        let range = asked(offset, count)?;
        let work = Work::default();
        wait_for_work(py, &label("write records", &range), &work, || {
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

fn label(what: &str, range: &Range<u64>) -> Label {
    Label { what: what.to_owned(), unit: "records", total: Some(range.end - range.start) }
}
