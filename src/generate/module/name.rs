//! `name`: people and their jobs.

use fake::locales::{Data, EN};

use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::symbols::join;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("name.findName", "a first name", "text", "{{name.findName}}", |call| {
        let first = call.text(0);
        Ok(Sampler::text(move |draw, out| find_name(first.as_deref(), draw, out)))
    }),
    entry("name.firstName", "a gender, ignored", "text", "{{name.firstName}}", |_| {
        Ok(Sampler::Words(EN::NAME_FIRST_NAME))
    }),
    plain("name.jobArea", "{{name.jobArea}}", |_| Ok(Sampler::Words(EN::JOB_FIELD))),
    plain("name.jobDescriptor", "{{name.jobDescriptor}}", |_| Ok(Sampler::Words(EN::JOB_SENIORITY))),
    plain("name.jobTitle", "{{name.jobTitle}}", |_| Ok(Sampler::text(job_title))),
    plain("name.jobType", "{{name.jobType}}", |_| Ok(Sampler::Words(EN::JOB_POSITION))),
    entry("name.lastName", "a gender, ignored", "text", "{{name.lastName}}", |_| {
        Ok(Sampler::Words(EN::NAME_LAST_NAME))
    }),
    plain("name.prefix", "{{name.prefix}}", |_| Ok(Sampler::Words(EN::NAME_TITLE))),
    plain("name.suffix", "{{name.suffix}}", |_| Ok(Sampler::Words(EN::NAME_SUFFIX))),
    plain("name.title", "{{name.title}}", |_| Ok(Sampler::text(job_title))),
];

pub(super) fn first(draw: &mut Draw) -> &'static str {
    draw.word(EN::NAME_FIRST_NAME)
}

pub(super) fn last(draw: &mut Draw) -> &'static str {
    draw.word(EN::NAME_LAST_NAME)
}

/// First and last name, one in nine with a prefix and one in nine with a suffix.
pub(super) fn find_name(given: Option<&str>, draw: &mut Draw, out: &mut Vec<u8>) {
    let form = draw.below(9);
    let (first, last) = (first(draw), last(draw));
    let name = [given.unwrap_or(first), last];
    match form {
        0 => join(&[draw.word(EN::NAME_TITLE), name[0], name[1]], " ", out),
        1 => join(&[name[0], name[1], draw.word(EN::NAME_SUFFIX)], " ", out),
        _ => join(&name, " ", out),
    }
}

fn job_title(draw: &mut Draw, out: &mut Vec<u8>) {
    let words = [draw.word(EN::JOB_SENIORITY), draw.word(EN::JOB_FIELD), draw.word(EN::JOB_POSITION)];
    join(&words, " ", out);
}
