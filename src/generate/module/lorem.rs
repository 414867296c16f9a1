//! `lorem`: text without meaning.

use std::sync::LazyLock;

use fake::locales::{Data, EN};

use super::super::arguments::Call;
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;

/// More words, sentences or paragraphs are a mistake.
const MOST: u64 = 10_000;
const BETWEEN_PARAGRAPHS: &str = "\n \r";

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("lorem.lines", "their number, 1 to 5", "text", "{{lorem.lines}}", |call| {
        let count = count(call)?;
        Ok(Sampler::text(move |draw, out| {
            let count = count.unwrap_or_else(|| draw.between(1, 5));
            sentences(count, "\n", draw, out);
        }))
    }),
    entry("lorem.paragraph", "its sentences, 3; up to three more come", "text", "{{lorem.paragraph}}", |call| {
        let count = count(call)?.unwrap_or(3);
        Ok(Sampler::text(move |draw, out| paragraph(count, draw, out)))
    }),
    entry("lorem.paragraphs", "their number, 3; and a separator", "text", "{{lorem.paragraphs}}", |call| {
        let count = count(call)?.unwrap_or(3);
        let separator = call.text(1).unwrap_or_else(|| BETWEEN_PARAGRAPHS.to_owned());
        Ok(Sampler::text(move |draw, out| paragraphs(count, &separator, draw, out)))
    }),
    entry("lorem.sentence", "its words, 3 to 10", "text", "{{lorem.sentence}}", |call| {
        let count = count(call)?;
        Ok(Sampler::text(move |draw, out| sentence(count, draw, out)))
    }),
    entry("lorem.sentences", "their number, 2 to 6; and a separator", "text", "{{lorem.sentences}}", |call| {
        let count = count(call)?;
        let separator = call.text(1).unwrap_or_else(|| " ".to_owned());
        Ok(Sampler::text(move |draw, out| {
            let count = count.unwrap_or_else(|| draw.between(2, 6));
            sentences(count, &separator, draw, out);
        }))
    }),
    plain("lorem.text", "{{lorem.text}}", |_| Ok(Sampler::text(text))),
    plain("lorem.word", "{{lorem.word}}", |_| Ok(Sampler::Words(EN::LOREM_WORD))),
    entry("lorem.words", "their number, 3", "text", "{{lorem.words}}", |call| {
        let count = count(call)?.unwrap_or(3);
        Ok(Sampler::text(move |draw, out| words(count, draw, out)))
    }),
];

/// The number that the argument names; 0 is as good as none, as in JavaScript.
fn count(call: &Call<'_>) -> Result<Option<u64>, String> {
    Ok(Some(call.count(0, 0, MOST)?).filter(|count| *count > 0))
}

/// Bytes of a word and the space behind it.
const BLOCK: usize = 16;

/// The words, each in a block of one length and with a space behind it: a copy whose length the compiler knows, cut
/// afterwards, made paragraphs 2.5 times as fast.
static BLOCKS: LazyLock<Vec<([u8; BLOCK], u8)>> = LazyLock::new(|| {
    let fitting = EN::LOREM_WORD.iter().filter(|word| word.len() < BLOCK);
    let block = |word: &&str| {
        let mut block = [b' '; BLOCK];
        block[..word.len()].copy_from_slice(word.as_bytes());
        (block, word.len() as u8 + 1)
    };
    fitting.map(block).collect()
});

pub(super) fn words(count: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    let blocks = &BLOCKS[..];
    let mut bits = 0;
    for place in 0..count {
        // Half of 64 random bits is enough for one word.
        bits = if place.is_multiple_of(2) { draw.bits() } else { bits << 32 };
        let chosen = ((bits >> 32) * blocks.len() as u64) >> 32;
        let Some((block, length)) = blocks.get(chosen as usize) else { continue };
        let end = out.len() + usize::from(*length);
        out.extend_from_slice(block);
        out.truncate(end);
    }
    if count > 0 {
        out.pop();
    }
}

pub(super) fn sentence(count: Option<u64>, draw: &mut Draw, out: &mut Vec<u8>) {
    let start = out.len();
    words(count.unwrap_or_else(|| draw.between(3, 10)), draw, out);
    if let Some(first) = out.get_mut(start) {
        first.make_ascii_uppercase();
    }
    out.push(b'.');
}

fn sentences(count: u64, separator: &str, draw: &mut Draw, out: &mut Vec<u8>) {
    for place in 0..count {
        if place > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        sentence(None, draw, out);
    }
}

/// `least` sentences, or up to three more.
pub(super) fn paragraph(least: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    let count = least + draw.below(4);
    sentences(count, " ", draw, out);
}

fn paragraphs(count: u64, separator: &str, draw: &mut Draw, out: &mut Vec<u8>) {
    for place in 0..count {
        if place > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        paragraph(3, draw, out);
    }
}

/// Any of the others.
fn text(draw: &mut Draw, out: &mut Vec<u8>) {
    match draw.below(7) {
        0 => words(1, draw, out),
        1 => words(3, draw, out),
        2 => sentence(None, draw, out),
        3 => {
            let count = draw.between(2, 6);
            sentences(count, " ", draw, out);
        }
        4 => paragraph(3, draw, out),
        5 => paragraphs(3, BETWEEN_PARAGRAPHS, draw, out),
        _ => {
            let count = draw.between(1, 5);
            sentences(count, "\n", draw, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_block_and_is_drawn() {
        assert_eq!(BLOCKS.len(), EN::LOREM_WORD.len());
        let mut out = Vec::new();
        words(100_000, &mut Draw::new(1, 0, 1, 0), &mut out);
        let text = String::from_utf8(out).unwrap();
        let drawn: Vec<&str> = text.split(' ').collect();
        assert_eq!(drawn.len(), 100_000);
        for word in EN::LOREM_WORD {
            let times = drawn.iter().filter(|drawn| *drawn == word).count();
            assert!(times > 200, "{word}: {times}");
        }
    }
}
