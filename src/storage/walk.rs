//! Listing a local folder with a few threads.
//!
//! Listing waits for the kernel, one system call per file; folders are handed out to threads one by one, so wide trees
//! of partitions are read in parallel. The threads are few and short-lived; a small tree is done before a second starts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::local::object_info;
use super::path::check;
use super::root::PRIVATE;
use super::{Error, LakePath, ObjectInfo, Result};

/// The files and folders below a folder, in no order.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) files: Vec<ObjectInfo>,
    /// Each folder with the time of its last change, taken before it was read.
    pub(super) folders: Vec<(PathBuf, Option<SystemTime>)>,
}

/// All files below `folder`, whose path in the lake is `prefix`, in no order.
pub(super) fn files(root: &Path, folder: &Path, prefix: &LakePath) -> Result<Vec<ObjectInfo>> {
    walk(root, folder, prefix).map(|walked| walked.files)
}

/// All files and folders below `folder`, itself included.
pub(super) fn walk(root: &Path, folder: &Path, prefix: &LakePath) -> Result<Walked> {
    let queue = Queue::new(Folder { path: folder.to_path_buf(), name: prefix.as_str().to_owned() });
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(|| drain(&queue, root))).collect();
        let mut found = drain(&queue, root);
        for helper in helpers {
            let Ok(more) = helper.join() else {
                let source = "a listing thread stopped".into();
                return Err(Error::Other { path: prefix.to_string(), source });
            };
            match (&mut found, more) {
                (Ok(found), Ok(more)) => {
                    found.files.extend(more.files);
                    found.folders.extend(more.folders);
                }
                (Ok(_), Err(error)) => found = Err(error),
                (Err(_), _) => {}
            }
        }
        found
    })
}

struct Folder {
    path: PathBuf,
    name: String,
}

/// Folders still to read, and how many are being read now.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: Vec<Folder>,
    busy: usize,
    stopped: bool,
}

impl Queue {
    fn new(first: Folder) -> Self {
        let state = State { waiting: vec![first], busy: 0, stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next folder; None when all are done or one failed.
    fn next(&self) -> Option<Folder> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(folder) = state.waiting.pop() {
                state.busy += 1;
                return Some(folder);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One folder is done; `found` are the folders in it.
    fn done(&self, found: Vec<Folder>, failed: bool) {
        let mut state = self.lock();
        state.busy -= 1;
        state.stopped |= failed;
        state.waiting.extend(found);
        if state.waiting.len() > 1 || state.busy == 0 || state.stopped {
            self.changed.notify_all();
        } else if !state.waiting.is_empty() {
            self.changed.notify_one();
        }
    }
}

fn drain(queue: &Queue, root: &Path) -> Result<Walked> {
    let mut walked = Walked::default();
    while let Some(folder) = queue.next() {
        let mut folders = Vec::new();
        let changed = fs::metadata(&folder.path).and_then(|metadata| metadata.modified()).ok();
        let read = read_folder(&folder, root, &mut walked.files, &mut folders);
        queue.done(folders, read.is_err());
        read?;
        walked.folders.push((folder.path, changed));
    }
    Ok(walked)
}

fn read_folder(folder: &Folder, root: &Path, files: &mut Vec<ObjectInfo>, folders: &mut Vec<Folder>) -> Result<()> {
    let failed = |source| Error::from_io(folder.name.as_str(), source);
    let entries = match fs::read_dir(&folder.path) {
        // Deleted since it was listed: not there any more, which is no error.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file_name = entry.file_name();
        if folder.name.is_empty() && file_name == PRIVATE {
            continue;
        }
        let name = lake_name(&folder.name, &file_name)?;
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            folders.push(Folder { path: entry.path(), name });
            continue;
        }
        let metadata = if kind.is_symlink() { linked_file(&entry.path(), root) } else { entry.metadata().ok() };
        if let Some(metadata) = metadata.filter(fs::Metadata::is_file) {
            files.push(object_info(LakePath::from_checked(name), &metadata));
        }
    }
    Ok(())
}

/// A symbolic link is listed when it leads to a file in the lake; linked folders are not entered, they could be a circle.
fn linked_file(link: &Path, root: &Path) -> Option<fs::Metadata> {
    let target = link.canonicalize().ok()?;
    if target.starts_with(root) { fs::metadata(target).ok() } else { None }
}

fn lake_name(folder: &str, name: &std::ffi::OsStr) -> Result<String> {
    let refuse = |reason: String| {
        let path = format!("{folder}/{}", name.to_string_lossy());
        Err(Error::InvalidPath { path, reason: format!("{reason}\nhint: rename the file") })
    };
    let Some(text) = name.to_str() else { return refuse("its name is not Unicode".into()) };
    if let Err(reason) = check(text) {
        return refuse(reason);
    }
    Ok(if folder.is_empty() { text.to_owned() } else { format!("{folder}/{text}") })
}
