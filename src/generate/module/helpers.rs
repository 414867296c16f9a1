//! `helpers`: texts and arrays made over, and whole objects.

use std::sync::Arc;

use fake::locales::{Data, EN};

use super::super::arguments::Call;
use super::super::draw::{Draw, Record};
use super::super::functions::{Entry, entry};
use super::super::local_time::LocalTime;
use super::super::sampler::Sampler;
use super::object::Object;
use super::random::{array_element, elements, shown};
use super::symbols::{digits, replace, slug};
use super::{address, company, finance, internet, lorem, name, words};
use crate::time::Timestamp;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("helpers.contextualCard", "", "any", "{{helpers.contextualCard}}", |call| Ok(object(call, contextual_card))),
    entry("helpers.createCard", "", "any", "{{helpers.createCard}}", |call| Ok(object(call, card))),
    entry("helpers.createTransaction", "", "any", "{{helpers.createTransaction}}", |call| {
        Ok(object(call, transaction))
    }),
    entry("helpers.mustache", "a text", "text", "{{helpers.mustache(text)}}", |call| {
        Ok(Sampler::constant(call.text(0).unwrap_or_default()))
    }),
    entry("helpers.randomize", "an array", "any", r#"{{helpers.randomize(["a","b"])}}"#, array_element),
    entry(
        "helpers.replaceSymbolWithNumber",
        "a text with `#`",
        "text",
        "{{helpers.replaceSymbolWithNumber(##-##)}}",
        |call| {
            let text = call.text(0).unwrap_or_default();
            Ok(Sampler::text(move |draw, out| replace(&text, false, draw, out)))
        },
    ),
    entry("helpers.replaceSymbols", "a text with `#` and `?`", "text", "{{helpers.replaceSymbols(??-##)}}", |call| {
        let text = call.text(0).unwrap_or_default();
        Ok(Sampler::text(move |draw, out| replace(&text, true, draw, out)))
    }),
    entry("helpers.shuffle", "an array", "text", r#"{{helpers.shuffle(["a","b","c"])}}"#, shuffle),
    entry("helpers.slugify", "a text", "text", "{{helpers.slugify(a title)}}", |call| {
        Ok(Sampler::constant(slug(&call.text(0).unwrap_or_default())))
    }),
    entry("helpers.userCard", "", "any", "{{helpers.userCard}}", |call| Ok(object(call, user_card))),
];

fn shuffle(call: &Call<'_>) -> Result<Sampler, String> {
    let data: Vec<Vec<u8>> = elements(call)?.iter().map(shown).collect();
    Ok(Sampler::text(move |draw, out| {
        let mut order: Vec<usize> = (0..data.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, draw.below(last as u64 + 1) as usize);
        }
        for (place, element) in order.into_iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&data[element]);
        }
    }))
}

/// An object as JSON; the generator prints what JavaScript prints.
fn object(call: &Call<'_>, make: fn(&mut Draw, &Record, &mut Object<'_>)) -> Sampler {
    if call.strict {
        return Sampler::constant("[object Object]");
    }
    Sampler::Json(Arc::new(move |draw, record, out| Object::write(out, |object| make(draw, record, object))))
}

fn phone(draw: &mut Draw, out: &mut Vec<u8>) {
    replace(draw.word(words::PHONE_FORMATS), false, draw, out);
}

fn full_name(draw: &mut Draw, out: &mut Vec<u8>) {
    name::find_name(None, draw, out);
}

fn user_name(draw: &mut Draw, out: &mut Vec<u8>) {
    internet::user_name(None, None, draw, out);
}

fn website(draw: &mut Draw, out: &mut Vec<u8>) {
    internet::domain_name(EN::INTERNET_DOMAIN_SUFFIX, draw, out);
}

fn zip_code(draw: &mut Draw, out: &mut Vec<u8>) {
    replace(draw.word(EN::ADDRESS_POSTCODE_FORMATS), false, draw, out);
}

fn city(draw: &mut Draw, out: &mut Vec<u8>) {
    address::city(None, draw, out);
}

fn company_name(draw: &mut Draw, out: &mut Vec<u8>) {
    company::company_name(None, draw, out);
}

fn apartment(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Apt. ");
    digits(3, draw, out);
}

fn position(draw: &mut Draw, object: &mut Object<'_>) {
    object.text("lat", |out| address::degrees(90, draw, out));
    object.text("lng", |out| address::degrees(180, draw, out));
}

fn company_of(draw: &mut Draw, object: &mut Object<'_>) {
    object.text("name", |out| company_name(draw, out));
    object.text("catchPhrase", |out| company::catch_phrase(draw, out));
    object.text("bs", |out| company::bs(draw, out));
}

/// An instant of the last `days` days, as JSON dates are written.
fn recently(draw: &mut Draw, record: &Record, days: u64, out: &mut Vec<u8>) {
    let back = 1_000 + draw.below(days * 86_400_000) as i64;
    LocalTime::new(Timestamp(record.instant.millis() - back), chrono_tz::Tz::UTC).push_iso(out);
}

fn transaction(draw: &mut Draw, record: &Record, object: &mut Object<'_>) {
    object.text("amount", |out| {
        out.extend_from_slice(itoa::Buffer::new().format(draw.below(1_001)).as_bytes());
        out.extend_from_slice(b".00");
    });
    object.text("date", |out| recently(draw, record, 365, out));
    object.text("business", |out| company_name(draw, out));
    object.text("name", |out| {
        finance::account_name(draw, out);
        out.push(b' ');
        digits(4, draw, out);
    });
    object.word("type", draw.word(words::TRANSACTION_TYPES));
    object.text("account", |out| digits(8, draw, out));
}

fn card(draw: &mut Draw, record: &Record, object: &mut Object<'_>) {
    object.text("name", |out| full_name(draw, out));
    object.text("username", |out| user_name(draw, out));
    object.text("email", |out| internet::email_of(draw, out));
    object.object("address", |object| {
        object.text("streetA", |out| address::street_name(draw, out));
        object.text("streetB", |out| address::street_address(false, draw, out));
        object.text("streetC", |out| address::street_address(true, draw, out));
        object.text("streetD", |out| apartment(draw, out));
        object.text("city", |out| city(draw, out));
        object.word("state", draw.word(EN::ADDRESS_STATE));
        object.word("country", draw.word(EN::ADDRESS_COUNTRY));
        object.text("zipcode", |out| zip_code(draw, out));
        object.object("geo", |object| position(draw, object));
    });
    object.text("phone", |out| phone(draw, out));
    object.text("website", |out| website(draw, out));
    object.object("company", |object| company_of(draw, object));
    object.array("posts", 3, |object| {
        object.text("words", |out| lorem::words(3, draw, out));
        object.text("sentence", |out| lorem::sentence(None, draw, out));
        object.text("paragraph", |out| lorem::paragraph(3, draw, out));
    });
    object.array("accountHistory", 3, |object| transaction(draw, record, object));
}

fn contextual_card(draw: &mut Draw, record: &Record, object: &mut Object<'_>) {
    object.word("name", name::first(draw));
    object.text("username", |out| user_name(draw, out));
    object.text("avatar", |out| internet::avatar(draw, out));
    object.text("email", |out| internet::email_of(draw, out));
    object.text("dob", |out| recently(draw, record, 365 * 50, out));
    object.text("phone", |out| phone(draw, out));
    object.object("address", |object| place(draw, object));
    object.text("website", |out| website(draw, out));
    object.object("company", |object| company_of(draw, object));
}

fn user_card(draw: &mut Draw, _record: &Record, object: &mut Object<'_>) {
    object.text("name", |out| full_name(draw, out));
    object.text("username", |out| user_name(draw, out));
    object.text("email", |out| internet::email_of(draw, out));
    object.object("address", |object| place(draw, object));
    object.text("phone", |out| phone(draw, out));
    object.text("website", |out| website(draw, out));
    object.object("company", |object| company_of(draw, object));
}

fn place(draw: &mut Draw, object: &mut Object<'_>) {
    object.text("street", |out| address::street_name(draw, out));
    object.text("suite", |out| apartment(draw, out));
    object.text("city", |out| city(draw, out));
    object.text("zipcode", |out| zip_code(draw, out));
    object.object("geo", |object| position(draw, object));
}
