//! AWS Signature Version 4, with the signing key kept for the day.
//!
//! Source: AWS General Reference, Signature Version 4 signing process; S3 API Reference, Authenticating Requests.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use object_store::aws::AwsCredential;
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

use super::http::Request;

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Signs requests for one region; the key that is derived for a day is derived once.
#[derive(Debug)]
pub(super) struct Signer {
    region: String,
    derived: Mutex<Option<Derived>>,
}

#[derive(Debug, Clone)]
struct Derived {
    day: String,
    secret: String,
    key: Key,
}

impl Signer {
    pub(super) fn new(region: &str) -> Self {
        Self { region: region.to_owned(), derived: Mutex::default() }
    }

    /// Add the headers that prove who sends the request.
    ///
    /// A body is part of the signature unless the connection protects it already (`is_tls`).
    pub(super) fn sign(
        &self,
        request: &mut Request,
        host: &str,
        credential: &AwsCredential,
        now: DateTime<Utc>,
        is_tls: bool,
    ) {
        let at = now.format("%Y%m%dT%H%M%SZ").to_string();
        let day = at.get(..8).unwrap_or_default();
        let content = match request.body.as_ref() {
            [] => Cow::Borrowed(EMPTY_SHA256),
            _ if is_tls => Cow::Borrowed("UNSIGNED-PAYLOAD"),
            body => Cow::Owned(hex(digest(&SHA256, body).as_ref())),
        };
        request.headers.push(("x-amz-content-sha256".into(), content.clone().into_owned()));
        request.headers.push(("x-amz-date".into(), at.clone()));
        if let Some(token) = &credential.token {
            request.headers.push(("x-amz-security-token".into(), token.clone()));
        }
        let (canonical, names) = canonical_request(request, host, &content);
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}");
        let signature = hex(sign(&self.key(day, &credential.secret_key), to_sign.as_bytes()).as_ref());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            credential.key_id
        );
        request.headers.push(("authorization".into(), authorization));
    }

    fn key(&self, day: &str, secret: &str) -> Key {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = derived.as_ref().filter(|known| known.day == day && known.secret == secret) {
            return known.key.clone();
        }
        let mut key = Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes());
        for text in [day, &self.region, "s3", "aws4_request"] {
            key = Key::new(HMAC_SHA256, sign(&key, text.as_bytes()).as_ref());
        }
        *derived = Some(Derived { day: day.to_owned(), secret: secret.to_owned(), key: key.clone() });
        key
    }
}

/// The text that is hashed, and the names of the headers in it.
fn canonical_request(request: &Request, host: &str, content: &str) -> (String, String) {
    let mut headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
    headers.push(("host", host));
    headers.sort_unstable();
    let mut text = String::with_capacity(768);
    let _ = writeln!(text, "{}\n{}\n{}", request.method, request.path, request.query);
    let mut names = String::with_capacity(128);
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        // Runs of spaces count as one.
        for (index, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
            text.push_str(if index == 0 { "" } else { " " });
            text.push_str(word);
        }
        text.push('\n');
        names.push_str(if names.is_empty() { "" } else { ";" });
        names.push_str(name);
    }
    let _ = write!(text, "\n{names}\n{content}");
    (text, names)
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// `text` with everything percent-encoded but letters, digits, `-`, `_`, `.`, `~`, and `/` where `keep_slash`.
pub(super) fn encode(text: &str, keep_slash: bool) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b'/' if keep_slash => encoded.push('/'),
            _ => {
                encoded.push('%');
                encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
                encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// Source: S3 API Reference, Examples of signature calculations, GET object.
    #[test]
    fn the_example_of_the_reference_is_signed_as_it_says() {
        let mut request = Request {
            method: "GET",
            path: "/test.txt".into(),
            query: String::new(),
            headers: vec![("range".into(), "bytes=0-9".into())],
            body: Bytes::new(),
        };
        let credential = AwsCredential {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            token: None,
        };
        let now = DateTime::parse_from_rfc3339("2013-05-24T00:00:00Z").unwrap().to_utc();
        Signer::new("us-east-1").sign(&mut request, "examplebucket.s3.amazonaws.com", &credential, now, true);
        let (_, authorization) = request.headers.last().unwrap();
        assert!(
            authorization.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{authorization}"
        );
    }

    #[test]
    fn keys_are_encoded_byte_by_byte() {
        assert_eq!(encode("a b+c%/ü..//x", true), "a%20b%2Bc%25/%C3%BC..//x");
        assert_eq!(encode("a/b", false), "a%2Fb");
    }
}
