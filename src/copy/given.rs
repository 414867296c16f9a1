//! The names that a copy has given so far: two objects must not get one.
//!
//! Of a name only a hash is kept, eight bytes. The last million are in memory, the others in a file.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _};

use super::{Result, scratch};

/// Hashes in memory.
const RECENT: usize = 1_000_000;

/// Hashes of names.
#[derive(Debug)]
pub(crate) struct Given {
    recent: HashSet<u64>,
    older: Option<Connection>,
    most: usize,
}

impl Default for Given {
    fn default() -> Self {
        Self { recent: HashSet::new(), older: None, most: RECENT }
    }
}

impl Given {
    /// Whether the name with this hash is new; from now on it is not.
    pub(crate) fn insert(&mut self, hash: u64) -> Result<bool> {
        if self.recent.contains(&hash) || self.is_older(hash).map_err(scratch::failed)? {
            return Ok(false);
        }
        self.recent.insert(hash);
        if self.recent.len() >= self.most {
            self.set_aside().map_err(scratch::failed)?;
        }
        Ok(true)
    }

    fn is_older(&self, hash: u64) -> rusqlite::Result<bool> {
        let Some(older) = &self.older else { return Ok(false) };
        let mut statement = older.prepare_cached("SELECT 1 FROM name WHERE hash = ?1")?;
        Ok(statement.query_row((hash.cast_signed(),), |_| Ok(())).optional()?.is_some())
    }

    fn set_aside(&mut self) -> rusqlite::Result<()> {
        let older = match self.older.take() {
            Some(older) => older,
            None => scratch::open("CREATE TABLE name (hash INTEGER PRIMARY KEY)")?,
        };
        let older = self.older.insert(older);
        let mut hashes: Vec<i64> = self.recent.drain().map(u64::cast_signed).collect();
        hashes.sort_unstable(); // neighbours share a page
        let transaction = older.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO name VALUES (?1)")?;
            for hash in hashes {
                statement.execute((hash,))?;
            }
        }
        transaction.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once_however_long_ago_that_was() {
        let mut given = Given { most: 10, ..Given::default() };
        let hash = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for round in 0..2 {
            for n in 0..105 {
                assert_eq!(given.insert(hash(n)).unwrap(), round == 0, "{n}");
            }
        }
        assert_eq!(given.recent.len(), 5, "the others are in the file");
    }
}
