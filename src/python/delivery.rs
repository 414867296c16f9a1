//! `bayou.Delivery`: how rows of an in-application stream become files.
//!
//! It holds the checked configuration. Each attachment to an application makes a delivery of the core from it, since that
//! one is part of the application's checkpoints.

use pyo3::prelude::*;

use super::error::OrRaise;
use super::runtime;
use crate::catalog::Catalog;
use crate::deliver::{Delivery, DeliveryConfig};
use crate::storage::Storage;
use crate::time::SystemClock;

/// Files from a stream: prefix expressions, buffer hints, format.
#[pyclass(frozen, module = "bayou", name = "Delivery")]
pub(super) struct PyDelivery {
    config: DeliveryConfig,
    storage: Storage,
    catalog: Catalog,
    warnings: Vec<String>,
}

impl PyDelivery {
    /// A delivery whose configuration was checked.
    pub(super) fn new(config: DeliveryConfig, storage: Storage, catalog: Catalog) -> PyResult<Self> {
        let mut delivery = Self { config, storage, catalog, warnings: Vec::new() };
        delivery.warnings = delivery.sink()?.warnings().to_vec();
        Ok(delivery)
    }

    /// The delivery of the core.
    pub(super) fn sink(&self) -> PyResult<Delivery> {
        let catalog = Some(self.catalog.clone());
        Delivery::new(&self.config, self.storage.clone(), catalog, runtime::handle()?, &SystemClock).or_raise()
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

    fn __repr__(&self) -> String {
        let DeliveryConfig { name, prefix, format, buffer_mib, buffer_seconds, .. } = &self.config;
        format!(
            "Delivery({name:?}, prefix={prefix:?}, format={:?}, buffer_mib={buffer_mib}, buffer_seconds={buffer_seconds})",
            format.as_str()
        )
    }
}
