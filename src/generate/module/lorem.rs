//! `lorem`: text without meaning.

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

pub(super) fn words(count: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    for place in 0..count {
        if place > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(draw.word(EN::LOREM_WORD).as_bytes());
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
