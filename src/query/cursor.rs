//! Walking over the tokens of one statement, in either language.

use std::ops::Range;

use super::error::{Error, Result};
use super::lex::{Kind, Language, Place, Token, tokens};

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableName {
    /// The database, when it is named.
    pub(super) database: Option<String>,
    /// The table, in lower case.
    pub(super) name: String,
    /// Where.
    pub(super) place: Place,
}

pub(super) struct Cursor<'a> {
    text: &'a str,
    language: Language,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, language: Language) -> Result<Self> {
        Ok(Self { text, language, tokens: tokens(text, language)?, at: 0 })
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// How many tokens there are, a last semicolon not counted.
    pub(super) fn len(&self) -> usize {
        let semicolon = self.tokens.last().is_some_and(|token| token.kind == Kind::Symbol(';'));
        self.tokens.len() - usize::from(semicolon)
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// The text of the tokens at these places.
    pub(super) fn slice(&self, tokens: Range<usize>) -> Option<&'a str> {
        let first = self.tokens.get(tokens.start)?;
        let last = self.tokens.get(tokens.end.checked_sub(1)?)?;
        self.text.get(first.span.start..last.span.end)
    }

    /// The bytes that the tokens at these places cover.
    pub(super) fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        let start = self.tokens.get(tokens.start).map_or(self.text.len(), |token| token.span.start);
        let end =
            tokens.end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.span.end);
        start..end.max(start)
    }

    pub(super) fn place(&self) -> Place {
        let end = || Place::of(self.text, self.text.trim_end().len());
        self.tokens.get(self.at).map_or_else(end, |token| token.place)
    }

    pub(super) fn kind(&self) -> Option<&Kind> {
        self.kind_at(self.at)
    }

    pub(super) fn kind_at(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    /// Whether the token `ahead` of the present one is this keyword.
    pub(super) fn sees(&self, ahead: usize, keyword: &str) -> bool {
        let token = self.tokens.get(self.at + ahead).map(|token| &token.kind);
        matches!(token, Some(Kind::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    /// Take these keywords if all of them come next.
    pub(super) fn accept(&mut self, keywords: &[&str]) -> bool {
        let all = keywords.iter().enumerate().all(|(ahead, keyword)| self.sees(ahead, keyword));
        if all {
            self.at += keywords.len();
        }
        all
    }

    /// Take one of these keywords if it comes next.
    pub(super) fn accept_any(&mut self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.accept(&[keyword]))
    }

    pub(super) fn expect(&mut self, keywords: &[&str]) -> Result<()> {
        if self.accept(keywords) { Ok(()) } else { Err(self.unexpected(&keywords.join(" "))) }
    }

    pub(super) fn accept_symbol(&mut self, symbol: char) -> bool {
        let found = self.kind() == Some(&Kind::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: char) -> Result<()> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    /// `expected` was not what came.
    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let found = self.tokens.get(self.at).and_then(|token| self.text.get(token.span.clone()));
        let found = found.map_or_else(|| "the end of the statement".to_owned(), |found| format!("`{found}`"));
        self.error(format!("expected {expected}, found {found}"))
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        self.error_at(self.place(), message)
    }

    pub(super) fn error_at(&self, place: Place, message: impl Into<String>) -> Error {
        match self.language {
            Language::Hive => Error::hive_syntax(self.text, place, message),
            Language::Trino => Error::syntax(self.text, place, message),
        }
    }

    /// A semicolon and nothing else may follow.
    pub(super) fn end(&mut self) -> Result<()> {
        self.accept_symbol(';');
        if self.at < self.tokens.len() { Err(self.unexpected("the end of the statement")) } else { Ok(()) }
    }

    pub(super) fn is_at_end(&self) -> bool {
        match self.kind() {
            None => true,
            Some(Kind::Symbol(';')) => self.at + 1 == self.tokens.len(),
            Some(_) => false,
        }
    }

    /// A name, in lower case.
    pub(super) fn name(&mut self) -> Result<String> {
        let name = match self.kind() {
            Some(Kind::Word(name) | Kind::Quoted(name)) if !name.is_empty() => name.to_lowercase(),
            _ => return Err(self.unexpected("a name")),
        };
        if self.language == Language::Hive && name.starts_with('_') && matches!(self.kind(), Some(Kind::Word(_))) {
            return Err(self.error(format!("the name `{name}` begins with `_` and must stand in backticks")));
        }
        self.at += 1;
        Ok(name)
    }

    /// `[db.]t`; the catalog's own name may stand in front.
    pub(super) fn table(&mut self) -> Result<TableName> {
        let place = self.place();
        let mut parts = vec![self.name()?];
        while self.accept_symbol('.') {
            parts.push(self.name()?);
        }
        if parts.len() == 3 && parts.first().is_some_and(|catalog| catalog == "awsdatacatalog") {
            parts.remove(0);
        }
        // A name in backticks may hold the database as well, as Hive has it.
        if let ([only], Language::Hive) = (parts.as_slice(), self.language)
            && let Some((database, name)) = only.split_once('.')
        {
            parts = vec![database.to_owned(), name.to_owned()];
        }
        match <[String; 2]>::try_from(parts) {
            Ok([database, name]) => Ok(TableName { database: Some(database), name, place }),
            Err(mut parts) if parts.len() == 1 => {
                Ok(TableName { database: None, name: parts.pop().unwrap_or_default(), place })
            }
            Err(_) => Err(self.error_at(place, "a table is named `table` or `database.table`")),
        }
    }

    pub(super) fn string(&mut self) -> Result<String> {
        match self.kind() {
            Some(Kind::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected("a string in quotes")),
        }
    }

    pub(super) fn accept_string(&mut self) -> Option<String> {
        match self.kind() {
            Some(Kind::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Some(text)
            }
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> Result<u32> {
        let number = match self.kind() {
            Some(Kind::Number(text)) => text.parse().ok(),
            _ => None,
        };
        self.at += usize::from(number.is_some());
        number.ok_or_else(|| self.unexpected("a whole number"))
    }

    /// Items in parentheses, with commas between.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_symbol('(')?;
        let mut items = vec![item(self)?];
        while self.accept_symbol(',') {
            items.push(item(self)?);
        }
        self.expect_symbol(')')?;
        Ok(items)
    }
}
