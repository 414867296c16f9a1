//! Cutting objects into parts, and having as many of them in flight as memory allows.

use std::ops::Range;

use futures::{StreamExt as _, TryStreamExt as _};

use super::Shared;
use crate::copy::pace::Pace;
use crate::copy::{Error, Result};
use std::sync::Arc;

/// Most parts that an upload can have.
const MOST_PARTS: u64 = 10_000;
const MIB: u64 = 1 << 20;
/// Parts of one object in flight at most; the pace of the service and the memory may allow fewer.
const AT_ONCE: usize = 64;

/// The ranges of an object of `size` in parts of about `wanted` bytes, numbered from 1.
pub(super) fn ranges(size: u64, wanted: u64) -> Vec<(u32, Range<u64>)> {
    let least = size.div_ceil(MOST_PARTS).next_multiple_of(MIB);
    let part = wanted.max(least).max(1);
    let starts = (0..size).step_by(usize::try_from(part).unwrap_or(usize::MAX));
    (1..).zip(starts.map(|start| start..(start + part).min(size))).collect()
}

/// Do `work` for each part, many at once; the results in the order of the parts. The first failure ends it.
pub(super) async fn each<T, W, F>(
    shared: &Shared,
    pace: &Arc<Pace>,
    parts: Vec<(u32, Range<u64>)>,
    holds: bool,
    work: W,
) -> Result<Vec<T>>
where
    W: Fn(u32, Range<u64>) -> F,
    F: Future<Output = Result<T>>,
{
    let work = &work;
    futures::stream::iter(parts)
        .map(|(number, range)| async move {
            let _memory = match holds {
                true => Some(memory(shared, range.end - range.start).await?),
                false => None,
            };
            let _permit = pace.acquire().await;
            work(number, range).await
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// Wait until `bytes` more may be held.
pub(super) async fn memory(shared: &Shared, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>> {
    let wanted = bytes.div_ceil(MIB).clamp(1, shared.options.memory_mib as u64);
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    shared.memory.acquire_many(wanted).await.map_err(|_| Error::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_object_without_gaps() {
        let found = ranges(10 * MIB + 1, 5 * MIB);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], (3, 10 * MIB..10 * MIB + 1));
        assert!(found.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
        assert!(ranges(0, 5 * MIB).is_empty());
    }

    #[test]
    fn ten_thousand_parts_are_enough_for_five_terabytes() {
        for size in [10_001 * 5 * MIB, 5 << 40] {
            let found = ranges(size, 5 * MIB);
            assert!(found.len() <= 10_000, "{}", found.len());
            assert_eq!(found.last().unwrap().1.end, size);
        }
    }
}
