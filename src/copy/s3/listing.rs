//! Pages of keys.

use std::borrow::Cow;

use chrono::DateTime;

use super::client::{Call, Kind, S3};
use super::xml::{Event, Scanner, decode_key, text_of, unescape};
use crate::copy::entry::Entry;
use crate::copy::{Error, Result};

/// Most keys that a page can have.
pub(crate) const PAGE_KEYS: usize = 1_000;

/// A page of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Objects in the order of their keys, which are relative to the prefix.
    pub(crate) entries: Vec<Entry>,
    /// Folders, with a delimiter; relative to the prefix, with their `/`.
    pub(crate) folders: Vec<String>,
    /// Whether there are more after the last.
    pub(crate) is_truncated: bool,
}

/// An upload that was begun and neither completed nor aborted.
#[derive(Debug)]
pub(crate) struct OpenUpload {
    pub(crate) key: String,
    pub(crate) id: String,
}

impl S3 {
    /// A page of the keys that begin with `prefix`, of those behind `after`, which is relative to it.
    pub(crate) async fn list(&self, prefix: &str, after: &str, keys: usize, has_delimiter: bool) -> Result<Page> {
        let mut call = Call::new("GET", None);
        call.kind = Kind::Small;
        if has_delimiter {
            call.query.push(("delimiter", "/".into()));
        }
        call.query.push(("encoding-type", "url".into()));
        call.query.push(("list-type", "2".into()));
        call.query.push(("max-keys", keys.to_string().into()));
        call.query.push(("prefix", prefix.into()));
        if !after.is_empty() {
            call.query.push(("start-after", format!("{prefix}{after}").into()));
        }
        let response = self.call(&call).await?;
        let refuse = |reason: &str| Error::Protocol { request: self.name(&call), reason: reason.to_owned() };
        let text = std::str::from_utf8(&response.body).map_err(|_| refuse("it is not Unicode"))?;
        read_page(text, prefix).map_err(|reason| refuse(&reason))
    }

    /// Uploads below `prefix` that were begun and not ended.
    pub(crate) async fn open_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>> {
        let mut call = Call::new("GET", None);
        call.query = vec![("prefix", prefix.into()), ("uploads", "".into())];
        let response = self.call(&call).await?;
        let text = String::from_utf8_lossy(&response.body);
        let (mut found, mut key) = (Vec::new(), None);
        for event in Scanner::new(&text) {
            match event {
                Event::Close("Key", text) => key = Some(unescape(text).into_owned()),
                Event::Close("UploadId", text) => {
                    if let Some(key) = key.take() {
                        found.push(OpenUpload { key, id: unescape(text).into_owned() });
                    }
                }
                Event::Open(_) | Event::Close(..) => {}
            }
        }
        Ok(found)
    }
}

fn read_page(text: &str, prefix: &str) -> Result<Page, String> {
    let mut page = Page::default();
    let mut entry = Entry::default();
    let (mut is_object, mut is_folder) = (false, false);
    // A service that ignores `encoding-type` does not repeat it in its answer.
    let is_encoded = text_of(text.get(..text.len().min(2_000)).unwrap_or(text), "EncodingType").is_some()
        || text_of(text, "EncodingType").is_some();
    let relative = |text: &str| {
        let key = if is_encoded { decode_key(text) } else { Some(unescape(text).into_owned()) };
        let key = key.ok_or_else(|| format!("the key `{text}` is not Unicode"))?;
        match key.strip_prefix(prefix) {
            Some(below) => Ok(below.to_owned()),
            None => Err(format!("the key `{key}` does not begin with the prefix `{prefix}`")),
        }
    };
    for event in Scanner::new(text) {
        match event {
            Event::Open("Contents") => (entry, is_object) = (Entry::default(), true),
            Event::Open("CommonPrefixes") => is_folder = true,
            Event::Close("Contents", _) => {
                page.entries.push(std::mem::take(&mut entry));
                is_object = false;
            }
            Event::Close("CommonPrefixes", _) => is_folder = false,
            Event::Close("Key", text) if is_object => entry.key = relative(text)?,
            Event::Close("Prefix", text) if is_folder => page.folders.push(relative(text)?),
            Event::Close("Size", text) if is_object => {
                entry.size = text.trim().parse().map_err(|_| format!("`{text}` is no size"))?;
            }
            Event::Close("ETag", text) if is_object => entry.etag = Some(bare_etag(&unescape(text)).into()),
            Event::Close("LastModified", text) if is_object => entry.modified = parse_time(text),
            Event::Close("StorageClass", text) if is_object && text != "STANDARD" => {
                entry.storage_class = Some(text.into());
            }
            Event::Close("IsTruncated", text) => page.is_truncated = text.trim() == "true",
            Event::Open(_) | Event::Close(..) => {}
        }
    }
    Ok(page)
}

/// An ETag without its quotation marks.
pub(super) fn bare_etag(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text.trim().trim_matches('"'))
}

/// Milliseconds since the epoch; 0 for what is no time.
pub(super) fn parse_time(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text.trim())
        .or_else(|_| DateTime::parse_from_rfc2822(text.trim()))
        .map_or(0, |time| time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_encoded_keys_and_folders() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType><Prefix>a%2F</Prefix>\
            <IsTruncated>true</IsTruncated>\
            <Contents><Key>a/b+c%2B</Key><LastModified>2019-08-21T10:00:00.000Z</LastModified>\
            <ETag>&quot;0f&quot;</ETag><Size>12</Size><StorageClass>GLACIER</StorageClass></Contents>\
            <CommonPrefixes><Prefix>a/d/</Prefix></CommonPrefixes></ListBucketResult>";
        let page = read_page(text, "a/").unwrap();
        let entry = &page.entries[0];
        assert_eq!((entry.key.as_str(), entry.size, entry.etag.as_deref()), ("b c+", 12, Some("0f")));
        assert_eq!((entry.modified, entry.storage_class.as_deref()), (1_566_381_600_000, Some("GLACIER")));
        assert!(page.is_truncated && page.folders == ["d/"]);
    }

    #[test]
    fn keys_are_taken_as_they_are_when_the_service_does_not_encode() {
        let text = "<ListBucketResult><Contents><Key>a+b%2F&amp;</Key></Contents></ListBucketResult>";
        assert_eq!(read_page(text, "").unwrap().entries[0].key, "a+b%2F&");
    }

    #[test]
    fn a_key_outside_of_the_prefix_is_an_error_and_not_copied() {
        let text = "<ListBucketResult><Contents><Key>b/x</Key></Contents></ListBucketResult>";
        assert!(read_page(text, "a/").unwrap_err().contains("b/x"));
    }
}
