//! The service's limits, for those who test producers and consumers against them.
//!
//! Source: Kinesis Data Streams quotas; API reference, PutRecords, GetRecords.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::error::{Error, Result};
use super::sequence::ShardId;
use crate::time::Timestamp;

/// Records of a call of PutRecords, and of one of GetRecords.
const PUT_RECORDS: usize = 500;
const GET_RECORDS: usize = 10_000;
/// Bytes of a call of PutRecords, and of one of GetRecords.
const CALL_BYTES: usize = 10 * MIB;
/// What a shard takes and gives in a second.
const WRITTEN_RECORDS: u32 = 1_000;
const WRITTEN_BYTES: usize = MIB;
const READ_CALLS: u32 = 5;
const READ_BYTES: f64 = 2.0 * MIB as f64;
const MIB: usize = 1024 * 1024;
/// How long an iterator is valid.
const ITERATOR_MILLIS: i64 = 5 * 60 * 1000;

/// Throttles as the service does, by shard.
#[derive(Debug, Default)]
pub struct ServiceLimits {
    shards: Mutex<BTreeMap<ShardId, Usage>>,
}

/// What a shard did lately.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    written_second: i64,
    records: u32,
    bytes: usize,
    read_second: i64,
    calls: u32,
    /// Bytes that were read and not yet paid for by time.
    read_bytes: f64,
    read_at: i64,
}

impl ServiceLimits {
    /// Check the size of a call of PutRecords.
    ///
    /// # Errors
    /// [`Error::Validation`] for no or more than 500 records; [`Error::InvalidArgument`] for more than 10 MiB.
    pub fn check_put(records: usize, bytes: usize) -> Result<()> {
        if records == 0 || records > PUT_RECORDS {
            return Err(Error::Validation {
                message: format!("A call puts 1 to {PUT_RECORDS} records, not {records}"),
            });
        }
        if bytes > CALL_BYTES {
            return Err(Error::InvalidArgument {
                message: format!("A call puts at most {CALL_BYTES} bytes of data and keys, not {bytes}"),
            });
        }
        Ok(())
    }

    /// Check the limit of a call of GetRecords.
    ///
    /// # Errors
    /// [`Error::Validation`] outside of 1 to 10,000.
    pub fn check_get(limit: usize) -> Result<()> {
        if limit == 0 || limit > GET_RECORDS {
            return Err(Error::Validation { message: format!("A call gets 1 to {GET_RECORDS} records, not {limit}") });
        }
        Ok(())
    }

    /// Check the age of an iterator.
    ///
    /// # Errors
    /// [`Error::ExpiredIterator`] after five minutes.
    pub fn check_iterator(issued: Timestamp, now: Timestamp) -> Result<()> {
        let age = now.millis() - issued.millis();
        if age > ITERATOR_MILLIS { Err(Error::ExpiredIterator { seconds: age / 1000 }) } else { Ok(()) }
    }

    /// Whether a shard takes one more record of `bytes` in this second.
    pub fn admits_write(&self, shard: ShardId, bytes: usize, now: Timestamp) -> bool {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = shards.entry(shard).or_default();
        let second = now.millis().div_euclid(1000);
        if usage.written_second != second {
            (usage.written_second, usage.records, usage.bytes) = (second, 0, 0);
        }
        let is_admitted = usage.records < WRITTEN_RECORDS && usage.bytes + bytes <= WRITTEN_BYTES;
        if is_admitted {
            usage.records += 1;
            usage.bytes += bytes;
        }
        is_admitted
    }

    /// Begin a call of GetRecords.
    ///
    /// # Errors
    /// [`Error::Throughput`] for the sixth call of a second, and while more was read than 2 MiB a second.
    pub fn begin_read(&self, stream: &str, shard: ShardId, now: Timestamp) -> Result<()> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = shards.entry(shard).or_default();
        let second = now.millis().div_euclid(1000);
        if usage.read_second != second {
            (usage.read_second, usage.calls) = (second, 0);
        }
        let passed = (now.millis() - usage.read_at).max(0) as f64 / 1000.0;
        usage.read_bytes = (usage.read_bytes - passed * READ_BYTES).max(0.0);
        usage.read_at = now.millis();
        if usage.calls >= READ_CALLS || usage.read_bytes >= READ_BYTES {
            return Err(Error::Throughput { name: stream.to_owned(), shard });
        }
        usage.calls += 1;
        Ok(())
    }

    /// Say how much a call of GetRecords gave.
    pub fn end_read(&self, shard: ShardId, bytes: usize) {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        shards.entry(shard).or_default().read_bytes += bytes as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_sizes() {
        assert!(ServiceLimits::check_put(500, 10 * MIB).is_ok());
        assert_eq!(ServiceLimits::check_put(501, 0).unwrap_err().code(), "ValidationException");
        assert_eq!(ServiceLimits::check_put(0, 0).unwrap_err().code(), "ValidationException");
        assert_eq!(ServiceLimits::check_put(1, 10 * MIB + 1).unwrap_err().code(), "InvalidArgumentException");
        assert!(ServiceLimits::check_get(10_000).is_ok());
        assert_eq!(ServiceLimits::check_get(10_001).unwrap_err().code(), "ValidationException");
        assert!(ServiceLimits::check_iterator(Timestamp(0), Timestamp(300_000)).is_ok());
        let expired = ServiceLimits::check_iterator(Timestamp(0), Timestamp(300_001)).unwrap_err();
        assert_eq!(expired.code(), "ExpiredIteratorException");
    }

    #[test]
    fn a_shard_takes_a_thousand_records_and_a_mebibyte_a_second() {
        let limits = ServiceLimits::default();
        let admitted = |limits: &ServiceLimits, bytes, now| {
            (0..1_500).filter(|_| limits.admits_write(ShardId(0), bytes, Timestamp(now))).count()
        };
        assert_eq!(admitted(&limits, 10, 999), 1_000);
        assert_eq!(admitted(&limits, 10, 1_000), 1_000);
        assert_eq!(admitted(&limits, MIB / 4, 2_000), 4);
        assert!(limits.admits_write(ShardId(1), 1, Timestamp(2_000)));
    }

    #[test]
    fn a_shard_is_read_five_times_and_two_mebibytes_a_second() {
        let limits = ServiceLimits::default();
        let begin = |now| limits.begin_read("s", ShardId(0), Timestamp(now));
        for _ in 0..5 {
            begin(0).unwrap();
        }
        assert_eq!(begin(999).unwrap_err().code(), "ProvisionedThroughputExceededException");
        begin(1_000).unwrap();
        limits.end_read(ShardId(0), 10 * MIB);
        assert!(begin(4_900).is_err());
        begin(5_100).unwrap();
    }
}
