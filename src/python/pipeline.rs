//! State machines for Python: the store of executions, a run in the background, and tasks that are Python's.
//!
//! JSON crosses the border as text, which is what both sides have a fast reader and writer for. A task runs on a thread
//! of the runtime's blocking pool: it may block, and one that is given up (a timeout) ends when it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::{Int64Array, StringArray, TimestampMillisecondArray};
use futures::future::BoxFuture;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::catalog::table_of;
use super::error::{IntoPyErr, InvalidOptionError, OrRaise};
use super::lake::{PyLake, seconds};
use super::runtime;
use super::table::PyTable;
use super::wait::wait_for_future;
use crate::pipeline::{
    Definition, Ended, ExecutionRecord, Failure, Filter, Machine, Store, Surroundings, SystemTimer, TaskCall, Tasks,
    Timer, VirtualTimer, picture, prepare, redrive, stop,
};
use crate::time::{Clock, SystemClock};

/// The executions of a lake; `bayou.pipeline` puts the public classes on top.
#[pyclass(frozen, module = "bayou._bayou", name = "ExecutionStore")]
pub(super) struct PyExecutionStore {
    inner: Arc<Store>,
}

fn parse(text: &str, what: &str) -> PyResult<Value> {
    serde_json::from_str(text).map_err(|error| InvalidOptionError::new_err(format!("The {what} is not JSON: {error}")))
}

fn described(record: &ExecutionRecord) -> String {
    json!({
        "id": record.id,
        "machine": record.machine,
        "name": record.name,
        "status": record.status.to_string(),
        "definition": record.definition,
        "input": record.input,
        "output": record.output,
        "error": record.error,
        "cause": record.cause,
        "hint": record.hint,
        "started": record.started.to_string(),
        "stopped": record.stopped.map(|at| at.to_string()),
        "redrives": record.redrives,
    })
    .to_string()
}

#[pymethods]
impl PyExecutionStore {
    #[new]
    #[pyo3(signature = (lake=None))]
    fn new(py: Python<'_>, lake: Option<&PyLake>) -> PyResult<Self> {
        let path = lake.map(|lake| lake.storage.private_dir().join("executions.db"));
        let open = || path.as_deref().map_or_else(Store::in_memory, Store::open);
        Ok(Self { inner: Arc::new(py.detach(open).or_raise()?) })
    }

    #[staticmethod]
    fn check(py: Python<'_>, definition: &str) -> PyResult<String> {
        let definition = py.detach(|| Definition::parse(definition)).or_raise()?;
        let warnings: Vec<_> = definition.warnings().iter().map(ToString::to_string).collect();
        let resources: Vec<_> = definition
            .resources()
            .iter()
            .map(|used| json!({"pointer": used.pointer, "resource": used.resource, "function": used.function}))
            .collect();
        Ok(json!({"warnings": warnings, "resources": resources}).to_string())
    }

    fn start(
        &self,
        py: Python<'_>,
        machine: &str,
        definition: &str,
        name: Option<&str>,
        input: &str,
    ) -> PyResult<String> {
        let input = parse(input, "input")?;
        let start = || {
            let definition = Arc::new(Definition::parse(definition)?);
            Machine::new(machine, definition, Arc::clone(&self.inner))?.start(name, input, &SystemTimer)
        };
        Ok(described(&py.detach(start).or_raise()?))
    }

    #[pyo3(signature = (id, dispatch, *, clock="system", seed=None, limits=None))]
    fn run(
        &self,
        py: Python<'_>,
        id: &str,
        dispatch: Py<PyAny>,
        clock: &str,
        seed: Option<u64>,
        limits: Option<&str>,
    ) -> PyResult<PyExecutionRun> {
        let timer: Arc<dyn Timer> = match clock {
            "system" => Arc::new(SystemTimer),
            "virtual" => Arc::new(VirtualTimer::new(SystemClock.now())),
            other => {
                return Err(InvalidOptionError::new_err(format!(
                    "`clock` is `{other}`\nhint: one of `system`, `virtual`"
                )));
            }
        };
        let has_limits = match limits {
            None => false,
            Some("aws") => true,
            Some(other) => {
                return Err(InvalidOptionError::new_err(format!("`limits` is `{other}`\nhint: `aws` or None")));
            }
        };
        let handle = runtime::handle()?;
        let tasks = Arc::new(PythonTasks { dispatch: Arc::new(dispatch) });
        let surroundings = Surroundings { tasks, timer, seed, has_limits };
        let prepared = py.detach(|| prepare(&self.inner, id, &surroundings)).or_raise()?;
        let (sender, ended) = watch::channel(false);
        let result: Arc<Mutex<Option<crate::pipeline::Result<Ended>>>> = Arc::default();
        let slot = Arc::clone(&result);
        handle.spawn(async move {
            let ended = prepared.run().await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
            sender.send_replace(true);
        });
        Ok(PyExecutionRun { ended, result })
    }

    fn execution(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        py.detach(|| self.inner.execution(id)).or_raise().map(|record| described(&record))
    }

    #[pyo3(signature = (*, machine=None, status=None))]
    fn executions(&self, py: Python<'_>, machine: Option<String>, status: Option<&str>) -> PyResult<Vec<String>> {
        let status = status.map(str::parse).transpose().map_err(|reason: String| {
            InvalidOptionError::new_err(format!(
                "{reason}\nhint: one of RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED"
            ))
        })?;
        let records = py.detach(|| self.inner.executions(&Filter { machine, status })).or_raise()?;
        Ok(records.iter().map(described).collect())
    }

    fn machine(&self, py: Python<'_>, name: &str) -> PyResult<Option<String>> {
        py.detach(|| self.inner.machine(name)).or_raise()
    }

    fn save_machine(&self, py: Python<'_>, name: &str, definition: &str) -> PyResult<()> {
        py.detach(|| self.inner.save_machine(name, definition, SystemClock.now())).or_raise()
    }

    fn history(&self, py: Python<'_>, id: &str) -> PyResult<PyTable> {
        let events = py.detach(|| self.inner.events(id)).or_raise()?;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let times = TimestampMillisecondArray::from_iter_values(events.iter().map(|event| event.at.millis()));
        table_of(vec![
            ("id", Arc::new(Int64Array::from_iter_values(events.iter().map(|event| number(event.id))))),
            (
                "previous_event_id",
                Arc::new(Int64Array::from_iter_values(events.iter().map(|event| number(event.previous)))),
            ),
            ("timestamp", Arc::new(times.with_timezone("UTC"))),
            ("type", Arc::new(StringArray::from_iter_values(events.iter().map(|event| &event.kind)))),
            ("details", Arc::new(StringArray::from_iter_values(events.iter().map(|event| event.details.to_string())))),
        ])
    }

    fn picture(&self, py: Python<'_>, definition: &str, id: Option<&str>) -> PyResult<String> {
        let draw = || {
            let definition = Definition::parse(definition)?;
            let events = id.map_or_else(|| Ok(Vec::new()), |id| self.inner.events(id))?;
            Ok::<_, crate::pipeline::Error>(picture(&definition, &events))
        };
        py.detach(draw).or_raise()
    }

    fn stop(&self, py: Python<'_>, id: &str, error: Option<&str>, cause: Option<&str>) -> PyResult<()> {
        py.detach(|| stop(&self.inner, id, error, cause, &SystemTimer)).or_raise()
    }

    fn redrive(&self, py: Python<'_>, id: &str) -> PyResult<()> {
        py.detach(|| redrive(&self.inner, id, &SystemTimer)).or_raise()
    }

    fn tokens(&self, py: Python<'_>, id: &str) -> PyResult<Vec<(String, String)>> {
        py.detach(|| self.inner.open_tokens(id)).or_raise()
    }

    fn succeed(&self, py: Python<'_>, token: &str, output: &str) -> PyResult<()> {
        let output = parse(output, "output")?;
        py.detach(|| self.inner.succeed(token, output)).or_raise()
    }

    fn fail(&self, py: Python<'_>, token: &str, error: &str, cause: &str) -> PyResult<()> {
        py.detach(|| self.inner.fail(token, error, cause)).or_raise()
    }

    fn heartbeat(&self, py: Python<'_>, token: &str) -> PyResult<()> {
        py.detach(|| self.inner.heartbeat(token)).or_raise()
    }
}

/// An execution under way in this process.
#[pyclass(frozen, module = "bayou._bayou", name = "ExecutionRun")]
pub(super) struct PyExecutionRun {
    ended: watch::Receiver<bool>,
    result: Arc<Mutex<Option<crate::pipeline::Result<Ended>>>>,
}

#[pymethods]
impl PyExecutionRun {
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let limit = timeout.map(|timeout| seconds("timeout", timeout)).transpose()?.unwrap_or(Duration::MAX);
        let mut ended = self.ended.clone();
        let waited = async || {
            let over = ended.wait_for(|ended| *ended);
            tokio::time::timeout(limit, over).await.is_ok()
        };
        if !wait_for_future(py, waited)? {
            return Ok(false);
        }
        let mut result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        match result.take() {
            Some(Err(error)) => Err(error.into_py_err()),
            kept => {
                *result = kept;
                Ok(true)
            }
        }
    }

    #[getter]
    fn is_running(&self) -> bool {
        !*self.ended.borrow()
    }

    #[getter]
    fn delays(&self) -> Vec<f64> {
        match &*self.result.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Ok(ended)) => ended.delays.clone(),
            Some(Err(_)) | None => Vec::new(),
        }
    }
}

/// Tasks that a Python function dispatches.
struct PythonTasks {
    dispatch: Arc<Py<PyAny>>,
}

impl Tasks for PythonTasks {
    fn call(&self, call: TaskCall) -> BoxFuture<'static, Result<Value, Failure>> {
        let dispatch = Arc::clone(&self.dispatch);
        Box::pin(async move {
            let ran = tokio::task::spawn_blocking(move || Python::attach(|py| dispatched(py, &dispatch, &call))).await;
            ran.unwrap_or_else(|error| {
                Err(Failure::task("States.TaskFailed", format!("The task's thread ended: {error}")))
            })
        })
    }
}

fn dispatched(py: Python<'_>, dispatch: &Py<PyAny>, call: &TaskCall) -> Result<Value, Failure> {
    let run = || -> PyResult<String> {
        let beat = Arc::clone(&call.heartbeat);
        let heartbeat =
            PyCFunction::new_closure(py, None, None, move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
                beat.notify_one();
            })?;
        let arguments = (
            call.resource.as_str(),
            call.input.to_string(),
            call.context.to_string(),
            call.attempt.as_str(),
            heartbeat,
        );
        dispatch.call1(py, arguments)?.extract(py)
    };
    match run() {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| Failure::task("Runtime.MarshalError", format!("The task's result is not JSON: {error}"))),
        Err(error) => Err(failure(py, &error)),
    }
}

/// `bayou.TaskError` carries error and cause; anything else is named by its class.
fn failure(py: Python<'_>, error: &PyErr) -> Failure {
    let value = error.value(py);
    let text = |name: &str| value.getattr(name).ok().and_then(|text| text.extract::<String>().ok());
    match (text("error"), text("cause")) {
        (Some(error), Some(cause)) => Failure::task(error, cause),
        _ => {
            let class = error.get_type(py).name().map_or_else(|_| "Exception".to_owned(), |name| name.to_string());
            Failure::task(class, error.to_string())
        }
    }
}
