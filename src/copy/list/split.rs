//! Where to cut a range of keys of which only the first page is known.
//!
//! Names are made by counting: `part-0001000.parquet` will be followed by `part-0001001`, later by `part-0002…`,
//! `part-001…`, `part-01…`. Putting the next character in place of the last key's, at every position that did not move
//! within the page, gives cuts that fit whatever was counted: numbers, dates, hexadecimal digits, names of folders. A
//! cut behind which nothing lies costs one request.

use std::collections::BTreeSet;

/// The characters that keys were seen to have.
#[derive(Debug, Default)]
pub(super) struct Alphabet(BTreeSet<char>);

impl Alphabet {
    pub(super) fn learn(&mut self, key: &str) {
        self.0.extend(key.chars());
    }
}

/// At most `most` keys between `last` and `until` that cut the range into parts worth listing at once.
pub(super) fn cuts(first: &str, last: &str, until: Option<&str>, alphabet: &Alphabet, most: usize) -> Vec<String> {
    let still: usize = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
    let mut found: Vec<String> = Vec::new();
    let mut levels: Vec<(usize, char)> = last.char_indices().take(still.max(1)).collect();
    levels.reverse(); // from the last position on, so that the cuts come in order
    for (at, present) in levels {
        let head = last.get(..at).unwrap_or_default();
        for next in following(present, alphabet) {
            let cut = format!("{head}{next}");
            if until.is_some_and(|until| cut.as_str() >= until) {
                break;
            }
            found.push(cut);
        }
    }
    thin(found, most)
}

/// The characters that may come after `present` in its place.
fn following(present: char, alphabet: &Alphabet) -> Vec<char> {
    let mut next: BTreeSet<char> = alphabet.0.range(present..).skip_while(|c| **c == present).copied().collect();
    if present.is_ascii_digit() {
        next.extend(('0'..='9').filter(|digit| *digit > present));
    }
    next.into_iter().collect()
}

/// `most` of the cuts, evenly over all.
pub(super) fn thin(cuts: Vec<String>, most: usize) -> Vec<String> {
    let count = cuts.len();
    if count <= most {
        return cuts;
    }
    cuts.into_iter()
        .enumerate()
        .filter(|(index, _)| index * most / count != (index + 1) * most / count)
        .map(|(_, cut)| cut)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet(keys: &[&str]) -> Alphabet {
        let mut alphabet = Alphabet::default();
        keys.iter().for_each(|key| alphabet.learn(key));
        alphabet
    }

    #[test]
    fn digits_are_counted_on_at_every_position_that_stood_still() {
        let found = cuts("p-0000", "p-0009", None, &alphabet(&["p-0000"]), 100);
        assert_eq!(found[..9], ["p-001", "p-002", "p-003", "p-004", "p-005", "p-006", "p-007", "p-008", "p-009"]);
        assert!(found.contains(&"p-1".to_owned()) && found.contains(&"p-9".to_owned()) && found.is_sorted());
    }

    #[test]
    fn cuts_lie_inside_of_the_range_in_order_and_are_not_too_many() {
        let letters = alphabet(&["dir0/ünï-abcdef-0123456789"]);
        for most in [1, 3, 8, 1_000] {
            let found = cuts("dir3/ü0", "dir3/ü5", Some("dir7/x"), &letters, most);
            assert!(found.len() <= most && !found.is_empty(), "{most}: {found:?}");
            assert!(found.iter().all(|cut| cut.as_str() > "dir3/ü5" && cut.as_str() < "dir7/x"), "{found:?}");
            assert!(found.is_sorted());
        }
    }

    #[test]
    fn a_range_with_nothing_between_has_no_cuts() {
        assert!(cuts("a1", "a2", Some("a3"), &alphabet(&["a"]), 8).is_empty());
        assert!(cuts("", "", None, &Alphabet::default(), 8).is_empty());
    }
}
