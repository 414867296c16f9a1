//! Object to object of another service: the bytes come through here, in parts that are held one by one.

use std::sync::Arc;

use super::parts::{each, memory, ranges};
use super::server::{Upload, kept};
use super::{Done, Item, Shared};
use crate::copy::crc64::Crc64;
use crate::copy::s3::Copied;
use crate::copy::side::RemoteSide;
use crate::copy::{Error, Result};

const MIB: u64 = 1 << 20;

pub(super) async fn copy(shared: &Arc<Shared>, source: &RemoteSide, target: &RemoteSide, item: &Item) -> Result<Done> {
    let (from, to) = (source.key(&item.source.key), target.key(&item.target));
    let part = shared.options.part_mib * MIB;
    if item.source.size <= part {
        let _memory = memory(shared, item.source.size).await?;
        let _permit = target.s3.pace.acquire().await;
        let got = source.s3.get(&from, 0..item.source.size, item.source.etag.as_deref()).await?;
        let sum = Crc64::of(&got.bytes).to_base64();
        if let Some(expected) = got.head.crc64.as_ref().filter(|expected| **expected != sum) {
            let (expected, found) = (expected.clone(), sum);
            return Err(Error::Mismatch { key: from, what: "CRC64NVME", expected, found });
        }
        let options = kept(source, &from, &got.head, shared.options.no_clobber).await?;
        let Copied { etag } = target.s3.put(&to, got.bytes, &options).await?;
        return Ok(Done { bytes: item.source.size, etag: Some(etag.into()), is_verified: true });
    }
    let head = source.s3.head(&from).await?;
    if item.source.etag.as_deref().is_some_and(|etag| etag != head.etag) {
        return Err(Error::Changed { key: from });
    }
    let options = kept(source, &from, &head, shared.options.no_clobber).await?;
    let upload = Upload::begin(shared, target, &to, &options, true).await?;
    let parts = ranges(head.size, part);
    let sent = each(shared, &target.s3.pace, parts, true, async |number, range| {
        let got = source.s3.get(&from, range, Some(&head.etag)).await?;
        target.s3.upload_part(&to, &upload.id, number, got.bytes).await
    })
    .await;
    let completed = match sent {
        Ok(sent) => {
            let (tags, sums): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
            let whole = sums.into_iter().fold(Crc64::default(), Crc64::join);
            let expected = head.crc64.as_ref().filter(|expected| **expected != whole.to_base64());
            match expected {
                Some(expected) => Err(Error::Mismatch {
                    key: from.clone(),
                    what: "CRC64NVME",
                    expected: expected.clone(),
                    found: whole.to_base64(),
                }),
                None => target.s3.complete_upload(&to, &upload.id, &tags, options.no_clobber, Some(whole)).await,
            }
        }
        Err(error) => Err(error),
    };
    let Copied { etag } = upload.end(shared, target, completed).await?;
    Ok(Done { bytes: head.size, etag: Some(etag.into()), is_verified: true })
}
