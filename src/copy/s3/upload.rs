//! Uploads in parts: begun, filled by bytes or by ranges of other objects, completed or aborted.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use super::calls::{changed, copy_source, exists, refuses_checksum};
use super::client::{Call, Kind, S3};
use super::listing::bare_etag;
use super::{Copied, PutOptions, xml};
use crate::copy::crc64::Crc64;
use crate::copy::{Error, Result};

const PART_TIMEOUT: Duration = Duration::from_secs(900);

/// A part that the service has.
#[derive(Debug, Clone)]
pub(crate) struct PartTag {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) etag: String,
    /// Checksum of the part, where it was sent.
    pub(crate) crc64: Option<String>,
}

impl S3 {
    /// Begin an upload; its id.
    pub(crate) async fn create_upload(&self, key: &str, options: &PutOptions, is_summed: bool) -> Result<String> {
        loop {
            let mut call = Call::new("POST", Some(key));
            call.query.push(("uploads", "".into()));
            options.add_attributes(&mut call);
            let is_summed = is_summed && self.has_checksums();
            if is_summed {
                call.header("x-amz-checksum-algorithm", "CRC64NVME");
                call.header("x-amz-checksum-type", "FULL_OBJECT");
            }
            let response = match self.call(&call).await {
                Err(error) if is_summed && refuses_checksum(&error) => {
                    self.give_up_checksums();
                    continue;
                }
                response => response?,
            };
            let text = String::from_utf8_lossy(&response.body);
            let refuse = || Error::Protocol { request: self.name(&call), reason: "it names no upload".to_owned() };
            return xml::text_of(&text, "UploadId").map(|id| id.into_owned()).ok_or_else(refuse);
        }
    }

    /// Send a part.
    pub(crate) async fn upload_part(&self, key: &str, id: &str, number: u32, body: Bytes) -> Result<(PartTag, Crc64)> {
        let crc = Crc64::of(&body);
        let sum = crc.to_base64();
        loop {
            let mut call = part_call(key, id, number);
            call.body = body.clone();
            let is_checked = self.has_checksums();
            if is_checked {
                call.header("x-amz-checksum-crc64nvme", sum.as_str());
            }
            let response = match self.call(&call).await {
                Err(error) if is_checked && refuses_checksum(&error) => {
                    self.give_up_checksums();
                    continue;
                }
                response => response?,
            };
            let Copied { etag } = self.stored(key, &body, &sum, &response)?;
            let crc64 = is_checked.then(|| sum.clone());
            return Ok((PartTag { number, etag, crc64 }, crc));
        }
    }

    /// Fill a part with a range of another object, without its bytes coming here.
    pub(crate) async fn copy_part(
        &self,
        source: (&str, &str),
        range: Range<u64>,
        etag: Option<&str>,
        target: (&str, &str, u32),
    ) -> Result<PartTag> {
        let (key, id, number) = target;
        let mut call = part_call(key, id, number);
        call.kind = Kind::Part;
        call.header("x-amz-copy-source", copy_source(source));
        call.header("x-amz-copy-source-range", format!("bytes={}-{}", range.start, range.end - 1));
        if let Some(etag) = etag {
            call.header("x-amz-copy-source-if-match", format!("\"{etag}\""));
        }
        let response = self.call(&call).await.map_err(|error| changed(error, source.1))?;
        let Copied { etag } = self.copied(&call, &response)?;
        Ok(PartTag { number, etag, crc64: None })
    }

    /// Make an object of the parts, in the order of their numbers; `crc64` is the checksum of the whole.
    pub(crate) async fn complete_upload(
        &self,
        key: &str,
        id: &str,
        parts: &[PartTag],
        no_clobber: bool,
        crc64: Option<Crc64>,
    ) -> Result<Copied> {
        let mut body = String::from("<CompleteMultipartUpload>");
        for PartTag { number, etag, crc64 } in parts {
            body.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag>"));
            if let Some(sum) = crc64 {
                body.push_str(&format!("<ChecksumCRC64NVME>{sum}</ChecksumCRC64NVME>"));
            }
            body.push_str("</Part>");
        }
        body.push_str("</CompleteMultipartUpload>");
        let mut call = Call::new("POST", Some(key));
        call.timeout = PART_TIMEOUT;
        call.query.push(("uploadId", id.into()));
        if no_clobber {
            call.header("if-none-match", "*");
        }
        if let Some(sum) = crc64.filter(|_| self.has_checksums()) {
            call.header("x-amz-checksum-crc64nvme", sum.to_base64());
            call.header("x-amz-checksum-type", "FULL_OBJECT");
        }
        call.body = body.into();
        match self.call(&call).await {
            Ok(response) => self.copied(&call, &response),
            // The answer to an earlier attempt was lost: then the object is there.
            Err(error) if matches!(error.service(), Some((404, "NoSuchUpload"))) => match self.head(key).await {
                Ok(head) if head.etag.contains('-') => Ok(Copied { etag: bare_etag(&head.etag).into_owned() }),
                _ => Err(error),
            },
            Err(error) => Err(exists(error, key)),
        }
    }

    /// Give an upload up, so that its parts cost nothing; one that is gone is no error.
    pub(crate) async fn abort_upload(&self, key: &str, id: &str) -> Result<()> {
        let mut call = Call::new("DELETE", Some(key));
        call.query.push(("uploadId", id.into()));
        match self.call(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_missing() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn part_call<'a>(key: &'a str, id: &'a str, number: u32) -> Call<'a> {
    let mut call = Call::new("PUT", Some(key));
    call.timeout = PART_TIMEOUT;
    call.query = vec![("partNumber", number.to_string().into()), ("uploadId", id.into())];
    call
}
