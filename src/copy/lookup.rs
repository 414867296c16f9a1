//! What the other side has of a range of keys: a merge-join of two sorted listings.

use std::collections::VecDeque;

use super::Result;
use super::entry::Entry;
use super::s3::PAGE_KEYS;
use super::side::{RemoteSide, Side, find_file};

/// For each of the sorted `keys` what `side` has, without asking for each of them where a listing tells.
pub(crate) async fn look_up(side: &Side, after: &str, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
    match side {
        Side::Local(local) => {
            let (root, keys) = (local.root.clone(), keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
            let find = move || keys.iter().map(|key| find_file(&root, key).or_else(unsafe_is_missing)).collect();
            tokio::task::spawn_blocking(find).await.map_err(super::stopped_worker)?
        }
        Side::Remote(remote) => remote_look_up(remote, after, keys).await,
    }
}

/// A key that cannot be a file's name is not there as a file.
fn unsafe_is_missing(error: super::Error) -> Result<Option<Entry>> {
    match error {
        super::Error::UnsafeName { .. } => Ok(None),
        error => Err(error),
    }
}

async fn remote_look_up(remote: &RemoteSide, after: &str, keys: &[&str]) -> Result<Vec<Option<Entry>>> {
    let mut found = Vec::with_capacity(keys.len());
    let mut after = after.to_owned();
    let mut page: VecDeque<Entry> = VecDeque::new();
    let mut is_at_end = false;
    for key in keys {
        let entry = loop {
            while page.front().is_some_and(|entry| entry.key.as_str() < *key) {
                if let Some(passed) = page.pop_front() {
                    after = passed.key;
                }
            }
            match page.pop_front() {
                Some(entry) if entry.key == *key => {
                    after.clone_from(&entry.key);
                    break Some(entry);
                }
                Some(entry) => {
                    page.push_front(entry);
                    break None;
                }
                None if is_at_end => break None,
                None => {
                    // Keys that nobody asks about are jumped over: the key without its end comes before it.
                    let end = key.char_indices().next_back().map_or(0, |(at, _)| at);
                    let before = key.get(..end).unwrap_or_default();
                    let from = if before > after.as_str() { before } else { after.as_str() };
                    let next = remote.s3.list(&remote.prefix, from, PAGE_KEYS, false).await?;
                    is_at_end = !next.is_truncated || next.entries.is_empty();
                    page = next.entries.into();
                }
            }
        };
        found.push(entry);
    }
    Ok(found)
}
