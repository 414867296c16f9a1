//! Digests by name, as lower-case hexadecimal.

use md5::{Digest as _, Md5};
use ring::digest;

/// The digest of `text`; None when there is no such algorithm.
pub(crate) fn hash(text: &str, algorithm: &str) -> Option<String> {
    let ring = |algorithm| hex(digest::digest(algorithm, text.as_bytes()).as_ref());
    match algorithm {
        "MD5" => Some(hex(&Md5::digest(text.as_bytes()))),
        "SHA-1" => Some(ring(&digest::SHA1_FOR_LEGACY_USE_ONLY)),
        "SHA-256" => Some(ring(&digest::SHA256)),
        "SHA-384" => Some(ring(&digest::SHA384)),
        "SHA-512" => Some(ring(&digest::SHA512)),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
