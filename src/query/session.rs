//! A session: one engine over one lake.

use std::fs;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;

use super::error::{Error, Result};
use super::schema::{DEFAULT_DATABASE, LakeCatalog};
use super::statement::parse;
use crate::catalog::Catalog;
use crate::storage::Storage;

/// Name of the catalog that holds the lake's databases. Source: Athena's own name for the Glue catalog.
const CATALOG: &str = "awsdatacatalog";
/// Memory when the machine does not tell how much it has.
const FALLBACK_MEMORY: usize = 4 * 1024 * 1024 * 1024;

/// How queries are run.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Bytes that queries may hold before they spill; 60 % of the machine's memory by default.
    pub memory_limit: Option<usize>,
    /// Threads of one query; the machine's cores by default.
    pub threads: Option<usize>,
    /// Database of tables that are named without one.
    pub database: Option<String>,
}

/// An engine over one lake. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    catalog: Catalog,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A query that is running.
pub struct QueryResult {
    text: String,
    stream: SendableRecordBatchStream,
}

impl Session {
    /// A session over a lake's catalog.
    ///
    /// # Errors
    /// When the spill folder cannot be made.
    pub fn new(storage: &Storage, catalog: &Catalog, options: &SessionOptions) -> Result<Self> {
        let threads =
            options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let database = options.database.clone().unwrap_or_else(|| DEFAULT_DATABASE.into());
        let mut config = SessionConfig::new()
            .with_target_partitions(threads.max(1))
            .with_information_schema(true)
            .with_default_catalog_and_schema(CATALOG, database);
        let settings = config.options_mut();
        settings.sql_parser.collect_spans = true;
        settings.sql_parser.parse_float_as_decimal = true;
        settings.sql_parser.default_null_ordering = "nulls_last".into();
        settings.execution.collect_statistics = false;
        let spill = storage.private_dir().join("spill");
        fs::create_dir_all(&spill)
            .map_err(|error| crate::storage::Error::from_io(spill.display().to_string(), error))?;
        let pool = FairSpillPool::new(options.memory_limit.unwrap_or_else(default_memory));
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill]));
        let runtime =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build_arc();
        let runtime = runtime.map_err(|error| Error::Execution(error.strip_backtrace()))?;
        let state =
            SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features().build();
        let context = SessionContext::new_with_state(state);
        context.register_object_store(&storage.object_store_url(), storage.object_store());
        context.register_catalog(CATALOG, Arc::new(LakeCatalog { storage: storage.clone(), catalog: catalog.clone() }));
        Ok(Self { context, catalog: catalog.clone() })
    }

    /// Begin to run one query.
    ///
    /// # Errors
    /// [`Error::Sql`] with the place in the text, [`Error::Unsupported`], and those of the catalog.
    pub async fn sql(&self, text: &str) -> Result<QueryResult> {
        let failed = |error| self.with_table_hint(Error::from_engine(text, error));
        let statement = parse(text)?;
        let state = self.context.state();
        let plan = state.statement_to_plan(statement).await.map_err(failed)?;
        let plan = state.create_physical_plan(&plan).await.map_err(failed)?;
        let stream = execute_stream(plan, self.context.task_ctx()).map_err(failed)?;
        Ok(QueryResult { text: text.to_owned(), stream })
    }

    /// For a table that was not found, where one of that name is.
    fn with_table_hint(&self, error: Error) -> Error {
        let Error::Sql { message, line, column, snippet, hint: None } = error else { return error };
        let name = message.strip_prefix("Table '").and_then(|rest| rest.strip_suffix("' not found"));
        let hint = name.and_then(|name| {
            let wanted = name.rsplit('.').next().unwrap_or(name).to_lowercase();
            let databases = self.catalog.databases().unwrap_or_default();
            let found: Vec<String> = databases
                .iter()
                .filter(|database| self.catalog.table(&database.name, &wanted).is_ok())
                .map(|database| format!("`{}.{wanted}`", database.name))
                .collect();
            (!found.is_empty()).then(|| format!("name its database: there is {}", found.join(", ")))
        });
        Error::Sql { message, line, column, snippet, hint }
    }
}

impl QueryResult {
    /// The columns of the result.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// What failed while running.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let text = &self.text;
        self.stream.try_next().await.map_err(|error| Error::from_engine(text, error))
    }

    /// All rows.
    ///
    /// # Errors
    /// What failed while running.
    pub async fn collect(mut self) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let schema = self.schema();
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await? {
            batches.push(batch);
        }
        Ok((schema, batches))
    }
}

/// 60 % of the machine's memory.
fn default_memory() -> usize {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok());
    total.map_or(FALLBACK_MEMORY, |kib| kib * 1024 / 10 * 6)
}
