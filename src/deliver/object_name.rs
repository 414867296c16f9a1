//! Names of objects: everything that makes a key, derived from what the object holds.
//!
//! A key must come out the same when a crash makes the same object be written again, and never twice for different
//! objects. So the uuid and the random strings are hashes of the delivery, its version, the run it began with and the
//! object's number; nothing in a name depends on when it is written.

use chrono_tz::Tz;
use md5::{Digest as _, Md5};
use uuid::Builder;

use super::Result;
use super::error_record::ErrorOutputType;
use super::partitioning::PartitionValues;
use super::prefix::{PrefixExpression, PrefixValues};
use crate::time::Timestamp;
use crate::time::java::JavaPattern;

/// The characters of a random string in a prefix.
const RANDOM_LENGTH: usize = 11;

/// What all names of a delivery have in common.
#[derive(Debug, Clone)]
pub(super) struct ObjectNaming {
    pub(super) delivery: String,
    pub(super) version: u32,
    pub(super) prefix: PrefixExpression,
    pub(super) error_prefix: PrefixExpression,
    pub(super) zone: Tz,
    pub(super) suffix_time: JavaPattern,
}

/// What makes one object different from the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct ObjectIdentity {
    /// Random number of the first start, kept in checkpoints.
    pub(super) run: u64,
    /// Counts the objects of that run.
    pub(super) number: u64,
}

impl ObjectNaming {
    /// The key of an object whose oldest record arrived at `arrival`.
    pub(super) fn key(
        &self,
        identity: ObjectIdentity,
        arrival: Timestamp,
        error: Option<ErrorOutputType>,
        partition: &PartitionValues,
        extension: &str,
    ) -> Result<String> {
        let prefix = if error.is_some() { &self.error_prefix } else { &self.prefix };
        let random_string = |occurrence| self.random_string(identity, occurrence);
        let values = PrefixValues { arrival, zone: self.zone, error, partition, random_string: &random_string };
        let mut key = prefix.evaluate(&values)?;
        let time = self.suffix_time.format(arrival, self.zone);
        key.push_str(&format!("{}-{}-{time}-{}{extension}", self.delivery, self.version, self.uuid(identity)));
        Ok(key)
    }

    /// The object's uuid as text; also its name in staging.
    pub(super) fn uuid(&self, identity: ObjectIdentity) -> String {
        self.hash(identity, 0)
    }

    fn random_string(&self, identity: ObjectIdentity, occurrence: u32) -> String {
        self.hash(identity, 1 + u64::from(occurrence)).chars().take(RANDOM_LENGTH).collect()
    }

    fn hash(&self, identity: ObjectIdentity, use_number: u64) -> String {
        let mut hash = Md5::new();
        hash.update(self.delivery.as_bytes());
        for number in [u64::from(self.version), identity.run, identity.number, use_number] {
            hash.update(number.to_le_bytes());
        }
        Builder::from_random_bytes(hash.finalize().into()).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(prefix: &str, zone: Tz) -> ObjectNaming {
        let prefix = PrefixExpression::prefix(prefix).unwrap();
        let error_prefix = PrefixExpression::error_prefix(Some("bad/!{firehose:error-output-type}/"), &prefix).unwrap();
        ObjectNaming {
            delivery: "anomaly-delivery-stream".into(),
            version: 1,
            prefix,
            error_prefix,
            zone,
            suffix_time: JavaPattern::parse("yyyy-MM-dd-HH-mm-ss").unwrap(),
        }
    }

    const ARRIVAL: Timestamp = Timestamp(1_535_365_800_337);
    const FIRST: ObjectIdentity = ObjectIdentity { run: 7, number: 0 };

    #[test]
    fn keys_have_prefix_name_version_time_uuid_and_extension() {
        let key = naming("data/", Tz::UTC).key(FIRST, ARRIVAL, None, &PartitionValues::default(), ".gz").unwrap();
        let uuid = key.strip_prefix("data/2018/08/27/10/anomaly-delivery-stream-1-2018-08-27-10-30-00-").unwrap();
        let uuid = uuid.strip_suffix(".gz").unwrap();
        assert!(uuid::Uuid::parse_str(uuid).unwrap().get_version_num() == 4 && uuid.len() == 36, "{uuid}");
    }

    #[test]
    fn the_zone_moves_the_suffix_too() {
        let key = naming("", Tz::Asia__Tokyo).key(FIRST, ARRIVAL, None, &PartitionValues::default(), "").unwrap();
        assert!(key.starts_with("2018/08/27/19/anomaly-delivery-stream-1-2018-08-27-19-30-00-"), "{key}");
    }

    #[test]
    fn errors_go_below_the_error_prefix() {
        let key = naming("", Tz::UTC)
            .key(FIRST, ARRIVAL, Some(ErrorOutputType::ProcessingFailed), &PartitionValues::default(), "")
            .unwrap();
        assert!(key.starts_with("bad/processing-failed/anomaly-delivery-stream-1-"), "{key}");
    }

    #[test]
    fn the_same_object_has_the_same_key_and_another_one_has_not() {
        let naming = naming("r=!{firehose:random-string}/s=!{firehose:random-string}/", Tz::UTC);
        let key = |run, number| {
            naming.key(ObjectIdentity { run, number }, ARRIVAL, None, &PartitionValues::default(), "").unwrap()
        };
        assert_eq!(key(7, 0), key(7, 0));
        assert_ne!(key(7, 0), key(7, 1));
        assert_ne!(key(7, 0), key(8, 0));
        let random: Vec<String> = key(7, 0).split('/').take(2).map(|part| part[2..].to_owned()).collect();
        assert!(
            random.iter().all(|text| text.len() == 11 && &text[8..9] == "-") && random[0] != random[1],
            "{random:?}"
        );
    }
}
