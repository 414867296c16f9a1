//! The driver of one application: epochs in, rows out, checkpoints in between.
//!
//! A reader thread runs one or two epochs ahead, since reading and decoding depend on nothing that the pumps do; the
//! channel between them is bounded, so a slow destination slows the reader.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::checkpoint::{Checkpoints, Cut};
use super::error::{Error, Result};
use super::error_log::ErrorLog;
use super::error_stream::{ERROR_STREAM, error_rows};
use super::graph::{EpochOutput, Graph};
use super::input::InputSchema;
use super::source::{Positions, Source, SourceEpoch};
use crate::deliver::{OutputRows, Sink, SinkSnapshot};
use crate::time::Timestamp;

/// Epochs that the reader may be ahead.
const READ_AHEAD: usize = 2;
/// How long a live reader waits for data before it tells the time, which closes windows.
const IDLE: Duration = Duration::from_millis(10);

/// How an application is run, and how far it is; shared with whoever watches.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
    records: AtomicU64,
    errors: AtomicU64,
    epochs: AtomicU64,
    checkpoints: AtomicU64,
    state_bytes: AtomicU64,
}

impl Control {
    /// Ask the application to stop behind the epoch at hand.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Records read by this run.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// Error rows made by this run.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Epochs done by this run.
    #[must_use]
    pub fn epochs(&self) -> u64 {
        self.epochs.load(Ordering::Relaxed)
    }

    /// Checkpoints written by this run.
    #[must_use]
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints.load(Ordering::Relaxed)
    }

    /// The memory, in bytes, that windows and functions took at the last checkpoint.
    #[must_use]
    pub fn state_bytes(&self) -> u64 {
        self.state_bytes.load(Ordering::Relaxed)
    }
}

/// A destination of one in-application stream.
pub(crate) struct Destination {
    pub(crate) stream: String,
    pub(crate) name: String,
    pub(crate) sink: Box<dyn Sink>,
}

impl Destination {
    /// The name by which checkpoints know it.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.stream, self.name)
    }
}

/// What does not change while the application runs.
pub(crate) struct DriverConfig {
    pub(crate) application: String,
    pub(crate) fingerprint: String,
    pub(crate) schemas: BTreeMap<String, InputSchema>,
    pub(crate) started: i64,
    pub(crate) epoch_records: usize,
    pub(crate) checkpoint_every: Duration,
}

/// What a checkpoint keeps beside the sinks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) epoch: u64,
    pub(crate) positions: Positions,
    /// The time that each input has come to.
    pub(crate) bounds: BTreeMap<String, i64>,
    pub(crate) records: u64,
    pub(crate) errors: u64,
}

/// How far a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Records that arrived before the instant.
    Before(Timestamp),
    /// On and on.
    Stopped,
}

/// One application at work.
pub(crate) struct Driver<'a> {
    pub(crate) config: &'a DriverConfig,
    pub(crate) graph: &'a mut Graph,
    pub(crate) destinations: &'a mut [Destination],
    pub(crate) checkpoints: &'a Checkpoints,
    pub(crate) error_log: &'a mut ErrorLog,
    pub(crate) progress: &'a mut Progress,
    pub(crate) control: &'a Control,
}

/// Called with the rows of each stream that an epoch gave.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&str, &[OutputRows]) -> Result<()>;

impl Driver<'_> {
    /// Run until there is nothing left or the control says stop; everything read is processed, delivered and checkpointed then.
    pub(crate) fn run(&mut self, source: Box<dyn Source>, until: Until, observer: Observer<'_>) -> Result<()> {
        let (sender, receiver) = sync_channel(READ_AHEAD);
        let (limit, control) = (self.config.epoch_records, self.control);
        let reader_stop = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&reader_stop);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || read(source, until, limit, control, &stop, &sender));
            let done = self.consume(&receiver, observer);
            reader_stop.store(true, Ordering::SeqCst);
            drop(receiver);
            let read =
                reader.join().unwrap_or_else(|_| Err(Error::Internal("the reader of the input panicked".into())));
            done.and(read)
        })?;
        self.finish()
    }

    fn consume(&mut self, receiver: &Receiver<SourceEpoch>, observer: Observer<'_>) -> Result<()> {
        let mut last_checkpoint = Instant::now();
        let mut dirty = false;
        loop {
            match receiver.recv_timeout(self.config.checkpoint_every) {
                Ok(epoch) => dirty |= self.epoch(epoch, observer)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if dirty && last_checkpoint.elapsed() >= self.config.checkpoint_every {
                self.checkpoint()?;
                last_checkpoint = Instant::now();
                dirty = false;
            }
        }
    }

    /// Push an epoch through; tells whether anything came of it.
    fn epoch(&mut self, epoch: SourceEpoch, observer: Observer<'_>) -> Result<bool> {
        let bounds = epoch.bounds();
        let EpochOutput { mut streams, mut errors } = self.graph.run_epoch(epoch.inputs, epoch.time.millis())?;
        errors.splice(0..0, epoch.errors);
        let failed = errors.len() as u64;
        if failed > 0 {
            streams.insert(ERROR_STREAM.to_owned(), vec![error_rows(&errors)?]);
            self.error_log.extend(errors);
        }
        self.write(&streams)?;
        for (stream, rows) in &streams {
            observer(stream, rows)?;
        }
        self.progress.positions = epoch.positions;
        self.progress.bounds.extend(bounds);
        self.progress.records += epoch.records;
        self.progress.errors += failed;
        self.advance(epoch.time)?;
        if epoch.records == 0 && streams.is_empty() {
            return Ok(false);
        }
        self.progress.epoch += 1;
        self.control.records.fetch_add(epoch.records, Ordering::Relaxed);
        self.control.errors.fetch_add(failed, Ordering::Relaxed);
        self.control.epochs.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    /// Hand the rows to the destinations, each in a thread of its own: encoding is most of their work.
    fn write(&mut self, streams: &BTreeMap<String, Vec<OutputRows>>) -> Result<()> {
        let write = |destination: &mut Destination| -> Result<()> {
            for rows in streams.get(&destination.stream).into_iter().flatten() {
                destination.sink.write(rows)?;
            }
            Ok(())
        };
        if let [only] = &mut *self.destinations {
            return write(only);
        }
        std::thread::scope(|scope| {
            let writers: Vec<_> =
                self.destinations.iter_mut().map(|destination| scope.spawn(move || write(destination))).collect();
            writers.into_iter().try_for_each(|writer| {
                writer.join().unwrap_or_else(|_| Err(Error::Internal("a destination panicked".into())))
            })
        })
    }

    fn advance(&mut self, time: Timestamp) -> Result<()> {
        for destination in &mut *self.destinations {
            destination.sink.advance(time)?;
        }
        Ok(())
    }

    /// Finish the open buffers and make the last checkpoint.
    fn finish(&mut self) -> Result<()> {
        self.advance(Timestamp::MAX)?;
        self.checkpoint()
    }

    fn checkpoint(&mut self) -> Result<()> {
        self.progress.epoch += 1;
        let epoch = self.progress.epoch;
        let mut snapshots: Vec<(String, SinkSnapshot)> = Vec::with_capacity(self.destinations.len());
        for destination in &mut *self.destinations {
            snapshots.push((destination.key(), destination.sink.snapshot()?));
        }
        self.error_log.write(epoch)?;
        let cut = Cut {
            application: &self.config.application,
            fingerprint: &self.config.fingerprint,
            epoch,
            started: self.config.started,
            positions: &self.progress.positions,
            bounds: &self.progress.bounds,
            schemas: &self.config.schemas,
            records: self.progress.records,
            errors: self.progress.errors,
        };
        self.checkpoints.write(&cut, &snapshots, &self.graph.snapshot()?)?;
        for destination in &mut *self.destinations {
            destination.sink.commit()?;
        }
        self.control.state_bytes.store(self.graph.state_bytes() as u64, Ordering::Relaxed);
        self.control.checkpoints.fetch_add(1, Ordering::Relaxed);
        self.checkpoints.clean()
    }
}

/// The reader's thread.
fn read(
    mut source: Box<dyn Source>,
    until: Until,
    limit: usize,
    control: &Control,
    stop: &AtomicBool,
    sender: &SyncSender<SourceEpoch>,
) -> Result<()> {
    let stopped = || stop.load(Ordering::SeqCst) || control.is_stopped();
    while !stopped() {
        let before = match until {
            Until::Before(before) => before,
            Until::Stopped => source.barrier()?,
        };
        let mut progressed = false;
        while !stopped()
            && let Some(epoch) = source.read_epoch(limit, before)?
        {
            progressed = true;
            if sender.send(epoch).is_err() {
                return Ok(());
            }
        }
        if stopped() {
            return Ok(());
        }
        // Everything before it has been read, so time has come to it.
        if sender.send(source.pass(before)).is_err() || until != Until::Stopped {
            return Ok(());
        }
        if !progressed {
            source.wait(IDLE)?;
        }
    }
    Ok(())
}
