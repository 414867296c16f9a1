//! `bayou.Delivery`: how rows of an in-application stream become files.
//!
//! It holds the checked configuration. Each attachment to an application makes a delivery of the core from it, since that
//! one is part of the application's checkpoints. With a stream as its source it runs by itself.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use super::application::sink_metrics;
use super::error::{InvalidOptionError, OrRaise};
use super::function::PyHandler;
use super::runtime;
use super::wait::{Label, Work, wait_for_work};
use crate::catalog::Catalog;
use crate::deliver::{Delivery, DeliveryConfig, Pump, SinkMetrics, Steps, Transform};
use crate::storage::Storage;
use crate::stream::{StartPosition, Stream};
use crate::time::SystemClock;

/// A stream whose records are delivered, and the function that transforms them.
pub(super) struct Source {
    pub(super) stream: Stream,
    pub(super) transform: Option<Py<PyAny>>,
}

impl Transform for PyHandler {
    fn invoke(&mut self, event: &Value) -> Result<Value, String> {
        self.call(event).map_err(|error| error.to_string())
    }
}

/// Files from a stream: prefix expressions, buffer hints, format.
#[pyclass(frozen, module = "bayou", name = "Delivery")]
pub(super) struct PyDelivery {
    config: DeliveryConfig,
    storage: Storage,
    catalog: Catalog,
    warnings: Vec<String>,
    source: Option<Source>,
}

impl PyDelivery {
    /// A delivery whose configuration was checked.
    pub(super) fn new(
        config: DeliveryConfig,
        storage: Storage,
        catalog: Catalog,
        source: Option<Source>,
    ) -> PyResult<Self> {
        let is_of_records = config.partitioning.is_some() || config.split.is_some() || !config.delimiter.is_empty();
        if source.is_none() && is_of_records {
            return Err(InvalidOptionError::new_err(
                "`partition_by`, `split` and `delimiter` are for the records of a stream\nhint: give the stream as `source`",
            ));
        }
        let mut delivery = Self { config, storage, catalog, warnings: Vec::new(), source };
        delivery.warnings = delivery.delivery()?.warnings().to_vec();
        Ok(delivery)
    }

    /// The delivery of the core, for the rows of an application.
    pub(super) fn sink(&self) -> PyResult<Delivery> {
        match self.source {
            None => self.delivery(),
            Some(_) => Err(InvalidOptionError::new_err(format!(
                "The delivery `{}` has a stream as its source already\nhint: make another one for the application",
                self.config.name
            ))),
        }
    }

    fn delivery(&self) -> PyResult<Delivery> {
        let catalog = Some(self.catalog.clone());
        let (storage, runtime) = (self.storage.clone(), runtime::handle()?);
        let delivery = Delivery::new(&self.config, storage, catalog, runtime, &SystemClock).or_raise()?;
        let Some(source) = &self.source else { return Ok(delivery) };
        let transform = Python::attach(|py| {
            let function = source.transform.as_ref().map(|function| PyHandler::new(function.bind(py)));
            function.map(|function| Box::new(function) as Box<dyn Transform>)
        });
        delivery.with_steps(Steps { transform, stream: Some(source.stream.name().to_owned()) }).or_raise()
    }
}

#[pymethods]
impl PyDelivery {
    #[getter]
    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    #[getter]
    fn prefix(&self) -> &str {
        &self.config.prefix
    }

    #[getter]
    fn format(&self) -> &str {
        self.config.format.as_str()
    }

    #[getter]
    fn table(&self) -> Option<&str> {
        self.config.table.as_deref()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn run<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Some(source) = &self.source else {
            return Err(InvalidOptionError::new_err(format!(
                "The delivery `{}` has no stream to deliver from\nhint: lake.delivery(…, source=stream)",
                self.config.name
            )));
        };
        let label = Label { what: format!("deliver {}", self.config.name), unit: "records", total: None };
        let work = Work::default();
        let metrics = wait_for_work(py, &label, &work, || -> PyResult<SinkMetrics> {
            let start = StartPosition::TrimHorizon;
            let mut pump =
                Pump::open(self.delivery()?, source.stream.clone(), start, Arc::new(SystemClock)).or_raise()?;
            while !work.is_stopped() {
                match pump.step().or_raise()? {
                    0 => break,
                    count => work.advance(count as u64),
                }
            }
            pump.flush().or_raise()?;
            Ok(pump.metrics())
        })??;
        sink_metrics(py, source.stream.name(), &metrics)
    }

    fn __repr__(&self) -> String {
        let DeliveryConfig { name, prefix, format, buffer_mib, buffer_seconds, .. } = &self.config;
        format!(
            "Delivery({name:?}, prefix={prefix:?}, format={:?}, buffer_mib={buffer_mib}, buffer_seconds={buffer_seconds})",
            format.as_str()
        )
    }
}
