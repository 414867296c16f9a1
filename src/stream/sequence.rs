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
/// 10^19, the largest power of ten in 64 bits.
const DIGITS_19: u128 = 10_000_000_000_000_000_000;

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

/// 2^80, by which the numbers of consecutive records differ, in groups of nineteen digits from the right.
const STEP: [u64; 2] = [5_819_614_629_174_706_176, 120_892];

impl SequenceNumber {
    /// The number in groups of nineteen digits, from the right.
    fn groups(&self) -> [u64; 4] {
        // The number in four limbs of 64 bits, most significant first.
        let shard = u64::from(self.shard.0);
        let created = self.created_second & 0xf_ffff_ffff;
        let arrival = self.arrival_second & 0xf_ffff_ffff;
        let high = u128::from(2 << 56 | created << 20 | (shard & 0xf) << 16 | self.offset >> 48);
        let low = u128::from(self.offset << 16) << 64 | u128::from(arrival) << 36 | u128::from(shard << 4 | 2);
        let mut limbs = [0, high as u64, (low >> 64) as u64, low as u64];
        let mut groups = [0u64; 4];
        for group in &mut groups {
            let mut rest = 0u128;
            for limb in &mut limbs {
                let value = rest << 64 | u128::from(*limb);
                *limb = (value / DIGITS_19) as u64;
                rest = value % DIGITS_19;
            }
            *group = rest as u64;
        }
        groups
    }

    /// Append the texts of this number and of those of the following records, `count` in all, each 56 digits long.
    ///
    /// The records arrived together, so that the numbers differ by their offsets alone.
    pub fn write_run(&self, count: usize, text: &mut Vec<u8>) {
        let [mut low, mut middle, mut high, _] = self.groups();
        text.reserve(count * DIGITS);
        for _ in 0..count {
            let start = text.len();
            text.resize(start + DIGITS, b'0');
            let digits = &mut text[start..];
            write_digits(high, &mut digits[..DIGITS - 38]);
            write_digits(middle, &mut digits[DIGITS - 38..DIGITS - 19]);
            write_digits(low, &mut digits[DIGITS - 19..]);
            let carry;
            (low, carry) = add_group(low, STEP[0], false);
            let carry_on;
            (middle, carry_on) = add_group(middle, STEP[1], carry);
            high += u64::from(carry_on);
        }
    }
}

/// Digits of every number that a stream made in this millennium has.
const DIGITS: usize = 56;

/// The sum of two groups of nineteen digits, and whether one is carried.
fn add_group(group: u64, step: u64, carry: bool) -> (u64, bool) {
    let sum = u128::from(group) + u128::from(step) + u128::from(carry);
    if sum >= DIGITS_19 { ((sum - DIGITS_19) as u64, true) } else { (sum as u64, false) }
}

/// The digits of a number, two at a time, over zeros that are there already.
fn write_digits(mut number: u64, digits: &mut [u8]) {
    let mut end = digits.len();
    while number > 0 && end >= 2 {
        let pair = (number % 100) as u8;
        number /= 100;
        digits[end - 1] = b'0' + pair % 10;
        digits[end - 2] = b'0' + pair / 10;
        end -= 2;
    }
    if number > 0 && end == 1 {
        digits[0] = b'0' + (number % 10) as u8;
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [last, third, second, first] = self.groups();
        match (first, second) {
            (0, 0) => write!(f, "{third}{last:019}"),
            (0, _) => write!(f, "{second}{third:019}{last:019}"),
            _ => write!(f, "{first}{second:019}{third:019}{last:019}"),
        }
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
    fn every_number_reads_what_it_prints() {
        for offset in [0, 1, 0xffff_ffff_ffff, 0x1_0000_0000_0000, u64::MAX] {
            for shard in [0, 15, 16, u32::MAX] {
                for second in [0, 1_600_000_000, 0xf_ffff_ffff] {
                    let number = SequenceNumber {
                        shard: ShardId(shard),
                        offset,
                        arrival_second: second,
                        created_second: second,
                    };
                    let text = number.to_string();
                    assert_eq!((text.parse::<SequenceNumber>().unwrap(), text.len()), (number, 56));
                }
            }
        }
    }

    #[test]
    fn numbers_of_a_run_are_those_of_its_records() {
        for offset in [0, 9_999, 0xffff_ffff_fff0, 0x7fff_ffff_ffff_ff00] {
            for shard in [0, 17, 4_000] {
                let first = SequenceNumber {
                    shard: ShardId(shard),
                    offset,
                    arrival_second: 1_764_000_000,
                    created_second: 1_600_000_000,
                };
                let mut text = Vec::new();
                first.write_run(200, &mut text);
                let expected: Vec<String> =
                    (0..200).map(|next| SequenceNumber { offset: offset + next, ..first }.to_string()).collect();
                assert_eq!(String::from_utf8(text).unwrap(), expected.concat());
            }
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
