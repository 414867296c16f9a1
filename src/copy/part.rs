//! A copy in independent parts, for workers that share nothing: functions, processes, machines.
//!
//! One process plans, any number of others run a part each, and their reports are merged: the whole of an orchestrator
//! with master and workers. A part is a range of keys and travels as JSON, without access keys.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::list::KeyRange;
use super::location::Location;
use super::side::Side;
use super::tally::Tally;
use super::{CopyOptions, CopyReport, Error, Result, copy};

/// Keys up to which every one may be a border; behind them every fiftieth.
const EXACT: usize = 5_000;
const STRIDE: usize = 50;
/// What an object costs besides its bytes, in bytes.
const OBJECT: u64 = 64 << 10;

/// One of the parts into which a copy was cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CopyPart {
    /// Where it comes from.
    pub source: String,
    /// Where it goes.
    pub destination: String,
    /// Number of the part, from 1.
    pub number: usize,
    /// Parts of the copy.
    pub of: usize,
    /// Objects that were in the part when it was planned.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The options, with the range of keys.
    pub options: CopyOptions,
}

/// Cut the copy of a folder into at most `parts` parts of about equal work.
///
/// # Errors
/// As [`copy`]; also when `parts` is 0.
pub async fn plan(source: &str, target: &str, parts: usize, options: &CopyOptions) -> Result<Vec<CopyPart>> {
    options.check()?;
    if parts == 0 {
        return Err(Error::InvalidOption { option: "n", reason: "it is at least 1".to_owned() });
    }
    Location::parse(target)?;
    let location = Location::parse(source)?.into_folder();
    let side = Side::open(&location, &options.source, options)?;
    let mut batches = side.list(KeyRange::default(), options, None);
    let (mut marks, mut seen) = (Vec::new(), 0);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let stride = if seen < EXACT { 1 } else { STRIDE };
        seen += batch.entries.len();
        for entries in batch.entries.chunks(stride) {
            let bytes = entries.iter().map(|entry| entry.size).sum::<u64>();
            if let Some(last) = entries.last() {
                marks.push(Mark { key: last.key.clone(), objects: entries.len() as u64, bytes });
            }
        }
    }
    if marks.is_empty() {
        return Err(Error::NothingThere { location: location.url });
    }
    marks.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let ranges = cut(marks, parts);
    let of = ranges.len();
    let part = |(index, (range, objects, bytes))| CopyPart {
        source: location.url.clone(),
        destination: target.to_owned(),
        number: index + 1,
        of,
        objects,
        bytes,
        options: CopyOptions { range, ..options.clone() },
    };
    Ok(ranges.into_iter().enumerate().map(part).collect())
}

/// Run one part.
///
/// # Errors
/// As [`copy`].
pub async fn run(part: &CopyPart, tally: &Arc<Tally>) -> Result<CopyReport> {
    copy(&part.source, &part.destination, &part.options, tally).await
}

/// Objects up to and with a key, from the mark before.
struct Mark {
    key: String,
    objects: u64,
    bytes: u64,
}

/// Ranges that together cover everything, also keys that come later, with their objects and bytes.
fn cut(marks: Vec<Mark>, parts: usize) -> Vec<(KeyRange, u64, u64)> {
    let weight = |mark: &Mark| u128::from(mark.bytes) + u128::from(mark.objects * OBJECT);
    let total: u128 = marks.iter().map(weight).sum();
    let mut ranges = Vec::with_capacity(parts);
    let (mut after, mut objects, mut bytes, mut done) = (String::new(), 0, 0, 0);
    let last = marks.len() - 1;
    for (index, mark) in marks.into_iter().enumerate() {
        done += weight(&mark);
        objects += mark.objects;
        bytes += mark.bytes;
        let is_due = done * parts as u128 >= total * (ranges.len() as u128 + 1);
        if index == last {
            let range = KeyRange { after: std::mem::take(&mut after), until: None };
            ranges.push((range, objects, bytes));
        } else if is_due && ranges.len() + 1 < parts {
            let range = KeyRange { after: std::mem::replace(&mut after, mark.key.clone()), until: Some(mark.key) };
            ranges.push((range, std::mem::take(&mut objects), std::mem::take(&mut bytes)));
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sizes: &[u64], count: usize) -> Vec<(KeyRange, u64, u64)> {
        let mark = |(index, bytes): (usize, &u64)| Mark { key: format!("k{index:03}"), objects: 1, bytes: *bytes };
        cut(sizes.iter().enumerate().map(mark).collect(), count)
    }

    #[test]
    fn parts_cover_every_key_once_and_weigh_about_the_same() {
        let found = parts(&[1_000_000; 100], 7);
        assert_eq!(found.len(), 7);
        assert_eq!((found[0].0.after.as_str(), found[6].0.until.as_ref()), ("", None));
        assert!(found.windows(2).all(|pair| pair[0].0.until.as_deref() == Some(pair[1].0.after.as_str())));
        assert!(found.iter().all(|(_, objects, _)| (13..=16).contains(objects)), "{found:?}");
        assert_eq!(found.iter().map(|(_, objects, _)| objects).sum::<u64>(), 100);
    }

    #[test]
    fn there_are_no_more_parts_than_objects() {
        assert_eq!(parts(&[5, 5], 10).len(), 2);
        assert_eq!(parts(&[5], 10).len(), 1);
        assert!(parts(&[1 << 40, 1, 1, 1], 4).len() <= 4);
    }
}
