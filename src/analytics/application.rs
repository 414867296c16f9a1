//! The public face: an application is made, given destinations, and run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow::array::RecordBatch;

use super::checkpoint::{Checkpoints, Manifest, fingerprint};
use super::collect::{Collect, Collector, StreamResult, Tails};
use super::driver::{Control, Destination, Driver, DriverConfig, Progress, Until};
use super::error::{Error, Result};
use super::error_log::{ErrorLog, read_all};
use super::error_stream::{ERROR_STREAM, error_schema};
use super::graph::Graph;
use super::input::{InputSchema, Preprocess};
use super::plan::{ApplicationPlan, plan_application};
use super::source::{Source, discover_from_stream};
use super::statement::parse_statements;
use crate::deliver::{Sink, SinkMetrics, SinkSnapshot};
use crate::stream::{StartPosition, Stream};
use crate::time::{Clock, Timestamp};

/// The in-application stream that a source feeds unless it is given another name.
pub const DEFAULT_INPUT: &str = "SOURCE_SQL_STREAM_001";

/// How an application is made.
#[derive(Clone, Debug)]
pub struct ApplicationConfig {
    /// Its name: checkpoints are found by it.
    pub name: String,
    /// Its SQL text.
    pub sql: String,
    /// The folder for its checkpoints.
    pub folder: PathBuf,
    /// The stream that it reads.
    pub source: Stream,
    /// The in-application stream that the source feeds.
    pub input: String,
    /// How records become rows; discovered when absent.
    pub schema: Option<InputSchema>,
    /// What gets records before they are decoded.
    pub preprocess: Option<Arc<dyn Preprocess>>,
    /// Where to begin when there is no checkpoint.
    pub start: StartPosition,
    /// Forget the checkpoint.
    pub reset: bool,
    /// Most records of one epoch.
    pub epoch_records: usize,
    /// Time between checkpoints while records keep coming.
    pub checkpoint_every: Duration,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}

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
    schema: Option<InputSchema>,
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
        let schema = match &config.schema {
            Some(schema) => Some(schema.clone()),
            None => match Checkpoints::open(&config.folder)?.newest()? {
                Some((manifest, _)) => Some(manifest.schema),
                None => match discover_from_stream(&config.input, &config.source, config.preprocess.as_deref()) {
                    Ok(found) => Some(found.schema),
                    Err(Error::Discovery { .. }) => None,
                    Err(error) => return Err(error),
                },
            },
        };
        let mut application = Self { config, schema, plan: None, destinations: Vec::new(), restored: false };
        if application.schema.is_some() {
            application.plan()?;
        }
        Ok(application)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The input schema, given or discovered; `None` while there is nothing to discover it from.
    #[must_use]
    pub fn schema(&self) -> Option<&InputSchema> {
        self.schema.as_ref()
    }

    /// Replace the input schema.
    ///
    /// # Errors
    /// [`Error::InputSchema`], or what the text no longer fits.
    pub fn set_schema(&mut self, schema: InputSchema) -> Result<()> {
        schema.validate(&self.config.input)?;
        let before = self.schema.replace(schema);
        self.plan = None;
        if let Err(error) = self.plan() {
            self.schema = before;
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
    /// # Errors
    /// Anything that stops the application. What was read after the last checkpoint will be read again.
    pub fn run(&mut self, control: &Control, collect: Collect) -> Result<RunResult> {
        let _lock = self.lock()?;
        let until = Until::Before(self.now_and_all_before()?);
        let mut session = self.restore()?;
        let streams = session.graph.plan().streams.values();
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
        let mut session = self.restore()?;
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
            let schema = self.known_schema()?;
            let inputs = [(self.config.input.clone(), schema)];
            self.plan = Some(plan_application(&self.config.sql, &inputs, self.config.clock.now())?);
        }
        self.plan.as_mut().ok_or_else(|| Error::Internal("the application has no plan".into()))
    }

    fn known_schema(&mut self) -> Result<InputSchema> {
        if self.schema.is_none() {
            let ApplicationConfig { input, source, preprocess, .. } = &self.config;
            self.schema = Some(discover_from_stream(input, source, preprocess.as_deref())?.schema);
        }
        self.schema.clone().ok_or_else(|| Error::Internal("the application has no schema".into()))
    }

    fn stream_name(&self, wanted: &str) -> Result<String> {
        let mut known: Vec<String> = vec![ERROR_STREAM.to_owned(), self.config.input.clone()];
        for statement in parse_statements(&self.config.sql)? {
            if let super::statement::Statement::Stream(stream) = statement {
                known.push(stream.name.value);
            }
        }
        if known.iter().any(|name| name == wanted) {
            return Ok(wanted.to_owned());
        }
        let mut matches = known.iter().filter(|name| name.eq_ignore_ascii_case(wanted));
        match (matches.next(), matches.next()) {
            (Some(name), None) => Ok(name.clone()),
            _ => Err(Error::UnknownStream {
                application: self.config.name.clone(),
                stream: wanted.to_owned(),
                known: known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The bound before which every record that is there now has arrived.
    fn now_and_all_before(&self) -> Result<Timestamp> {
        let now = self.config.source.barrier()?;
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

    /// Load the newest checkpoint and bring everything to it.
    fn restore(&mut self) -> Result<Session> {
        let schema = self.known_schema()?;
        let checkpoints = Checkpoints::open(&self.config.folder)?;
        let (manifest, snapshots) = match checkpoints.newest()? {
            Some((manifest, snapshots)) => (Some(manifest), snapshots),
            None => (None, Vec::new()),
        };
        let fingerprint = fingerprint(&self.config.sql, &self.config.input, &schema);
        if manifest.as_ref().is_some_and(|manifest| manifest.fingerprint != fingerprint) {
            return Err(Error::ChangedApplication { application: self.config.name.clone() });
        }
        let started = manifest.as_ref().map_or_else(|| self.config.clock.now(), |manifest| Timestamp(manifest.started));
        let inputs = [(self.config.input.clone(), schema.clone())];
        let plan = plan_application(&self.config.sql, &inputs, started)?;
        if !self.restored {
            self.restore_sinks(snapshots)?;
        }
        let progress =
            manifest.as_ref().map_or_else(|| Progress { last_rowtime: i64::MIN, ..Progress::default() }, progress);
        let with_origin = plan.reads_record_metadata(&self.config.input);
        let source = Source::open(
            &self.config.source,
            &schema,
            &self.config.start,
            &progress.positions,
            progress.last_rowtime,
            with_origin,
            self.config.preprocess.clone(),
        )?;
        Ok(Session {
            source: Some(source),
            graph: Graph::new(plan, manifest.map(|manifest| manifest.pump_rowtimes).unwrap_or_default()),
            error_log: ErrorLog::open(&errors_folder(&self.config.folder), progress.epoch)?,
            checkpoints,
            progress,
            config: DriverConfig {
                application: self.config.name.clone(),
                input: self.config.input.clone(),
                fingerprint,
                schema,
                started: started.millis(),
                epoch_records: self.config.epoch_records.max(1),
                checkpoint_every: self.config.checkpoint_every,
            },
        })
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
        last_rowtime: manifest.last_rowtime,
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
    source: Option<Source>,
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

#[derive(Debug, Default)]
struct Shared {
    tails: Mutex<Tails>,
}

type Finished = (Application, Result<()>);

/// An application that runs in the background.
pub struct Live {
    control: Arc<Control>,
    shared: Arc<Shared>,
    names: Vec<String>,
    thread: Mutex<Option<JoinHandle<Finished>>>,
}

impl Live {
    /// How far it is.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Whether its thread is at work.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// The declared streams.
    #[must_use]
    pub fn streams(&self) -> &[String] {
        &self.names
    }

    /// The last `count` rows of a stream, at most 1,000, with ROWTIME in front.
    #[must_use]
    pub fn tail(&self, stream: &str, count: usize) -> Vec<RecordBatch> {
        self.shared.tails.lock().unwrap_or_else(PoisonError::into_inner).last(stream, count)
    }

    /// Stop behind the epoch at hand: buffers are delivered and a checkpoint is written. Gives the application back, and `None`
    /// when it was stopped before.
    ///
    /// # Errors
    /// The error that ended the application, if one did.
    pub fn stop(&self) -> Result<Option<Application>> {
        self.control.stop();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(None) };
        let (application, done) =
            thread.join().map_err(|_| Error::Internal("the application's thread panicked".into()))?;
        done.map(|()| Some(application))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Errors of a stop that nobody waits for have no one to go to; the checkpoint tells where to go on.
        let _ = self.stop();
    }
}
