//! Requests about one object in one piece: its head, its bytes, a copy of it, its end.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::client::{Call, Kind, S3};
use super::http::Response;
use super::listing::{bare_etag, parse_time};
use super::sign::encode;
use super::xml;
use crate::copy::crc64::Crc64;
use crate::copy::{Error, Result};

/// A server-side copy of many gigabytes answers late.
const COPY_TIMEOUT: Duration = Duration::from_secs(900);
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(300);
/// Where the ETag of the source is kept when the copy has another.
pub(crate) const SOURCE_ETAG: &str = "x-amz-meta-src-etag";

/// What HEAD says about an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectHead {
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified: i64,
    /// Checksum of the whole object in CRC64NVME, where the service has one.
    pub(crate) crc64: Option<String>,
    /// Whether the ETag is no MD5 because the service encrypts with keys of its own service for them.
    pub(crate) is_kms: bool,
    pub(crate) has_tags: bool,
    /// The ETag of what this is a copy of.
    pub(crate) source_etag: Option<String>,
    /// Headers that belong to the object and come along with a copy.
    pub(crate) metadata: Vec<(String, String)>,
}

/// A copy that was made.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) etag: String,
}

/// Bytes that were read.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) bytes: Bytes,
    pub(crate) head: ObjectHead,
}

/// How an object is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct PutOptions {
    /// Fail when the key exists.
    pub(crate) no_clobber: bool,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) storage_class: Option<Box<str>>,
}

impl PutOptions {
    pub(super) fn add_to(&self, call: &mut Call<'_>) {
        if self.no_clobber {
            call.header("if-none-match", "*");
        }
        self.add_attributes(call);
    }

    /// Metadata and storage class alone.
    pub(super) fn add_attributes(&self, call: &mut Call<'_>) {
        let is_class = |name: &str| name == "x-amz-storage-class";
        for (name, value) in &self.metadata {
            if !(is_class(name) && self.storage_class.is_some()) {
                call.headers.push((Cow::Owned(name.clone()), value.clone()));
            }
        }
        if let Some(class) = &self.storage_class {
            call.header("x-amz-storage-class", class.as_ref());
        }
    }
}

impl S3 {
    /// Size, ETag and metadata of an object.
    pub(crate) async fn head(&self, key: &str) -> Result<ObjectHead> {
        let mut call = Call::new("HEAD", Some(key));
        call.kind = Kind::Small;
        if self.has_checksums() {
            call.header("x-amz-checksum-mode", "ENABLED");
        }
        Ok(head_of(&self.call(&call).await?))
    }

    /// The bytes of a range, of the version that `etag` names; all of an object that is smaller.
    pub(crate) async fn get(&self, key: &str, range: Range<u64>, etag: Option<&str>) -> Result<Fetched> {
        let mut call = Call::new("GET", Some(key));
        call.kind = Kind::Part;
        call.timeout = TRANSFER_TIMEOUT;
        if let Some(etag) = etag {
            call.header("if-match", format!("\"{etag}\""));
        }
        if !range.is_empty() {
            call.header("range", format!("bytes={}-{}", range.start, range.end - 1));
        }
        if self.has_checksums() {
            call.header("x-amz-checksum-mode", "ENABLED");
        }
        let response = self.call(&call).await.map_err(|error| changed(error, key))?;
        let wanted = range.end - range.start;
        if response.body.len() as u64 != wanted {
            return Err(Error::Mismatch {
                key: key.to_owned(),
                what: "size",
                expected: format!("{wanted} bytes"),
                found: format!("{} bytes", response.body.len()),
            });
        }
        let head = head_of(&response);
        Ok(Fetched { bytes: response.body, head })
    }

    /// Write an object in one piece; what the service says about it is compared with what was sent.
    pub(crate) async fn put(&self, key: &str, body: Bytes, options: &PutOptions) -> Result<Copied> {
        let crc = Crc64::of(&body).to_base64();
        loop {
            let mut call = Call::new("PUT", Some(key));
            call.timeout = TRANSFER_TIMEOUT;
            call.body = body.clone();
            options.add_to(&mut call);
            let is_checked = self.has_checksums();
            if is_checked {
                call.header("x-amz-checksum-crc64nvme", crc.as_str());
            }
            match self.call(&call).await {
                Ok(response) => return self.stored(key, &body, &crc, &response),
                Err(error) if is_checked && refuses_checksum(&error) => self.give_up_checksums(),
                Err(error) => return Err(exists(error, key)),
            }
        }
    }

    /// What the service stored, when that is what was sent.
    pub(super) fn stored(&self, key: &str, body: &[u8], crc: &str, response: &Response) -> Result<Copied> {
        let etag = bare_etag(response.header("etag").unwrap_or_default()).into_owned();
        let mismatch = |what, expected: &str, found: &str| {
            Err(Error::Mismatch { key: key.to_owned(), what, expected: expected.to_owned(), found: found.to_owned() })
        };
        match response.header("x-amz-checksum-crc64nvme") {
            Some(found) if found == crc => {}
            Some(found) => return mismatch("CRC64NVME", crc, found),
            // The service keeps no such checksum: its ETag is the next best.
            None if crate::copy::entry::is_md5(&etag) && !is_kms(response) => {
                let md5 = super::sign::hex(&Md5::digest(body));
                if md5 != etag {
                    return mismatch("MD5", &md5, &etag);
                }
            }
            None => {}
        }
        Ok(Copied { etag })
    }

    /// Copy an object of at most 5 GiB without its bytes coming here; metadata and tags come along.
    pub(crate) async fn copy(
        &self,
        source: (&str, &str),
        etag: Option<&str>,
        key: &str,
        options: &PutOptions,
    ) -> Result<Copied> {
        let mut call = Call::new("PUT", Some(key));
        call.timeout = COPY_TIMEOUT;
        call.kind = if options.no_clobber { Kind::Single } else { Kind::Small };
        call.header("x-amz-copy-source", copy_source(source));
        if let Some(etag) = etag {
            call.header("x-amz-copy-source-if-match", format!("\"{etag}\""));
        }
        options.add_to(&mut call);
        let response = self.call(&call).await.map_err(|error| {
            if options.no_clobber && is_taken(&error) { exists(error, key) } else { changed(error, source.1) }
        })?;
        self.copied(&call, &response)
    }

    pub(super) fn copied(&self, call: &Call<'_>, response: &Response) -> Result<Copied> {
        let text = std::str::from_utf8(&response.body).unwrap_or_default();
        let refuse = || Error::Protocol { request: self.name(call), reason: "it names no ETag".to_owned() };
        let etag = xml::text_of(text, "ETag").ok_or_else(refuse)?;
        Ok(Copied { etag: bare_etag(&etag).into_owned() })
    }

    /// The tags of an object as a header value: `name=value&…`.
    pub(crate) async fn tags(&self, key: &str) -> Result<String> {
        let mut call = Call::new("GET", Some(key));
        call.query.push(("tagging", "".into()));
        let response = self.call(&call).await?;
        let text = String::from_utf8_lossy(&response.body);
        let (mut tags, mut name) = (Vec::new(), String::new());
        for event in xml::Scanner::new(&text) {
            match event {
                xml::Event::Close("Key", text) => name = encode(&xml::unescape(text), false),
                xml::Event::Close("Value", text) => {
                    tags.push(format!("{name}={}", encode(&xml::unescape(text), false)));
                }
                xml::Event::Open(_) | xml::Event::Close(..) => {}
            }
        }
        Ok(tags.join("&"))
    }

    /// Delete objects, a thousand at most, each only when it has the given ETag; the keys that were not, with the reason.
    ///
    /// Services that know no conditions here delete whatever has the key.
    pub(crate) async fn delete(&self, keys: &[(String, Option<&str>)]) -> Result<Vec<(String, String)>> {
        let mut body = String::from("<Delete><Quiet>true</Quiet>");
        for (key, etag) in keys {
            body.push_str(&format!("<Object><Key>{}</Key>", xml::escape(key)));
            if let Some(etag) = etag {
                body.push_str(&format!("<ETag>{}</ETag>", xml::escape(etag)));
            }
            body.push_str("</Object>");
        }
        body.push_str("</Delete>");
        let mut call = Call::new("POST", None);
        call.query.push(("delete", "".into()));
        call.header("content-md5", STANDARD.encode(Md5::digest(&body)));
        call.body = body.into();
        let response = self.call(&call).await?;
        let text = String::from_utf8_lossy(&response.body);
        let (mut failed, mut key, mut code) = (Vec::new(), String::new(), String::new());
        for event in xml::Scanner::new(&text) {
            match event {
                xml::Event::Close("Key", text) => key = xml::unescape(text).into_owned(),
                xml::Event::Close("Code", text) => text.clone_into(&mut code),
                xml::Event::Close("Error", _) => failed.push((std::mem::take(&mut key), std::mem::take(&mut code))),
                xml::Event::Open(_) | xml::Event::Close(..) => {}
            }
        }
        Ok(failed)
    }
}

/// `bucket/key` as the header of a copy names it.
pub(super) fn copy_source((bucket, key): (&str, &str)) -> String {
    format!("/{bucket}/{}", encode(key, true))
}

fn is_kms(response: &Response) -> bool {
    response.header("x-amz-server-side-encryption").is_some_and(|kind| kind.starts_with("aws:kms"))
}

fn head_of(response: &Response) -> ObjectHead {
    // A part of an object tells the size of the whole behind the slash.
    let whole = response.header("content-range").and_then(|text| text.rsplit_once('/')?.1.parse().ok());
    let length = response.header("content-length").and_then(|text| text.parse().ok());
    let is_whole = response.header("x-amz-checksum-type").is_none_or(|kind| kind != "COMPOSITE");
    ObjectHead {
        size: whole.or(length).unwrap_or_default(),
        etag: bare_etag(response.header("etag").unwrap_or_default()).into_owned(),
        modified: response.header("last-modified").map_or(0, parse_time),
        crc64: response.header("x-amz-checksum-crc64nvme").filter(|_| is_whole).map(str::to_owned),
        is_kms: is_kms(response),
        has_tags: response.header("x-amz-tagging-count").is_some_and(|count| count != "0"),
        source_etag: response.header(SOURCE_ETAG).map(str::to_owned),
        metadata: response
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .filter(|(name, _)| is_kept(name))
            .collect(),
    }
}

/// Whether a header belongs to the object.
fn is_kept(name: &str) -> bool {
    (name.starts_with("x-amz-meta-") && name != SOURCE_ETAG)
        || matches!(
            name,
            "content-type"
                | "content-encoding"
                | "content-disposition"
                | "content-language"
                | "cache-control"
                | "expires"
                | "x-amz-storage-class"
                | "x-amz-website-redirect-location"
        )
}

/// A service that does not know CRC64NVME.
pub(super) fn refuses_checksum(error: &Error) -> bool {
    matches!(
        error.service(),
        Some((
            400 | 501,
            "InvalidRequest" | "InvalidArgument" | "NotImplemented" | "MalformedTrailerError" | "BadRequest"
        ))
    )
}

/// The condition on the source did not hold: it changed.
pub(super) fn changed(error: Error, key: &str) -> Error {
    if error.is_precondition() { Error::Changed { key: key.to_owned() } } else { error }
}

fn is_taken(error: &Error) -> bool {
    error.is_precondition() && !error.to_string().contains("copy-source") || matches!(error.service(), Some((409, _)))
}

/// The condition on the destination did not hold: it exists.
pub(super) fn exists(error: Error, key: &str) -> Error {
    if is_taken(&error) { Error::Exists { key: key.to_owned() } } else { error }
}
