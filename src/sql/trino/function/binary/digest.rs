//! Cryptographic digests and their keyed forms.

use arrow::array::ArrayRef;
use hmac::digest::core_api::BlockSizeUser;
use hmac::{Mac, SimpleHmac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::super::column::binary_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "hmac_md5(varbinary, varbinary) -> varbinary",
        keyed::<Md5>,
        "hmac_md5(to_utf8('hashme'), to_utf8('key'))",
        "0A26EBEB0E7B65F528D96F7BC631BC8F",
    ),
    entry(
        "hmac_sha1(varbinary, varbinary) -> varbinary",
        keyed::<Sha1>,
        "hmac_sha1(to_utf8('hashme'), to_utf8('key'))",
        "2E7C4C6AEFA7E69F106EEE3CE21944D0046D2F3D",
    ),
    entry(
        "hmac_sha256(varbinary, varbinary) -> varbinary",
        keyed::<Sha256>,
        "substr(hmac_sha256(to_utf8('The quick brown fox jumps over the lazy dog'), to_utf8('key')), 1, 4)",
        "F7BC83F4",
    ),
    entry(
        "hmac_sha512(varbinary, varbinary) -> varbinary",
        keyed::<Sha512>,
        "substr(hmac_sha512(to_utf8(''), to_utf8('key')), 1, 4)",
        "84FA5AA0",
    ),
    entry("md5(varbinary) -> varbinary", plain::<Md5>, "md5(to_utf8('hashme'))", "533F6357E0210E67D91F651BC49E1278")
        .infallible(),
    entry(
        "sha1(varbinary) -> varbinary",
        plain::<Sha1>,
        "sha1(to_utf8('hashme'))",
        "FB78992E561929A6967D5328F49413FA99048D06",
    )
    .infallible(),
    entry(
        "sha256(varbinary) -> varbinary",
        plain::<Sha256>,
        "sha256(to_utf8('hashme'))",
        "02208B9403A87DF9F4ED6B2EE2657EFAA589026B4CCE9ACCC8E8A5BF3D693C86",
    )
    .infallible(),
    entry("sha512(varbinary) -> varbinary", plain::<Sha512>, "substr(sha512(to_utf8('')), 1, 4)", "CF83E135")
        .infallible(),
];

fn plain<D: Digest>(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    binary_rows(call, |row, out| {
        out.extend_from_slice(&D::digest(bytes.value(row)));
        Ok(true)
    })
}

fn keyed<D: Digest + BlockSizeUser>(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (bytes, keys) = (call.binary(0)?, call.binary(1)?);
    binary_rows(call, |row, out| {
        let mut mac = SimpleHmac::<D>::new_from_slice(keys.value(row))
            .map_err(|error| TrinoError::argument(error.to_string()))?;
        mac.update(bytes.value(row));
        out.extend_from_slice(&mac.finalize().into_bytes());
        Ok(true)
    })
}
