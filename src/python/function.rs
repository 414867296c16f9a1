//! Python functions by the contracts of the service's functions: a JSON document in, a JSON document out.
//!
//! A handler is called as the service calls one, with the event and, when it takes a second argument, a context, which is
//! None here. So a handler that was written for the service can be passed as it is.

use pyo3::prelude::*;
use serde_json::Value;

use super::json::{from_python, to_python};
use crate::analytics::{Invoke, Preprocess, ProcessedRecord, RawRecord, read_response, write_request};

/// A handler.
pub(super) struct PyHandler {
    function: Py<PyAny>,
    takes_context: bool,
}

impl PyHandler {
    pub(super) fn new(function: &Bound<'_, PyAny>) -> Self {
        // Functions without a signature are taken to want the event alone.
        let takes_context = positional_parameters(function).is_ok_and(|count| count >= 2);
        Self { function: function.clone().unbind(), takes_context }
    }

    pub(super) fn call(&self, request: &Value) -> PyResult<Value> {
        Python::attach(|py| {
            let event = to_python(py, request)?;
            let function = self.function.bind(py);
            let answer =
                if self.takes_context { function.call1((event, py.None()))? } else { function.call1((event,))? };
            from_python(&answer)
        })
    }
}

fn positional_parameters(function: &Bound<'_, PyAny>) -> PyResult<usize> {
    let inspect = function.py().import("inspect")?;
    let parameter = inspect.getattr("Parameter")?;
    let kinds = [parameter.getattr("POSITIONAL_ONLY")?, parameter.getattr("POSITIONAL_OR_KEYWORD")?];
    let parameters = inspect.call_method1("signature", (function,))?.getattr("parameters")?.call_method0("values")?;
    let mut count = 0;
    for parameter in parameters.try_iter()? {
        let kind = parameter?.getattr("kind")?;
        count += usize::from(kinds.iter().any(|known| known.is(&kind)));
    }
    Ok(count)
}

impl Invoke for PyHandler {
    fn invoke(&mut self, request: &Value) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.call(request).map_err(Into::into)
    }
}

/// A handler that pre-processes the records of a stream for an application.
pub(super) struct PyPreprocess {
    handler: PyHandler,
    application: String,
    stream: String,
}

impl PyPreprocess {
    pub(super) fn new(function: &Bound<'_, PyAny>, application: &str, stream: &str) -> Self {
        Self { handler: PyHandler::new(function), application: application.to_owned(), stream: stream.to_owned() }
    }
}

impl std::fmt::Debug for PyPreprocess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PyPreprocess").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// The most records of one call.
const MOST_RECORDS: usize = 500;

impl Preprocess for PyPreprocess {
    fn process(&self, records: &[RawRecord<'_>]) -> Result<Vec<ProcessedRecord>, String> {
        let mut processed = Vec::with_capacity(records.len());
        for records in records.chunks(MOST_RECORDS) {
            let request = write_request(&self.application, &self.stream, records);
            let response = self.handler.call(&request).map_err(|error| error.to_string())?;
            processed.extend(read_response(&response, records)?);
        }
        Ok(processed)
    }
}
