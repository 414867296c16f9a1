//! Retention: how long records are kept, and how much of them.
//!
//! Files go as a whole, the one that is being written never; what has expired in it is passed over by readers, so that
//! the trim horizon moves with the clock. A reader that has a file open finishes it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::segment::{HeaderWindow, Segment, first_arrival, segment_name, segments};
use crate::time::Timestamp;

/// Bounds of the API: a day, and 365 days.
const HOURS: std::ops::RangeInclusive<u32> = 24..=8760;

/// What a stream keeps; everything by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Hours after their arrival for which records are kept; for ever when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// About the most bytes that a shard keeps; any when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Retention {
    /// Records are kept for `hours`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] outside of the API's 24 to 8760.
    pub fn hours(hours: u32) -> Result<Self> {
        Self { hours: Some(hours), bytes: None }.checked()
    }

    /// This one, if the API allows it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for hours outside of 24 to 8760.
    pub fn checked(self) -> Result<Self> {
        match self.hours {
            Some(hours) if !HOURS.contains(&hours) => Err(Error::InvalidArgument {
                message: format!(
                    "Records are kept for {} to {} hours, not for {hours}\nhint: without hours, they are kept for ever",
                    HOURS.start(),
                    HOURS.end()
                ),
            }),
            _ => Ok(self),
        }
    }

    /// Records that arrived before this have expired at the moment `now`.
    #[must_use]
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        match self.hours {
            Some(hours) => Timestamp(now.millis().saturating_sub(i64::from(hours) * 3_600_000)),
            None => Timestamp::MIN,
        }
    }

    /// The age at which records expire.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.hours.map(|hours| Duration::from_secs(u64::from(hours) * 3600))
    }
}

/// Remove the segments of a shard whose records are all past the retention; gives how many went.
///
/// The last one stays, unless the shard is closed and has expired as a whole. The lock of the shard is not needed: what
/// goes is neither written any more nor sought by a reader that begins now.
pub(super) fn trim(folder: &Path, retention: Retention, now: Timestamp, all: bool) -> Result<u64> {
    if retention == Retention::default() {
        return Ok(0);
    }
    let horizon = retention.horizon(now);
    let found = segments(folder)?;
    let mut sizes = Vec::with_capacity(found.len());
    for &first in &found {
        let path = folder.join(segment_name(first));
        sizes.push(fs::metadata(&path).map_or(0, |metadata| metadata.len()));
    }
    let mut kept: u64 = sizes.iter().sum();
    let mut removed = 0;
    for (place, &first) in found.iter().enumerate() {
        let next = found.get(place + 1).copied();
        let is_expired = match next {
            Some(next) => has_expired(folder, first, next, horizon)?,
            None => all,
        };
        let is_surplus = next.is_some() && retention.bytes.is_some_and(|most| kept > most);
        if !is_expired && !is_surplus {
            break;
        }
        let path = folder.join(segment_name(first));
        match fs::remove_file(&path) {
            Ok(()) => removed += 1,
            // Another process trims as well.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&path, error)),
        }
        kept -= sizes[place];
    }
    Ok(removed)
}

/// Whether all records of a segment arrived before `horizon`.
fn has_expired(folder: &Path, first: u64, next: u64, horizon: Timestamp) -> Result<bool> {
    // All of it came before the first record of the next one; that is often enough to know.
    if first_arrival(folder, next)?.is_some_and(|arrival| arrival < horizon) {
        return Ok(true);
    }
    if first_arrival(folder, first)?.is_none_or(|arrival| arrival >= horizon) {
        return Ok(false);
    }
    let segment = Segment::open(folder, first)?;
    let (mut window, length, mut position) = (HeaderWindow::default(), segment.length()?, 0);
    while let Some(header) = window.header(&segment, position, length)? {
        if header.arrival >= horizon {
            return Ok(false);
        }
        position += header.frame_bytes();
    }
    // What cannot be read is no reason to delete it.
    Ok(position == length)
}
