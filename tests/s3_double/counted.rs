//! Buckets of ten million objects that nobody holds: keys, contents and ETags are worked out from a number when somebody
//! asks, and what is written is counted and forgotten.

use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::seed::{content, metadata};
use super::store::{Object, listed};

/// Objects of one folder.
const FOLDER: u64 = 1_000;

/// Objects that are numbered.
#[derive(Debug, Clone)]
pub struct Counted {
    pub prefix: String,
    pub count: u64,
    pub size: usize,
}

impl Counted {
    fn key(&self, number: u64) -> String {
        format!("{}d{:07}/part-{number:010}.bin", self.prefix, number / FOLDER)
    }

    fn object(&self, number: u64) -> Object {
        let mut object = Object::new(content(self.size, number), metadata());
        object.modified = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        object.listed = listed(object.modified);
        object
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Object>> {
        let number: u64 = key.strip_suffix(".bin")?.rsplit('-').next()?.parse().ok()?;
        (number < self.count && self.key(number) == key).then(|| Arc::new(self.object(number)))
    }

    /// The objects from a key on, in the order of their keys.
    pub(super) fn range(&self, from: Bound<String>) -> impl Iterator<Item = (String, Arc<Object>)> {
        let is_before = |number: u64| match &from {
            Bound::Included(from) => self.key(number) < *from,
            Bound::Excluded(from) => self.key(number) <= *from,
            Bound::Unbounded => false,
        };
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(middle) { low = middle + 1 } else { high = middle }
        }
        (low..self.count).map(|number| (self.key(number), Arc::new(self.object(number))))
    }
}
