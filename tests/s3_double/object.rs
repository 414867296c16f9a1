//! Requests about one object.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Service;
use super::faults::is_turn;
use super::http::{Request, Response, decode};
use super::listing::escape;
use super::store::{Object, listed, now};

const KEPT: [&str; 6] =
    ["content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires"];

/// The headers of a request that belong to the object.
pub(super) fn metadata(request: &Request) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = request
        .headers()
        .filter(|(name, _)| name.starts_with("x-amz-meta-") || KEPT.contains(name))
        .filter(|(name, value)| *name != "content-encoding" || *value != "aws-chunked")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if !kept.iter().any(|(name, _)| name == "content-type") {
        kept.push(("content-type".to_owned(), "binary/octet-stream".to_owned()));
    }
    kept
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// A condition of the request that does not hold.
fn refused(request: &Request, present: Option<&Object>) -> Option<Response> {
    let failed = || Some(Response::error(412, "PreconditionFailed", "At least one of the conditions did not hold"));
    if request.header("if-none-match") == Some("*") && present.is_some() {
        return failed();
    }
    match (request.header("if-match"), present) {
        (Some(wanted), Some(object)) if bare(wanted) != object.etag => failed(),
        _ => None,
    }
}

pub(super) fn get(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    let Some(object) = service.store.get(bucket, key) else {
        return Response::error(404, "NoSuchKey", "The specified key does not exist.");
    };
    if let Some(response) = refused(request, Some(&object)) {
        return response;
    }
    let is_head = request.method == "HEAD";
    let counter = if is_head { &service.faults.heads } else { &service.faults.gets };
    let time = counter.fetch_add(1, Ordering::Relaxed) + 1;
    let range = request.header("range").and_then(|text| range(text, object.size));
    let (start, end) = range.unwrap_or((0, object.size));
    let mut response = Response::new(if range.is_some() { 206 } else { 200 })
        .with("etag", format!("\"{}\"", object.etag))
        .with("last-modified", object.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .with("accept-ranges", "bytes")
        .with("content-length", (end - start).to_string());
    if range.is_some() {
        response = response.with("content-range", format!("bytes {start}-{}/{}", end - 1, object.size));
    }
    if object.storage_class != "STANDARD" {
        response = response.with("x-amz-storage-class", object.storage_class.clone());
    }
    if !object.tags.is_empty() {
        response = response.with("x-amz-tagging-count", object.tags.split('&').count().to_string());
    }
    if let Some(sum) = object.crc64.as_ref().filter(|_| request.header("x-amz-checksum-mode").is_some()) {
        response = response.with("x-amz-checksum-crc64nvme", sum.clone()).with("x-amz-checksum-type", "FULL_OBJECT");
    }
    response.more_headers = object.metadata.clone();
    if !is_head {
        response.body = object.slice(start, end);
        response.is_truncated = is_turn(&service.faults.truncate_every, time);
    }
    response
}

/// First byte and the one behind the last.
fn range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (start, end) {
        ("", last) => (size.saturating_sub(last.parse().ok()?), size),
        (start, "") => (start.parse().ok()?, size),
        (start, end) => (start.parse().ok()?, end.parse::<u64>().ok()?.saturating_add(1).min(size)),
    };
    (start < end).then_some((start, end))
}

/// A checksum that the service refuses, or keeps.
pub(super) fn checksum(service: &Service, request: &Request) -> Result<Option<String>, Response> {
    let sent = request.header("x-amz-checksum-crc64nvme").map(str::to_owned);
    match (service.faults.checksums.load(Ordering::Relaxed), sent) {
        (1, Some(_)) => Err(Response::error(400, "InvalidRequest", "The algorithm CRC64NVME is not supported.")),
        (2, sent) => Ok(sent),
        _ => Ok(None),
    }
}

pub(super) fn put(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    service.faults.puts.fetch_add(1, Ordering::Relaxed);
    if let Some(response) = refused(request, service.store.get(bucket, key).as_deref()) {
        return response;
    }
    let sum = match checksum(service, request) {
        Ok(sum) => sum,
        Err(refused) => return refused,
    };
    let mut object = Object::new(request.body.clone(), metadata(request));
    if let Some(md5) = request.header("content-md5") {
        let sent = STANDARD.decode(md5).map(|bytes| super::store::hex(&bytes)).unwrap_or_default();
        if sent != object.etag {
            return Response::error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
        }
    }
    object.crc64.clone_from(&sum);
    object.tags = request.header("x-amz-tagging").unwrap_or_default().to_owned();
    object.storage_class = request.header("x-amz-storage-class").unwrap_or("STANDARD").to_owned();
    let mut response = Response::new(200).with("etag", format!("\"{}\"", object.etag));
    if let Some(sum) = sum {
        response = response.with("x-amz-checksum-crc64nvme", sum);
    }
    service.store.insert(bucket, key, object);
    response
}

/// The source of a copy, when its conditions hold.
pub(super) fn source(service: &Service, request: &Request) -> Result<Arc<Object>, Response> {
    let text = decode(request.header("x-amz-copy-source").unwrap_or_default().split('?').next().unwrap_or_default());
    let (bucket, key) = text.trim_start_matches('/').split_once('/').unwrap_or_default();
    {
        let mut changing = service.faults.changing.lock().unwrap();
        if !changing.is_empty() && *changing == key {
            changing.clear();
            service.store.put(bucket, key, "changed meanwhile");
        }
    }
    let forbidden = service.faults.forbidden.lock().unwrap().clone();
    if !forbidden.is_empty() && key.contains(&forbidden) {
        return Err(Response::error(403, "AccessDenied", "Access Denied"));
    }
    let missing = || Response::error(404, "NoSuchKey", "The specified key does not exist.");
    let object = service.store.get(bucket, key).ok_or_else(missing)?;
    match request.header("x-amz-copy-source-if-match") {
        Some(etag) if bare(etag) != object.etag => {
            Err(Response::error(412, "PreconditionFailed", "The condition x-amz-copy-source-If-Match did not hold"))
        }
        _ => Ok(object),
    }
}

pub(super) fn copy(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    let time = service.faults.copies.fetch_add(1, Ordering::Relaxed) + 1;
    let object = match source(service, request) {
        Ok(object) => object,
        Err(refused) => return refused,
    };
    if request.header("if-none-match").is_some()
        && let Some(response) = refused(request, service.store.get(bucket, key).as_deref())
    {
        return response;
    }
    let most = service.faults.most_copied_bytes.load(Ordering::Relaxed);
    if object.size > if most == 0 { 5 << 30 } else { most } {
        return Response::error(
            400,
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size",
        );
    }
    if is_turn(&service.faults.error_in_copy_every, time) {
        return Response { status: 200, ..Response::error(200, "InternalError", "We encountered an internal error.") };
    }
    let mut object = Object::clone(&object);
    if object.etag.contains('-') {
        // In one piece it has the ETag of one piece; any that is not the old one will do.
        object.etag = super::store::hex(&<md5::Md5 as md5::Digest>::digest(object.etag.as_bytes()));
    }
    object.modified = now();
    object.listed = listed(object.modified);
    object.storage_class = request.header("x-amz-storage-class").unwrap_or("STANDARD").to_owned();
    if request.header("x-amz-metadata-directive") == Some("REPLACE") {
        object.metadata = metadata(request);
    }
    let text = format!(
        "<?xml version=\"1.0\"?><CopyObjectResult><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag></CopyObjectResult>",
        object.listed, object.etag
    );
    service.store.insert(bucket, key, object);
    Response::xml(text)
}

pub(super) fn delete(service: &Service, bucket: &str, key: &str) -> Response {
    service.faults.deletes.fetch_add(1, Ordering::Relaxed);
    service.store.remove(bucket, key);
    Response::new(204)
}

pub(super) fn delete_many(service: &Service, bucket: &str, request: &Request) -> Response {
    let text = String::from_utf8_lossy(&request.body);
    let mut deleted = String::new();
    for part in text.split("<Key>").skip(1) {
        let key = unescape(part.split("</Key>").next().unwrap_or_default());
        let (_, wanted) = part.split("</Object>").next().and_then(|part| part.split_once("<ETag>")).unwrap_or_default();
        let wanted = unescape(wanted.split("</ETag>").next().unwrap_or_default());
        if !wanted.is_empty() && service.store.get(bucket, &key).is_some_and(|object| object.etag != bare(&wanted)) {
            deleted.push_str(&format!(
                "<Error><Key>{}</Key><Code>PreconditionFailed</Code><Message>It has another ETag</Message></Error>",
                escape(&key)
            ));
            continue;
        }
        service.faults.deletes.fetch_add(1, Ordering::Relaxed);
        service.store.remove(bucket, &key);
        deleted.push_str(&format!("<Deleted><Key>{}</Key></Deleted>", escape(&key)));
    }
    Response::xml(format!("<DeleteResult>{deleted}</DeleteResult>"))
}

pub(super) fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

pub(super) fn get_tags(service: &Service, bucket: &str, key: &str) -> Response {
    let Some(object) = service.store.get(bucket, key) else {
        return Response::error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let pairs = object.tags.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split_once('='));
    let tag = |(name, value): (&str, &str)| {
        format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(&decode(name)), escape(&decode(value)))
    };
    Response::xml(format!("<Tagging><TagSet>{}</TagSet></Tagging>", pairs.map(tag).collect::<String>()))
}

pub(super) fn put_tags(service: &Service, bucket: &str, key: &str, request: &Request) -> Response {
    let Some(object) = service.store.get(bucket, key) else {
        return Response::error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let text = String::from_utf8_lossy(&request.body);
    let inner = |part: &str, name: &str| {
        let (_, rest) = part.split_once(&format!("<{name}>")).unwrap_or_default();
        unescape(rest.split(&format!("</{name}>")).next().unwrap_or_default())
    };
    let tags: Vec<String> =
        text.split("<Tag>").skip(1).map(|part| format!("{}={}", inner(part, "Key"), inner(part, "Value"))).collect();
    let mut object = Object::clone(&object);
    object.tags = tags.join("&");
    service.store.insert(bucket, key, object);
    Response::new(200)
}
