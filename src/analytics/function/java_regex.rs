//! Regular expressions as Java reads them.
//!
//! The pattern is rewritten for the engine below, so that what differs between the two means what it means in Java: `\d`,
//! `\w` and `\s` are ASCII, `.` stops at every line terminator, `$` also stands before a last one, `\Q…\E` quotes.
//!
//! Source: Java Platform, class `java.util.regex.Pattern`.

use std::iter::Peekable;
use std::str::Chars;

use fancy_regex::Regex;

use crate::analytics::expr::Message;

/// What `.` does not match.
const LINE_TERMINATORS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// Start and end of a match in bytes.
pub(crate) type Span = (usize, usize);

/// A compiled regular expression of Java.
#[derive(Clone, Debug)]
pub(crate) struct JavaRegex {
    regex: Regex,
    groups: usize,
}

impl JavaRegex {
    /// Compiles a pattern of Java.
    ///
    /// # Errors
    /// What is wrong with the pattern, as a sentence.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        Self::compile(pattern, "", "")
    }

    /// Compiles a pattern that must match a whole text.
    ///
    /// # Errors
    /// What is wrong with the pattern, as a sentence.
    pub(crate) fn whole(pattern: &str) -> Result<Self, String> {
        Self::compile(pattern, r"\A(?:", r")\z")
    }

    fn compile(pattern: &str, before: &str, after: &str) -> Result<Self, String> {
        let translated = Translator::new(pattern).run().map_err(|what| invalid(pattern, &what))?;
        let regex = Regex::new(&format!("{before}{translated}{after}"));
        let regex = regex.map_err(|error| invalid(pattern, &error.to_string()))?;
        Ok(Self { groups: regex.captures_len() - 1, regex })
    }

    /// A pattern in the engine's own syntax, with so many groups.
    pub(super) fn native(pattern: &str, groups: usize) -> Result<Self, String> {
        let regex = Regex::new(pattern).map_err(|error| invalid(pattern, &error.to_string()))?;
        Ok(Self { regex, groups })
    }

    /// How many groups the pattern has.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    /// The number of the group `(?<name>…)`.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.regex.capture_names().position(|known| known == Some(name))
    }

    /// The first match from byte `from` on.
    pub(crate) fn find(&self, text: &str, from: usize) -> Result<Option<Span>, Message> {
        let found = self.regex.find_from_pos(text, from).map_err(gives_up)?;
        Ok(found.map(|found| (found.start(), found.end())))
    }

    /// The first match from byte `from` on and its groups: the whole match is the first.
    pub(crate) fn captures(&self, text: &str, from: usize) -> Result<Option<Vec<Option<Span>>>, Message> {
        let found = self.regex.captures_from_pos(text, from).map_err(gives_up)?;
        Ok(found.map(|groups| {
            (0..=self.groups).map(|group| groups.get(group).map(|found| (found.start(), found.end()))).collect()
        }))
    }
}

fn invalid(pattern: &str, what: &str) -> String {
    format!("The regular expression `{pattern}` is not valid: {what}")
}

fn gives_up(error: fancy_regex::Error) -> Message {
    Message::Owned(format!("The regular expression cannot be matched: {error}"))
}

/// Rewrites a pattern of Java for the engine.
struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    /// `(?s)` and `(?m)` in force, with what was in force outside of each open group.
    flags: Flags,
    outer: Vec<Flags>,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    dot_all: bool,
    multi_line: bool,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { rest: pattern.chars().peekable(), out: String::new(), flags: Flags::default(), outer: Vec::new() }
    }

    fn run(mut self) -> Result<String, String> {
        while let Some(next) = self.rest.next() {
            match next {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group(),
                ')' => {
                    self.flags = self.outer.pop().unwrap_or_default();
                    self.out.push(')');
                }
                '.' if !self.flags.dot_all => {
                    self.out.push_str("[^");
                    self.out.push_str(LINE_TERMINATORS);
                    self.out.push(']');
                }
                '$' if !self.flags.multi_line => self.out.push_str(r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)"),
                '{' if !self.rest.peek().is_some_and(char::is_ascii_digit) => {
                    return Err("`{` stands where a count should follow; write \\{".to_owned());
                }
                other => self.out.push(other),
            }
        }
        Ok(self.out)
    }

    /// `(`, and the flags behind `(?`.
    fn group(&mut self) {
        self.outer.push(self.flags);
        self.out.push('(');
        let ahead: String = self.rest.clone().take(12).collect();
        let Some(written) = ahead.strip_prefix('?') else { return };
        let flags: String = written.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-' || *c == 'U').collect();
        let end = written.chars().nth(flags.len());
        if flags.is_empty() || !matches!(end, Some(')' | ':')) {
            return;
        }
        let mut on = true;
        for flag in flags.chars() {
            match flag {
                '-' => on = false,
                's' => self.flags.dot_all = on,
                'm' => self.flags.multi_line = on,
                _ => {}
            }
        }
        // The engine knows i, m, s and x; d, u and U change nothing here.
        let known: String = flags.chars().filter(|flag| matches!(flag, 'i' | 'm' | 's' | 'x' | '-')).collect();
        let known = known.trim_end_matches('-').to_owned();
        for _ in 0..=flags.len() {
            self.rest.next();
        }
        self.out.push('?');
        self.out.push_str(&known);
        if end == Some(')') {
            self.rest.next();
            // Flags without a colon hold up to the end of the group around them.
            self.outer.pop();
            if known.is_empty() {
                self.out.push(':');
            }
            self.out.push(')');
        }
    }

    /// What a backslash makes of the next characters.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let next = self.rest.next().ok_or("a backslash stands at the end")?;
        let class = |negated: bool, inside: &str| {
            if in_class && !negated {
                inside.to_owned()
            } else if negated {
                format!("[^{inside}]")
            } else {
                format!("[{inside}]")
            }
        };
        let translated = match next {
            'd' | 'D' => class(next == 'D', "0-9"),
            'w' | 'W' => class(next == 'W', "a-zA-Z0-9_"),
            's' | 'S' => class(next == 'S', r" \t\n\x0B\f\r"),
            'h' | 'H' => class(next == 'H', r" \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}"),
            'v' | 'V' => class(next == 'V', r"\n\x0B\f\r\x{85}\x{2028}\x{2029}"),
            'R' => r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])".to_owned(),
            'Z' => r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)".to_owned(),
            'Q' => {
                let mut quoted = String::new();
                while let Some(next) = self.rest.next() {
                    if next == '\\' && self.rest.peek() == Some(&'E') {
                        self.rest.next();
                        break;
                    }
                    quoted.push(next);
                }
                fancy_regex::escape(&quoted).into_owned()
            }
            'E' => String::new(),
            'e' => r"\x1B".to_owned(),
            'a' => r"\x07".to_owned(),
            'c' => {
                let control = self.rest.next().ok_or("\\c stands at the end")?;
                format!(r"\x{{{:X}}}", u32::from(control) ^ 64)
            }
            '0' => self.octal()?,
            'u' => {
                let digits: String = self.rest.by_ref().take(4).collect();
                let valid = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !valid {
                    return Err("\\u is followed by four hexadecimal digits".to_owned());
                }
                format!(r"\x{{{digits}}}")
            }
            'p' | 'P' => {
                let (negated, inside) = self.property(next == 'P')?;
                match inside {
                    Property::Ascii(inside) => class(negated, inside),
                    Property::Unicode(name) => format!(r"\{}{{{name}}}", if negated { 'P' } else { 'p' }),
                }
            }
            other if other.is_ascii_alphanumeric() => format!("\\{other}"),
            other if other.is_ascii_punctuation() => format!("\\{other}"),
            other => other.to_string(),
        };
        self.out.push_str(&translated);
        Ok(())
    }

    fn octal(&mut self) -> Result<String, String> {
        let mut value = 0_u32;
        let mut digits = 0;
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) {
            if digits == 3 || value * 8 + digit > 0o377 {
                break;
            }
            self.rest.next();
            value = value * 8 + digit;
            digits += 1;
        }
        if digits == 0 { Err("\\0 is followed by octal digits".to_owned()) } else { Ok(format!(r"\x{{{value:X}}}")) }
    }

    /// `\pL`, `\p{Alpha}`, `\p{IsLatin}`
    fn property(&mut self, negated: bool) -> Result<(bool, Property), String> {
        let name = match self.rest.next() {
            Some('{') => {
                let name: String = self.rest.by_ref().take_while(|c| *c != '}').collect();
                name
            }
            Some(letter) => letter.to_string(),
            None => return Err("\\p stands at the end".to_owned()),
        };
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (!negated, name.to_owned()),
            None => (negated, name),
        };
        let ascii = match name.as_str() {
            "Lower" | "javaLowerCase" => "a-z",
            "Upper" | "javaUpperCase" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`{-~",
            "Graph" => "!-~",
            "Print" => " -~",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" | "javaWhitespace" => r" \t\n\x0B\f\r",
            _ => {
                let unicode = name.strip_prefix("Is").or_else(|| name.strip_prefix("In")).unwrap_or(&name);
                let unicode = unicode.rsplit('=').next().unwrap_or(unicode);
                return Ok((negated, Property::Unicode(unicode.to_owned())));
            }
        };
        Ok((negated, Property::Ascii(ascii)))
    }

    /// A class of characters behind its `[`.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let next = self.rest.next().ok_or("a class of characters is not closed")?;
            match next {
                // A bracket that comes first is a character.
                ']' if first => self.out.push_str(r"\]"),
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' => self.class()?,
                '\\' => self.escape(true)?,
                '&' if self.rest.peek() == Some(&'&') => {
                    self.rest.next();
                    self.out.push_str("&&");
                }
                '~' | '#' | '&' | ' ' => {
                    self.out.push('\\');
                    self.out.push(next);
                }
                '-' if self.rest.peek() == Some(&'-') => self.out.push_str(r"\-"),
                other => self.out.push(other),
            }
            first = false;
        }
    }
}

enum Property {
    Ascii(&'static str),
    Unicode(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
        let regex = JavaRegex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
        regex.find(text, 0).unwrap().map(|(start, end)| &text[start..end])
    }

    #[test]
    fn classes_are_ascii_as_in_java() {
        assert_eq!(found(r"\d+", "٣12"), Some("12"));
        assert_eq!(found(r"\w+", "éa_1é"), Some("a_1"));
        assert_eq!(found(r"[\d.]+", "v1.2"), Some("1.2"));
        assert_eq!(found(r"[^\s]+", "  ab "), Some("ab"));
        assert_eq!(found(r"[\D]+", "12ab"), Some("ab"));
        assert_eq!(found(r"\p{Alpha}+\p{Punct}", "1ab!"), Some("ab!"));
        assert_eq!(found(r"\p{IsGreek}+", "abγδ"), Some("γδ"));
    }

    #[test]
    fn dots_and_ends_know_all_line_terminators() {
        assert_eq!(found("a.b", "a\rb"), None);
        assert_eq!(found("(?s)a.b", "a\rb"), Some("a\rb"));
        assert_eq!(found("b$", "ab\n"), Some("b"));
        assert_eq!(found("a$", "a\nb"), None);
        assert_eq!(found("(?m)a$", "a\nb"), Some("a"));
    }

    #[test]
    fn quoting_intersection_possessive_and_backward_references_work() {
        assert_eq!(found(r"\Qa.b\E+", "a.bb"), Some("a.bb"));
        assert_eq!(found("[a-z&&[^aeiou]]+", "aeibcd"), Some("bcd"));
        assert_eq!(found("a++b", "aab"), Some("aab"));
        assert_eq!(found(r"(a)(b)\2\1", "abba"), Some("abba"));
        assert_eq!(found("(?<=x)y", "xy"), Some("y"));
        assert_eq!(found(r"\u0041\x42\0103", "ABC"), Some("ABC"));
        assert_eq!(found("[]a]+", "a]"), Some("a]"));
        assert_eq!(found("(?i)abc", "xABC"), Some("ABC"));
    }

    #[test]
    fn wrong_patterns_are_named() {
        for wrong in ["(", "[a", "a{", "*a", r"\u12"] {
            assert!(JavaRegex::new(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
