//! Text into tokens with their places. Source: the lexer rules of Trino's grammar.

use crate::sql::trino::error::{Place, SqlError};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword as it was written.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// Digits, with a point, an exponent, or a base prefix.
    Number(String),
    /// A text literal, its quotes and escapes resolved.
    Text(String),
    /// A binary literal.
    Binary(Vec<u8>),
    /// Punctuation or an operator.
    Symbol(&'static str),
    /// Behind the last token.
    End,
}

impl Token {
    /// The token as messages show it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => text.clone(),
            Self::Quoted(text) => format!("\"{text}\""),
            Self::Text(text) => format!("'{text}'"),
            Self::Binary(_) => "X'…'".into(),
            Self::Symbol(symbol) => (*symbol).into(),
            Self::End => "<EOF>".into(),
        }
    }
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spanned {
    pub(crate) token: Token,
    pub(crate) at: Place,
    /// Byte offsets of the token in the text.
    pub(crate) bytes: std::ops::Range<usize>,
}

/// Longest first.
const SYMBOLS: [&str; 26] = [
    "<>", "!=", "<=", ">=", "||", "->", "=>", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".",
    "?", ":", ";", "{", "}",
];

/// The tokens of a text; the last is [`Token::End`].
///
/// # Errors
/// `SYNTAX_ERROR` for text that is no token.
pub(crate) fn lex(text: &str) -> Result<Vec<Spanned>, SqlError> {
    let mut lexer = Lexer { text, offset: 0, at: Place { line: 1, column: 1 }, tokens: Vec::new() };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    offset: usize,
    at: Place,
    tokens: Vec<Spanned>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.offset..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.offset += c.len_utf8();
        if c == '\n' {
            self.at = Place { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(c)
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.bump();
        }
    }

    fn take_while(&mut self, take: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| take(*c)) {
            taken.push(c);
            self.bump();
        }
        taken
    }

    fn skip_blanks(&mut self) -> Result<(), SqlError> {
        loop {
            match self.peek() {
                Some(c) if c.is_whitespace() => {
                    self.bump();
                }
                Some('-') if self.rest().starts_with("--") => {
                    self.take_while(|c| c != '\n');
                }
                Some('/') if self.rest().starts_with("/*") => {
                    let at = self.at;
                    let Some(end) = self.rest().find("*/") else {
                        return Err(SqlError::syntax(at, "The comment is not closed"));
                    };
                    let characters = self.rest()[..end + 2].chars().count();
                    self.skip(characters);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Read one token; false behind the end.
    fn next(&mut self) -> Result<bool, SqlError> {
        self.skip_blanks()?;
        let (at, start) = (self.at, self.offset);
        let token = match self.peek() {
            None => Token::End,
            Some('\'') => Token::Text(self.quoted('\'')?),
            Some('"') => Token::Quoted(self.quoted('"')?),
            Some('`') => {
                return Err(SqlError::syntax(at, "Backquoted identifiers are not supported in queries")
                    .hint("use double quotes to quote identifiers"));
            }
            Some('x' | 'X') if self.rest()[1..].starts_with('\'') => self.binary()?,
            Some('u' | 'U') if self.rest()[1..].starts_with("&'") => self.unicode()?,
            Some(c) if c.is_ascii_digit() => Token::Number(self.number()?),
            Some('.') if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => Token::Number(self.number()?),
            Some(c) if c.is_alphabetic() || c == '_' => {
                Token::Word(self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '$'))
            }
            Some(c) => match SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
                Some(symbol) => {
                    self.skip(symbol.len());
                    Token::Symbol(if *symbol == "!=" { "<>" } else { symbol })
                }
                None => return Err(SqlError::syntax(at, format!("The character `{c}` is not expected here"))),
            },
        };
        let more = token != Token::End;
        self.tokens.push(Spanned { token, at, bytes: start..self.offset });
        Ok(more)
    }

    /// Text between quotes, a doubled quote standing for one.
    fn quoted(&mut self, quote: char) -> Result<String, SqlError> {
        let at = self.at;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                Some(c) if c == quote => {
                    if self.peek() != Some(quote) {
                        return Ok(text);
                    }
                    self.bump();
                    text.push(quote);
                }
                Some(c) => text.push(c),
                None => {
                    let what = if quote == '"' { "identifier" } else { "string" };
                    return Err(SqlError::syntax(at, format!("The {what} is not closed")));
                }
            }
        }
    }

    fn binary(&mut self) -> Result<Token, SqlError> {
        let at = self.at;
        self.bump();
        let digits: String = self.quoted('\'')?.chars().filter(|c| !c.is_whitespace()).collect();
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(SqlError::syntax(at, "Binary literal can only contain hexadecimal digits"));
        }
        if !digits.len().is_multiple_of(2) {
            return Err(SqlError::syntax(at, "Binary literal must contain an even number of digits"));
        }
        let byte = |pair: &[u8]| {
            let digit = |c: u8| (c as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
            digit(pair[0]) * 16 + digit(pair[1])
        };
        Ok(Token::Binary(digits.as_bytes().chunks_exact(2).map(byte).collect()))
    }

    /// `U&'…'`, with `UESCAPE 'c'` behind it.
    fn unicode(&mut self) -> Result<Token, SqlError> {
        let at = self.at;
        self.skip(2);
        let text = self.quoted('\'')?;
        let (place, offset) = (self.at, self.offset);
        self.skip_blanks()?;
        let mut escape = '\\';
        if self.rest().get(..7).is_some_and(|word| word.eq_ignore_ascii_case("UESCAPE")) {
            self.skip(7);
            self.skip_blanks()?;
            let given = if self.peek() == Some('\'') { self.quoted('\'')? } else { String::new() };
            let mut characters = given.chars();
            escape = match (characters.next(), characters.next()) {
                (Some(c), None) if !c.is_ascii_hexdigit() && !c.is_whitespace() && !"+'\"".contains(c) => c,
                _ => return Err(SqlError::syntax(at, "Invalid Unicode escape character")),
            };
        } else {
            (self.at, self.offset) = (place, offset);
        }
        decode(&text, escape).map(Token::Text).map_err(|message| SqlError::syntax(at, message))
    }

    fn number(&mut self) -> Result<String, SqlError> {
        let at = self.at;
        let rest = self.rest().as_bytes();
        if rest.len() > 1 && rest[0] == b'0' && matches!(rest[1], b'x' | b'X' | b'o' | b'O' | b'b' | b'B') {
            return Ok(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
        let mut number = self.take_while(|c| c.is_ascii_digit() || c == '_');
        if self.peek() == Some('.') && !self.rest()[1..].starts_with('.') {
            self.bump();
            number.push('.');
            number.push_str(&self.take_while(|c| c.is_ascii_digit() || c == '_'));
        }
        let exponent = self.rest().as_bytes();
        let has_exponent = match exponent {
            [b'e' | b'E', b'+' | b'-', digit, ..] | [b'e' | b'E', digit, ..] => digit.is_ascii_digit(),
            _ => false,
        };
        if has_exponent {
            self.skip(1);
            number.push('E');
            if let Some(sign) = self.peek().filter(|c| *c == '-' || *c == '+') {
                self.bump();
                number.push(sign);
            }
            number.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        if self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
            return Err(SqlError::syntax(at, "Identifiers must not start with a digit")
                .hint("surround the identifier with double quotes"));
        }
        Ok(number.replace('_', ""))
    }
}

fn decode(text: &str, escape: char) -> Result<String, String> {
    let mut decoded = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c != escape {
            decoded.push(c);
            continue;
        }
        if characters.peek() == Some(&escape) {
            characters.next();
            decoded.push(escape);
            continue;
        }
        let digits = if characters.peek() == Some(&'+') {
            characters.next();
            6
        } else {
            4
        };
        let code: String = characters.by_ref().take(digits).collect();
        let found = (code.len() == digits).then(|| u32::from_str_radix(&code, 16).ok()).flatten();
        match found.and_then(char::from_u32) {
            Some(found) => decoded.push(found),
            None => return Err(format!("Invalid Unicode escape sequence: {escape}{code}")),
        }
    }
    Ok(decoded)
}
