//! Text: searching, cutting, padding, comparing.
//!
//! Positions and lengths count code points. Text that is all ASCII takes a byte path.

mod case;
mod codec;
mod concat;
mod cut;
mod distance;
mod pad;
mod search;
mod split;
mod trim;

pub(super) use case::ENTRIES as CASE;
pub(super) use codec::ENTRIES as CODEC;
pub(super) use concat::ENTRIES as CONCAT;
pub(super) use cut::ENTRIES as CUT;
pub(super) use distance::ENTRIES as DISTANCE;
pub(super) use pad::ENTRIES as PAD;
pub(super) use search::ENTRIES as SEARCH;
pub(super) use split::ENTRIES as SPLIT;
pub(super) use trim::ENTRIES as TRIM;

/// The byte position of code point `index` (from 0), or the length of `text` when it is shorter.
fn byte_at(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices().nth(index).map_or(text.len(), |(position, _)| position)
}

/// Number of code points.
fn count(text: &str) -> usize {
    // Every byte that does not continue a character starts one.
    text.as_bytes().iter().filter(|byte| (**byte as i8) >= -0x40).count()
}
