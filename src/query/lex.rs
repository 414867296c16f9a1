//! Tokens of statements, in either language, with their places.
//!
//! Hive: `'…'` and `"…"` are strings with backslash escapes, names stand in backticks. Trino: `'…'` is a string in which
//! `''` stands for a quote and the backslash for itself, names stand in `"…"`.

use super::error::{Error, Result};

/// Which language a statement is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// DDL, SHOW, DESCRIBE.
    Hive,
    /// Queries and all around them.
    Trino,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword without quotes.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    /// A string, unescaped.
    Text(String),
    /// Digits, perhaps with a point.
    Number(String),
    /// Any other character.
    Symbol(char),
}

/// A token with its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Place,
    /// Byte offsets in the text.
    pub(super) span: std::ops::Range<usize>,
}

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Place {
    /// The place of the byte at `offset`.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        Self { line: 1, column: 1 }.behind(text.get(..offset).unwrap_or(text))
    }

    /// The place behind `text`, which begins here.
    fn behind(self, text: &str) -> Self {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count() as u64;
        let last = text.rsplit('\n').next().unwrap_or_default().chars().count() as u64;
        Self { line: self.line + lines, column: if lines == 0 { self.column + last } else { last + 1 } }
    }
}

/// The tokens of `text`, without white space and comments.
///
/// # Errors
/// An open string, name or comment.
pub(super) fn tokens(text: &str, language: Language) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut lexer = Lexer { text, at: 0, language };
    let (mut place, mut from) = (Place { line: 1, column: 1 }, 0);
    while lexer.skip_blank()? {
        let start = lexer.at;
        place = place.behind(text.get(from..start).unwrap_or_default());
        from = start;
        let kind = lexer.token()?;
        found.push(Token { kind, place, span: start..lexer.at });
    }
    Ok(found)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    language: Language,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// To the next token; false behind the last.
    fn skip_blank(&mut self) -> Result<bool> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                match trimmed.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return Err(self.open(self.at, "comment")),
                }
            } else {
                return Ok(!trimmed.is_empty());
            }
        }
    }

    fn token(&mut self) -> Result<Kind> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Kind::Symbol('\0')) };
        match (first, self.language) {
            ('\'' | '"', Language::Hive) => self.string(first),
            ('\'', Language::Trino) => self.doubled('\'', "string").map(Kind::Text),
            ('"', Language::Trino) => self.doubled('"', "name in quotes").map(Kind::Quoted),
            ('`', Language::Hive) => self.doubled('`', "name in backticks").map(Kind::Quoted),
            ('`', Language::Trino) => {
                let place = Place::of(self.text, self.at);
                let message = "backquoted identifiers are not supported; use double quotes to quote identifiers";
                Err(Error::syntax(self.text, place, message))
            }
            (c, _) if c.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
                self.at += end;
                let text = rest.get(..end).unwrap_or_default();
                let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
                Ok(if is_number { Kind::Number(text.to_owned()) } else { Kind::Word(text.to_owned()) })
            }
            (c, _) if c.is_alphabetic() || matches!(c, '_' | '$') => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).unwrap_or(rest.len());
                self.at += end;
                Ok(Kind::Word(rest.get(..end).unwrap_or_default().to_owned()))
            }
            (other, _) => {
                self.at += other.len_utf8();
                Ok(Kind::Symbol(other))
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<Kind> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else { return Err(self.open(start, "string")) };
            self.at += c.len_utf8();
            match c {
                '\\' => self.escape(start, &mut value)?,
                c if c == quote => return Ok(Kind::Text(value)),
                c => value.push(c),
            }
        }
    }

    /// What stands behind a backslash. Source: Hive's `BaseSemanticAnalyzer.unescapeSQLString`.
    fn escape(&mut self, start: usize, value: &mut String) -> Result<()> {
        let rest = self.rest();
        let digits = |from: usize, count: usize, radix: u32| {
            let text = rest.get(from..from + count)?;
            text.chars().all(|c| c.is_digit(radix)).then(|| u32::from_str_radix(text, radix).ok()).flatten()
        };
        if let Some(code) = rest.strip_prefix('u').and_then(|_| digits(1, 4, 16)).and_then(char::from_u32) {
            value.push(code);
            self.at += 5;
            return Ok(());
        }
        if let Some(code) = digits(0, 3, 8).filter(|code| *code < 128).and_then(char::from_u32) {
            value.push(code);
            self.at += 3;
            return Ok(());
        }
        let Some(c) = rest.chars().next() else { return Err(self.open(start, "string")) };
        self.at += c.len_utf8();
        match c {
            '0' => value.push('\0'),
            'b' => value.push('\u{8}'),
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            'Z' => value.push('\u{1a}'),
            // LIKE patterns keep their own escapes.
            '%' | '_' => value.extend(['\\', c]),
            other => value.push(other),
        }
        Ok(())
    }

    /// Text in quotes, in which a doubled quote stands for one.
    fn doubled(&mut self, quote: char, what: &str) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(quote) else { return Err(self.open(start, what)) };
            value.push_str(rest.get(..end).unwrap_or_default());
            self.at += end + 1;
            if !self.rest().starts_with(quote) {
                return Ok(value);
            }
            value.push(quote);
            self.at += 1;
        }
    }

    fn open(&self, start: usize, what: &str) -> Error {
        let (place, message) = (Place::of(self.text, start), format!("this {what} is not closed"));
        match self.language {
            Language::Hive => Error::hive_syntax(self.text, place, message),
            Language::Trino => Error::syntax(self.text, place, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text, Language::Hive).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn strings_have_two_quotes_and_backslash_escapes() {
        assert_eq!(
            kinds(r#"'a\'b' "c\t\001\\" '\u00e9'"#),
            [Kind::Text("a'b".into()), Kind::Text("c\t\u{1}\\".into()), Kind::Text("é".into())]
        );
    }

    #[test]
    fn comments_are_no_tokens_and_names_keep_doubled_backticks() {
        assert_eq!(kinds("-- x\n a /* y */ `b``c`"), [Kind::Word("a".into()), Kind::Quoted("b`c".into())]);
        assert_eq!(kinds("1.5 2019abc"), [Kind::Number("1.5".into()), Kind::Word("2019abc".into())]);
    }

    #[test]
    fn trino_strings_double_their_quotes_and_keep_backslashes() {
        let found = tokens(r#"'it''s \' "a""b""#, Language::Trino).unwrap();
        assert_eq!(found[0].kind, Kind::Text(r"it's \".into()));
        assert_eq!(found[1].kind, Kind::Quoted("a\"b".into()));
        assert!(tokens("SELECT `a`", Language::Trino).unwrap_err().to_string().contains("backquoted"));
    }

    #[test]
    fn what_is_not_closed_is_named_at_its_begin() {
        for (text, what) in [("SHOW\n  'x", "string"), ("`x", "backticks"), ("/* x", "comment")] {
            let message = tokens(text, Language::Hive).unwrap_err().to_string();
            assert!(message.contains(what) && message.contains("line "), "{message}");
        }
    }
}
