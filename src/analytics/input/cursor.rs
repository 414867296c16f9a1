//! A place in the bytes of one JSON record, and the scanning that every value shares.

use std::borrow::Cow;

/// Why and where a record is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    position: usize,
    message: Cow<'static, str>,
}

/// So much of a record is quoted in a message.
const EXCERPT: usize = 200;

impl Malformed {
    pub(crate) fn new(position: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { position, message: message.into() }
    }

    /// The message without its place.
    pub(crate) fn into_message(self) -> String {
        self.message.into_owned()
    }

    /// The message with its place and the record's text.
    pub(crate) fn describe(&self, record: &[u8]) -> String {
        let excerpt = String::from_utf8_lossy(&record[..record.len().min(EXCERPT)]);
        let more = if record.len() > EXCERPT { "…" } else { "" };
        format!("{} at character {} of the record `{excerpt}{more}`", self.message, self.position + 1)
    }
}

/// Text between quotes.
pub(crate) enum Text<'a> {
    /// Without escapes: the record's own bytes.
    Plain(&'a [u8]),
    /// With its escapes resolved.
    Escaped(String),
}

/// A reader over one record. Positions are bytes from the record's start.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
    position: usize,
}

type Scan<T> = Result<T, Malformed>;

impl<'a> Cursor<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0 }
    }

    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    #[inline]
    pub(crate) fn at_end(&self) -> bool {
        self.position >= self.data.len()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.data.get(self.position).copied()
    }

    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    #[inline]
    pub(crate) fn rewind(&mut self, position: usize) {
        self.position = position;
    }

    /// The bytes from `start` to here.
    pub(crate) fn slice(&self, start: usize) -> &'a [u8] {
        &self.data[start..self.position]
    }

    /// What is still unread.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.data[self.position..]
    }

    #[cold]
    pub(crate) fn malformed(&self, message: impl Into<Cow<'static, str>>) -> Malformed {
        Malformed::new(self.position, message)
    }

    #[inline]
    pub(crate) fn expect(&mut self, byte: u8, message: &'static str) -> Scan<()> {
        if self.peek() == Some(byte) {
            self.position += 1;
            return Ok(());
        }
        Err(self.malformed(message))
    }

    #[inline]
    pub(crate) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    /// Pass over the key `key`, which has no escapes, if it is the one that stands here.
    #[inline]
    pub(crate) fn take_key(&mut self, key: &[u8]) -> bool {
        let quoted =
            self.rest().split_first().filter(|(quote, _)| **quote == b'"').and_then(|(_, rest)| rest.strip_prefix(key));
        let found = quoted.is_some_and(|rest| rest.first() == Some(&b'"'));
        self.position += if found { key.len() + 2 } else { 0 };
        found
    }

    /// A key of an object, with its quotes.
    #[inline]
    pub(crate) fn key(&mut self) -> Scan<Text<'a>> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed("a key in double quotes is expected"));
        }
        self.text()
    }

    /// A string with its quotes that has no escapes; the cursor stays when anything else stands here.
    #[inline]
    pub(crate) fn take_plain_text(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest().strip_prefix(b"\"")?;
        let length = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)?;
        if rest[length] != b'"' {
            return None;
        }
        self.position += length + 2;
        Some(&rest[..length])
    }

    /// A string with its quotes; the cursor stands on the first one.
    #[inline]
    pub(crate) fn text(&mut self) -> Scan<Text<'a>> {
        self.position += 1;
        let start = self.position;
        let end = self.text_end()?;
        if self.data[end] == b'"' {
            self.position = end + 1;
            return Ok(Text::Plain(&self.data[start..end]));
        }
        self.escaped_text(start, end).map(Text::Escaped)
    }

    /// Where the text from here on has its first quote or backslash.
    #[inline]
    fn text_end(&self) -> Scan<usize> {
        for (offset, &byte) in self.rest().iter().enumerate() {
            if byte == b'"' || byte == b'\\' {
                return Ok(self.position + offset);
            }
            if byte < 0x20 {
                return Err(Malformed::new(self.position + offset, "a control character stands in a string"));
            }
        }
        Err(Malformed::new(self.data.len(), "a string is not closed"))
    }

    /// The slow way for strings with escapes; the first one stands at `escape`.
    #[cold]
    fn escaped_text(&mut self, start: usize, escape: usize) -> Scan<String> {
        let mut bytes = self.data[start..escape].to_vec();
        self.position = escape;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return String::from_utf8(bytes).map_err(|_| self.malformed("a string is not UTF-8"));
                }
                Some(b'\\') => self.escape(&mut bytes)?,
                _ => {
                    let end = self.text_end()?;
                    bytes.extend_from_slice(&self.data[self.position..end]);
                    self.position = end;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Scan<()> {
        let plain = match self.data.get(self.position + 1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(&same @ (b'"' | b'\\' | b'/')) => same,
            Some(b'u') => return self.unicode_escape(out),
            _ => return Err(self.malformed("an escape in a string is not known")),
        };
        out.push(plain);
        self.position += 2;
        Ok(())
    }

    fn unicode_escape(&mut self, out: &mut Vec<u8>) -> Scan<()> {
        let first = self.hex_unit()?;
        let mut code = u32::from(first);
        if (0xd800..0xdc00).contains(&first) && self.data.get(self.position..self.position + 2) == Some(b"\\u") {
            let high = self.position;
            let second = self.hex_unit()?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
            } else {
                self.position = high;
            }
        }
        // A lone surrogate has no UTF-8 form.
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// The four digits of `\uXXXX`.
    fn hex_unit(&mut self) -> Scan<u16> {
        let digits =
            self.data.get(self.position + 2..self.position + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        {
            Some(unit) => {
                self.position += 6;
                Ok(unit)
            }
            None => Err(self.malformed("`\\u` takes four hexadecimal digits")),
        }
    }

    /// A number's text, checked against JSON's grammar.
    pub(crate) fn number(&mut self) -> Scan<&'a str> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        match self.peek() {
            Some(b'0') => self.position += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(Malformed::new(start, "a value is expected")),
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            self.some_digits()?;
        }
        if let Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_') = self.peek() {
            return Err(self.malformed("a number is not valid JSON"));
        }
        std::str::from_utf8(self.slice(start)).map_err(|_| Malformed::new(start, "a number is not UTF-8"))
    }

    #[inline]
    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
    }

    fn some_digits(&mut self) -> Scan<()> {
        let start = self.position;
        self.digits();
        if self.position == start { Err(self.malformed("a digit is expected")) } else { Ok(()) }
    }

    /// One of the three literal names.
    pub(crate) fn name(&mut self, name: &'static str) -> Scan<()> {
        let rest = self.rest();
        if rest.starts_with(name.as_bytes()) && !rest.get(name.len()).is_some_and(u8::is_ascii_alphanumeric) {
            self.position += name.len();
            return Ok(());
        }
        Err(self.malformed("a value is expected"))
    }

    /// Pass over one value of any kind, checking its structure.
    pub(crate) fn skip_value(&mut self, depth: usize) -> Scan<()> {
        if depth == 0 {
            return Err(self.malformed("values are nested too deeply"));
        }
        match self.peek() {
            Some(b'"') => self.text().map(drop),
            Some(b'{') => self.skip_members(depth, b'}', true),
            Some(b'[') => self.skip_members(depth, b']', false),
            Some(b't') => self.name("true"),
            Some(b'f') => self.name("false"),
            Some(b'n') => self.name("null"),
            _ => self.number().map(drop),
        }
    }

    fn skip_members(&mut self, depth: usize, close: u8, keyed: bool) -> Scan<()> {
        self.position += 1;
        self.skip_whitespace();
        if self.peek() == Some(close) {
            self.position += 1;
            return Ok(());
        }
        loop {
            if keyed {
                self.key()?;
                self.skip_whitespace();
                self.expect(b':', "`:` is expected after a key")?;
                self.skip_whitespace();
            }
            self.skip_value(depth - 1)?;
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(byte) if byte == close => {
                    self.position += 1;
                    return Ok(());
                }
                _ => return Err(self.malformed("`,` or a closing bracket is expected")),
            }
            self.skip_whitespace();
        }
    }
}
