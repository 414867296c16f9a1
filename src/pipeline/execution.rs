//! Executions: started, resumed, stopped and driven again.

use std::fs::{File, TryLockError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::definition::Definition;
use super::error::{Error, Result};
use super::event::Draft;
use super::failure::{Failure, Origin};
use super::intrinsic::hash;
use super::random::Random;
use super::run::{Engine, Facts, Halt};
use super::store::{ExecutionRecord, Journal, Progress, Status, Step, Store};
use super::task::Tasks;
use super::timer::{Timer, drive};
use crate::time::Timestamp;

/// How often a request to stop is looked for in the file, where another process may have put it.
const LOOK_FOR_STOP: Duration = Duration::from_millis(500);

/// A state machine: a definition with a name, and the file that keeps its executions.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// What it does.
    pub definition: Arc<Definition>,
    store: Arc<Store>,
}

/// What an execution runs with.
#[derive(Clone)]
pub struct Surroundings {
    /// Whoever runs tasks.
    pub tasks: Arc<dyn Tasks>,
    /// The clock.
    pub timer: Arc<dyn Timer>,
    /// Makes random numbers repeatable.
    pub seed: Option<u64>,
    /// Whether payloads are limited to 256 KiB, as the service limits them.
    pub has_limits: bool,
}

/// An execution that this process holds and can run.
pub struct Prepared {
    engine: Engine,
    store: Arc<Store>,
    id: String,
    began: Timestamp,
    /// Held while it runs; the system lets go of it when the process dies.
    _lock: Option<File>,
}

/// How an execution ended, and what it waited for.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The execution as it is kept now.
    pub record: ExecutionRecord,
    /// Seconds of each wait before a retry, in order.
    pub delays: Vec<f64>,
}

impl Machine {
    /// A machine whose executions are kept in `store`.
    ///
    /// # Errors
    /// [`Error::InvalidName`].
    pub fn new(name: &str, definition: Arc<Definition>, store: Arc<Store>) -> Result<Self> {
        check_name(name, "a state machine")?;
        Ok(Self { name: name.to_owned(), definition, store })
    }

    /// Identity of the machine.
    #[must_use]
    pub fn id(&self) -> String {
        format!("arn:aws:states:us-east-1:000000000000:stateMachine:{}", self.name)
    }

    /// Start an execution, or find the one that was started with this name and input. It runs when it is prepared and run.
    ///
    /// # Errors
    /// [`Error::ExecutionAlreadyExists`] when it had other input.
    pub fn start(&self, name: Option<&str>, input: Value, timer: &dyn Timer) -> Result<ExecutionRecord> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => Random::fresh().uuid(),
        };
        check_name(&name, "an execution")?;
        let now = timer.now();
        let definition = self.definition.source().to_string();
        self.store.save_machine(&self.name, &definition, now)?;
        let new = ExecutionRecord {
            id: format!("arn:aws:states:us-east-1:000000000000:execution:{}:{name}", self.name),
            machine: self.name.clone(),
            name,
            definition,
            input,
            status: Status::Running,
            output: None,
            error: None,
            cause: None,
            hint: None,
            started: now,
            stopped: None,
            redrives: 0,
        };
        let found = self.store.create(&new)?;
        if found.input != new.input {
            return Err(Error::ExecutionAlreadyExists { machine: found.machine, name: found.name });
        }
        Ok(found)
    }
}

/// Take hold of a running execution, new or left behind by a process that died.
///
/// # Errors
/// [`Error::InUse`] when another process runs it, [`Error::Status`] when it has ended.
pub fn prepare(store: &Arc<Store>, id: &str, surroundings: &Surroundings) -> Result<Prepared> {
    let lock = lock(store, id)?;
    let record = store.execution(id)?;
    if record.status != Status::Running {
        let status = record.status.to_string();
        return Err(Error::Status { id: record.id, what: "resumed", status });
    }
    let definition = Arc::new(Definition::parse(&record.definition)?);
    let journal = Journal::open(Arc::clone(store), id)?;
    if journal.last_event() == 0 {
        let event = Draft::new("ExecutionStarted").with("input", record.input.to_string());
        journal.commit(0, record.started, Step { events: vec![event], ..Step::default() })?;
    }
    // A redriven execution has its time again.
    let began = match record.redrives {
        0 => record.started,
        _ => store
            .events(id)?
            .iter()
            .rev()
            .find(|event| event.kind == "ExecutionRedriven")
            .map_or(record.started, |event| event.at),
    };
    let engine = Engine {
        definition,
        tasks: Arc::clone(&surroundings.tasks),
        timer: Arc::clone(&surroundings.timer),
        journal,
        facts: Facts {
            id: record.id.clone(),
            name: record.name,
            machine_id: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{}", record.machine),
            machine: record.machine,
            input: record.input,
            started: record.started,
            redrives: record.redrives,
        },
        random: surroundings.seed.map_or_else(Random::fresh, Random::seeded),
        has_limits: surroundings.has_limits,
        delays: std::sync::Mutex::default(),
        hint: std::sync::Mutex::default(),
    };
    Ok(Prepared { engine, began, store: Arc::clone(store), id: record.id, _lock: lock })
}

/// Ask an execution to stop, whichever process runs it; one that nobody runs is ended at once.
///
/// # Errors
/// [`Error::Status`] when it has ended.
pub fn stop(store: &Arc<Store>, id: &str, error: Option<&str>, cause: Option<&str>, timer: &dyn Timer) -> Result<()> {
    let mut record = store.execution(id)?;
    if record.status != Status::Running {
        return Err(Error::Status { id: record.id, what: "stopped", status: record.status.to_string() });
    }
    match lock(store, id) {
        Ok(Some(_lock)) => {
            let journal = Journal::open(Arc::clone(store), id)?;
            let event = Draft::new("ExecutionAborted").failed(error, cause);
            journal.commit(journal.last_event(), timer.now(), Step { events: vec![event], ..Step::default() })?;
            record.status = Status::Aborted;
            (record.error, record.cause) = (error.map(str::to_owned), cause.map(str::to_owned));
            record.stopped = Some(timer.now());
            store.finish(&record)
        }
        Ok(None) | Err(Error::InUse { .. }) => store.request_stop(id, &json!({"error": error, "cause": cause})),
        Err(other) => Err(other),
    }
}

/// Set an execution that failed, timed out or was stopped running again, from the states that it failed in.
///
/// # Errors
/// [`Error::Status`] when it runs or has succeeded.
pub fn redrive(store: &Arc<Store>, id: &str, timer: &dyn Timer) -> Result<()> {
    let _lock = lock(store, id)?;
    let mut record = store.execution(id)?;
    if matches!(record.status, Status::Running | Status::Succeeded) {
        return Err(Error::Status { id: record.id, what: "redriven", status: record.status.to_string() });
    }
    let journal = Journal::open(Arc::clone(store), id)?;
    record.redrives += 1;
    let event = Draft::new("ExecutionRedriven").with("redriveCount", record.redrives);
    let last = journal.commit(journal.last_event(), timer.now(), Step { events: vec![event], ..Step::default() })?;
    // Retriers count anew.
    for (scope, mut position) in journal.under_way("")? {
        position.retrier_counts.iter_mut().for_each(|count| *count = 0);
        position.wake_at = None;
        position.started = false;
        let mut progress = Progress::At(Box::new(position));
        journal.commit(last, timer.now(), Step { progress: Some((&scope, &mut progress)), ..Step::default() })?;
    }
    record.status = Status::Running;
    (record.error, record.cause, record.hint, record.stopped) = (None, None, None, None);
    store.finish(&record)
}

/// The lock of an execution; none in memory.
fn lock(store: &Store, id: &str) -> Result<Option<File>> {
    let Some(folder) = store.lock_folder() else { return Ok(None) };
    let path = folder.join(hash(id, "SHA-1").unwrap_or_default());
    let failed = |source| Error::Io { path: path.clone(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { id: id.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn check_name(name: &str, what: &'static str) -> Result<()> {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(forbidden) {
        return Err(Error::InvalidName { name: name.to_owned(), what });
    }
    Ok(())
}

enum Ending {
    Ran(std::result::Result<Value, Halt>),
    TimedOut,
    Stopped(Value),
}

impl Prepared {
    /// Identity of the execution.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Run the execution to its end.
    ///
    /// # Errors
    /// [`Error::Database`] when a step cannot be written; the execution can then be resumed.
    pub async fn run(self) -> Result<Ended> {
        let engine = &self.engine;
        let ending = drive(engine.timer.as_ref(), async {
            let timeout = async {
                match engine.definition.timeout_seconds {
                    Some(seconds) => {
                        let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
                        engine.timer.sleep_until(self.began.plus_millis(millis)).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                ran = engine.run() => Ok(Ending::Ran(ran)),
                () = timeout => Ok(Ending::TimedOut),
                request = self.stop_request() => request.map(Ending::Stopped),
            }
        })
        .await?;
        self.finish(ending)
    }

    async fn stop_request(&self) -> Result<Value> {
        loop {
            let changed = self.store.changed.notified();
            if let Some(request) = self.store.stop_request(&self.id)? {
                return Ok(request);
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(LOOK_FOR_STOP) => {}
            }
        }
    }

    /// Write how the execution ended.
    fn finish(&self, ending: Ending) -> Result<Ended> {
        let engine = &self.engine;
        let mut record = self.store.execution(&self.id)?;
        let hint = engine.hint.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (status, failure) = match ending {
            Ending::Ran(Ok(output)) => {
                record.output = Some(output);
                (Status::Succeeded, None)
            }
            Ending::Ran(Err(Halt::Failed(failure))) => {
                record.hint = hint;
                (Status::Failed, Some(failure))
            }
            Ending::Ran(Err(Halt::Broken(error))) => return Err(error),
            // The service gives a timeout of the machine neither error nor cause.
            Ending::TimedOut => (Status::TimedOut, None),
            Ending::Stopped(request) => {
                let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
                (Status::Aborted, Some(Failure::of(text("error"), text("cause"), Origin::Engine)))
            }
        };
        record.status = status;
        (record.error, record.cause) = failure.map_or((None, None), |failure| (failure.error, failure.cause));
        let event = match status {
            Status::Succeeded => {
                let output = record.output.as_ref().map(Value::to_string).unwrap_or_default();
                Draft::new("ExecutionSucceeded").with("output", output)
            }
            Status::TimedOut => Draft::new("ExecutionTimedOut"),
            Status::Aborted => Draft::new("ExecutionAborted"),
            Status::Failed | Status::Running => Draft::new("ExecutionFailed"),
        };
        let event = event.failed(record.error.as_deref(), record.cause.as_deref());
        let now = engine.timer.now();
        let previous = engine.journal.last_event();
        engine.journal.commit(previous, now, Step { events: vec![event], ..Step::default() })?;
        record.stopped = Some(now);
        self.store.finish(&record)?;
        let delays = engine.delays.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Ended { record, delays })
    }
}
