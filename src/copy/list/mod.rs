//! Listing a folder as batches that cover its keys without gaps, in any order.
//!
//! A batch says which range of keys it covers, so that whoever compares it with another listing can look at that range
//! alone: nothing has to wait for its turn, and nothing larger than a batch is kept.

mod bisect;
mod contents;
mod split;
mod walk;

use serde::{Deserialize, Serialize};

pub(crate) use bisect::Bisection;
pub(crate) use walk::{TEMPORARY, Walk, file_entry, file_etag, system_time};

use super::entry::Entry;

/// Keys behind `after` up to and with `until`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRange {
    /// Not in the range; empty: from the first key.
    pub(crate) after: String,
    /// The last key of the range; None: to the end.
    pub(crate) until: Option<String>,
}

impl KeyRange {
    pub(crate) fn contains(&self, key: &str) -> bool {
        key > self.after.as_str() && self.until.as_ref().is_none_or(|until| key <= until.as_str())
    }

    /// Whether no key that begins with `folder` can be in the range.
    pub(crate) fn misses_folder(&self, folder: &str) -> bool {
        let is_behind = self.until.as_ref().is_some_and(|until| folder > until.as_str());
        let is_before = folder < self.after.as_str() && !self.after.starts_with(folder);
        is_behind || is_before
    }
}

/// Objects of a range, all that are in it, sorted by key.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) range: KeyRange,
    pub(crate) entries: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_entered_when_one_of_its_keys_could_be_in_the_range() {
        let range = KeyRange { after: "b/m".into(), until: Some("d/c".into()) };
        for (folder, is_missed) in [("a/", true), ("b/", false), ("c/", false), ("d/", false), ("e/", true)] {
            assert_eq!(range.misses_folder(folder), is_missed, "{folder}");
        }
        assert!(range.contains("d/c") && !range.contains("b/m") && !range.contains("d/d"));
    }
}
