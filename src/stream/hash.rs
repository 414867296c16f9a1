//! Partition keys to shards: MD5 as a big-endian unsigned 128-bit number, over inclusive ranges.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The hash of a partition key.
#[must_use]
pub fn hash_key(key: &[u8]) -> u128 {
    u128::from_be_bytes(Md5::digest(key).into())
}

/// An inclusive range of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashRange {
    /// The first hash of the range.
    #[serde(with = "decimal")]
    pub start: u128,
    /// The last hash of the range.
    #[serde(with = "decimal")]
    pub end: u128,
}

impl HashRange {
    /// The ranges of a new stream's shards: equal steps, the last one up to the end.
    #[must_use]
    pub fn divide(shards: u32) -> Vec<Self> {
        // ⌊2^128 / n⌋ without the 129th bit.
        let n = u128::from(shards.max(1));
        let step = if n == 1 { 0 } else { u128::MAX / n + u128::from(u128::MAX % n == n - 1) };
        (0..n).map(|i| Self { start: i * step, end: if i == n - 1 { u128::MAX } else { (i + 1) * step - 1 } }).collect()
    }
}

/// Numbers of 128 bits as decimal text: JSON readers elsewhere lose their digits.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Entries of the cache.
const CACHE: usize = 1024;
/// Longer keys are hashed each time.
const LONGEST_CACHED: usize = 22;

/// Chooses the shard of each record, remembering the keys it has just seen: a few sensors send most of the records.
#[derive(Debug)]
pub(crate) struct Router<'a> {
    /// First hashes of the open shards, ascending.
    starts: &'a [u128],
    cache: Vec<CachedKey>,
}

#[derive(Clone, Copy, Debug)]
struct CachedKey {
    length: u8,
    shard: u8,
    key: [u8; LONGEST_CACHED],
}

impl<'a> Router<'a> {
    pub(crate) fn new(starts: &'a [u128]) -> Self {
        let unused = CachedKey { length: u8::MAX, shard: 0, key: [0; LONGEST_CACHED] };
        // With more shards than a byte counts, every key is hashed.
        let cache = if starts.len() <= usize::from(u8::MAX) { vec![unused; CACHE] } else { Vec::new() };
        Self { starts, cache }
    }

    /// The place of the shard among the open ones.
    #[inline]
    pub(crate) fn route(&mut self, key: &[u8]) -> usize {
        if self.cache.is_empty() || key.len() > LONGEST_CACHED {
            return self.place(key);
        }
        // FNV-1a, good enough to spread short keys over the cache.
        let slot = key
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let slot = (slot ^ (slot >> 32)) as usize % CACHE;
        let cached = &self.cache[slot];
        if usize::from(cached.length) == key.len() && cached.key[..key.len()] == *key {
            return usize::from(cached.shard);
        }
        let shard = self.place(key);
        let mut bytes = [0; LONGEST_CACHED];
        bytes[..key.len()].copy_from_slice(key);
        self.cache[slot] = CachedKey { length: key.len() as u8, shard: shard as u8, key: bytes };
        shard
    }

    fn place(&self, key: &[u8]) -> usize {
        Self::place_of(self.starts, key)
    }

    /// The place of a key's shard among open shards that begin at `starts`.
    pub(crate) fn place_of(starts: &[u128], key: &[u8]) -> usize {
        let hash = hash_key(key);
        starts.partition_point(|start| *start <= hash).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_to_the_shards_of_the_service() {
        let cases = [
            ("a", "16955237001963240173058271559858726497", [0, 0, 0]),
            ("日本", "103341369634063465466164320543046703539", [0, 0, 1]),
            ("user@example.com", "241304669877554175882696589101117688239", [1, 2, 2]),
            ("sensor-1", "313621148937180024981089005635817150934", [1, 2, 3]),
        ];
        for (key, hash, places) in cases {
            assert_eq!(hash_key(key.as_bytes()).to_string(), hash);
            for (shards, place) in [2, 3, 4].into_iter().zip(places) {
                let starts: Vec<u128> = HashRange::divide(shards).iter().map(|range| range.start).collect();
                let mut router = Router::new(&starts);
                assert_eq!(
                    (router.route(key.as_bytes()), router.route(key.as_bytes())),
                    (place, place),
                    "{key} of {shards}"
                );
            }
        }
    }

    #[test]
    fn ranges_cover_every_hash_once() {
        for shards in [1, 2, 3, 7, 256] {
            let ranges = HashRange::divide(shards);
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, u128::MAX));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].end + 1, pair[1].start);
            }
        }
        assert_eq!(HashRange::divide(2)[1].start, 1 << 127);
    }
}
