//! Tokens of the dialect, each with its place in the text.
//!
//! Comments are `--`, `//` and `/* */`, and the dashes that word processors make of `--`: `–`, `–-`, `-–`.

use crate::analytics::error::{Error, Result};

/// A place in the text: line and column from 1, in characters.
///
/// All places are equal: two expressions are the same when they say the same, wherever they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl At {
    /// An error at this place of `text`.
    pub(crate) fn error(self, text: &str, message: impl Into<String>) -> Error {
        Error::sql(text, self.line.into(), self.column.into(), message, None)
    }

    /// An error at this place of `text`, with what to do.
    pub(crate) fn error_with_hint(self, text: &str, message: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::sql(text, self.line.into(), self.column.into(), message, Some(hint.into()))
    }
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// An unquoted word as written, and in upper case.
    Word { written: String, upper: String },
    /// A quoted name.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// `u&'…'`, escapes not yet replaced.
    UnicodeText(String),
    /// `X'…'`, digits not yet read.
    Binary(String),
    /// A number as written.
    Number(String),
    /// An operator or bracket.
    Symbol(&'static str),
    /// Behind the last token.
    End,
}

/// A token and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: At,
    /// Where it begins and ends in the text, in bytes.
    pub(super) span: (usize, usize),
}

/// Longer ones first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 25] = [
    "||", "<>", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")", ",", ".", ";", "{", "}", "[", "]", "?",
    ":", "%", "&",
];

/// The tokens of `text`, the last one of kind [`Kind::End`].
///
/// # Errors
/// [`Error::Sql`] where a text, name or comment is not closed, or a character has no meaning.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer { text, offset: 0, at: At { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let (at, start) = (lexer.at, lexer.offset);
        let kind = lexer.token()?;
        let last = kind == Kind::End;
        tokens.push(Token { kind, at, span: (start, lexer.offset) });
        if last {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    offset: usize,
    at: At,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.offset += next.len_utf8();
        if next == '\n' {
            self.at = At { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(next)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            for _ in text.chars() {
                self.advance();
            }
        }
        found
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.peek().filter(|&next| wanted(next)) {
            taken.push(next);
            self.advance();
        }
        taken
    }

    fn skip_blanks(&mut self) -> Result<()> {
        loop {
            self.take_while(|c| c.is_whitespace() || c == '\u{feff}');
            let start = self.at;
            if ["--", "//", "-–", "–"].iter().any(|opening| self.rest().starts_with(opening)) {
                self.take_while(|c| c != '\n');
            } else if self.take("/*") {
                while !self.take("*/") {
                    if self.advance().is_none() {
                        return Err(start.error(self.text, "The comment is not closed"));
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Kind> {
        let at = self.at;
        let Some(first) = self.peek() else {
            return Ok(Kind::End);
        };
        let mut following = self.rest().chars().skip(1);
        let (second, third) = (following.next(), following.next());
        match (first, second) {
            ('u' | 'U', Some('&')) if third == Some('\'') => {
                self.advance();
                self.advance();
                return self.quoted('\'', "text").map(Kind::UnicodeText);
            }
            ('x' | 'X', Some('\'')) => {
                self.advance();
                return self.quoted('\'', "binary literal").map(Kind::Binary);
            }
            ('\'', _) => return self.quoted('\'', "text").map(Kind::Text),
            ('"', _) => return self.quoted('"', "name").map(Kind::Quoted),
            ('0'..='9', _) | ('.', Some('0'..='9')) => return self.number(),
            ('A'..='Z' | 'a'..='z' | '_', _) => {
                let written = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                return Ok(Kind::Word { upper: written.to_ascii_uppercase(), written });
            }
            _ => {}
        }
        match SYMBOLS.iter().find(|symbol| self.take(symbol)) {
            Some(symbol) => Ok(Kind::Symbol(symbol)),
            None => Err(at.error_with_hint(
                self.text,
                format!("The character `{first}` has no meaning here"),
                "text stands in single quotes, a name with other characters in double quotes",
            )),
        }
    }

    /// What stands between two `quote`s, a doubled one standing for itself.
    fn quoted(&mut self, quote: char, what: &str) -> Result<String> {
        let start = self.at;
        self.advance();
        let mut inside = String::new();
        loop {
            match self.advance() {
                None => return Err(start.error(self.text, format!("The {what} is not closed"))),
                Some(c) if c == quote => {
                    if self.peek() != Some(quote) {
                        return Ok(inside);
                    }
                    self.advance();
                    inside.push(quote);
                }
                Some(c) => inside.push(c),
            }
        }
    }

    fn number(&mut self) -> Result<Kind> {
        let at = self.at;
        let mut written = self.take_while(|c| c.is_ascii_digit());
        if self.take(".") {
            written.push('.');
            written.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        let mut exponent = self.rest().chars();
        if matches!(exponent.next(), Some('e' | 'E')) {
            let next = exponent.next();
            let digit = if matches!(next, Some('+' | '-')) { exponent.next() } else { next };
            if digit.is_some_and(|c| c.is_ascii_digit()) {
                self.advance();
                written.push('e');
                written.push_str(&self.take_while(|c| c == '+' || c == '-'));
                written.push_str(&self.take_while(|c| c.is_ascii_digit()));
            }
        }
        if self.peek().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
            return Err(at.error_with_hint(
                self.text,
                "A name cannot begin with a digit",
                "put the name in double quotes, or a blank behind the number",
            ));
        }
        Ok(Kind::Number(written))
    }
}
