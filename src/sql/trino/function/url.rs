//! Parts of addresses, and texts escaped for them.
//!
//! Addresses are read as `java.net.URI` does: a character that may not stand there makes the whole address invalid and
//! the result NULL. A part that an address does not have is the empty text (the port, a number, is NULL).

use std::borrow::Cow;

use arrow::array::ArrayRef;
use percent_encoding::percent_decode_str;

use super::column::{bigint_rows, text_rows};
use super::{Call, FunctionEntry, TrinoError, entry};

pub(super) const ENTRIES: &[FunctionEntry] = &[
    entry("url_decode(varchar) -> varchar", url_decode, "url_decode('a%20b+c')", "a b c"),
    entry(
        "url_encode(varchar) -> varchar",
        url_encode,
        "url_encode('http://test?a=b&c=d')",
        "http%3A%2F%2Ftest%3Fa%3Db%26c%3Dd",
    )
    .infallible(),
    entry(
        "url_extract_fragment(varchar) -> varchar",
        |call| part(call, |uri| uri.fragment.map(decoded)),
        "url_extract_fragment('http://example.com/p#Ref1')",
        "Ref1",
    ),
    entry(
        "url_extract_host(varchar) -> varchar",
        |call| part(call, |uri| uri.host().map(Cow::Borrowed)),
        "url_extract_host('http://example.com:8080/p')",
        "example.com",
    ),
    entry(
        "url_extract_parameter(varchar, varchar) -> varchar",
        parameter,
        "url_extract_parameter('http://example.com/p?k1=v1&k2=v2', 'k2')",
        "v2",
    ),
    entry(
        "url_extract_path(varchar) -> varchar",
        |call| part(call, |uri| Some(decoded(uri.path))),
        "url_extract_path('http://example.com/path1/p.php?k=v')",
        "/path1/p.php",
    ),
    entry("url_extract_port(varchar) -> bigint", port, "url_extract_port('http://example.com:8080/p')", "8080"),
    entry(
        "url_extract_protocol(varchar) -> varchar",
        |call| part(call, |uri| uri.scheme.map(Cow::Borrowed)),
        "url_extract_protocol('https://127.0.0.1:8080/req_path')",
        "https",
    ),
    entry(
        "url_extract_query(varchar) -> varchar",
        |call| part(call, |uri| uri.query.map(decoded)),
        "url_extract_query('http://example.com/p?k1=v1&k2=v2#Ref1')",
        "k1=v1&k2=v2",
    ),
];

/// An address in its parts, as they are written.
struct Uri<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// The parts of `text`, or `None` when it is no address.
    fn parse(text: &'a str) -> Option<Self> {
        let (rest, fragment) = split(text, '#');
        let colon = rest.find([':', '/', '?']).filter(|place| rest.as_bytes()[*place] == b':');
        let (scheme, rest) = match colon {
            Some(place) => (Some(&rest[..place]), &rest[place + 1..]),
            None => (None, rest),
        };
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        if scheme.is_some_and(|scheme| !is_scheme(scheme) || rest.is_empty()) || !fragment.is_none_or(is_legal) {
            return None;
        }
        if scheme.is_some() && !rest.starts_with('/') {
            // An opaque address, as `mailto:a@b`: it has no parts.
            return is_legal(rest).then_some(Self { scheme, authority: None, path: "", query: None, fragment });
        }
        let (rest, query) = split(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                ((!authority.is_empty()).then_some(authority), path)
            }
            None => (None, rest),
        };
        let bracketless = path.bytes().all(|byte| byte != b'[' && byte != b']');
        let legal = is_legal(path) && bracketless && query.is_none_or(is_legal) && authority.is_none_or(is_legal);
        legal.then_some(Self { scheme, authority, path, query, fragment })
    }

    /// Host and port, when the authority is one of a server.
    fn server(&self) -> Option<(&'a str, Option<&'a str>)> {
        let authority = self.authority?;
        let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
        let colon = server.rfind(':').filter(|colon| !server[*colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&server[..colon], Some(&server[colon + 1..])),
            None => (server, None),
        };
        let is_name =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let is_address = host.starts_with('[') && host.ends_with(']');
        let is_port = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        ((is_name || is_address) && is_port).then_some((host, port))
    }

    fn host(&self) -> Option<&'a str> {
        self.server().map(|(host, _)| host)
    }
}

/// `text` before and after the first `mark`.
fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Whether all characters may stand in an address, and every `%` starts an escape.
fn is_legal(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.char_indices().all(|(place, character)| match character {
        '%' => bytes.get(place + 1..place + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        character if character.is_ascii() => "_-!.~'()*,;:$&+=@/?[]".contains(character),
        character => !character.is_whitespace() && !character.is_control(),
    })
}

/// `text` without percent escapes.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn part(call: &Call<'_>, part: for<'a> fn(&Uri<'a>) -> Option<Cow<'a, str>>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    text_rows(call, |row, out| match Uri::parse(texts.value(row)) {
        Some(uri) => {
            out.push_str(&part(&uri).unwrap_or_default());
            Ok(true)
        }
        None => Ok(false),
    })
}

fn port(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    bigint_rows(call, |row| {
        let uri = Uri::parse(texts.value(row));
        Ok(uri.and_then(|uri| uri.server()).and_then(|(_, port)| port?.parse().ok()))
    })
}

fn parameter(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, names) = (call.text(0)?, call.text(1)?);
    text_rows(call, |row, out| {
        let Some(query) = Uri::parse(texts.value(row)).and_then(|uri| uri.query) else {
            return Ok(false);
        };
        for pair in query.split('&') {
            let (name, value) = split(pair, '=');
            if name == names.value(row) {
                out.push_str(&form_decoded(value.unwrap_or_default())?);
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn url_decode(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    text_rows(call, |row, out| {
        out.push_str(&form_decoded(texts.value(row))?);
        Ok(true)
    })
}

/// `text` as a form's value: `+` is a blank, a broken escape an error.
fn form_decoded(text: &str) -> Result<String, TrinoError> {
    let spaced = text.replace('+', " ");
    let escapes_are_whole = spaced.match_indices('%').all(|(place, _)| {
        spaced.as_bytes().get(place + 1..place + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !escapes_are_whole {
        return Err(TrinoError::argument(format!("URLDecoder: Incomplete or illegal escape (%) pattern in `{text}`")));
    }
    Ok(decoded(&spaced).into_owned())
}

fn url_encode(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    use std::fmt::Write;
    let texts = call.text(0)?;
    text_rows(call, |row, out| {
        for byte in texts.value(row).bytes() {
            match byte {
                b' ' => out.push('+'),
                byte if byte.is_ascii_alphanumeric() || b".-*_".contains(&byte) => out.push(char::from(byte)),
                // Writing to a text cannot fail.
                byte => drop(write!(out, "%{byte:02X}")),
            }
        }
        Ok(true)
    })
}
