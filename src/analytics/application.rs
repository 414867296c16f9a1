//! The public face: an application is made, given destinations, and run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;

use super::checkpoint::{Checkpoints, Loaded, Manifest, fingerprint};
use super::collect::{Collect, Collector, StreamResult};
use super::config::{ApplicationConfig, ApplicationInput};
use super::driver::{Control, Destination, Driver, DriverConfig, Progress, Until};
use super::error::{Error, Result};
use super::error_log::{ErrorLog, read_all};
use super::error_stream::{ERROR_STREAM, error_schema};
use super::graph::Graph;
use super::input::InputSchema;
use super::live::{Live, Shared};
use super::plan::{ApplicationPlan, Sources, StreamColumn, plan_application};
use super::reference::ReferenceTable;
use super::source::{InputOptions, Recording, Replay, Source, StreamSource, discover_from_stream};
use super::syntax::{Statement, parse_statements};
use crate::deliver::{Sink, SinkMetrics, SinkSnapshot};
use crate::time::Timestamp;

/// What a run gave.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// By stream: the input, every declared stream, and `error_stream`.
    pub streams: BTreeMap<String, StreamResult>,
    /// Records read by this run.
    pub records: u64,
    /// Error rows made by this run.
    pub errors: u64,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

/// A streaming application.
pub struct Application {
    config: ApplicationConfig,
    /// What is known of the inputs' schemas, by their places.
    schemas: Vec<Option<InputSchema>>,
    /// Read instead of the inputs.
    recording: Option<Arc<Recording>>,
    plan: Option<ApplicationPlan>,
    destinations: Vec<Destination>,
    /// The sinks have been restored; their state is in memory from then on.
    restored: bool,
}

impl Application {
    /// Read the text and, where there is none yet, discover the input schema.
    ///
    /// With records to learn from, the whole text is checked now; without, names are checked at the first run.
    ///
    /// # Errors
    /// [`Error::Sql`], [`Error::Unsupported`], [`Error::InputSchema`].
    pub fn new(config: ApplicationConfig) -> Result<Self> {
        parse_statements(&config.sql)?;
        if config.reset {
            remove_folder(&config.folder)?;
        }
        let stored = if config.inputs.iter().any(|input| input.schema.is_none()) {
            Checkpoints::open(&config.folder)?.newest()?.map(|loaded| loaded.manifest.schemas)
        } else {
            None
        };
        let schema = |input: &ApplicationInput| -> Result<Option<InputSchema>> {
            let stored = stored.as_ref().and_then(|schemas| schemas.get(&input.name));
            if let Some(schema) = input.schema.as_ref().or(stored) {
                return Ok(Some(schema.clone()));
            }
            match discover_from_stream(&input.name, &input.stream, input.preprocess.as_deref()) {
                Ok(found) => Ok(Some(found.schema)),
                Err(Error::Discovery { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let schemas = config.inputs.iter().map(schema).collect::<Result<Vec<_>>>()?;
        let mut application =
            Self { config, schemas, recording: None, plan: None, destinations: Vec::new(), restored: false };
        if application.schemas.iter().all(Option::is_some) {
            application.plan()?;
        }
        Ok(application)
    }

    /// An application that reads a recording.
    pub(crate) fn over(config: ApplicationConfig, recording: Arc<Recording>) -> Result<Self> {
        let mut application = Self {
            config,
            schemas: Vec::new(),
            recording: Some(recording),
            plan: None,
            destinations: Vec::new(),
            restored: false,
        };
        application.plan()?;
        Ok(application)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The schema of the first input, given or discovered; `None` while there is nothing to discover it from.
    #[must_use]
    pub fn schema(&self) -> Option<&InputSchema> {
        self.schemas.first().and_then(Option::as_ref)
    }

    /// The inputs' schemas by name, as far as they are known.
    #[must_use]
    pub fn schemas(&self) -> Vec<(&str, Option<&InputSchema>)> {
        self.config
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .zip(self.schemas.iter().map(Option::as_ref))
            .collect()
    }

    /// Replace the schema of an input: the one named, or all of them.
    ///
    /// # Errors
    /// [`Error::InputSchema`], [`Error::UnknownStream`], or what the text no longer fits.
    pub fn set_schema(&mut self, input: Option<&str>, schema: InputSchema) -> Result<()> {
        let before = self.schemas.clone();
        let mut found = false;
        for (known, place) in self.config.inputs.iter().zip(&mut self.schemas) {
            if input.is_none_or(|input| input == known.name) {
                schema.validate(&known.name)?;
                *place = Some(schema.clone());
                found = true;
            }
        }
        if !found {
            return Err(self
                .unknown_stream(input.unwrap_or_default(), self.config.inputs.iter().map(|known| known.name.clone())));
        }
        self.plan = None;
        if let Err(error) = self.plan() {
            self.schemas = before;
            self.plan = None;
            return Err(error);
        }
        Ok(())
    }

    /// Load a reference table again, or add one.
    ///
    /// # Errors
    /// What the text no longer fits; the tables are as before then.
    pub fn set_reference(&mut self, table: ReferenceTable) -> Result<()> {
        let before = self.config.tables.clone();
        self.config.tables.retain(|known| known.name != table.name);
        self.config.tables.push(table);
        self.plan = None;
        if self.schemas.iter().all(Option::is_some)
            && let Err(error) = self.plan()
        {
            self.config.tables = before;
            self.plan = None;
            return Err(error);
        }
        Ok(())
    }

    /// What the planner has to say about the text: names that matched only ignoring case.
    ///
    /// # Errors
    /// As [`Application::new`].
    pub fn warnings(&mut self) -> Result<Vec<String>> {
        Ok(self.plan()?.warnings.clone())
    }

    /// Send the rows of an in-application stream, or of `error_stream`, to a destination known as `name`.
    ///
    /// # Errors
    /// [`Error::UnknownStream`].
    pub fn deliver(&mut self, stream: &str, name: &str, sink: Box<dyn Sink>) -> Result<()> {
        let stream = self.stream_name(stream)?;
        self.destinations.retain(|destination| !(destination.stream == stream && destination.name == name));
        self.destinations.push(Destination { stream, name: name.to_owned(), sink });
        Ok(())
    }

    /// What the destinations have done, by stream and name.
    #[must_use]
    pub fn metrics(&self) -> Vec<(String, String, SinkMetrics)> {
        self.destinations
            .iter()
            .map(|destination| (destination.stream.clone(), destination.name.clone(), destination.sink.metrics()))
            .collect()
    }

    /// Process what is there, from the last checkpoint on; open buffers are delivered at the end.
    ///
    /// Time comes to `until`, or to now: windows that end later stay open, in the checkpoint. An `until` in the future is a
    /// promise that nothing else arrives before it; records that do are taken to have arrived then.
    ///
    /// # Errors
    /// Anything that stops the application. What was read after the last checkpoint will be read again.
    pub fn run(&mut self, control: &Control, collect: Collect, until: Option<Timestamp>) -> Result<RunResult> {
        let _lock = self.lock()?;
        let before = match until {
            Some(until) => until,
            None => self.now_and_all_before()?,
        };
        let mut session = self.restore(usize::MAX)?;
        self.drive(&mut session, control, collect, Until::Before(before))
    }

    /// Replay the recording up to the event at `end`, from the last checkpoint on.
    pub(crate) fn replay(&mut self, control: &Control, end: usize) -> Result<RunResult> {
        let _lock = self.lock()?;
        let mut session = self.restore(end)?;
        self.drive(&mut session, control, Collect::All, Until::Before(Timestamp::MAX))
    }

    fn drive(&mut self, session: &mut Session, control: &Control, collect: Collect, until: Until) -> Result<RunResult> {
        let streams = session.graph.plan().streams.iter();
        let described = streams.filter(|stream| !stream.is_input).map(|stream| (stream.name.clone(), stream.schema()));
        let described = described.chain([(ERROR_STREAM.to_owned(), error_schema())]);
        let delivered = |name: &str| self.destinations.iter().any(|destination| destination.stream == name);
        let mut collector = Collector::new(
            collect,
            described.map(|(name, schema)| {
                let has_destination = delivered(&name);
                (name, schema, has_destination)
            }),
        );
        let done =
            session.drive(&mut self.destinations, control, until, &mut |stream, rows| collector.add(stream, rows));
        // After an error the sinks hold rows that no checkpoint names: a next run restores them.
        self.restored = done.is_ok();
        done?;
        Ok(RunResult {
            streams: collector.finish(),
            records: control.records(),
            errors: control.errors(),
            interrupted: control.is_stopped(),
        })
    }

    /// Run on and on in a thread of its own, until stopped.
    ///
    /// # Errors
    /// Those of the start; later ones are told by [`Live::stop`] and [`Live::error`].
    pub fn start(mut self) -> Result<Live> {
        let lock = self.lock()?;
        let mut session = self.restore(usize::MAX)?;
        let control = Arc::new(Control::default());
        let shared = Arc::new(Shared::default());
        let names = session.graph.plan().declared.clone();
        let (thread_control, thread_shared) = (Arc::clone(&control), Arc::clone(&shared));
        let work = move || {
            let _lock = lock;
            let mut observer = |stream: &str, rows: &[crate::deliver::OutputRows]| {
                thread_shared.tails.lock().unwrap_or_else(PoisonError::into_inner).add(stream, rows)
            };
            let done = session.drive(&mut self.destinations, &thread_control, Until::Stopped, &mut observer);
            self.restored = done.is_ok();
            (self, done)
        };
        let thread = std::thread::Builder::new()
            .name("bayou-application".into())
            .spawn(work)
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Live { control, shared, names, thread: Mutex::new(Some(thread)) })
    }

    /// All rows of the error stream since the application's first start.
    ///
    /// # Errors
    /// The operating system's.
    pub fn errors(&self) -> Result<Vec<RecordBatch>> {
        read_all(&errors_folder(&self.config.folder))
    }

    fn plan(&mut self) -> Result<&mut ApplicationPlan> {
        if self.plan.is_none() {
            let sources = self.sources()?;
            self.plan = Some(plan_application(&self.config.sql, &sources, self.config.clock.now())?);
        }
        self.plan.as_mut().ok_or_else(|| Error::Internal("the application has no plan".into()))
    }

    /// What the text can read.
    fn sources(&mut self) -> Result<Sources> {
        let tables = self.config.tables.clone();
        if let Some(recording) = &self.recording {
            let inputs = recording.streams.iter().map(|stream| (stream.name.clone(), stream.columns.clone()));
            return Ok(Sources { inputs: inputs.collect(), tables });
        }
        let mut inputs = Vec::new();
        for (name, schema) in self.known_schemas()? {
            schema.validate(&name)?;
            let columns = schema.columns.iter().map(|column| StreamColumn {
                name: column.name.clone(),
                sql_type: column.sql_type,
                not_null: false,
            });
            inputs.push((name, columns.collect()));
        }
        Ok(Sources { inputs, tables })
    }

    /// The inputs' schemas, discovering what is not known yet.
    fn known_schemas(&mut self) -> Result<BTreeMap<String, InputSchema>> {
        let mut schemas = BTreeMap::new();
        for (input, schema) in self.config.inputs.iter().zip(&mut self.schemas) {
            let known = match schema.take() {
                Some(known) => known,
                None => discover_from_stream(&input.name, &input.stream, input.preprocess.as_deref())?.schema,
            };
            schemas.insert(input.name.clone(), schema.insert(known).clone());
        }
        Ok(schemas)
    }

    fn stream_name(&self, wanted: &str) -> Result<String> {
        let mut known: Vec<String> = vec![ERROR_STREAM.to_owned()];
        known.extend(self.config.inputs.iter().map(|input| input.name.clone()));
        for statement in parse_statements(&self.config.sql)? {
            if let Statement::Stream(stream) = statement {
                known.push(stream.name.value);
            }
        }
        if known.iter().any(|name| name == wanted) {
            return Ok(wanted.to_owned());
        }
        let mut matches = known.iter().filter(|name| name.eq_ignore_ascii_case(wanted));
        match (matches.next(), matches.next()) {
            (Some(name), None) => Ok(name.clone()),
            _ => Err(self.unknown_stream(wanted, known.into_iter())),
        }
    }

    fn unknown_stream(&self, stream: &str, known: impl Iterator<Item = String>) -> Error {
        Error::UnknownStream {
            application: self.config.name.clone(),
            stream: stream.to_owned(),
            known: known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        }
    }

    /// The bound before which every record that is there now has arrived.
    fn now_and_all_before(&self) -> Result<Timestamp> {
        let mut now = self.config.clock.now();
        for input in &self.config.inputs {
            now = now.max(input.stream.barrier()?);
        }
        // Records of this very millisecond count too; wait until no further one can be stamped with it.
        for _ in 0..10 {
            if self.config.clock.now() > now {
                break;
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(now.plus_millis(1))
    }

    fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.config.folder).map_err(Error::io(&self.config.folder))?;
        let path = self.config.folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(Error::AlreadyRunning { application: self.config.name.clone() }),
            Err(fs::TryLockError::Error(error)) => Err(Error::io(&path)(error)),
        }
    }

    /// Load the newest checkpoint and bring everything to it; a recording is read up to the event at `end`.
    fn restore(&mut self, end: usize) -> Result<Session> {
        let sources = self.sources()?;
        let schemas = if self.recording.is_some() { BTreeMap::new() } else { self.known_schemas()? };
        let checkpoints = Checkpoints::open(&self.config.folder)?;
        let (manifest, sinks, operators) = match checkpoints.newest()? {
            Some(Loaded { manifest, sinks, operators }) => (Some(manifest), sinks, operators),
            None => (None, Vec::new(), Vec::new()),
        };
        let fingerprint = fingerprint(&self.config.sql, &schemas);
        if manifest.as_ref().is_some_and(|manifest| manifest.fingerprint != fingerprint) {
            return Err(Error::ChangedApplication { application: self.config.name.clone() });
        }
        let started = manifest.as_ref().map_or_else(|| self.config.clock.now(), |manifest| Timestamp(manifest.started));
        let plan = plan_application(&self.config.sql, &sources, started)?;
        if !self.restored {
            self.restore_sinks(sinks)?;
        }
        let progress = manifest.as_ref().map_or_else(Progress::default, progress);
        let source = self.open_source(&plan, &schemas, &progress, end)?;
        let mut graph = Graph::new(plan);
        graph.restore(&operators)?;
        Ok(Session {
            source: Some(source),
            graph,
            error_log: ErrorLog::open(&errors_folder(&self.config.folder), progress.epoch)?,
            checkpoints,
            progress,
            config: DriverConfig {
                application: self.config.name.clone(),
                fingerprint,
                schemas,
                started: started.millis(),
                epoch_records: self.config.epoch_records.max(1),
                checkpoint_every: self.config.checkpoint_every,
            },
        })
    }

    fn open_source(
        &self,
        plan: &ApplicationPlan,
        schemas: &BTreeMap<String, InputSchema>,
        progress: &Progress,
        end: usize,
    ) -> Result<Box<dyn Source>> {
        let Progress { positions, bounds, .. } = progress;
        if let Some(recording) = &self.recording {
            return Ok(Box::new(Replay::open(recording, &plan.streams, positions, bounds, plan.with_origin, end)?));
        }
        let options = self.config.inputs.iter().filter_map(|input| {
            Some(InputOptions {
                name: input.name.clone(),
                stream: input.stream.clone(),
                shards: input.shards.clone(),
                schema: schemas.get(&input.name)?.clone(),
                preprocess: input.preprocess.clone(),
                start: input.start,
            })
        });
        Ok(Box::new(StreamSource::open(options.collect(), &plan.streams, positions, bounds, plan.with_origin)?))
    }

    fn restore_sinks(&mut self, snapshots: Vec<(String, SinkSnapshot)>) -> Result<()> {
        let mut snapshots: BTreeMap<String, SinkSnapshot> = snapshots.into_iter().collect();
        for destination in &mut self.destinations {
            destination.sink.restore(snapshots.remove(&destination.key()).as_ref())?;
        }
        match snapshots.into_keys().next() {
            Some(sink) => Err(Error::MissingSink { application: self.config.name.clone(), sink }),
            None => Ok(()),
        }
    }
}

fn progress(manifest: &Manifest) -> Progress {
    Progress {
        epoch: manifest.epoch,
        positions: manifest.positions.clone(),
        bounds: manifest.bounds.clone(),
        records: manifest.records,
        errors: manifest.errors,
    }
}

fn errors_folder(folder: &Path) -> PathBuf {
    folder.join("errors")
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder)(error)),
        _ => Ok(()),
    }
}

/// Everything of one run but the destinations.
struct Session {
    source: Option<Box<dyn Source>>,
    graph: Graph,
    error_log: ErrorLog,
    checkpoints: Checkpoints,
    progress: Progress,
    config: DriverConfig,
}

impl Session {
    fn drive(
        &mut self,
        destinations: &mut [Destination],
        control: &Control,
        until: Until,
        observer: super::driver::Observer<'_>,
    ) -> Result<()> {
        let Some(source) = self.source.take() else { return Err(Error::Internal("the session has no source".into())) };
        let mut driver = Driver {
            config: &self.config,
            graph: &mut self.graph,
            destinations,
            checkpoints: &self.checkpoints,
            error_log: &mut self.error_log,
            progress: &mut self.progress,
            control,
        };
        driver.run(source, until, observer)
    }
}
