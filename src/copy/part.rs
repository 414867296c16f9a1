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
/// Marks that are kept at least, and for each part; of many keys every border is one of these.
const MARKS: usize = 20_000;
const MARKS_OF_PART: usize = 20;
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
    let most = MARKS.max(parts.saturating_mul(MARKS_OF_PART));
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let stride = if seen < EXACT { 1 } else { STRIDE };
        seen += batch.entries.len();
        let mut after = batch.range.after;
        for entries in batch.entries.chunks(stride) {
            let bytes = entries.iter().map(|entry| entry.size).sum::<u64>();
            if let Some(last) = entries.last() {
                let after = std::mem::replace(&mut after, last.key.clone());
                marks.push(Mark { after, key: last.key.clone(), objects: entries.len() as u64, bytes });
            }
        }
        if marks.len() >= 2 * most {
            marks = join(marks, most);
        }
    }
    if marks.is_empty() {
        return Err(Error::NothingThere { location: location.url });
    }
    marks.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let ranges = cut(marks, parts);
    let of = ranges.len();
    let part = |(index, (range, objects, bytes)): (usize, (KeyRange, u64, u64))| CopyPart {
        source: location.url.clone(),
        destination: target.to_owned(),
        number: index + 1,
        of,
        objects,
        bytes,
        options: CopyOptions {
            hints: options.hints.iter().filter(|hint| range.contains(hint)).cloned().collect(),
            range,
            ..options.clone()
        },
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

/// Objects behind one key, up to and with another.
struct Mark {
    after: String,
    key: String,
    objects: u64,
    bytes: u64,
}

/// About `most` marks, of neighbours between which no keys are still to come.
fn join(mut marks: Vec<Mark>, most: usize) -> Vec<Mark> {
    marks.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let enough = 2 * marks.iter().map(weight).sum::<u128>() / most as u128;
    let mut joined: Vec<Mark> = Vec::with_capacity(most);
    for mark in marks {
        match joined.last_mut() {
            Some(last) if last.key == mark.after && weight(last) + weight(&mark) <= enough => {
                last.key = mark.key;
                last.objects += mark.objects;
                last.bytes += mark.bytes;
            }
            _ => joined.push(mark),
        }
    }
    joined
}

/// What the objects of a mark cost.
fn weight(mark: &Mark) -> u128 {
    u128::from(mark.bytes) + u128::from(mark.objects * OBJECT)
}

/// Ranges that together cover everything, also keys that come later, with their objects and bytes.
fn cut(marks: Vec<Mark>, parts: usize) -> Vec<(KeyRange, u64, u64)> {
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
        cut(marks(sizes), count)
    }

    fn marks(sizes: &[u64]) -> Vec<Mark> {
        let key = |index: usize| format!("k{index:07}");
        let mark =
            |(index, bytes): (usize, &u64)| Mark { after: key(index), key: key(index + 1), objects: 1, bytes: *bytes };
        sizes.iter().enumerate().map(mark).collect()
    }

    #[test]
    fn many_marks_become_few_and_none_across_a_gap() {
        let mut found = marks(&[10; 10_000]);
        found.reverse(); // batches come in any order
        found.remove(5_000); // and some are not there yet
        let found = join(found, 100);
        assert!((50..=102).contains(&found.len()), "{}", found.len());
        assert_eq!(found.iter().map(|mark| mark.objects).sum::<u64>(), 9_999);
        assert!(found.windows(2).filter(|pair| pair[0].key != pair[1].after).count() == 1);
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
