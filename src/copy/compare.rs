//! Whether what is at the destination is what the source has.

use super::entry::Entry;
use super::options::Compare;

/// What a comparison of two listings says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the same, and why.
    Same(&'static str),
    /// It is not the same, or there is nothing.
    Different,
    /// The listings alone cannot tell.
    Unknown,
}

/// Compare an object with the one at the destination; `kinds` says on which side are files.
pub(crate) fn compare(source: &Entry, target: &Entry, mode: Compare, kinds: Kinds) -> Verdict {
    if source.size != target.size || mode == Compare::Nothing {
        return Verdict::Different;
    }
    if source.is_folder() && target.is_folder() {
        return Verdict::Same("same folder");
    }
    match mode {
        Compare::Nothing => Verdict::Different,
        Compare::Size => Verdict::Same("same size"),
        Compare::SizeAndTime if target.modified >= source.modified => Verdict::Same("same size, not older"),
        Compare::SizeAndTime => Verdict::Different,
        Compare::Identity if kinds.target_is_file => {
            // A copy keeps the time of what it is a copy of.
            if source.modified == target.modified { Verdict::Same("same size and time") } else { Verdict::Different }
        }
        Compare::Identity if kinds.source_is_file => Verdict::Unknown,
        Compare::Identity => match (source.etag.as_deref(), target.etag.as_deref()) {
            (Some(one), Some(other)) if one == other => Verdict::Same("same ETag"),
            (Some(_), Some(_)) if source.md5().is_some() && target.md5().is_some() => Verdict::Different,
            _ => Verdict::Unknown,
        },
    }
}

/// Which sides of a copy are files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) source_is_file: bool,
    pub(crate) target_is_file: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTS: Kinds = Kinds { source_is_file: false, target_is_file: false };
    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "f123456789abcdef0123456789abcdef";

    fn entry(size: u64, etag: &str, modified: i64) -> Entry {
        Entry { key: "x".into(), size, etag: Some(etag.into()), modified, storage_class: None }
    }

    #[test]
    fn objects_are_the_same_by_etag_and_not_by_time() {
        let verdict =
            |one: &str, other: &str| compare(&entry(1, one, 1), &entry(1, other, 9), Compare::Identity, OBJECTS);
        assert_eq!(verdict(ONE, ONE), Verdict::Same("same ETag"));
        assert_eq!(verdict(ONE, OTHER), Verdict::Different);
        assert_eq!(verdict("ab-2", "ab-2"), Verdict::Same("same ETag"));
        assert_eq!(verdict("ab-2", "cd-3"), Verdict::Unknown, "parts of another size have other ETags");
        assert_eq!(verdict("ab-2", ONE), Verdict::Unknown);
    }

    #[test]
    fn another_size_is_always_a_difference() {
        for mode in [Compare::Identity, Compare::Size, Compare::SizeAndTime] {
            assert_eq!(compare(&entry(1, ONE, 1), &entry(2, ONE, 1), mode, OBJECTS), Verdict::Different);
        }
    }

    #[test]
    fn files_are_the_same_by_size_and_time() {
        let kinds = Kinds { source_is_file: false, target_is_file: true };
        assert_eq!(
            compare(&entry(1, ONE, 5), &entry(1, "x", 5), Compare::Identity, kinds),
            Verdict::Same("same size and time")
        );
        assert_eq!(compare(&entry(1, ONE, 5), &entry(1, "x", 6), Compare::Identity, kinds), Verdict::Different);
        assert_eq!(
            compare(&entry(1, ONE, 5), &entry(1, "x", 6), Compare::SizeAndTime, kinds),
            Verdict::Same("same size, not older")
        );
    }
}
