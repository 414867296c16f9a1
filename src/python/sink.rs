//! Destinations of streaming applications as Python names them: deliveries, streams, callables.
//!
//! A callable gets each epoch's rows as a table, on the application's own thread. It is called again with rows that it has
//! seen when the application restarts from an earlier checkpoint: at least once, never less.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::delivery::PyDelivery;
use super::stream::PyStream;
use super::table::PyTable;
use crate::deliver::{Error, OutputRows, Result, Sink, SinkMetrics, SinkSnapshot};
use crate::time::Timestamp;

/// The name and the sink for what was given as a destination.
pub(super) fn sink_of(destination: &Bound<'_, PyAny>) -> PyResult<(String, Box<dyn Sink>)> {
    if let Ok(delivery) = destination.cast::<PyDelivery>() {
        let delivery = delivery.get();
        return Ok((delivery.name().to_owned(), Box::new(delivery.sink()?)));
    }
    if let Ok(stream) = destination.cast::<PyStream>() {
        let name = stream.get().inner.name().to_owned();
        let put = destination.getattr("put_records")?;
        let sink = CallableSink { name: name.clone(), function: put.unbind(), metrics: SinkMetrics::default() };
        return Ok((name, Box::new(sink)));
    }
    if destination.is_callable() {
        let name = match destination.getattr("__qualname__") {
            Ok(name) => name.extract()?,
            Err(_) => destination.get_type().name()?.to_string(),
        };
        let sink = CallableSink {
            name: name.clone(),
            function: destination.clone().unbind(),
            metrics: SinkMetrics::default(),
        };
        return Ok((name, Box::new(sink)));
    }
    Err(PyTypeError::new_err(format!(
        "`{}` cannot be a destination\nhint: pass a Delivery, a Stream or a function that takes a bayou.Table",
        destination.get_type().name()?
    )))
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

    fn advance(&mut self, _now: Timestamp) -> Result<()> {
        Ok(())
    }

    fn snapshot(&mut self) -> Result<SinkSnapshot> {
        Ok(SinkSnapshot::default())
    }

    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    fn restore(&mut self, _snapshot: Option<&SinkSnapshot>) -> Result<()> {
        Ok(())
    }

    fn metrics(&self) -> SinkMetrics {
        self.metrics
    }
}
