//! Buckets and objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use md5::{Digest as _, Md5};

use super::Counted;

/// An object. Copies share its pieces.
#[derive(Debug, Clone)]
pub struct Object {
    pub pieces: Vec<Bytes>,
    pub size: u64,
    /// Without quotation marks.
    pub etag: String,
    pub modified: DateTime<Utc>,
    /// The same as listings show it.
    pub listed: String,
    /// What a copy takes along: content type and the like, `x-amz-meta-…`.
    pub metadata: Vec<(String, String)>,
    pub tags: String,
    pub storage_class: String,
    /// CRC64NVME of the whole, where it was sent.
    pub crc64: Option<String>,
}

impl AsRef<Self> for Object {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Object {
    pub fn new(body: Bytes, metadata: Vec<(String, String)>) -> Self {
        let etag = hex(&Md5::digest(&body));
        let size = body.len() as u64;
        Self::from_pieces(if body.is_empty() { Vec::new() } else { vec![body] }, size, etag, metadata)
    }

    pub fn from_pieces(pieces: Vec<Bytes>, size: u64, etag: String, metadata: Vec<(String, String)>) -> Self {
        let modified = now();
        Self {
            pieces,
            size,
            etag,
            modified,
            listed: listed(modified),
            metadata,
            tags: String::new(),
            storage_class: "STANDARD".to_owned(),
            crc64: None,
        }
    }

    /// The pieces of a range.
    pub fn slice(&self, start: u64, end: u64) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let (from, to) = (start.max(at), end.min(at + piece.len() as u64));
            if from < to {
                pieces.push(piece.slice((from - at) as usize..(to - at) as usize));
            }
            at += piece.len() as u64;
        }
        pieces
    }

    pub fn content(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

/// The present time in whole seconds, as services keep it.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap_or_default()
}

pub fn listed(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

pub type Bucket = Arc<RwLock<BTreeMap<String, Arc<Object>>>>;

/// An upload in parts.
#[derive(Debug, Default)]
pub struct Upload {
    pub bucket: String,
    pub key: String,
    pub metadata: Vec<(String, String)>,
    pub tags: String,
    pub storage_class: String,
    pub parts: BTreeMap<u32, Object>,
}

/// All that the service holds.
#[derive(Debug, Default)]
pub struct Store {
    buckets: RwLock<HashMap<String, Bucket>>,
    counted: RwLock<HashMap<String, Arc<Counted>>>,
    pub uploads: Mutex<BTreeMap<String, Upload>>,
    next: AtomicU64,
}

impl Store {
    pub fn create_bucket(&self, name: &str) {
        self.buckets.write().unwrap().entry(name.to_owned()).or_default();
    }

    pub fn delete_bucket(&self, name: &str) {
        self.buckets.write().unwrap().remove(name);
    }

    pub fn bucket(&self, name: &str) -> Option<Bucket> {
        self.buckets.read().unwrap().get(name).cloned()
    }

    pub fn buckets(&self) -> Vec<String> {
        let mut names: Vec<String> = self.buckets.read().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    pub fn get(&self, bucket: &str, key: &str) -> Option<Arc<Object>> {
        if let Some(counted) = self.counted(bucket) {
            return counted.get(key);
        }
        self.bucket(bucket)?.read().unwrap().get(key).cloned()
    }

    pub fn put(&self, bucket: &str, key: &str, body: impl Into<Bytes>) {
        self.create_bucket(bucket);
        let object = Object::new(body.into(), vec![("content-type".to_owned(), "binary/octet-stream".to_owned())]);
        self.insert(bucket, key, object);
    }

    /// Make a bucket of objects that are counted and not held; what is written to it is forgotten.
    pub fn count(&self, name: &str, counted: Counted) {
        self.create_bucket(name);
        self.counted.write().unwrap().insert(name.to_owned(), Arc::new(counted));
    }

    pub fn counted(&self, name: &str) -> Option<Arc<Counted>> {
        self.counted.read().unwrap().get(name).cloned()
    }

    pub fn insert(&self, bucket: &str, key: &str, object: Object) {
        if self.counted(bucket).is_some() {
            return;
        }
        if let Some(bucket) = self.bucket(bucket) {
            bucket.write().unwrap().insert(key.to_owned(), Arc::new(object));
        }
    }

    pub fn remove(&self, bucket: &str, key: &str) {
        if let Some(bucket) = self.bucket(bucket) {
            bucket.write().unwrap().remove(key);
        }
    }

    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.bucket(bucket).map(|bucket| bucket.read().unwrap().keys().cloned().collect()).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        format!("upload-{:08x}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}
