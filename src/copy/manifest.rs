//! How far a copy got, in a SQLite file of its own, so that it can go on after `kill -9`.
//!
//! The file is found again by source, destination and options. What is done is written in batches: a crash forgets one
//! batch at most, whose objects are compared again and not copied again. Uploads are written down before they begin,
//! because parts that nobody completes cost money until somebody aborts them. Two processes that run the same copy would
//! abort each other's, so the file belongs to one at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::oneshot;

use super::{CopyOptions, Error, Result};

const BATCH: usize = 2_000;
/// Records that wait to be written; a copy that is faster than the disk waits for it.
const WAITING: usize = 8_192;
/// Characters of a manifest's name that tell it from all others.
const STAGE: usize = 16;
const LATEST: Duration = Duration::from_millis(500);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS job (source TEXT, destination TEXT, options TEXT, started INTEGER, finished INTEGER);
    CREATE TABLE IF NOT EXISTS object (
        key TEXT PRIMARY KEY, size INTEGER, etag TEXT, copied_etag TEXT, state TEXT, error TEXT
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS upload (key TEXT, bucket TEXT, upload_id TEXT, PRIMARY KEY (key, upload_id)) WITHOUT ROWID;
";

/// What is written down about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) etag: Option<Box<str>>,
    pub(crate) copied_etag: Option<Box<str>>,
    pub(crate) error: Option<String>,
}

/// An upload that may be left over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftUpload {
    pub(crate) key: String,
    pub(crate) bucket: String,
    /// Empty: it was about to begin.
    pub(crate) id: String,
}

/// What a copy that ended before its end may have left over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Leftovers {
    /// Names the copy in the temporary names of its files.
    pub(crate) stage: String,
    /// Where it was copying to: a local folder as an absolute path.
    pub(crate) destination: String,
    pub(crate) uploads: Vec<LeftUpload>,
    /// Whether it ended without saying so.
    pub(crate) was_killed: bool,
}

enum Message {
    Done(Record),
    Upload(LeftUpload, oneshot::Sender<()>),
    Ended(LeftUpload),
    Find(Vec<String>, oneshot::Sender<HashMap<String, Record>>),
    Finish(oneshot::Sender<()>),
}

/// The open manifest of a running copy.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) path: PathBuf,
    sender: SyncSender<Message>,
}

/// The folder of manifests.
pub(crate) fn state_dir(options: &CopyOptions) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    options
        .state_dir
        .clone()
        .or_else(|| variable("BAYOU_CACHE_DIR"))
        .or_else(|| variable("XDG_CACHE_HOME").map(|dir| dir.join("bayou")))
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache").join("bayou")))
        .unwrap_or_else(std::env::temp_dir)
        .join("copies")
}

impl Manifest {
    /// Open the manifest of this copy, new or from the last time; also what the last time left over. Local places are
    /// absolute paths, since the manifest is found from wherever the copy is started again.
    pub(crate) fn open(source: &str, target: &str, options: &CopyOptions, now: i64) -> Result<(Self, Leftovers)> {
        let described = describe(options);
        let digest = Md5::digest(format!("{source}\n{target}\n{described}"));
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = state_dir(options);
        std::fs::create_dir_all(&folder).map_err(|source| Error::file(&folder, source))?;
        let path = folder.join(format!("{name}.db"));
        let failed = |source| match source {
            busy if is_busy(&busy) => Error::InUse { path: path.clone() },
            source => Error::Manifest { path: path.clone(), source },
        };
        let connection = connect(&path).map_err(failed)?;
        let left = read_leftovers(&connection, &path).map_err(failed)?.unwrap_or_default();
        let left = Leftovers { stage: stage(&path), ..left };
        connection
            .execute("DELETE FROM job", ())
            .and_then(|_| {
                let row = params![source, target, described, now];
                connection
                    .execute("INSERT INTO job (source, destination, options, started) VALUES (?1, ?2, ?3, ?4)", row)
            })
            .map_err(failed)?;
        let (sender, receiver) = sync_channel(WAITING);
        let writing = path.clone();
        std::thread::Builder::new()
            .name("bayou-manifest".to_owned())
            .spawn(move || {
                if let Err(error) = write(connection, &receiver) {
                    // The copy goes on: without a manifest it is compared again the next time.
                    tracing::warn!(path = %writing.display(), %error, "the manifest cannot be written");
                }
            })
            .map_err(|source| Error::file(&path, source))?;
        Ok((Self { path, sender }, left))
    }

    /// Write down that an object is done, soon.
    pub(crate) fn record(&self, record: Record) {
        let _ = self.sender.send(Message::Done(record)); // the writer has said why it stopped
    }

    /// Write down an upload, now.
    pub(crate) async fn upload(&self, upload: LeftUpload) {
        let (done, written) = oneshot::channel();
        if self.sender.send(Message::Upload(upload, done)).is_ok() {
            let _ = written.await; // as above
        }
    }

    /// An upload has been completed or aborted.
    pub(crate) fn ended(&self, upload: LeftUpload) {
        let _ = self.sender.send(Message::Ended(upload)); // as above
    }

    /// What is known about keys.
    pub(crate) async fn find(&self, keys: Vec<String>) -> HashMap<String, Record> {
        let (done, found) = oneshot::channel();
        if keys.is_empty() || self.sender.send(Message::Find(keys, done)).is_err() {
            return HashMap::new();
        }
        found.await.unwrap_or_default()
    }

    /// Write what is waiting.
    pub(crate) async fn finish(&self) {
        let (done, written) = oneshot::channel();
        if self.sender.send(Message::Finish(done)).is_ok() {
            let _ = written.await; // as above
        }
    }
}

/// The options that decide what is copied to where; how fast does not matter.
fn describe(options: &CopyOptions) -> String {
    let CopyOptions { include, exclude, rename, range, source, destination, .. } = options;
    let ends = (&source.endpoint_url, &destination.endpoint_url);
    serde_json::json!({ "include": include, "exclude": exclude, "rename": rename, "range": range, "endpoints": ends })
        .to_string()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_millis(100))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(SCHEMA)?;
    // The lock is taken by the first write.
    connection.execute("DELETE FROM object WHERE state = 'failed'", ())?;
    Ok(connection)
}

fn left_uploads(connection: &Connection) -> rusqlite::Result<Vec<LeftUpload>> {
    let mut statement = connection.prepare("SELECT key, bucket, upload_id FROM upload")?;
    let rows =
        statement.query_map((), |row| Ok(LeftUpload { key: row.get(0)?, bucket: row.get(1)?, id: row.get(2)? }))?;
    rows.collect()
}

/// The writer's thread: batches of rows, and answers.
fn write(mut connection: Connection, receiver: &Receiver<Message>) -> rusqlite::Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut since = Instant::now();
    loop {
        let message = receiver.recv_timeout(LATEST);
        if batch.is_empty() {
            since = Instant::now();
        }
        match message {
            Ok(Message::Done(record)) => {
                batch.push(record);
                if batch.len() >= BATCH || since.elapsed() >= LATEST {
                    commit(&mut connection, &mut batch)?;
                }
            }
            Ok(Message::Upload(upload, done)) => {
                commit(&mut connection, &mut batch)?;
                insert_upload(&connection, &upload)?;
                let _ = done.send(()); // the one who waits may have been stopped
            }
            Ok(Message::Ended(upload)) => {
                let row = params![upload.key, upload.id];
                connection.execute("DELETE FROM upload WHERE key = ?1 AND upload_id IN (?2, '')", row)?;
            }
            Ok(Message::Find(keys, found)) => {
                commit(&mut connection, &mut batch)?;
                let _ = found.send(find(&connection, keys)?); // as above
            }
            Ok(Message::Finish(done)) => {
                commit(&mut connection, &mut batch)?;
                connection.execute("UPDATE job SET finished = 1", ())?;
                drop(connection); // lets go of the file's lock before anybody is told
                let _ = done.send(()); // as above
                return Ok(());
            }
            Err(RecvTimeoutError::Timeout) => commit(&mut connection, &mut batch)?,
            Err(RecvTimeoutError::Disconnected) => return commit(&mut connection, &mut batch),
        }
    }
}

fn insert_upload(connection: &Connection, upload: &LeftUpload) -> rusqlite::Result<()> {
    let LeftUpload { key, bucket, id } = upload;
    if !id.is_empty() {
        connection.execute("DELETE FROM upload WHERE key = ?1 AND upload_id = ''", params![key])?;
    }
    let row = params![key, bucket, id];
    connection.execute("INSERT OR REPLACE INTO upload (key, bucket, upload_id) VALUES (?1, ?2, ?3)", row)?;
    Ok(())
}

fn commit(connection: &mut Connection, batch: &mut Vec<Record>) -> rusqlite::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    {
        let mut statement =
            transaction.prepare_cached("INSERT OR REPLACE INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for Record { key, size, etag, copied_etag, error } in batch.drain(..) {
            let state = if error.is_some() { "failed" } else { "copied" };
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            statement.execute(params![key, size, etag, copied_etag, state, error])?;
        }
    }
    transaction.commit()
}

fn find(connection: &Connection, keys: Vec<String>) -> rusqlite::Result<HashMap<String, Record>> {
    let sql = "SELECT size, etag, copied_etag FROM object WHERE key = ?1 AND state = 'copied'";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = HashMap::new();
    for key in keys {
        let record = statement
            .query_row(params![key], |row| {
                let size = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
                Ok(Record { key: key.clone(), size, etag: row.get(1)?, copied_etag: row.get(2)?, error: None })
            })
            .optional()?;
        if let Some(record) = record {
            found.insert(key, record);
        }
    }
    Ok(found)
}

/// What copies of the past left over, by manifest; those in use by a running copy are passed over.
pub(crate) fn leftovers(folder: &Path) -> Result<Vec<(PathBuf, Leftovers)>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(|source| Error::file(folder, source))?,
    };
    for entry in entries {
        let path = entry.map_err(|source| Error::file(folder, source))?.path();
        if path.extension().is_none_or(|extension| extension != "db") {
            continue;
        }
        match connect(&path).and_then(|connection| read_leftovers(&connection, &path)) {
            Ok(Some(left)) => found.push((path, left)),
            Ok(None) => {}
            Err(error) if is_busy(&error) => {}
            Err(source) => return Err(Error::Manifest { path, source }),
        }
    }
    Ok(found)
}

/// Forget what a manifest says is left over.
pub(crate) fn forget(path: &Path) -> Result<()> {
    let done = connect(path)
        .and_then(|connection| connection.execute_batch("DELETE FROM upload; UPDATE job SET finished = 1;"));
    done.map_err(|source| Error::Manifest { path: path.to_path_buf(), source })
}

/// `None` in a manifest that no copy has begun with.
fn read_leftovers(connection: &Connection, path: &Path) -> rusqlite::Result<Option<Leftovers>> {
    let job = connection
        .query_row("SELECT destination, finished IS NULL FROM job", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((destination, was_killed)) = job else { return Ok(None) };
    let uploads = left_uploads(connection)?;
    Ok(Some(Leftovers { stage: stage(path), destination, uploads, was_killed }))
}

/// What the temporary names of a copy's files begin with: a part of its manifest's name.
fn stage(manifest: &Path) -> String {
    let name = manifest.file_stem().unwrap_or_default().to_string_lossy();
    name.chars().take(STAGE).collect()
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}
