//! Listings, in both versions.

use std::fmt::Write as _;
use std::ops::Bound;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Counted;
use super::http::{Request, Response};
use super::store::{Bucket, Object};

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b'*');

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page of a bucket.
pub(super) fn list(request: &Request, name: &str, bucket: &Bucket, counted: Option<&Counted>) -> Response {
    match counted {
        Some(counted) => page(request, name, |from| counted.range(from)),
        None => {
            let objects = bucket.read().unwrap();
            page(request, name, |from| objects.range((from, Bound::Unbounded)))
        }
    }
}

/// A page of the objects that `range` gives from a key on.
fn page<K, O, I>(request: &Request, name: &str, range: impl Fn(Bound<String>) -> I) -> Response
where
    K: AsRef<str>,
    O: AsRef<Object>,
    I: Iterator<Item = (K, O)>,
{
    let is_second = request.query("list-type").as_deref() == Some("2");
    let prefix = request.query("prefix").unwrap_or_default();
    let delimiter = request.query("delimiter").unwrap_or_default();
    let most = request.query("max-keys").and_then(|text| text.parse().ok()).unwrap_or(1_000).min(1_000);
    let is_encoded = request.query("encoding-type").as_deref() == Some("url");
    let names: &[&str] = if is_second { &["continuation-token", "start-after"] } else { &["marker"] };
    let after = names.iter().find_map(|name| request.query(name)).unwrap_or_default();
    let shown = |text: &str| if is_encoded { utf8_percent_encode(text, KEPT).to_string() } else { escape(text) };
    let mut body = String::with_capacity(256 << 10);
    let mut folders = String::new();
    let mut from = if after >= prefix { Bound::Excluded(after) } else { Bound::Included(prefix.clone()) };
    // A marker inside of a folder that was rolled up is behind all of it.
    if let Bound::Excluded(after) = &from
        && !delimiter.is_empty()
        && after.starts_with(&prefix)
        && after.ends_with(&delimiter)
    {
        from = Bound::Included(behind(after));
    }
    let (mut count, mut last, mut is_truncated) = (0, String::new(), false);
    'listing: loop {
        for (key, object) in range(from.clone()) {
            let (key, object) = (key.as_ref(), object.as_ref());
            if !key.starts_with(&prefix) {
                break 'listing;
            }
            if count == most {
                is_truncated = true;
                break 'listing;
            }
            count += 1;
            let rolled = key[prefix.len()..].find(&delimiter).filter(|_| !delimiter.is_empty());
            if let Some(at) = rolled {
                let folder = &key[..prefix.len() + at + delimiter.len()];
                let _ = write!(folders, "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", shown(folder));
                folder.clone_into(&mut last);
                from = Bound::Included(behind(folder));
                continue 'listing;
            }
            let _ = write!(
                body,
                "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size>\
                 <StorageClass>{}</StorageClass></Contents>",
                shown(key),
                object.listed,
                object.etag,
                object.size,
                object.storage_class
            );
            key.clone_into(&mut last);
        }
        break;
    }
    let next = match (is_truncated, is_second) {
        (false, _) => String::new(),
        (true, true) => format!("<NextContinuationToken>{}</NextContinuationToken>", escape(&last)),
        (true, false) => format!("<NextMarker>{}</NextMarker>", shown(&last)),
    };
    let encoding = if is_encoded { "<EncodingType>url</EncodingType>" } else { "" };
    Response::xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{name}</Name><Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>{encoding}\
         <IsTruncated>{is_truncated}</IsTruncated>{next}{body}{folders}</ListBucketResult>",
        shown(&prefix)
    ))
}

/// The first key behind everything that begins with `folder`.
fn behind(folder: &str) -> String {
    let mut text = folder.to_owned();
    let last = text.pop().and_then(|c| char::from_u32(u32::from(c) + 1)).unwrap_or(char::MAX);
    text.push(last);
    text
}
