//! The dialect's reserved words: not usable as unquoted names, and renamed by discovery.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Reserved Words and Keywords", version 5.0.1.

use std::collections::HashSet;
use std::sync::LazyLock;

static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("reserved_words.txt").split_whitespace().collect());

/// Whether `word`, in upper case, is reserved.
pub(crate) fn is_reserved(word: &str) -> bool {
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_known() {
        assert!(is_reserved("SELECT") && is_reserved("USER") && is_reserved("YEAR"));
        assert!(!is_reserved("PUMP") && !is_reserved("STEP") && !is_reserved("TICKER"));
    }
}
