//! Shard ids and sequence numbers in the service's own forms.
//!
//! A position in the log is a shard and an offset; the familiar 56-digit number is rendered from it when someone looks,
//! and parsed back without a search. Its hexadecimal form has 47 digits: `2`, the shard's creation in seconds (9), the
//! last digit of the shard's index, the offset (16), `00`, the arrival in seconds (9), the shard's index (8), `2`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;

/// Digits of the hexadecimal form.
const NIBBLES: usize = 47;

/// A shard by its index over the life of the stream; prints as `shardId-000000000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardId(pub u32);

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shardId-{:012}", self.0)
    }
}

impl FromStr for ShardId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let index =
            text.strip_prefix("shardId-").filter(|digits| digits.len() == 12).and_then(|digits| digits.parse().ok());
        index.map(Self).ok_or_else(|| Error::InvalidArgument {
            message: format!("`{text}` is not a shard id such as `shardId-000000000000`"),
        })
    }
}

/// The place of one record in its shard. Increases strictly within a shard; across shards it means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SequenceNumber {
    /// The record's shard.
    pub shard: ShardId,
    /// How many records of the shard came before.
    pub offset: u64,
    /// Second of arrival since 1970.
    pub arrival_second: u64,
    /// Second in which the shard was created.
    pub created_second: u64,
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hexadecimal = format!(
            "2{:09x}{:x}{:016x}00{:09x}{:08x}2",
            self.created_second & 0xf_ffff_ffff,
            self.shard.0 & 0xf,
            self.offset,
            self.arrival_second & 0xf_ffff_ffff,
            self.shard.0
        );
        let mut digits = vec![0u8];
        for nibble in hexadecimal.bytes().filter_map(|byte| char::from(byte).to_digit(16)) {
            let mut carry = nibble;
            for digit in &mut digits {
                let value = u32::from(*digit) * 16 + carry;
                *digit = (value % 10) as u8;
                carry = value / 10;
            }
            while carry > 0 {
                digits.push((carry % 10) as u8);
                carry /= 10;
            }
        }
        digits.iter().rev().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl FromStr for SequenceNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = || Error::InvalidArgument { message: format!("`{text}` is not a sequence number") };
        if text.len() > 64 || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let mut nibbles = [0u8; NIBBLES];
        for digit in text.bytes() {
            let mut carry = u32::from(digit - b'0');
            for nibble in nibbles.iter_mut().rev() {
                let value = u32::from(*nibble) * 10 + carry;
                *nibble = (value & 0xf) as u8;
                carry = value >> 4;
            }
            if carry > 0 {
                return Err(invalid());
            }
        }
        let part = |from: usize, to: usize| {
            nibbles[from..to].iter().fold(0u64, |value, nibble| value << 4 | u64::from(*nibble))
        };
        let shard = u32::try_from(part(38, 46)).map_err(|_| invalid())?;
        let consistent =
            nibbles[0] == 2 && nibbles[NIBBLES - 1] == 2 && part(27, 29) == 0 && part(10, 11) == u64::from(shard & 0xf);
        if !consistent {
            return Err(invalid());
        }
        Ok(Self {
            shard: ShardId(shard),
            offset: part(11, 27),
            arrival_second: part(29, 38),
            created_second: part(1, 10),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_have_the_familiar_form() {
        let first = SequenceNumber {
            shard: ShardId(0),
            offset: 0,
            arrival_second: 1_600_000_000,
            created_second: 1_600_000_000,
        };
        assert_eq!(first.to_string(), "49610756384790827419890419256589692040303913337075269634");
        let later = SequenceNumber {
            shard: ShardId(1),
            offset: 5,
            arrival_second: 1_600_000_010,
            created_second: 1_600_000_000,
        };
        assert_eq!(later.to_string(), "49610756384813128165088949879737272387674635531649548306");
        for number in [first, later] {
            assert_eq!(number.to_string().parse::<SequenceNumber>().unwrap(), number);
        }
    }

    #[test]
    fn other_texts_are_no_sequence_numbers() {
        for text in ["", "12", "abc", "-1", &"9".repeat(60)] {
            assert!(text.parse::<SequenceNumber>().is_err(), "{text}");
        }
        assert_eq!("shardId-000000000003".parse::<ShardId>().unwrap(), ShardId(3));
        assert!("shard-3".parse::<ShardId>().is_err());
    }
}
