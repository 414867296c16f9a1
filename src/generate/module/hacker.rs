//! `hacker`: what people in films say about computers.

use super::super::draw::Draw;
use super::super::functions::{Entry, plain};
use super::super::sampler::Sampler;
use super::words;

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("hacker.abbreviation", "{{hacker.abbreviation}}", |_| Ok(Sampler::Words(words::ABBREVIATIONS))),
    plain("hacker.adjective", "{{hacker.adjective}}", |_| Ok(Sampler::Words(words::HACKER_ADJECTIVES))),
    plain("hacker.ingverb", "{{hacker.ingverb}}", |_| Ok(Sampler::Words(words::HACKER_INGVERBS))),
    plain("hacker.noun", "{{hacker.noun}}", |_| Ok(Sampler::Words(words::HACKER_NOUNS))),
    plain("hacker.phrase", "{{hacker.phrase}}", |_| Ok(Sampler::text(phrase))),
    plain("hacker.verb", "{{hacker.verb}}", |_| Ok(Sampler::Words(words::HACKER_VERBS))),
];

/// One of the phrases, its `{a}` an abbreviation, `{j}` an adjective, `{n}` a noun, `{v}` a verb, `{i}` a verb in -ing.
fn phrase(draw: &mut Draw, out: &mut Vec<u8>) {
    let mut rest = draw.word(words::HACKER_PHRASES);
    let start = out.len();
    while let Some((before, marked)) = rest.split_once('{') {
        out.extend_from_slice(before.as_bytes());
        let (kind, behind) = marked.split_once('}').unwrap_or((marked, ""));
        let list = match kind {
            "a" => words::ABBREVIATIONS,
            "j" => words::HACKER_ADJECTIVES,
            "n" => words::HACKER_NOUNS,
            "v" => words::HACKER_VERBS,
            _ => words::HACKER_INGVERBS,
        };
        out.extend_from_slice(draw.word(list).as_bytes());
        rest = behind;
    }
    out.extend_from_slice(rest.as_bytes());
    if let Some(first) = out.get_mut(start) {
        first.make_ascii_uppercase();
    }
}
