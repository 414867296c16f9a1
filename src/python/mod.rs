//! Python bindings: the `bayou._bayou` extension module.
//!
//! The only place that knows Python, one thin file per module of the core. A binding converts its arguments, lets go
//! of the interpreter while the core works ([`wait`]), and converts the result or the error ([`error`]).
//! `python/bayou/` puts the public names on top.

mod application;
mod arrival;
mod catalog;
mod consumer;
mod copy;
mod crawl;
mod definition;
mod delivery;
mod error;
mod etl;
mod evaluate;
mod evaluate_sql;
mod execution;
mod files;
mod function;
mod generator;
mod iterator;
mod json;
mod lake;
mod pipeline;
mod preview;
mod put;
mod put_records;
mod put_summary;
mod records;
mod reference;
mod runtime;
mod schedule;
mod schema;
mod sink;
mod stream;
mod streaming_case;
mod table;
mod value;
mod wait;

use pyo3::prelude::*;

/// The compiled part of bayou; import `bayou` instead.
#[pymodule]
fn _bayou(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let _ = pyo3_log::try_init(); // a second import in one process has set it already
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<table::PyTable>()?;
    module.add_class::<lake::PyLake>()?;
    module.add_class::<catalog::PyCatalogTable>()?;
    module.add_class::<copy::PyCopyPart>()?;
    module.add_class::<copy::PyCopyReport>()?;
    module.add_class::<crawl::PyCrawlReport>()?;
    module.add_class::<delivery::PyDelivery>()?;
    module.add_class::<execution::PyExecution>()?;
    module.add_class::<generator::PyGenerator>()?;
    module.add_class::<application::PyApplication>()?;
    module.add_class::<application::PyLive>()?;
    module.add_class::<application::PyRunResult>()?;
    module.add_function(wrap_pyfunction!(streaming_case::run_streaming_case, module)?)?;
    module.add_class::<schema::PyDiscovery>()?;
    module.add_function(wrap_pyfunction!(schema::discover_schema, module)?)?;
    module.add_function(wrap_pyfunction!(definition::read_definition, module)?)?;
    module.add_class::<stream::PyStream>()?;
    module.add_class::<iterator::PyShardIterator>()?;
    module.add_function(wrap_pyfunction!(records::unpack_aggregate, module)?)?;
    module.add_class::<consumer::PyConsumer>()?;
    module.add_class::<consumer::PyTail>()?;
    module.add_class::<put_summary::PyPutSummary>()?;
    module.add_class::<schedule::PySchedule>()?;
    module.add_class::<generator::PyPreview>()?;
    module.add_class::<pipeline::PyExecutionStore>()?;
    module.add_class::<pipeline::PyExecutionRun>()?;
    module.add_class::<arrival::PyArrivalLedger>()?;
    module.add_class::<files::PyLakeFiles>()?;
    module.add_class::<etl::PyEtl>()?;
    module.add_class::<etl::PyFileSet>()?;
    module.add_class::<etl::PyStagedWrite>()?;
    for function in copy::functions(module)? {
        module.add_function(function)?;
    }
    module.add_function(wrap_pyfunction!(evaluate_sql::evaluate_sql, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate::evaluate, module)?)?;
    let shutdown = wrap_pyfunction!(runtime::shutdown, module)?;
    module.add_function(shutdown.clone())?;
    py.import("atexit")?.call_method1("register", (shutdown,))?;
    Ok(())
}
