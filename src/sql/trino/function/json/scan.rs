//! Reading JSON text without building anything: where values begin and end, and copies in compact form.
//!
//! Strict as Jackson is by default: no comments, no single quotes, no trailing commas, no leading zeros.

use super::super::print::print_double;

/// Deepest nesting.
const DEEPEST: usize = 1000;

/// The text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// What a value is, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
    Number,
    Text,
    Array,
    Object,
}

/// A reader of JSON text.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    place: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, place: 0, depth: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&mut self) -> Option<u8> {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.place += self.bytes()[self.place..].iter().take_while(blank).count();
        self.bytes().get(self.place).copied()
    }

    /// Take `byte` if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.place += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) { Ok(()) } else { Err(Malformed) }
    }

    /// The kind of the value that comes next.
    pub(super) fn kind(&mut self) -> Result<Kind, Malformed> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::Text),
            Some(b't') => Ok(Kind::True),
            Some(b'f') => Ok(Kind::False),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => Err(Malformed),
        }
    }

    /// Nothing but white space must follow.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_none() { Ok(()) } else { Err(Malformed) }
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        if !self.text[self.place..].starts_with(word) {
            return Err(Malformed);
        }
        self.place += word.len();
        // A word ends where no letter follows.
        match self.bytes().get(self.place) {
            Some(byte) if byte.is_ascii_alphanumeric() => Err(Malformed),
            _ => Ok(()),
        }
    }

    /// The number that comes next, as it is written, and whether it is whole.
    pub(super) fn number(&mut self) -> Result<(&'a str, bool), Malformed> {
        self.peek();
        let (start, bytes) = (self.place, self.bytes());
        let digits = |place: usize| bytes[place..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut place = start + usize::from(bytes.get(start) == Some(&b'-'));
        let whole = digits(place);
        if whole == 0 || (whole > 1 && bytes[place] == b'0') {
            return Err(Malformed);
        }
        place += whole;
        let mut is_whole = true;
        if bytes.get(place) == Some(&b'.') {
            let fraction = digits(place + 1);
            if fraction == 0 {
                return Err(Malformed);
            }
            place += 1 + fraction;
            is_whole = false;
        }
        if matches!(bytes.get(place), Some(b'e' | b'E')) {
            place += 1 + usize::from(matches!(bytes.get(place + 1), Some(b'+' | b'-')));
            let exponent = digits(place);
            if exponent == 0 {
                return Err(Malformed);
            }
            place += exponent;
            is_whole = false;
        }
        if bytes.get(place).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Malformed);
        }
        self.place = place;
        Ok((&self.text[start..place], is_whole))
    }

    /// The string that comes next, as it is written between its quotes.
    pub(super) fn raw_string(&mut self) -> Result<&'a str, Malformed> {
        self.expect(b'"')?;
        let start = self.place;
        loop {
            let rest = &self.bytes()[self.place..];
            let step = rest.iter().position(|byte| *byte == b'"' || *byte == b'\\' || *byte < 0x20).ok_or(Malformed)?;
            self.place += step;
            match rest[step] {
                b'"' => {
                    self.place += 1;
                    return Ok(&self.text[start..self.place - 1]);
                }
                b'\\' => {
                    let length = match rest.get(step + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u')
                            if rest.get(step + 2..step + 6).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) =>
                        {
                            6
                        }
                        _ => return Err(Malformed),
                    };
                    self.place += length;
                }
                _ => return Err(Malformed),
            }
        }
    }

    /// Go into an array or object; `false` when it has no elements.
    pub(super) fn open(&mut self, kind: Kind) -> Result<bool, Malformed> {
        let (open, close) = if kind == Kind::Array { (b'[', b']') } else { (b'{', b'}') };
        self.expect(open)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Malformed);
        }
        if self.take(close) {
            self.depth -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Go on to the next element; `false` when there is none.
    pub(super) fn more(&mut self, kind: Kind) -> Result<bool, Malformed> {
        if self.take(b',') {
            return Ok(true);
        }
        self.expect(if kind == Kind::Array { b']' } else { b'}' })?;
        self.depth -= 1;
        Ok(false)
    }

    /// The key of an object's member, as it is written, and its colon.
    pub(super) fn key(&mut self) -> Result<&'a str, Malformed> {
        self.peek();
        let key = self.raw_string()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Go past the value that comes next.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        match self.kind()? {
            Kind::Null => self.word("null"),
            Kind::True => self.word("true"),
            Kind::False => self.word("false"),
            Kind::Number => self.number().map(drop),
            Kind::Text => self.raw_string().map(drop),
            kind @ (Kind::Array | Kind::Object) => {
                let mut more = self.open(kind)?;
                while more {
                    if kind == Kind::Object {
                        self.key()?;
                    }
                    self.skip()?;
                    more = self.more(kind)?;
                }
                Ok(())
            }
        }
    }

    /// Append the value that comes next in compact form, keys in the order in which they are.
    pub(super) fn copy(&mut self, out: &mut String) -> Result<(), Malformed> {
        match self.kind()? {
            Kind::Null | Kind::True | Kind::False => {
                let start = self.place;
                self.skip()?;
                out.push_str(&self.text[start..self.place]);
                Ok(())
            }
            Kind::Number => {
                let (number, is_whole) = self.number()?;
                write_number(number, is_whole, out);
                Ok(())
            }
            Kind::Text => {
                let raw = self.raw_string()?;
                write_raw_string(raw, out);
                Ok(())
            }
            kind @ (Kind::Array | Kind::Object) => {
                out.push(if kind == Kind::Array { '[' } else { '{' });
                let mut more = self.open(kind)?;
                while more {
                    if kind == Kind::Object {
                        write_raw_string(self.key()?, out);
                        out.push(':');
                    }
                    self.copy(out)?;
                    more = self.more(kind)?;
                    if more {
                        out.push(',');
                    }
                }
                out.push(if kind == Kind::Array { ']' } else { '}' });
                Ok(())
            }
        }
    }
}

/// Whole numbers stay as they are, others are doubles.
pub(super) fn write_number(number: &str, is_whole: bool, out: &mut String) {
    if is_whole {
        out.push_str(number);
    } else {
        print_double(number.parse().unwrap_or(f64::NAN), out);
    }
}

/// A string as Jackson escapes it, from one that is escaped somehow.
fn write_raw_string(raw: &str, out: &mut String) {
    if raw.contains('\\') {
        write_string(&unescaped(raw), out);
    } else {
        out.push('"');
        out.push_str(raw);
        out.push('"');
    }
}

/// A text as a JSON string: quotes, backslashes and control characters are escaped.
pub(super) fn write_string(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            // Writing to a text cannot fail.
            control if control < ' ' => drop(write!(out, "\\u{:04X}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The text of a string that [`Scanner::raw_string`] found.
pub(super) fn unescaped(raw: &str) -> std::borrow::Cow<'_, str> {
    if !raw.contains('\\') {
        return raw.into();
    }
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        units.push(match characters.next() {
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).unwrap_or(0xfffd)
            }
            Some(other) => other as u16,
            None => break,
        });
    }
    String::from_utf16_lossy(&units).into()
}
