//! `internet`: addresses, names and colours of the net.

use fake::locales::{Data, EN};

use super::super::arguments::Call;
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::name::{first, last};
use super::symbols::{characters, slug};
use super::words;

const HEXADECIMAL: &[u8] = b"0123456789abcdef";
const WORD_CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("internet.avatar", "{{internet.avatar}}", |_| Ok(Sampler::text(avatar))),
    entry("internet.color", "least red; or red, green, blue", "text", "{{internet.color}}", color),
    plain("internet.domainName", "{{internet.domainName}}", |call| {
        let suffixes = suffixes(call);
        Ok(Sampler::text(move |draw, out| domain_name(suffixes, draw, out)))
    }),
    plain("internet.domainSuffix", "{{internet.domainSuffix}}", |call| Ok(Sampler::Words(suffixes(call)))),
    plain("internet.domainWord", "{{internet.domainWord}}", |_| Ok(Sampler::text(domain_word))),
    entry("internet.email", "first name; or first, last, provider", "text", "{{internet.email}}", |call| {
        email(call, EN::INTERNET_FREE_EMAIL_PROVIDER)
    }),
    entry("internet.exampleEmail", "first name; or first, last", "text", "{{internet.exampleEmail}}", |call| {
        email(call, &["example.org", "example.com", "example.net"])
    }),
    plain("internet.ip", "{{internet.ip}}", |_| Ok(Sampler::text(ip))),
    plain("internet.mac", "{{internet.mac}}", |_| Ok(Sampler::text(mac))),
    entry("internet.password", "its length, 15", "text", "{{internet.password}}", |call| {
        // A length of 0 is no length, as there.
        let length = Some(call.count(0, 15, 100_000)?).filter(|length| *length > 0).unwrap_or(15);
        Ok(Sampler::text(move |draw, out| characters(WORD_CHARACTERS, length, draw, out)))
    }),
    plain("internet.protocol", "{{internet.protocol}}", |_| Ok(Sampler::Words(&["http", "https"]))),
    entry("internet.session", "", "number", "{{internet.session}}", |_| {
        const LEAST: f64 = 1_007_199_254_740_991.0;
        Ok(Sampler::Double(std::sync::Arc::new(|draw| LEAST + draw.unit() * (9_007_199_254_740_992.0 - LEAST))))
    }),
    plain("internet.url", "{{internet.url}}", |call| {
        let suffixes = suffixes(call);
        Ok(Sampler::text(move |draw, out| {
            out.extend_from_slice(if draw.one_in(2) { b"http://" } else { b"https://" });
            domain_name(suffixes, draw, out);
        }))
    }),
    plain("internet.userAgent", "{{internet.userAgent}}", |_| Ok(Sampler::Words(EN::INTERNET_USER_AGENT))),
    entry("internet.userName", "first name; or first, last", "text", "{{internet.userName}}", |call| {
        let (given, family) = (call.text(0), call.text(1));
        Ok(Sampler::text(move |draw, out| user_name(given.as_deref(), family.as_deref(), draw, out)))
    }),
];

/// The list of faker.js has fewer.
fn suffixes(call: &Call<'_>) -> &'static [&'static str] {
    if call.strict { &["com", "biz", "info", "name", "net", "org"] } else { EN::INTERNET_DOMAIN_SUFFIX }
}

/// First name and number, or both names, with a number one time in three; no spaces or apostrophes.
pub(super) fn user_name(given: Option<&str>, family: Option<&str>, draw: &mut Draw, out: &mut Vec<u8>) {
    let (first, last) = (first(draw), last(draw));
    let (first, last) = (given.unwrap_or(first), family.unwrap_or(last));
    let form = draw.below(3);
    let clean = |name: &str, out: &mut Vec<u8>| {
        out.extend(name.bytes().filter(|byte| !matches!(byte, b'\'' | b' ')));
    };
    clean(first, out);
    if form > 0 {
        out.push(if draw.one_in(2) { b'.' } else { b'_' });
        clean(last, out);
    }
    if form != 1 {
        out.extend_from_slice(itoa::Buffer::new().format(draw.below(100)).as_bytes());
    }
}

fn email(call: &Call<'_>, providers: &'static [&'static str]) -> Result<Sampler, String> {
    let (given, family) = (call.text(0), call.text(1));
    let own = if providers.contains(&"example.org") { None } else { call.text(2) };
    Ok(Sampler::text(move |draw, out| {
        let mut name = Vec::with_capacity(32);
        user_name(given.as_deref(), family.as_deref(), draw, &mut name);
        out.extend_from_slice(slug(&String::from_utf8_lossy(&name)).as_bytes());
        out.push(b'@');
        out.extend_from_slice(own.as_deref().unwrap_or_else(|| draw.word(providers)).as_bytes());
    }))
}

pub(super) fn email_of(draw: &mut Draw, out: &mut Vec<u8>) {
    let mut name = Vec::with_capacity(32);
    user_name(None, None, draw, &mut name);
    out.extend_from_slice(slug(&String::from_utf8_lossy(&name)).as_bytes());
    out.push(b'@');
    out.extend_from_slice(draw.word(EN::INTERNET_FREE_EMAIL_PROVIDER).as_bytes());
}

fn domain_word(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend(first(draw).bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()));
}

pub(super) fn domain_name(suffixes: &[&'static str], draw: &mut Draw, out: &mut Vec<u8>) {
    domain_word(draw, out);
    out.push(b'.');
    out.extend_from_slice(draw.word(suffixes).as_bytes());
}

/// A made-up handle in an address of the old shape.
pub(super) fn avatar(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice(b"https://s3.amazonaws.com/uifaces/faces/twitter/");
    out.extend_from_slice(draw.word(words::HANDLE_HEADS).as_bytes());
    out.extend_from_slice(draw.word(words::HANDLE_TAILS).as_bytes());
    out.extend_from_slice(b"/128.jpg");
}

pub(super) fn ip(draw: &mut Draw, out: &mut Vec<u8>) {
    let bytes = draw.bits().to_be_bytes();
    for (place, byte) in bytes[..4].iter().enumerate() {
        if place > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(itoa::Buffer::new().format(*byte).as_bytes());
    }
}

fn hexadecimal(byte: u8, out: &mut Vec<u8>) {
    out.push(HEXADECIMAL[usize::from(byte >> 4)]);
    out.push(HEXADECIMAL[usize::from(byte & 15)]);
}

fn mac(draw: &mut Draw, out: &mut Vec<u8>) {
    let bytes = draw.bits().to_be_bytes();
    for (place, byte) in bytes[..6].iter().enumerate() {
        if place > 0 {
            out.push(b':');
        }
        hexadecimal(*byte, out);
    }
}

/// `#rrggbb`, each half of a random byte and its base: dark unless bases are given.
fn color(call: &Call<'_>) -> Result<Sampler, String> {
    let bases = [call.number(0, 0.0)?, call.number(1, 0.0)?, call.number(2, 0.0)?];
    if let Some(base) = bases.iter().find(|base| !(0.0..=255.0).contains(*base)) {
        return Err(format!("the colour {base} is not from 0 to 255"));
    }
    Ok(Sampler::text(move |draw, out| {
        out.push(b'#');
        for base in bases {
            hexadecimal(((draw.below(257) as f64 + base) / 2.0).floor().min(255.0) as u8, out);
        }
    }))
}
