//! JSON text token by token, without building values.

use std::borrow::Cow;

/// What is wrong with a text: a sentence without its end.
pub(super) type Fault = &'static str;

/// A place in one JSON text.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Deeper texts are refused rather than risking the stack.
const MAX_DEPTH: usize = 128;

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8, fault: Fault) -> Result<(), Fault> {
        if self.accept(byte) { Ok(()) } else { Err(fault) }
    }

    /// A string, its escapes resolved.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.expect(b'"', "a string is expected")?;
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let first = memchr::memchr2(b'"', b'\\', rest).ok_or("a string is not closed")?;
        let plain = rest.get(..first).unwrap_or_default();
        if rest.get(first) == Some(&b'"') {
            self.at = start + first + 1;
            return Ok(String::from_utf8_lossy(plain));
        }
        let mut text = String::from_utf8_lossy(plain).into_owned();
        self.at = start + first;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let next = memchr::memchr2(b'"', b'\\', rest).ok_or("a string is not closed")?;
            text.push_str(&String::from_utf8_lossy(rest.get(..next).unwrap_or_default()));
            self.at += next + 1;
            if rest.get(next) == Some(&b'"') {
                return Ok(Cow::Owned(text));
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let byte = self.bytes.get(self.at).copied().ok_or("a string is not closed")?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.code_unit()?;
                let low = self.bytes.get(self.at..self.at + 2) == Some(b"\\u");
                if (0xd800..0xdc00).contains(&first) && low {
                    let back = self.at;
                    self.at += 2;
                    let second = self.code_unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = back;
                }
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err("a backslash is followed by no escape"),
        })
    }

    fn code_unit(&mut self) -> Result<u32, Fault> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or("`\\u` needs four digits")?;
        self.at += 4;
        Ok(code)
    }

    /// The text of a number, `true`, `false` or `null`.
    pub(super) fn word(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        match self.bytes.get(start..self.at) {
            Some(word) if !word.is_empty() => Ok(word),
            _ => Err("a value is expected"),
        }
    }

    /// Go behind the next value; gives its text.
    pub(super) fn skip(&mut self) -> Result<&'a [u8], Fault> {
        self.peek();
        let start = self.at;
        self.skip_nested(0)?;
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    fn skip_nested(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err("values are nested too deeply");
        }
        match self.peek() {
            Some(b'{') => self.members(|scanner, _| scanner.skip_nested(depth + 1)),
            Some(b'[') => self.items(|scanner| scanner.skip_nested(depth + 1)),
            Some(b'"') => self.string().map(drop),
            Some(_) => {
                let word = self.word()?;
                let number = word.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-');
                if number || matches!(word, b"true" | b"false" | b"null") { Ok(()) } else { Err("a value is expected") }
            }
            None => Err("the text ends too early"),
        }
    }

    /// The members of an object; `take` goes behind each value.
    pub(super) fn members(&mut self, mut take: impl FnMut(&mut Self, &str) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'{', "`{` is expected")?;
        if self.accept(b'}') {
            return Ok(());
        }
        loop {
            self.peek();
            let key = self.string()?;
            self.expect(b':', "`:` is expected behind a key")?;
            self.peek();
            take(self, &key)?;
            if self.accept(b'}') {
                return Ok(());
            }
            self.expect(b',', "`,` or `}` is expected")?;
        }
    }

    /// The items of an array; `take` goes behind each.
    pub(super) fn items(&mut self, mut take: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'[', "`[` is expected")?;
        if self.accept(b']') {
            return Ok(());
        }
        loop {
            self.peek();
            take(self)?;
            if self.accept(b']') {
                return Ok(());
            }
            self.expect(b',', "`,` or `]` is expected")?;
        }
    }
}

/// How long the object or array at the front of `bytes` is, judged by brackets and strings alone.
pub(super) fn extent(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(bytes, at + 1)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the string that begins before `from` is closed.
fn string_end(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let place = from + memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
        if bytes.get(place) == Some(&b'"') {
            return Some(place);
        }
        from = place + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_resolve_their_escapes() {
        for (text, value) in [
            (r#""plain""#, "plain"),
            (r#""a\"b\\\/\n\u00e9""#, "a\"b\\/\né"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83d""#, "\u{fffd}"),
        ] {
            assert_eq!(Scanner::new(text.as_bytes()).string().unwrap(), value, "{text}");
        }
        assert!(Scanner::new(br#""open"#).string().is_err());
    }

    #[test]
    fn an_extent_ignores_brackets_in_strings() {
        assert_eq!(extent(br#"{"a":"}\"}"} rest"#), Some(12));
        assert_eq!(extent(br#"[{"a":[1]}]"#), Some(11));
        assert_eq!(extent(br#"{"a":1"#), None);
    }

    #[test]
    fn what_is_no_json_is_found() {
        for text in ["{\"a\":}", "{a:1}", "[1,]", "{\"a\" 1}", "nul", "{\"a\":1"] {
            assert!(Scanner::new(text.as_bytes()).skip().is_err(), "{text}");
        }
        assert_eq!(Scanner::new(br#" {"a": [1, -2.5e3, null, "x"]} "#).skip().unwrap().len(), 29);
    }
}
