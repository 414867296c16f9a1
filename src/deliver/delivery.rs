//! A delivery: buffers rows, finishes objects, publishes them with the checkpoint.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use tokio::runtime::Handle;

use super::buffer::{Buffer, BufferHead, Content, Kind, Slot};
use super::config::{DeliveryConfig, Format, Plan};
use super::error_record::{ErrorOutputType, ErrorRecord};
use super::format::{self, TextEncoder};
use super::intake::Steps;
use super::object_name::ObjectIdentity;
use super::publish::Publisher;
use super::sink::{OutputRows, Sink, SinkMetrics, SinkSnapshot};
use super::snapshot::{Finished, State, StateRef};
use super::staging::Staging;
use super::{Error, Result};
use crate::catalog::Catalog;
use crate::storage::Storage;
use crate::time::{Clock, Timestamp};

/// Rows that are encoded before the size of the object is looked at again.
const CHUNK_ROWS: usize = 8192;

/// Rows of one in-application stream on their way into files, each row into exactly one.
///
/// An object goes through four states: *open* (a buffer in memory, part of every snapshot), *sealed* (complete, not yet
/// written because staging failed), *finished* (a file in staging, named by every snapshot), *published*.
pub struct Delivery {
    pub(super) plan: Plan,
    warnings: Vec<String>,
    seed: Option<u64>,
    private_dir: std::path::PathBuf,
    staging: Option<Staging>,
    is_started: bool,
    publisher: Publisher,
    columns: Option<Columns>,
    run: u64,
    next_object: u64,
    pub(super) open: BTreeMap<Slot, Buffer>,
    pub(super) steps: Steps,
    /// Counts the writes to open objects.
    uses: u64,
    sealed: VecDeque<Buffer>,
    finished: VecDeque<Finished>,
    pub(super) records: u64,
    failures: u64,
}

/// The columns of the rows, and how they are encoded; None for a format that encodes objects as a whole.
struct Columns {
    schema: SchemaRef,
    encoder: Option<TextEncoder>,
}

impl Delivery {
    /// A delivery into `storage`. Files are registered in `catalog` when the configuration names a table.
    ///
    /// Calls block on `runtime` for the lake's storage, so they must not come from one of its async tasks.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::InvalidPrefix`] or [`Error::Key`] for a configuration that cannot work.
    pub fn new(
        config: &DeliveryConfig,
        storage: Storage,
        catalog: Option<Catalog>,
        runtime: Handle,
        clock: &dyn Clock,
    ) -> Result<Self> {
        let plan = Plan::new(config)?;
        if plan.table.is_some() && catalog.is_none() {
            return Err(Error::InvalidOption {
                delivery: config.name.clone(),
                option: "table",
                reason: "there is no catalog to register it in".to_owned(),
            });
        }
        let now = clock.now();
        let mut warnings = plan.naming.prefix.warnings(now);
        warnings.extend(config.error_prefix.iter().flat_map(|_| plan.naming.error_prefix.warnings(now)));
        Ok(Self {
            warnings,
            seed: config.seed,
            private_dir: plan.private_dir(&storage),
            staging: None,
            is_started: false,
            publisher: Publisher::new(&plan, storage, catalog, runtime),
            plan,
            columns: None,
            run: 0,
            next_object: 0,
            open: BTreeMap::new(),
            steps: Steps::default(),
            uses: 0,
            sealed: VecDeque::new(),
            finished: VecDeque::new(),
            records: 0,
            failures: 0,
        })
    }

    /// The delivery's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.plan.naming.delivery
    }

    /// What is probably a mistake in the configuration.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where the delivery keeps what is not published yet.
    pub(super) fn private_dir(&self) -> &std::path::Path {
        &self.private_dir
    }

    /// Rows and error documents in objects that were published.
    pub(super) fn published_rows(&self) -> (u64, u64) {
        let metrics = self.publisher.metrics();
        (metrics.delivered, metrics.failed)
    }

    /// Whether objects are finished and not published yet.
    pub(super) fn has_finished(&self) -> bool {
        !self.finished.is_empty() || !self.sealed.is_empty()
    }

    /// Buffer records that could not be processed, for an object of their own under the error prefix.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn write_errors(&mut self, kind: ErrorOutputType, records: &[ErrorRecord]) -> Result<()> {
        self.start()?;
        self.stage_sealed()?;
        self.append_errors(kind, records);
        self.stage_what_can_be();
        Ok(())
    }

    pub(super) fn append_errors(&mut self, kind: ErrorOutputType, records: &[ErrorRecord]) {
        let slot = Slot::of(Kind::Errors(kind));
        for record in records {
            let buffer = self.buffer(&slot, record.arrival);
            if let Content::Text(bytes) = &mut buffer.content {
                record.write_line(kind, bytes);
            }
            buffer.count_text(1);
            self.seal_if_full(&slot);
        }
    }

    /// Take staging for this process, with a fresh start unless [`Sink::restore`] was called.
    pub(super) fn start(&mut self) -> Result<()> {
        if self.is_started { Ok(()) } else { self.restore(None) }
    }

    /// Whether the state of an earlier run, or a fresh one, is in place.
    pub(super) fn is_started(&self) -> bool {
        self.is_started
    }

    /// Take the delivery for this process, without starting it.
    pub(super) fn lock(&mut self) -> Result<()> {
        self.staging().map(|_| ())
    }

    fn staging(&mut self) -> Result<&Staging> {
        if self.staging.is_none() {
            self.staging = Some(Staging::open(&self.plan.naming.delivery, &self.private_dir)?);
        }
        self.staging.as_ref().ok_or_else(|| Error::Staging {
            path: self.private_dir.clone(),
            source: std::io::ErrorKind::NotFound.into(),
        })
    }

    /// Look at the columns once; later rows must have the same.
    pub(super) fn check_columns(&mut self, schema: &SchemaRef) -> Result<()> {
        let fields = |schema: &SchemaRef| {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect::<Vec<_>>()
        };
        match &self.columns {
            Some(columns) if SchemaRef::ptr_eq(&columns.schema, schema) => return Ok(()),
            Some(columns) if fields(&columns.schema) != fields(schema) => {
                let shown = |schema: &SchemaRef| {
                    fields(schema).iter().map(|(name, kind)| format!("`{name}` {kind}")).collect::<Vec<_>>().join(", ")
                };
                return Err(Error::ChangedColumns {
                    delivery: self.name().to_owned(),
                    expected: shown(&columns.schema),
                    found: shown(schema),
                });
            }
            Some(_) => return Ok(()),
            None => {}
        }
        format::check_schema(self.plan.format, schema)?;
        self.publisher.check_schema(schema)?;
        let encoder = TextEncoder::new(self.plan.format, schema);
        self.columns = Some(Columns { schema: SchemaRef::clone(schema), encoder });
        Ok(())
    }

    /// The open object of `slot`, begun with a record that arrived at `first`.
    pub(super) fn buffer(&mut self, slot: &Slot, first: Timestamp) -> &mut Buffer {
        self.uses += 1;
        let format = if slot.kind == Kind::Records { self.plan.format } else { Format::Json };
        let (compression, next) = (self.plan.compression, &mut self.next_object);
        let schema = self.columns.as_ref().map(|columns| &columns.schema);
        let buffer = self.open.entry(slot.clone()).or_insert_with(|| {
            let Slot { kind, partition } = slot.clone();
            let head = BufferHead { number: *next, kind, partition, format, compression, first, rows: 0, bytes: 0 };
            *next += 1;
            let content = match (format, schema) {
                (Format::Parquet, Some(schema)) => {
                    Content::Batches { schema: SchemaRef::clone(schema), batches: Vec::new(), joined: 0 }
                }
                _ => Content::Text(Vec::new()),
            };
            Buffer { head, content, used: 0 }
        });
        buffer.used = self.uses;
        buffer.head.first = buffer.head.first.min(first);
        buffer
    }

    pub(super) fn seal(&mut self, slot: &Slot) {
        self.sealed.extend(self.open.remove(slot));
    }

    pub(super) fn seal_if_full(&mut self, slot: &Slot) {
        if self.open.get(slot).is_some_and(|buffer| buffer.head.bytes >= self.plan.buffer_bytes) {
            self.seal(slot);
        }
    }

    /// Write sealed objects to staging. What fails stays sealed, whole, for the next call.
    pub(super) fn stage_sealed(&mut self) -> Result<()> {
        while let Some(buffer) = self.sealed.pop_front() {
            match self.stage(&buffer) {
                Ok(finished) => self.finished.push_back(finished),
                Err(error) => {
                    self.failures += 1;
                    self.sealed.push_front(buffer);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// As [`Self::stage_sealed`] where rows were taken already: the next call reports what still fails.
    pub(super) fn stage_what_can_be(&mut self) {
        if let Err(error) = self.stage_sealed() {
            tracing::warn!(delivery = self.name(), %error, "a finished object waits in memory");
        }
    }

    fn stage(&mut self, buffer: &Buffer) -> Result<Finished> {
        let head = &buffer.head;
        let identity = ObjectIdentity { run: self.run, number: head.number };
        let extension = self.plan.extension(head.format, head.compression);
        let error = head.kind.error();
        let key = self.plan.naming.key(identity, head.first, error, &head.partition, extension)?;
        self.plan.lake_path(&key)?;
        let staging = self.plan.naming.uuid(identity);
        let name = key.rsplit('/').next().unwrap_or_default();
        let bytes = self.staging()?.write(&staging, |out| buffer.encode(name, out))?;
        Ok(Finished {
            kind: head.kind,
            staging,
            key,
            rows: head.rows,
            bytes,
            first: head.first,
            is_named: false,
            is_published: false,
        })
    }

    /// Append rows to the open object, beginning a new one when its interval or its size is over.
    fn append(&mut self, rows: &OutputRows) -> Result<()> {
        let slot = Slot::of(Kind::Records);
        let Some(columns) = self.columns.take() else { return Ok(()) };
        let encoded = columns.encoder.as_ref().map(|encoder| encoder.rows(&rows.batch)).transpose();
        let result = encoded.map(|encoded| {
            let arrivals: &[i64] = rows.rowtime.values();
            let mut from = 0;
            while let Some(&arrival) = arrivals.get(from) {
                let to = self.chunk_end(&slot, arrivals, from);
                let first = Timestamp(arrival);
                match &encoded {
                    Some(encoded) => {
                        let buffer = self.buffer(&slot, first);
                        if let Content::Text(bytes) = &mut buffer.content {
                            encoded.encode(from, to, bytes);
                        }
                        buffer.count_text((to - from) as u64);
                    }
                    None => self.push_batch(&slot, &columns.schema, first, rows.batch.slice(from, to - from)),
                }
                self.seal_if_full(&slot);
                from = to;
            }
        });
        self.columns = Some(columns);
        result
    }

    pub(super) fn push_batch(&mut self, slot: &Slot, schema: &SchemaRef, first: Timestamp, batch: RecordBatch) {
        let buffer = self.buffer(slot, first);
        if buffer.head.rows == 0 {
            buffer.content = Content::Batches { schema: SchemaRef::clone(schema), batches: Vec::new(), joined: 0 };
        }
        buffer.push_batch(batch);
    }

    /// Where the rows end that go into the open object next, after sealing one whose interval is over.
    pub(super) fn chunk_end(&mut self, slot: &Slot, arrivals: &[i64], from: usize) -> usize {
        let rest = arrivals.get(from..).unwrap_or_default();
        let chunk = rest.len().min(CHUNK_ROWS);
        let (Some(&arrival), interval @ 1..) = (rest.first(), self.plan.buffer_millis) else { return from + chunk };
        let due = |buffer: &Buffer| buffer.head.first.plus_millis(interval).millis();
        if self.open.get(slot).is_some_and(|buffer| arrival >= due(buffer)) {
            self.seal(slot);
        }
        let end = self.open.get(slot).map_or(arrival.saturating_add(interval), due);
        let within = rest.get(..chunk).unwrap_or_default().partition_point(|time| *time < end);
        from + within.max(1)
    }

    fn reset(&mut self, state: State) {
        let State { run, next_object, schema, finished, open } = state;
        (self.run, self.next_object) = (run, next_object);
        self.columns = schema.map(|schema| {
            let encoder = TextEncoder::new(self.plan.format, &schema);
            Columns { schema, encoder }
        });
        self.finished = finished.into_iter().map(|object| Finished { is_named: true, ..object }).collect();
        self.open.clear();
        self.sealed.clear();
        for buffer in open {
            let now = (buffer.head.format, buffer.head.compression);
            let expected = if buffer.head.kind == Kind::Records { self.plan.format } else { Format::Json };
            // An object begun under another configuration is finished as it was begun.
            if now == (expected, self.plan.compression) {
                let slot = Slot { kind: buffer.head.kind, partition: buffer.head.partition.clone() };
                self.open.insert(slot, buffer);
            } else {
                self.sealed.push_back(buffer);
            }
        }
    }

    fn fresh_state(&self) -> State {
        let run = self.seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()));
        State { run, next_object: 0, schema: None, finished: Vec::new(), open: Vec::new() }
    }
}

impl Sink for Delivery {
    fn write(&mut self, rows: &OutputRows) -> Result<()> {
        self.start()?;
        self.stage_sealed()?;
        if rows.batch.num_rows() == 0 {
            return Ok(());
        }
        self.check_columns(rows.batch.schema_ref())?;
        self.append(rows)?;
        self.records += rows.batch.num_rows() as u64;
        self.stage_what_can_be();
        Ok(())
    }

    fn advance(&mut self, now: Timestamp) -> Result<()> {
        self.start()?;
        let interval = self.plan.buffer_millis;
        let is_due = |buffer: &Buffer| now == Timestamp::MAX || buffer.head.first.plus_millis(interval) <= now;
        let due: Vec<Slot> =
            self.open.iter().filter(|(_, buffer)| is_due(buffer)).map(|(slot, _)| slot.clone()).collect();
        for slot in due {
            self.seal(&slot);
        }
        self.stage_sealed()
    }

    fn snapshot(&mut self) -> Result<SinkSnapshot> {
        self.start()?;
        self.stage_sealed()?;
        for object in &mut self.finished {
            object.is_named = true;
        }
        StateRef {
            delivery: &self.plan.naming.delivery,
            run: self.run,
            next_object: self.next_object,
            schema: self.columns.as_ref().map(|columns| &columns.schema),
            finished: self.finished.iter().cloned().collect(),
            open: self.open.values().collect(),
        }
        .encode()
    }

    fn commit(&mut self) -> Result<()> {
        let named = self.finished.iter().take_while(|object| object.is_named).count();
        for object in self.finished.iter_mut().take(named).filter(|object| !object.is_published) {
            let path = self.plan.lake_path(&object.key)?;
            let local = self.staging.as_ref().map(|staging| staging.path(&object.staging)).unwrap_or_default();
            self.publisher.publish(&local, &path, object)?;
            object.is_published = true;
        }
        let schema = self.columns.as_ref().map(|columns| &columns.schema);
        self.publisher.register(schema)?;
        // Not before: until they are registered, the next snapshot must name them too.
        self.finished.drain(..named);
        Ok(())
    }

    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> Result<()> {
        let state = match snapshot {
            Some(snapshot) => State::decode(&self.plan.naming.delivery, snapshot)?,
            None => self.fresh_state(),
        };
        let keep: HashSet<&str> = state.finished.iter().map(|object| object.staging.as_str()).collect();
        self.staging()?.sweep(&keep)?;
        drop(keep);
        self.reset(state);
        self.is_started = true;
        self.commit()
    }

    fn metrics(&self) -> SinkMetrics {
        let waiting = || self.open.values().chain(&self.sealed).map(|buffer| &buffer.head);
        let finished = || self.finished.iter().filter(|object| !object.is_published);
        let published = self.publisher.metrics();
        SinkMetrics {
            records: self.records,
            bytes: published.bytes,
            objects: published.objects,
            failures: self.failures + published.failures,
            pending_records: waiting().map(|head| head.rows).sum::<u64>()
                + finished().map(|object| object.rows).sum::<u64>(),
            pending_bytes: waiting().map(|head| head.bytes).sum::<u64>()
                + finished().map(|object| object.bytes).sum::<u64>(),
            oldest_pending: waiting().map(|head| head.first).chain(finished().map(|object| object.first)).min(),
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("name", &self.name()).field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}
