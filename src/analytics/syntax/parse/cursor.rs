//! The parser's place in the tokens: looking, taking, requiring.

use crate::analytics::error::{Error, Result};
use crate::analytics::reserved::is_reserved;
use crate::analytics::syntax::ast::Name;
use crate::analytics::syntax::lex::{At, Kind, Token, tokenize};

/// Nesting that the parser follows; beyond it the stack would not hold.
const DEEPEST: usize = 48;

/// Reserved words that name implicit columns, and so may stand where a column does.
const IMPLICIT_COLUMNS: [&str; 5] =
    ["ROWTIME", "APPROXIMATE_ARRIVAL_TIME", "PARTITION_KEY", "SEQUENCE_NUMBER", "SHARD_ID"];

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// The last one is [`Kind::End`].
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        Ok(Self { text, tokens: tokenize(text)?, next: 0, depth: 0 })
    }

    /// The token `ahead` places after the next one.
    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).or_else(|| self.tokens.last())
    }

    pub(super) fn kind(&self, ahead: usize) -> &Kind {
        self.token(ahead).map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn here(&self) -> At {
        self.token(0).map_or_else(At::default, |token| token.at)
    }

    pub(super) fn advance(&mut self) -> Kind {
        let kind = self.kind(0).clone();
        self.next = (self.next + 1).min(self.tokens.len().saturating_sub(1));
        kind
    }

    /// The unquoted word `ahead` places after the next token, in upper case.
    pub(super) fn word(&self, ahead: usize) -> Option<&str> {
        match self.kind(ahead) {
            Kind::Word { upper, .. } => Some(upper),
            _ => None,
        }
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word(0) == Some(word)
    }

    /// Whether the next tokens are these words.
    pub(super) fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.word(ahead) == Some(word))
    }

    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.is_symbol(0, symbol)
    }

    pub(super) fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.kind(ahead), Kind::Symbol(found) if *found == symbol)
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all of `words` or none.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let found = self.at_words(words);
        if found {
            words.iter().for_each(|_| drop(self.advance()));
        }
        found
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn require(&mut self, word: &str) -> Result<()> {
        if self.take(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    pub(super) fn require_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    /// The text of a literal in quotes.
    pub(super) fn text_literal(&mut self, what: &str) -> Result<String> {
        match self.kind(0) {
            Kind::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, what: &str) -> Result<u32> {
        let number = match self.kind(0) {
            Kind::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.expected(what))?;
        self.advance();
        Ok(number)
    }

    /// `item {, item}`
    pub(super) fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `( item {, item} )`
    pub(super) fn parenthesised<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.require_symbol("(")?;
        let items = self.list(item)?;
        if !self.take_symbol(")") {
            return Err(self.expected("`,` or `)`"));
        }
        Ok(items)
    }

    /// Whether a name can stand at the next token.
    pub(super) fn at_name(&self) -> bool {
        match self.kind(0) {
            Kind::Quoted(_) => true,
            Kind::Word { upper, .. } => !is_reserved(upper),
            _ => false,
        }
    }

    /// A name; of `schema.name` the last part.
    pub(super) fn object_name(&mut self, what: &str) -> Result<Name> {
        let mut name = self.name(what)?;
        while self.take_symbol(".") {
            name = self.name(what)?;
        }
        Ok(name)
    }

    /// A name of one part.
    pub(super) fn name(&mut self, what: &str) -> Result<Name> {
        self.name_allowing(what, &[])
    }

    /// A column's name, which may be one of the implicit columns.
    pub(super) fn column_name(&mut self, what: &str) -> Result<Name> {
        self.name_allowing(what, &IMPLICIT_COLUMNS)
    }

    fn name_allowing(&mut self, what: &str, allowed: &[&str]) -> Result<Name> {
        let at = self.here();
        let (value, quoted) = match self.kind(0) {
            Kind::Quoted(value) => (value.clone(), true),
            Kind::Word { upper, written } => {
                if is_reserved(upper) && !allowed.contains(&upper.as_str()) {
                    return Err(at.error_with_hint(
                        self.text,
                        format!("`{upper}` is a reserved word and cannot be {what}"),
                        format!("quote it: \"{written}\""),
                    ));
                }
                (upper.clone(), false)
            }
            _ => return Err(self.expected(what)),
        };
        if value.is_empty() || value.chars().count() > 128 {
            return Err(at.error(self.text, "A name has 1 to 128 characters"));
        }
        if value.chars().any(|c| c < ' ') {
            return Err(at.error(self.text, "A name cannot hold control characters"));
        }
        self.advance();
        Ok(Name { value, quoted, at })
    }

    /// Whether an implicit column stands at the next token.
    pub(super) fn at_implicit_column(&self) -> bool {
        self.word(0).is_some_and(|word| IMPLICIT_COLUMNS.contains(&word))
    }

    /// Runs `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return Err(self.here().error(self.text, format!("The text nests deeper than {DEEPEST} levels")));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// One parser's attempt: on failure the place is as before.
    pub(super) fn attempt<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (next, depth) = (self.next, self.depth);
        let parsed = parse(self);
        if parsed.is_err() {
            (self.next, self.depth) = (next, depth);
        }
        parsed
    }

    /// Nothing but semicolons may follow.
    pub(super) fn finish(&mut self) -> Result<()> {
        while self.take_symbol(";") {}
        if *self.kind(0) == Kind::End { Ok(()) } else { Err(self.expected("the end of the text")) }
    }

    pub(super) fn expected(&self, what: &str) -> Error {
        self.here().error(self.text, format!("Expected {what}, found {}", self.found()))
    }

    /// The next token as written, for messages.
    pub(super) fn found(&self) -> String {
        match self.token(0) {
            None => "the end of the text".to_owned(),
            Some(token) if token.kind == Kind::End => "the end of the text".to_owned(),
            Some(token) => {
                let written = self.text.get(token.span.0..token.span.1).unwrap_or_default();
                let short: String = written.chars().take(40).collect();
                if short.len() < written.len() { format!("`{short}…`") } else { format!("`{short}`") }
            }
        }
    }
}
