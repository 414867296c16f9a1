//! What one folder holds, in the order of keys: in memory, or in a file when it is very much.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::{Connection, params};

use crate::copy::entry::Entry;
use crate::copy::{Error, Result, scratch};

/// Names that are sorted in memory.
const FEW: usize = 50_000;
/// Names that are read ahead of their turn.
const AHEAD: usize = 1_000;

const TABLE: &str = "CREATE TABLE item (key TEXT, is_folder INTEGER, size INTEGER, etag TEXT, modified INTEGER)";

/// A name in a folder.
#[derive(Debug)]
pub(super) enum Item {
    File(Entry),
    /// A folder's key with its slash; its contents when somebody reads them already.
    Folder(String, Option<Receiver<Result<Contents>>>),
}

impl Item {
    fn key(&self) -> &str {
        match self {
            Self::File(entry) => &entry.key,
            Self::Folder(key, _) => key,
        }
    }
}

/// The names of a folder, sorted.
#[derive(Debug)]
pub(super) enum Contents {
    /// From the last to the first.
    Few(Vec<Item>),
    Many(Receiver<Result<Item>>),
}

impl Contents {
    /// The first name that is left.
    pub(super) fn pop(&mut self) -> Result<Option<Item>> {
        match self {
            Self::Few(items) => Ok(items.pop()),
            Self::Many(items) => items.recv().ok().transpose(),
        }
    }
}

/// Names in any order.
#[derive(Debug)]
pub(super) struct Unsorted {
    items: Vec<Item>,
    file: Option<Connection>,
    most: usize,
}

impl Default for Unsorted {
    fn default() -> Self {
        Self { items: Vec::new(), file: None, most: FEW }
    }
}

impl Unsorted {
    pub(super) fn push(&mut self, item: Item) -> Result<()> {
        self.items.push(item);
        if self.items.len() >= self.most { self.set_aside().map_err(scratch::failed) } else { Ok(()) }
    }

    pub(super) fn sorted(mut self) -> Result<Contents> {
        if self.file.is_none() {
            self.items.sort_unstable_by(|a, b| b.key().cmp(a.key()));
            return Ok(Contents::Few(self.items));
        }
        self.set_aside().map_err(scratch::failed)?;
        let (sender, receiver) = sync_channel(AHEAD);
        if let Some(file) = self.file {
            let read = move || {
                if let Err(error) = read(&file, &sender) {
                    let _ = sender.send(Err(scratch::failed(error))); // the walk may have ended meanwhile
                }
            };
            let thread = std::thread::Builder::new().name("bayou-folder".to_owned()).spawn(read);
            thread.map_err(|error| Error::Worker { reason: error.to_string() })?;
        }
        Ok(Contents::Many(receiver))
    }

    fn set_aside(&mut self) -> rusqlite::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => scratch::open(TABLE)?,
        };
        let file = self.file.insert(file);
        let transaction = file.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for item in self.items.drain(..) {
                let (entry, is_folder) = match item {
                    Item::File(entry) => (entry, false),
                    Item::Folder(key, _) => (Entry { key, ..Entry::default() }, true),
                };
                let Entry { key, size, etag, modified, storage_class: _ } = entry; // files have no class
                statement.execute(params![key, is_folder, size.cast_signed(), etag, modified])?;
            }
        }
        transaction.commit()
    }
}

/// Send the names in their order, until nobody wants them.
fn read(file: &Connection, sender: &SyncSender<Result<Item>>) -> rusqlite::Result<()> {
    let mut statement = file.prepare("SELECT key, is_folder, size, etag, modified FROM item ORDER BY key")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let key = row.get(0)?;
        let item = if row.get(1)? {
            Item::Folder(key, None)
        } else {
            let size = row.get::<_, i64>(2)?.cast_unsigned();
            Item::File(Entry { key, size, etag: row.get(3)?, modified: row.get(4)?, storage_class: None })
        };
        if sender.send(Ok(item)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_very_many_names_comes_in_the_same_order_as_one_of_few() {
        let item = |n: u64| match n % 3 {
            0 => Item::Folder(format!("f/{}/", n * 7919 % 1_000), None),
            _ => Item::File(Entry {
                key: format!("f/{}-\u{e9}", n * 7919 % 1_000),
                size: n,
                etag: Some("x".into()),
                ..Entry::default()
            }),
        };
        let told = |most: usize| {
            let mut unsorted = Unsorted { most, ..Unsorted::default() };
            (0..1_000).for_each(|n| unsorted.push(item(n)).unwrap());
            let mut contents = unsorted.sorted().unwrap();
            assert_eq!(matches!(contents, Contents::Many(_)), most == 64);
            let mut told = Vec::new();
            while let Some(item) = contents.pop().unwrap() {
                told.push(format!("{item:?}"));
            }
            told
        };
        assert_eq!(told(64), told(10_000));
    }
}
