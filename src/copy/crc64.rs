//! CRC-64/NVME, the checksum that S3 keeps for whole objects, and how the checksums of parts become one.
//!
//! Source: S3 User Guide, Checking object integrity; NVM Express NVM Command Set Specification, 64b CRC.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The polynomial, bits reversed.
const POLYNOMIAL: u64 = 0x9A6C_9329_AC4B_C9B5;

/// `TABLES[n][b]`: the effect of byte `b` when `n` more bytes follow it in a block of sixteen.
static TABLES: [[u64; 256]; 16] = tables();

const fn tables() -> [[u64; 256]; 16] {
    let mut tables = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = (byte as u64, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut table = 1;
    while table < 16 {
        let mut byte = 0;
        while byte < 256 {
            let before: u64 = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 255) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// The checksum of bytes, with how many they were, so that it can be joined with what comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Crc64 {
    value: u64,
    length: u64,
}

impl Crc64 {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut crc = Self::default();
        crc.update(bytes);
        crc
    }

    /// Go on with `bytes`.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let mut value = !self.value;
        let mut blocks = bytes.chunks_exact(16);
        for block in &mut blocks {
            let mut next = 0;
            for (index, byte) in block.iter().enumerate() {
                let mixed = if index < 8 { byte ^ (value >> (8 * index)) as u8 } else { *byte };
                next ^= TABLES[15 - index][usize::from(mixed)];
            }
            value = next;
        }
        for byte in blocks.remainder() {
            value = (value >> 8) ^ TABLES[0][usize::from(*byte ^ value as u8)];
        }
        self.value = !value;
        self.length += bytes.len() as u64;
    }

    /// The checksum of these bytes followed by those of `after`.
    pub(crate) fn join(self, after: Self) -> Self {
        let value = multiply(power(after.length), self.value) ^ after.value;
        Self { value, length: self.length + after.length }
    }

    /// As the service writes it.
    pub(crate) fn to_base64(self) -> String {
        STANDARD.encode(self.value.to_be_bytes())
    }
}

/// The product of two polynomials modulo ours; the highest power is the lowest bit.
fn multiply(a: u64, mut b: u64) -> u64 {
    let mut product = 0;
    for bit in (0..64).rev() {
        if a >> bit & 1 == 1 {
            product ^= b;
        }
        b = if b & 1 == 1 { (b >> 1) ^ POLYNOMIAL } else { b >> 1 };
    }
    product
}

/// x to the power of `8 * bytes`.
fn power(mut bytes: u64) -> u64 {
    let mut square = 1 << 55; // x^8
    let mut result = 1 << 63; // x^0
    while bytes > 0 {
        if bytes & 1 == 1 {
            result = multiply(square, result);
        }
        square = multiply(square, square);
        bytes >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_specification_comes_out() {
        assert_eq!(Crc64::of(b"123456789").value, 0xAE8B_1486_0A79_9888);
        assert_eq!(Crc64::of(b"").to_base64(), "AAAAAAAAAAA=");
    }

    #[test]
    fn parts_joined_give_the_checksum_of_the_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for cut in [0, 1, 15, 16, 17, 4_096, 99_999, 100_000] {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(Crc64::of(head).join(Crc64::of(tail)), Crc64::of(&bytes), "{cut}");
        }
    }
}
