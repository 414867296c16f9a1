//! A pattern of Java's, translated and compiled.

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::super::TrinoError;

/// Steps a backtracking pattern may take on one text before it is given up.
const BACKTRACK_LIMIT: usize = 10_000_000;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    /// For texts that do not end in a line break: `$` is the end.
    plain: Regex,
    /// For texts that do: `$` may also be the place before the line break.
    before_break: Option<Regex>,
}

impl Pattern {
    /// # Errors
    /// `INVALID_FUNCTION_ARGUMENT` with what is wrong.
    pub(super) fn compile(text: &str) -> Result<Self, TrinoError> {
        let translated = Translation::of(text)?;
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .map_err(|error| TrinoError::argument(format!("Invalid regular expression `{text}`: {error}")))
        };
        let plain = compile(&translated.plain)?;
        let before_break = translated.before_break.as_deref().map(compile).transpose()?;
        Ok(Self { plain, before_break })
    }

    fn regex(&self, text: &str) -> &Regex {
        match &self.before_break {
            Some(regex) if text.ends_with('\n') => regex,
            _ => &self.plain,
        }
    }

    /// Number of groups besides the whole match.
    pub(super) fn groups(&self) -> usize {
        self.plain.captures_len() - 1
    }

    /// The number of a named group.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.plain.capture_names().position(|known| known == Some(name))
    }

    pub(super) fn is_match(&self, text: &str) -> Result<bool, TrinoError> {
        self.regex(text).is_match(text).map_err(failed)
    }

    /// The first match at or behind byte `from`.
    pub(super) fn find(&self, text: &str, from: usize) -> Result<Option<(usize, usize)>, TrinoError> {
        let found = self.regex(text).find_from_pos(text, from).map_err(failed)?;
        Ok(found.map(|found| (found.start(), found.end())))
    }

    /// The first match at or behind byte `from`, with its groups.
    pub(super) fn captures<'t>(&self, text: &'t str, from: usize) -> Result<Option<Captures<'t, str>>, TrinoError> {
        self.regex(text).captures_from_pos(text, from).map_err(failed)
    }

    /// Call `found` with every match, from left to right.
    pub(super) fn each(
        &self,
        text: &str,
        mut found: impl FnMut(usize, usize) -> Result<(), TrinoError>,
    ) -> Result<(), TrinoError> {
        let mut from = Some(0);
        while let Some(start) = from
            && let Some((begin, end)) = self.find(text, start)?
        {
            found(begin, end)?;
            from = next_start(text, begin, end);
        }
        Ok(())
    }

    /// Call `found` with every match and its groups, from left to right.
    pub(super) fn each_captures<'t>(
        &self,
        text: &'t str,
        mut found: impl FnMut(&Captures<'t, str>, usize, usize) -> Result<(), TrinoError>,
    ) -> Result<(), TrinoError> {
        let mut from = Some(0);
        while let Some(start) = from
            && let Some(captures) = self.captures(text, start)?
        {
            let (begin, end) = captures.get(0).map_or((start, start), |whole| (whole.start(), whole.end()));
            found(&captures, begin, end)?;
            from = next_start(text, begin, end);
        }
        Ok(())
    }
}

/// Where to look for the match after one: one character on when it was empty, nowhere at the end of the text.
fn next_start(text: &str, begin: usize, end: usize) -> Option<usize> {
    if begin < end {
        return Some(end);
    }
    text[end..].chars().next().map(|character| end + character.len_utf8())
}

fn failed(error: fancy_regex::Error) -> TrinoError {
    TrinoError::new("GENERIC_USER_ERROR", format!("The regular expression could not be evaluated: {error}"))
}

/// The patterns of a column, nearly always one.
#[derive(Debug, Default)]
pub(super) struct Patterns(Option<(String, Pattern)>);

impl Patterns {
    pub(super) fn get(&mut self, text: &str) -> Result<&Pattern, TrinoError> {
        let current = match self.0.take() {
            Some(current) if current.0 == text => current,
            _ => (text.to_owned(), Pattern::compile(text)?),
        };
        Ok(&self.0.insert(current).1)
    }
}

/// Java's syntax in ours.
struct Translation {
    plain: String,
    before_break: Option<String>,
}

/// What `$` becomes: a character that no pattern contains unescaped.
const END: char = '\u{f8ff}';

impl Translation {
    fn of(text: &str) -> Result<Self, TrinoError> {
        let mut translator =
            Translator { rest: text, out: String::with_capacity(text.len()), multiline: vec![false], class: 0 };
        while !translator.rest.is_empty() {
            translator.step(text)?;
        }
        let out = translator.out;
        if !out.contains(END) {
            return Ok(Self { plain: out, before_break: None });
        }
        Ok(Self { plain: out.replace(END, r"\z"), before_break: Some(out.replace(END, r"(?=\n?\z)")) })
    }
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    /// Whether `(?m)` is on, for each open group.
    multiline: Vec<bool>,
    /// Open brackets.
    class: usize,
}

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn step(&mut self, text: &str) -> Result<(), TrinoError> {
        let Some(character) = self.next() else { return Ok(()) };
        match character {
            '\\' => return self.escape(text),
            '[' => {
                self.class += 1;
                self.out.push('[');
                if let Some(rest) = self.rest.strip_prefix('^') {
                    self.rest = rest;
                    self.out.push('^');
                }
                // A bracket right after the opening one is a character.
                if let Some(rest) = self.rest.strip_prefix(']') {
                    self.rest = rest;
                    self.out.push_str(r"\]");
                }
            }
            ']' if self.class > 0 => {
                self.class -= 1;
                self.out.push(']');
            }
            // Operators of Rust's classes that Java does not have.
            '~' if self.class > 0 => self.out.push_str(r"\~"),
            '-' if self.class > 0 && self.rest.starts_with('-') => self.out.push_str(r"-\"),
            _ if self.class > 0 => self.out.push(character),
            '$' if !self.is_multiline() => self.out.push(END),
            '{' if !self.rest.starts_with(|next: char| next.is_ascii_digit()) => self.out.push_str(r"\{"),
            '(' => self.group(),
            ')' => {
                if self.multiline.len() > 1 {
                    self.multiline.pop();
                }
                self.out.push(')');
            }
            other => self.out.push(other),
        }
        Ok(())
    }

    fn is_multiline(&self) -> bool {
        self.multiline.last().copied().unwrap_or(false)
    }

    /// A group, or flags for the rest of the group around them.
    fn group(&mut self) {
        self.out.push('(');
        let mut multiline = self.is_multiline();
        if let Some(flags) = self.rest.strip_prefix('?') {
            let end = flags.find(|c: char| !(c.is_ascii_alphabetic() || c == '-')).unwrap_or(flags.len());
            let (flags, after) = flags.split_at(end);
            if after.starts_with([')', ':']) && !flags.is_empty() {
                let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
                multiline = (multiline || on.contains('m')) && !off.contains('m');
                if let Some(rest) = after.strip_prefix(')') {
                    if let Some(current) = self.multiline.last_mut() {
                        *current = multiline;
                    }
                    self.out.push('?');
                    self.out.push_str(flags);
                    self.out.push(')');
                    self.rest = rest;
                    return;
                }
            }
        }
        self.multiline.push(multiline);
    }

    fn escape(&mut self, text: &str) -> Result<(), TrinoError> {
        let invalid = |what: &str| TrinoError::argument(format!("Invalid regular expression `{text}`: {what}"));
        match self.next() {
            None => return Err(invalid("it ends with a single backslash")),
            Some('Q') if self.class == 0 => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.out.push_str(&fancy_regex::escape(quoted));
                self.rest = rest;
            }
            Some('E') => {}
            Some('u') => {
                let digits = self.rest.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let digits = digits.ok_or_else(|| invalid("four hexadecimal digits must follow \\u"))?;
                self.out.push_str(&format!("\\x{{{digits}}}"));
                self.rest = &self.rest[4..];
            }
            Some('0') => {
                let length = self.rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let code = u32::from_str_radix(&self.rest[..length], 8).unwrap_or(0);
                self.out.push_str(&format!("\\x{{{code:x}}}"));
                self.rest = &self.rest[length..];
            }
            Some('c') => {
                let control = self.next().ok_or_else(|| invalid("a character must follow \\c"))?;
                self.out.push_str(&format!("\\x{{{:x}}}", control as u32 ^ 64));
            }
            Some('e') => self.out.push_str(r"\x1B"),
            Some('h') => self.out.push_str(if self.class > 0 { r"\t\p{Zs}" } else { r"[\t\p{Zs}]" }),
            Some(letter @ ('p' | 'P')) => self.property(letter),
            Some('Z') => self.out.push(if self.is_multiline() { '$' } else { END }),
            Some(other) => {
                self.out.push('\\');
                self.out.push(other);
            }
        }
        Ok(())
    }

    /// `\p{name}`: the names that differ.
    fn property(&mut self, letter: char) {
        let Some((name, rest)) = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            self.out.push('\\');
            self.out.push(letter);
            return;
        };
        self.rest = rest;
        let plain = name.strip_prefix("Is").unwrap_or(name);
        let set = match plain {
            "Alnum" => r"\p{Alphabetic}\p{Nd}",
            "Blank" => r" \t",
            "Graph" => r"\p{L}\p{M}\p{N}\p{P}\p{S}",
            "Print" => r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}",
            "XDigit" => "0-9A-Fa-f",
            "Punct" => r"\p{P}\p{S}",
            _ => {
                self.out.push_str(&format!("\\{letter}{{{plain}}}"));
                return;
            }
        };
        let negation = if letter == 'P' { "^" } else { "" };
        self.out.push_str(&format!("[{negation}{set}]"));
    }
}
