//! Reading the few XML answers of S3: a scanner for elements that hold text or elements, without attributes.
//!
//! A page of a listing is a quarter of a megabyte; a scanner that looks for `<` and hands out slices reads a thousand
//! keys in a quarter of a millisecond.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// One step through a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// An element begins.
    Open(&'a str),
    /// An element ends; its text when it held no elements.
    Close(&'a str, &'a str),
}

/// The elements of a document, in order.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Where the text of the innermost element begins, when it may still be one without elements.
    content: usize,
    /// An element of the form `<x/>`, whose end comes next.
    pending: Option<&'a str>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, content: 0, pending: None }
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if let Some(name) = self.pending.take() {
            return Some(Event::Close(name, ""));
        }
        loop {
            let open = self.at + memchr::memchr(b'<', self.text.as_bytes().get(self.at..)?)?;
            let close = open + memchr::memchr(b'>', self.text.as_bytes().get(open..)?)?;
            let tag = self.text.get(open + 1..close)?;
            let before = self.text.get(self.content..open).unwrap_or_default();
            (self.at, self.content) = (close + 1, close + 1);
            match tag.as_bytes().first() {
                Some(b'?' | b'!') => {}
                Some(b'/') => return Some(Event::Close(tag.get(1..)?.trim(), before)),
                _ => {
                    let name = tag.split([' ', '/', '\n', '\t', '\r']).next().unwrap_or_default();
                    if tag.ends_with('/') {
                        self.pending = Some(name);
                    }
                    return Some(Event::Open(name));
                }
            }
        }
    }
}

/// The text of the first element called `name`, wherever it is.
pub(super) fn text_of<'a>(document: &'a str, name: &str) -> Option<Cow<'a, str>> {
    Scanner::new(document).find_map(|event| match event {
        Event::Close(found, text) if found == name => Some(unescape(text)),
        Event::Open(_) | Event::Close(..) => None,
    })
}

/// The name of the outermost element.
pub(super) fn root_of(document: &str) -> Option<&str> {
    match Scanner::new(document).next()? {
        Event::Open(name) | Event::Close(name, _) => Some(name),
    }
}

/// Text without its character references.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        plain.push_str(before);
        let known = reference.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        rest = match known {
            Some((character, after)) => {
                plain.push(character);
                after
            }
            None => {
                plain.push('&');
                reference
            }
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Text that can stand in an element.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML cannot hold most control characters, not even as references; S3 reads those in documents of requests.
            control if control.is_ascii_control() => escaped.push_str(&format!("&#{};", u32::from(control))),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A key of a listing with `encoding-type=url`: form encoding, in which a space is `+`.
pub(super) fn decode_key(text: &str) -> Option<String> {
    let text = unescape(text);
    if !text.contains(['%', '+']) {
        return Some(text.into_owned());
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_order_with_the_text_of_the_innermost() {
        let text = "<?xml version=\"1.0\"?>\n<A xmlns=\"x\"><B>1</B><C/><D><E>a&amp;b</E></D></A>";
        let events: Vec<Event<'_>> = Scanner::new(text).collect();
        assert_eq!(events.first(), Some(&Event::Open("A")));
        assert!(events.contains(&Event::Close("B", "1")) && events.contains(&Event::Close("C", "")));
        assert_eq!(text_of(text, "E").unwrap(), "a&b");
        assert_eq!((root_of(text), text_of(text, "F")), (Some("A"), None));
    }

    #[test]
    fn references_are_read_and_what_is_none_stays() {
        assert_eq!(unescape("&lt;a&gt; &#65;&#x42; & &nope; &"), "<a> AB & &nope; &");
        assert_eq!(unescape(&escape("<\"a\" & b>")), "<\"a\" & b>");
        assert_eq!(decode_key("a+b%2Bc%25%2F%C3%BC").unwrap(), "a b+c%/ü");
    }

    #[test]
    fn what_is_cut_off_ends_the_scan() {
        assert_eq!(Scanner::new("<A><B>1</B").count(), 2);
        assert_eq!(Scanner::new("no markup").count(), 0);
    }
}
