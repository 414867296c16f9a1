//! What a copy did.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::tally::REASONS;
use crate::time::Timestamp;

/// Samples of the throughput that a report keeps at most.
const SAMPLES: usize = 400;

/// What a copy did. Reports of parts can be merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyReport {
    /// Where it came from.
    pub source: String,
    /// Where it went.
    pub destination: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Objects found at the source.
    pub listed: u64,
    /// Objects copied; with `dry_run` those that would be.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects not copied, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Objects that failed.
    pub failed_count: u64,
    /// The first of them with their reasons.
    pub failed: Vec<Failure>,
    /// Objects whose copy was checked.
    pub verified: u64,
    /// Requests that were repeated.
    pub retried: u64,
    /// Requests that were sent a second time because the first answer was late.
    pub hedged: u64,
    /// Extra objects deleted at the destination; with `dry_run` those that would be.
    pub deleted: u64,
    /// Objects deleted at the source by a move.
    pub moved: u64,
    /// Whether nothing was changed.
    pub is_dry_run: bool,
    /// When the oldest and the newest of the copied objects were written.
    pub modified: Option<(Timestamp, Timestamp)>,
    /// Progress over time.
    pub samples: Vec<Sample>,
    /// The SQLite file that remembers what was done, with a row for every object.
    pub manifest: Option<PathBuf>,
}

/// An object that was not copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its key, relative to the source.
    pub key: String,
    /// Why.
    pub error: String,
}

/// What was done at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds from the beginning.
    pub seconds: f64,
    /// Objects so far.
    pub objects: u64,
    /// Bytes so far.
    pub bytes: u64,
}

impl CopyReport {
    /// Objects that were not copied because nothing had to be done.
    #[must_use]
    pub fn skipped_count(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Objects a second.
    #[must_use]
    pub fn objects_per_second(&self) -> f64 {
        self.objects as f64 / self.seconds.max(1e-9)
    }

    /// Bytes a second.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.seconds.max(1e-9)
    }

    /// The report of several parts together; None when there are none.
    #[must_use]
    pub fn merge(reports: &[Self]) -> Option<Self> {
        let mut merged = reports.first()?.clone();
        let began = |report: &Self| report.started;
        let first = reports.iter().map(began).min()?;
        let mut samples: Vec<(f64, u64, u64)> = Vec::new();
        for report in reports {
            let offset = (report.started.millis() - first.millis()) as f64 / 1_000.0;
            let (mut objects, mut bytes) = (0, 0);
            for sample in &report.samples {
                samples.push((sample.seconds + offset, sample.objects - objects, sample.bytes - bytes));
                (objects, bytes) = (sample.objects, sample.bytes);
            }
        }
        for report in reports.get(1..).unwrap_or_default() {
            merged.finished = merged.finished.max(report.finished);
            merged.listed += report.listed;
            merged.objects += report.objects;
            merged.bytes += report.bytes;
            for (reason, count) in &report.skipped {
                *merged.skipped.entry(reason.clone()).or_default() += count;
            }
            merged.failed_count += report.failed_count;
            merged.failed.extend(report.failed.iter().cloned());
            merged.verified += report.verified;
            merged.retried += report.retried;
            merged.hedged += report.hedged;
            merged.deleted += report.deleted;
            merged.moved += report.moved;
            merged.is_dry_run &= report.is_dry_run;
            merged.modified = match (merged.modified, report.modified) {
                (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
                (one, other) => one.or(other),
            };
        }
        merged.started = first;
        merged.seconds = (merged.finished.millis() - first.millis()) as f64 / 1_000.0;
        merged.samples = cumulate(samples);
        merged.failed.sort_by(|a, b| a.key.cmp(&b.key));
        merged.failed.truncate(REASONS);
        if reports.len() > 1 {
            merged.manifest = None;
        }
        Some(merged)
    }
}

/// Increments in any order as samples in order.
fn cumulate(mut increments: Vec<(f64, u64, u64)>) -> Vec<Sample> {
    increments.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut objects, mut bytes) = (0, 0);
    let mut samples: Vec<Sample> = increments
        .into_iter()
        .map(|(seconds, more_objects, more_bytes)| {
            objects += more_objects;
            bytes += more_bytes;
            Sample { seconds, objects, bytes }
        })
        .collect();
    while samples.len() > SAMPLES {
        samples = thin(&samples);
    }
    samples
}

/// Every second sample, and the last.
pub(crate) fn thin(samples: &[Sample]) -> Vec<Sample> {
    let last = samples.len().saturating_sub(1);
    samples
        .iter()
        .enumerate()
        .filter(|(index, _)| index % 2 == 1 || *index == last)
        .map(|(_, sample)| *sample)
        .collect()
}

/// Samples that stay few: when there are many, the distance between them doubles.
#[derive(Debug)]
pub(crate) struct Samples {
    pub(crate) kept: Vec<Sample>,
    every: u32,
    skipped: u32,
}

impl Default for Samples {
    fn default() -> Self {
        Self { kept: Vec::new(), every: 1, skipped: 0 }
    }
}

impl Samples {
    pub(crate) fn push(&mut self, sample: Sample) {
        self.skipped += 1;
        if self.skipped < self.every {
            return;
        }
        self.skipped = 0;
        self.kept.push(sample);
        if self.kept.len() > SAMPLES {
            self.kept = thin(&self.kept);
            self.every *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(started: i64, objects: u64) -> CopyReport {
        CopyReport {
            source: "a/".into(),
            destination: "b/".into(),
            started: Timestamp(started),
            finished: Timestamp(started + 2_000),
            seconds: 2.0,
            listed: objects + 1,
            objects,
            bytes: objects * 10,
            skipped: BTreeMap::from([("same ETag".to_owned(), 1)]),
            failed_count: 1,
            failed: vec![Failure { key: format!("k{started}"), error: "no".into() }],
            verified: objects,
            retried: 1,
            hedged: 0,
            deleted: 0,
            moved: 0,
            is_dry_run: false,
            modified: Some((Timestamp(started), Timestamp(started))),
            samples: vec![
                Sample { seconds: 1.0, objects: objects / 2, bytes: objects * 5 },
                Sample { seconds: 2.0, objects, bytes: objects * 10 },
            ],
            manifest: None,
        }
    }

    #[test]
    fn merged_reports_add_up_and_last_from_the_first_start_to_the_last_end() {
        let merged = CopyReport::merge(&[report(10_000, 4), report(9_000, 6)]).unwrap();
        assert_eq!((merged.objects, merged.bytes, merged.failed_count, merged.skipped_count()), (10, 100, 2, 2));
        assert_eq!((merged.started, merged.seconds), (Timestamp(9_000), 3.0));
        assert_eq!(merged.modified, Some((Timestamp(9_000), Timestamp(10_000))));
        let last = merged.samples.last().unwrap();
        assert_eq!((last.seconds, last.objects, last.bytes), (3.0, 10, 100));
        assert!(merged.samples.is_sorted_by(|a, b| a.seconds <= b.seconds && a.objects <= b.objects));
        assert!(CopyReport::merge(&[]).is_none());
    }

    #[test]
    fn samples_stay_few_and_keep_the_whole_time() {
        let mut samples = Samples::default();
        for second in 0..10_000 {
            samples.push(Sample { seconds: f64::from(second), objects: 0, bytes: 0 });
        }
        assert!(samples.kept.len() <= SAMPLES + 1 && samples.kept.last().unwrap().seconds > 9_900.0);
    }
}
