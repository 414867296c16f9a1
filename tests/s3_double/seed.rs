//! Filling a bucket without sending its bytes.

use bytes::Bytes;

use super::store::{Object, Store};

/// `count` objects of `size` bytes below `prefix`. `layout`: `flat` counts in one folder, `dated` makes folders by hour,
/// `hash` spreads over hexadecimal names.
pub(super) fn seed(store: &Store, bucket: &str, prefix: &str, count: u64, size: usize, layout: &str) {
    store.create_bucket(bucket);
    // Small objects have contents of their own; large ones share one, which is hashed once.
    let shared = (size > 1 << 20).then(|| Object::new(content(size, 0), metadata()));
    let bucket = store.bucket(bucket).expect("it was just created");
    let mut objects = bucket.write().unwrap();
    for n in 0..count {
        let object = shared.clone().unwrap_or_else(|| Object::new(content(size, n), metadata()));
        let key = match layout {
            "dated" => {
                let (hour, rest) = (n % 24, n / 24);
                format!(
                    "year=2026/month={:02}/day={:02}/hour={hour:02}/part-{n:07}.json",
                    rest % 12 + 1,
                    rest / 12 % 28 + 1
                )
            }
            "hash" => format!("{:016x}.bin", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            _ => format!("part-{n:07}.bin"),
        };
        objects.insert(format!("{prefix}{key}"), object.into());
    }
}

pub(super) fn metadata() -> Vec<(String, String)> {
    vec![("content-type".to_owned(), "binary/octet-stream".to_owned())]
}

pub(super) fn content(size: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes.into()
}
