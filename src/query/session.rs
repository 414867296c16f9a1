//! A session: one engine over one lake, and a database for names without one.

use std::fs;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream, execute_stream_partitioned};
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::error::{Error, Result};
use super::execution::Execution;
use super::history::{History, QueryRecord, QuerySummary};
use super::plan::{Planned, plan};
use super::relation::Relations;
use super::run::Runner;
use super::scan::{Lake, ScanCounter};
use super::scope::Scope;
use super::statement::{Kind, Statement, classify};
use super::trino::TrinoStatement;
use super::write::Writer;
use crate::catalog::Catalog;
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::evaluate::engine_config;
use crate::storage::{LakePath, Storage};
use crate::time::SystemClock;

/// The database of tables that are named without one. Source: Athena's own name.
const DEFAULT_DATABASE: &str = "default";
/// The work group of statements. Source: Athena's own name.
const WORK_GROUP: &str = "primary";
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

/// An engine over one lake. Cheap to clone; clones share memory, caches and history.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
    database: String,
}

struct Inner {
    context: SessionContext,
    lake: Arc<Lake>,
    history: History,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Session {
    /// A session over a lake's catalog.
    ///
    /// # Errors
    /// When the spill folder cannot be made.
    pub fn new(storage: &Storage, catalog: &Catalog, options: &SessionOptions) -> Result<Self> {
        let threads =
            options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let mut config = engine_config(threads);
        config.options_mut().execution.parquet.schema_force_view_types = false;
        let spill = storage.private_dir().join("spill");
        fs::create_dir_all(&spill)
            .map_err(|error| crate::storage::Error::from_io(spill.display().to_string(), error))?;
        let pool = FairSpillPool::new(options.memory_limit.unwrap_or_else(default_memory));
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill]));
        let runtime =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build_arc();
        let runtime = runtime.map_err(|error| Error::Execution(error.strip_backtrace()))?;
        let state = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).build();
        let context = SessionContext::new_with_state(state);
        context.register_object_store(&storage.object_store_url(), storage.object_store());
        let lake = Arc::new(Lake::new(storage.clone(), catalog.clone(), Arc::new(SystemClock)));
        let database = options.database.clone().unwrap_or_else(|| DEFAULT_DATABASE.into()).to_lowercase();
        Ok(Self { inner: Arc::new(Inner { context, lake, history: History::default() }), database })
    }

    /// The same session with another database for names without one.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { inner: Arc::clone(&self.inner), database: database.to_lowercase() }
    }

    pub(super) fn lake(&self) -> &Arc<Lake> {
        &self.inner.lake
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }

    pub(super) fn work_group(&self) -> &'static str {
        WORK_GROUP
    }

    /// Begin to run one statement.
    ///
    /// # Errors
    /// [`Error::Sql`] with the place in the text, [`Error::Hive`], [`Error::Unsupported`], and those of the catalog.
    pub async fn sql(&self, text: &str) -> Result<Execution> {
        self.execute(text, &[]).await
    }

    /// Like [`Self::sql`], with SQL expressions for the statement's `?`.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn execute(&self, text: &str, parameters: &[String]) -> Result<Execution> {
        self.execute_over(text, parameters, &Arc::default()).await
    }

    /// Like [`Self::execute`]; the statement may name the rows of `scope` as tables where the catalog has none.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn execute_over(&self, text: &str, parameters: &[String], scope: &Arc<Scope>) -> Result<Execution> {
        let started = Instant::now();
        let counter = Arc::new(ScanCounter::default());
        let statement =
            Statement::new(text.to_owned(), self.database.clone(), parameters.to_vec(), Arc::clone(&counter))
                .over(scope);
        let (kind, statement) = match classify(&statement.text) {
            // EXECUTE is the statement that was prepared.
            Ok(Kind::Trino(TrinoStatement::Execute { name, place, arguments })) => {
                let prepared = self.prepared(&statement, &name, place, &arguments);
                match prepared.and_then(|prepared| Ok((classify(&prepared.text)?, prepared))) {
                    Ok(found) => (Ok(found.0), found.1),
                    Err(error) => (Err(error), statement),
                }
            }
            classified => (classified, statement),
        };
        let summary = self.summary(&statement, kind.as_ref().ok());
        let record = Arc::new(QueryRecord::new(summary, counter));
        self.inner.history.push(Arc::clone(&record));
        let run = async {
            let kind = kind?;
            tokio::select! {
                biased;
                () = record.cancelled() => Err(Error::Cancelled),
                begun = self.begin(&statement, &kind, &record, started) => begun,
            }
        };
        run.await.inspect_err(|error| record.finish(started.elapsed(), Err(error)))
    }

    async fn begin(
        &self,
        statement: &Statement,
        kind: &Kind,
        record: &Arc<QueryRecord>,
        started: Instant,
    ) -> Result<Execution> {
        let runner = Runner { session: self, statement };
        let reply = match kind {
            Kind::Trino(TrinoStatement::Query { query }) => {
                let planned = self.plan(statement, query.clone())?;
                let (columns, schema) = (planned.result_columns(), planned.result_schema());
                let physical = self.physical(statement, &planned).await?;
                let stream = self.stream(statement, Arc::clone(&physical))?;
                record.change(|summary| summary.planning_ms = started.elapsed().as_secs_f64() * 1000.0);
                let (text, record) = (statement.text.clone(), Arc::clone(record));
                return Ok(Execution::of_stream(text, columns, schema, stream, physical, record, started));
            }
            Kind::Trino(other) => runner.trino(other).await?,
            Kind::Hive(hive) => {
                statement.refuse_parameters()?;
                runner.hive(hive).await?
            }
        };
        record.change(|summary| {
            summary.update_count = reply.update_count;
            summary.manifest = statement.manifest().map(str::to_owned);
        });
        Ok(Execution::of_rows(statement.text.clone(), reply.rows, Arc::clone(record), started))
    }

    /// The prepared statement with its parameters.
    fn prepared(
        &self,
        statement: &Statement,
        name: &str,
        place: super::lex::Place,
        arguments: &[Range<usize>],
    ) -> Result<Statement> {
        let Some(text) = self.lake().catalog.prepared(WORK_GROUP, name)? else {
            let message = format!("Prepared statement not found: {name}");
            return Err(Error::at(&statement.text, place, "NOT_FOUND", message, None));
        };
        let argument = |range: &Range<usize>| statement.text.get(range.clone()).unwrap_or_default().to_owned();
        let mut parameters: Vec<String> = arguments.iter().map(argument).collect();
        if parameters.is_empty() {
            parameters.clone_from(&statement.parameters);
        }
        Ok(statement.prepared(text, parameters))
    }

    fn summary(&self, statement: &Statement, kind: Option<&Kind>) -> QuerySummary {
        let (statement_type, substatement_type) = Kind::names(kind);
        QuerySummary {
            id: statement.id.clone(),
            text: statement.text.clone(),
            database: statement.database.clone(),
            statement_type,
            substatement_type: substatement_type.to_owned(),
            state: super::history::QueryState::Running,
            submitted: self.lake().clock.now(),
            completed: None,
            planning_ms: 0.0,
            total_ms: 0.0,
            rows: 0,
            update_count: None,
            bytes_scanned: 0,
            files: 0,
            partitions: 0,
            all_partitions: 0,
            manifest: None,
            error_code: None,
            error: None,
        }
    }

    /// The last statements of all sessions over this lake in this process, newest first.
    #[must_use]
    pub fn queries(&self, limit: usize) -> Vec<QuerySummary> {
        self.inner.history.summaries(limit)
    }

    /// One statement of the history.
    #[must_use]
    pub fn query(&self, id: &str) -> Option<QuerySummary> {
        self.inner.history.find(id).map(|record| record.summary())
    }

    /// Stop a statement; false when there is none of this id.
    #[must_use]
    pub fn cancel(&self, id: &str) -> bool {
        self.inner.history.find(id).inspect(|record| record.cancel()).is_some()
    }

    /// Name, return type and argument types of each function.
    pub(super) fn functions(&self) -> Vec<[String; 3]> {
        super::plan::functions()
    }

    /// Where results go that have no place of their own.
    pub(super) fn results_folder(&self) -> Result<LakePath> {
        Ok(LakePath::parse("athena-results")?)
    }

    pub(super) fn state(&self) -> SessionState {
        self.inner.context.state()
    }

    pub(super) fn plan(&self, statement: &Statement, query: Range<usize>) -> Result<Planned> {
        let relations =
            Relations::new(Arc::clone(self.lake()), Arc::clone(&statement.counter), Arc::clone(&statement.scope));
        let start = self.lake().clock.now().to_utc().unwrap_or_default();
        let session = SessionInfo { schema: statement.database.clone(), ..SessionInfo::at(start) };
        plan(&relations, &statement.blanked(query), &statement.parameters, &Arc::new(session))
    }

    pub(super) fn optimized(&self, statement: &Statement, planned: &Planned) -> Result<LogicalPlan> {
        self.state().optimize(&planned.plan).map_err(|error| Error::from_engine(&statement.text, error))
    }

    pub(super) async fn physical(&self, statement: &Statement, planned: &Planned) -> Result<Arc<dyn ExecutionPlan>> {
        let created = self.state().create_physical_plan(&planned.plan).await;
        created.map_err(|error| Error::from_engine(&statement.text, error))
    }

    pub(super) fn stream(
        &self,
        statement: &Statement,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<SendableRecordBatchStream> {
        execute_stream(plan, self.inner.context.task_ctx()).map_err(|error| Error::from_engine(&statement.text, error))
    }

    /// The rows of a plan, a stream for each of its partitions.
    pub(super) fn streams(
        &self,
        statement: &Statement,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<Vec<SendableRecordBatchStream>> {
        let streams = execute_stream_partitioned(plan, self.inner.context.task_ctx());
        streams.map_err(|error| Error::from_engine(&statement.text, error))
    }

    /// Run a plan for what it does, not for its rows.
    pub(super) async fn run_to_end(&self, statement: &Statement, plan: Arc<dyn ExecutionPlan>) -> Result<()> {
        let mut stream = self.stream(statement, plan)?;
        while stream.try_next().await.map_err(|error| Error::from_engine(&statement.text, error))?.is_some() {}
        Ok(())
    }

    /// Write the rows of a query.
    pub(super) async fn write(&self, statement: &Statement, planned: Planned, writer: &mut Writer) -> Result<()> {
        let plan = self.physical(statement, &planned).await?;
        let mut stream = self.stream(statement, plan)?;
        loop {
            let next: Option<RecordBatch> =
                stream.try_next().await.map_err(|error| Error::from_engine(&statement.text, error))?;
            match next {
                Some(batch) => writer.write(&batch)?,
                None => return Ok(()),
            }
        }
    }
}

/// 60 % of the machine's memory.
fn default_memory() -> usize {
    static MEMORY: OnceLock<usize> = OnceLock::new();
    *MEMORY.get_or_init(|| {
        let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok());
        total.map_or(FALLBACK_MEMORY, |kib| kib * 1024 / 10 * 6)
    })
}
