//! Uploads in parts.

use std::sync::atomic::Ordering;

use md5::{Digest as _, Md5};

use super::Service;
use super::faults::is_turn;
use super::http::{Request, Response};
use super::listing::escape;
use super::object::{checksum, metadata, source, unescape};
use super::store::{Object, Upload, hex};

fn no_upload() -> Response {
    Response::error(404, "NoSuchUpload", "The specified upload does not exist.")
}

pub(super) fn create(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    if request.header("x-amz-checksum-algorithm") == Some("CRC64NVME")
        && service.faults.checksums.load(Ordering::Relaxed) == 1
    {
        return Response::error(400, "InvalidRequest", "The algorithm CRC64NVME is not supported.");
    }
    let id = service.store.id();
    let upload = Upload {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        metadata: metadata(request),
        tags: request.header("x-amz-tagging").unwrap_or_default().to_owned(),
        storage_class: request.header("x-amz-storage-class").unwrap_or("STANDARD").to_owned(),
        parts: std::collections::BTreeMap::new(),
    };
    service.store.uploads.lock().unwrap().insert(id.clone(), upload);
    Response::xml(format!(
        "<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>",
        escape(key)
    ))
}

pub(super) fn put_part(service: &Service, request: &Request, time: u64) -> Response {
    let (Some(id), Some(number)) =
        (request.query("uploadId"), request.query("partNumber").and_then(|text| text.parse::<u32>().ok()))
    else {
        return Response::error(400, "InvalidArgument", "no part");
    };
    if !(1..=10_000).contains(&number) {
        return Response::error(
            400,
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
        );
    }
    let is_copy = request.header("x-amz-copy-source").is_some();
    let sum = match checksum(service, request) {
        Ok(sum) => sum,
        Err(refused) => return refused,
    };
    let part = if is_copy {
        service.faults.copies.fetch_add(1, Ordering::Relaxed);
        if is_turn(&service.faults.error_in_copy_every, time) {
            return Response {
                status: 200,
                ..Response::error(200, "InternalError", "We encountered an internal error.")
            };
        }
        match copied_range(service, request) {
            Ok(part) => part,
            Err(refused) => return refused,
        }
    } else {
        service.faults.puts.fetch_add(1, Ordering::Relaxed);
        Object::new(request.body.clone(), Vec::new())
    };
    let etag = part.etag.clone();
    match service.store.uploads.lock().unwrap().get_mut(&id) {
        Some(upload) => upload.parts.insert(number, part),
        None => return no_upload(),
    };
    if is_copy {
        return Response::xml(format!("<CopyPartResult><ETag>&quot;{etag}&quot;</ETag></CopyPartResult>"));
    }
    let mut response = Response::new(200).with("etag", format!("\"{etag}\""));
    if let Some(sum) = sum {
        response = response.with("x-amz-checksum-crc64nvme", sum);
    }
    response
}

fn copied_range(service: &Service, request: &Request) -> Result<Object, Response> {
    let object = source(service, request)?;
    let range = request.header("x-amz-copy-source-range").and_then(|text| {
        let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
        Some((start.parse().ok()?, end.parse::<u64>().ok()? + 1))
    });
    let (start, end) = range.unwrap_or((0, object.size));
    if start >= end || end > object.size {
        return Err(Response::error(416, "InvalidRange", "The requested range is not satisfiable"));
    }
    // Nobody can know the MD5 of a range without reading it, so any ETag will do.
    let etag = hex(&Md5::digest(format!("{}:{start}-{end}", object.etag)));
    Ok(Object::from_pieces(object.slice(start, end), end - start, etag, Vec::new()))
}

pub(super) fn complete(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    let id = request.query("uploadId").unwrap_or_default();
    let exists = service.store.get(bucket, key).is_some();
    if request.header("if-none-match") == Some("*") && exists {
        return Response::error(412, "PreconditionFailed", "At least one of the conditions did not hold");
    }
    let text = String::from_utf8_lossy(&request.body);
    let inner = |part: &str, name: &str| {
        let (_, rest) = part.split_once(&format!("<{name}>")).unwrap_or_default();
        rest.split(&format!("</{name}>")).next().unwrap_or_default().to_owned()
    };
    let named: Vec<(u32, String)> = text
        .split("<Part>")
        .skip(1)
        .map(|part| {
            (
                inner(part, "PartNumber").parse().unwrap_or(0),
                unescape(&inner(part, "ETag")).trim_matches('"').to_owned(),
            )
        })
        .collect();
    let mut uploads = service.store.uploads.lock().unwrap();
    let Some(upload) = uploads.get(&id) else { return no_upload() };
    if !named.is_sorted_by(|a, b| a.0 < b.0) {
        return Response::error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
    }
    let least = service.faults.least_part_bytes.load(Ordering::Relaxed);
    let (mut pieces, mut size, mut tags) = (Vec::new(), 0, Vec::new());
    for (index, (number, etag)) in named.iter().enumerate() {
        let Some(part) = upload.parts.get(number).filter(|part| part.etag == *etag) else {
            return Response::error(400, "InvalidPart", "One or more of the specified parts could not be found.");
        };
        if index + 1 < named.len() && part.size < least {
            return Response::error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed");
        }
        pieces.extend(part.pieces.iter().cloned());
        size += part.size;
        tags.extend_from_slice(part.etag.as_bytes());
    }
    let etag = format!("{}-{}", hex(&Md5::digest(&tags)), named.len());
    let mut object = Object::from_pieces(pieces, size, etag.clone(), upload.metadata.clone());
    object.tags.clone_from(&upload.tags);
    object.storage_class.clone_from(&upload.storage_class);
    if service.faults.checksums.load(Ordering::Relaxed) == 2 {
        object.crc64 = request.header("x-amz-checksum-crc64nvme").map(str::to_owned);
    }
    uploads.remove(&id);
    drop(uploads);
    service.store.insert(bucket, key, object);
    Response::xml(format!(
        "<CompleteMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{}</Key><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>",
        escape(key)
    ))
}

pub(super) fn abort(service: &Service, request: &Request) -> Response {
    let id = request.query("uploadId").unwrap_or_default();
    if service.store.uploads.lock().unwrap().remove(&id).is_some() { Response::new(204) } else { no_upload() }
}

pub(super) fn list(service: &Service, bucket: &str, request: &Request) -> Response {
    let prefix = request.query("prefix").unwrap_or_default();
    let uploads = service.store.uploads.lock().unwrap();
    let found = uploads.iter().filter(|(_, upload)| upload.bucket == bucket && upload.key.starts_with(&prefix));
    let shown = |(id, upload): (&String, &Upload)| {
        format!("<Upload><Key>{}</Key><UploadId>{id}</UploadId></Upload>", escape(&upload.key))
    };
    Response::xml(format!(
        "<ListMultipartUploadsResult>{}</ListMultipartUploadsResult>",
        found.map(shown).collect::<String>()
    ))
}

pub(super) fn list_parts(service: &Service, request: &Request) -> Response {
    let id = request.query("uploadId").unwrap_or_default();
    let uploads = service.store.uploads.lock().unwrap();
    let Some(upload) = uploads.get(&id) else { return no_upload() };
    let shown = |(number, part): (&u32, &Object)| {
        format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Part>",
            part.etag, part.size
        )
    };
    Response::xml(format!("<ListPartsResult>{}</ListPartsResult>", upload.parts.iter().map(shown).collect::<String>()))
}
