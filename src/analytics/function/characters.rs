//! Places in text counted in characters.

/// The byte at which character `place` (from 0) begins; the length when the text is shorter.
pub(super) fn offset(text: &str, place: usize) -> usize {
    // In ASCII a character is a byte.
    if text.is_ascii() {
        return place.min(text.len());
    }
    text.char_indices().nth(place).map_or(text.len(), |(offset, _)| offset)
}

/// The characters from `start` (from 0), `length` of them.
pub(super) fn slice(text: &str, start: usize, length: usize) -> &str {
    let begin = offset(text, start);
    let rest = text.get(begin..).unwrap_or_default();
    rest.get(..offset(rest, length)).unwrap_or_default()
}

/// How many characters the text has.
pub(super) fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}
