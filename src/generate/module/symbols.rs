//! Texts in which symbols stand for random characters.

use super::super::draw::Draw;

/// `text` with a digit for each `#`, and with `letters` a capital letter for each `?`.
pub(super) fn replace(text: &str, letters: bool, draw: &mut Draw, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        out.push(match byte {
            b'#' => digit(draw),
            b'?' if letters => b'A' + draw.below(26) as u8,
            other => other,
        });
    }
}

/// One digit.
#[inline]
pub(super) fn digit(draw: &mut Draw) -> u8 {
    b'0' + draw.below(10) as u8
}

/// `count` digits.
pub(super) fn digits(count: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    // 19 digits come out of one draw.
    let mut left = count;
    while left > 0 {
        let part = left.min(18) as usize;
        let mut number = draw.below(10u64.pow(part as u32));
        let start = out.len();
        out.resize(start + part, b'0');
        for digit in out[start..].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        left -= part as u64;
    }
}

/// `count` characters of `alphabet`.
pub(super) fn characters(alphabet: &[u8], count: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    for _ in 0..count {
        out.push(alphabet.get(draw.below(alphabet.len() as u64) as usize).copied().unwrap_or(b'0'));
    }
}

/// Texts one behind the other with `separator` between them.
pub(super) fn join(parts: &[&str], separator: &str, out: &mut Vec<u8>) {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        out.extend_from_slice(part.as_bytes());
    }
}

/// `text` in lower case, of letters, digits, `_`, `.` and `-` alone; spaces become `-`.
pub(super) fn slug(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            kept if kept.is_ascii_alphanumeric() || matches!(kept, '_' | '.' | '-') => Some(kept),
            _ => None,
        })
        .collect()
}
