//! Checking signatures (Signature Version 4), written apart from the code that makes bayou's.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};

use super::http::{Request, decode};
use super::store::hex;

/// The secret of every access key is the key itself.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why a request is refused: the service's code for it.
pub(super) fn check(request: &Request) -> Result<(), &'static str> {
    let authorization = request.header("authorization").ok_or("AccessDenied")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("InvalidArgument")?;
    let field = |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (Some(credential), Some(names), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Err("InvalidArgument");
    };
    let [key, day, region, service, _]: [&str; 5] =
        credential.split('/').collect::<Vec<_>>().try_into().map_err(|_| "InvalidArgument")?;
    let content = request.header("x-amz-content-sha256").ok_or("InvalidRequest")?;
    let mut canonical = format!("{}\n{}\n{}\n", request.method, path(&request.raw_path), query(&request.raw_query));
    for name in names.split(';') {
        let value = request.header(name).unwrap_or_default();
        canonical.push_str(&format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    canonical.push_str(&format!("\n{names}\n{content}"));
    let at = request.header("x-amz-date").ok_or("AccessDenied")?;
    let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{day}/{region}/{service}/aws4_request\n{hashed}");
    let mut secret = format!("AWS4{key}").into_bytes();
    for part in [day, region, service, "aws4_request", &text] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        secret = hmac::sign(&key, part.as_bytes()).as_ref().to_vec();
    }
    if hex(&secret) != signature {
        return Err("SignatureDoesNotMatch");
    }
    let is_hash = content.len() == 64;
    if is_hash && content != hex(digest::digest(&digest::SHA256, &request.body).as_ref()) {
        return Err("XAmzContentSHA256Mismatch");
    }
    Ok(())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn path(raw: &str) -> String {
    raw.split('/').map(|part| encode(&decode(part))).collect::<Vec<_>>().join("/")
}

fn query(raw: &str) -> String {
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name)), encode(&decode(value))))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}
