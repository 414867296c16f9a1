//! Bytes: texts for bytes, digests, checksums, machine formats.

mod checksum;
mod digest;
mod encode;
mod endian;
mod murmur3;
mod spooky;

pub(super) use checksum::ENTRIES as CHECKSUM;
pub(super) use digest::ENTRIES as DIGEST;
pub(super) use encode::ENTRIES as ENCODE;
pub(super) use endian::ENTRIES as ENDIAN;
