//! Destinations of streaming applications as Python names them: deliveries, streams, callables.
//!
//! A callable gets each epoch's rows as a table, on the application's own thread. It is called again with rows that it has
//! seen when the application restarts from an earlier checkpoint: at least once, never less.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::delivery::PyDelivery;
use super::error::InvalidOptionError;
use super::function::PyHandler;
use super::stream::PyStream;
use super::table::PyTable;
use crate::analytics::{FunctionSink, StreamSink};
use crate::deliver::{Error, Format, OutputRows, Result, Sink, SinkMetrics, SinkSnapshot};

/// The name and the sink for what was given as a destination of `stream` of `application`.
///
/// A function gets tables, or with a `format` records, by the contract of the service's functions.
pub(super) fn sink_of(
    destination: &Bound<'_, PyAny>,
    application: &str,
    stream: &str,
    format: Option<&str>,
) -> PyResult<(String, Box<dyn Sink>)> {
    let format = format.map(record_format).transpose()?;
    if let Ok(delivery) = destination.cast::<PyDelivery>() {
        let delivery = delivery.get();
        if format.is_some() {
            return Err(InvalidOptionError::new_err(
                "A delivery has a format of its own\nhint: give it to lake.delivery(), and not to deliver()",
            ));
        }
        return Ok((delivery.name().to_owned(), Box::new(delivery.sink()?)));
    }
    if let Ok(target) = destination.cast::<PyStream>() {
        let target = target.get().inner.clone();
        let name = target.name().to_owned();
        return Ok((name, Box::new(StreamSink::new(application, stream, target, format.unwrap_or_default()))));
    }
    if destination.is_callable() {
        let name: String = match destination.getattr("__qualname__") {
            Ok(name) => name.extract()?,
            Err(_) => destination.get_type().name()?.to_string(),
        };
        let sink: Box<dyn Sink> = match format {
            Some(format) => {
                let handler = Box::new(PyHandler::new(destination));
                Box::new(FunctionSink::new(application, stream, &name, handler, format))
            }
            None => {
                let function = destination.clone().unbind();
                Box::new(CallableSink { name: name.clone(), function, metrics: SinkMetrics::default() })
            }
        };
        return Ok((name, sink));
    }
    Err(PyTypeError::new_err(format!(
        "`{}` cannot be a destination\nhint: pass a Delivery, a Stream or a function that takes a bayou.Table",
        destination.get_type().name()?
    )))
}

/// The option `format` of `deliver`.
fn record_format(text: &str) -> PyResult<Format> {
    match text.parse::<Format>() {
        Ok(format @ (Format::Json | Format::Csv)) => Ok(format),
        Ok(Format::Parquet) | Err(_) => {
            Err(InvalidOptionError::new_err(format!("`format` is `{text}`\nhint: one of `json`, `csv`")))
        }
    }
}

struct CallableSink {
    name: String,
    function: Py<PyAny>,
    metrics: SinkMetrics,
}

impl Sink for CallableSink {
    fn write(&mut self, rows: &OutputRows) -> Result<()> {
        let batch = rows.batch.clone();
        let called = Python::attach(|py| {
            let table = Py::new(py, PyTable::new(batch.schema(), vec![batch]))?;
            self.function.call1(py, (table,)).map(drop)
        });
        match called {
            Ok(()) => {
                self.metrics.records += rows.batch.num_rows() as u64;
                Ok(())
            }
            Err(error) => {
                self.metrics.failures += 1;
                Err(Error::Destination { destination: self.name.clone(), source: Box::new(error) })
            }
        }
    }

    fn snapshot(&mut self) -> Result<SinkSnapshot> {
        Ok(SinkSnapshot::default())
    }

    fn restore(&mut self, _snapshot: Option<&SinkSnapshot>) -> Result<()> {
        Ok(())
    }

    fn metrics(&self) -> SinkMetrics {
        self.metrics
    }
}
