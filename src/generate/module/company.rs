//! `company`: names of companies, and what they say of themselves.

use fake::locales::{Data, EN};

use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::address::form;
use super::name::last;
use super::symbols::join;

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("company.bs", "{{company.bs}}", |_| Ok(Sampler::text(bs))),
    plain("company.bsAdjective", "{{company.bsAdjective}}", |_| Ok(Sampler::Words(EN::COMPANY_BS_ADJ))),
    plain("company.bsBuzz", "{{company.bsBuzz}}", |_| Ok(Sampler::Words(EN::COMPANY_BS_VERBS))),
    plain("company.bsNoun", "{{company.bsNoun}}", |_| Ok(Sampler::Words(EN::COMPANY_BS_NOUNS))),
    plain("company.catchPhrase", "{{company.catchPhrase}}", |_| Ok(Sampler::text(catch_phrase))),
    plain("company.catchPhraseAdjective", "{{company.catchPhraseAdjective}}", |_| {
        Ok(Sampler::Words(EN::COMPANY_BUZZWORD_HEAD))
    }),
    plain("company.catchPhraseDescriptor", "{{company.catchPhraseDescriptor}}", |_| {
        Ok(Sampler::Words(EN::COMPANY_BUZZWORD_MIDDLE))
    }),
    plain("company.catchPhraseNoun", "{{company.catchPhraseNoun}}", |_| Ok(Sampler::Words(EN::COMPANY_BUZZWORD_TAIL))),
    entry("company.companyName", "0 to 2, the form", "text", "{{company.companyName}}", |call| {
        let form = form(call, 2)?;
        Ok(Sampler::text(move |draw, out| company_name(form, draw, out)))
    }),
    plain("company.companySuffix", "{{company.companySuffix}}", |_| Ok(Sampler::Words(EN::COMPANY_SUFFIX))),
    plain("company.suffixes", "{{company.suffixes}}", |_| Ok(Sampler::constant(EN::COMPANY_SUFFIX.join(",")))),
];

/// `X Inc`, `X - Y` or `X, Y and Z`.
pub(super) fn company_name(form: Option<u64>, draw: &mut Draw, out: &mut Vec<u8>) {
    let form = form.unwrap_or_else(|| draw.below(3));
    let (x, y, z) = (last(draw), last(draw), last(draw));
    match form {
        0 => join(&[x, draw.word(EN::COMPANY_SUFFIX)], " ", out),
        1 => join(&[x, y], " - ", out),
        _ => join(&[x, ", ", y, " and ", z], "", out),
    }
}

pub(super) fn catch_phrase(draw: &mut Draw, out: &mut Vec<u8>) {
    let words = [
        draw.word(EN::COMPANY_BUZZWORD_HEAD),
        draw.word(EN::COMPANY_BUZZWORD_MIDDLE),
        draw.word(EN::COMPANY_BUZZWORD_TAIL),
    ];
    join(&words, " ", out);
}

pub(super) fn bs(draw: &mut Draw, out: &mut Vec<u8>) {
    join(&[draw.word(EN::COMPANY_BS_VERBS), draw.word(EN::COMPANY_BS_ADJ), draw.word(EN::COMPANY_BS_NOUNS)], " ", out);
}
