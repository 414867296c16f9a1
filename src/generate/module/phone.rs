//! `phone`: telephone numbers.

use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::symbols::replace;
use super::words;

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("phone.phoneFormats", "{{phone.phoneFormats}}", |_| Ok(Sampler::Words(words::PHONE_FORMATS))),
    entry("phone.phoneNumber", "a format with `#`", "text", r#"{{phone.phoneNumber("(###) ###-####")}}"#, |call| {
        let format = call.text(0);
        Ok(Sampler::text(move |draw, out| {
            let format = format.as_deref().unwrap_or_else(|| draw.word(words::PHONE_FORMATS));
            replace(format, false, draw, out);
        }))
    }),
    entry("phone.phoneNumberFormat", "the number of the format, 0", "text", "{{phone.phoneNumberFormat(1)}}", |call| {
        let place = call.count(0, 0, words::PHONE_FORMATS.len() as u64 - 1)?;
        let format = words::PHONE_FORMATS.get(place as usize).copied().unwrap_or_default();
        Ok(Sampler::text(move |draw, out| replace(format, false, draw, out)))
    }),
];
