//! The reader of tokens that all rules share.

use super::ast::{Expr, Name, Query};
use super::lex::{Spanned, Token, lex};
use crate::sql::trino::error::{Place, SqlError};

/// Deepest nesting of expressions and queries.
const MAX_DEPTH: usize = 250;

/// Words that are names only in double quotes. Source: Trino's documentation, reserved keywords.
const RESERVED: &[&str] = &[
    "alter",
    "and",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "constraint",
    "create",
    "cross",
    "cube",
    "current_catalog",
    "current_date",
    "current_path",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "deallocate",
    "delete",
    "describe",
    "distinct",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "execute",
    "exists",
    "extract",
    "false",
    "for",
    "from",
    "full",
    "group",
    "grouping",
    "having",
    "in",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "json_array",
    "json_exists",
    "json_object",
    "json_query",
    "json_table",
    "json_value",
    "left",
    "like",
    "listagg",
    "localtime",
    "localtimestamp",
    "natural",
    "normalize",
    "not",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "prepare",
    "recursive",
    "right",
    "rollup",
    "select",
    "skip",
    "table",
    "then",
    "trim",
    "true",
    "uescape",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// Reads a text token by token. Rules are in the files beside this one.
pub(crate) struct Parser {
    tokens: Vec<Spanned>,
    place: usize,
    depth: usize,
    /// How many `?` were read.
    pub(super) parameters: usize,
}

impl Parser {
    /// A parser at the beginning of a text.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` where the text is no token.
    pub(crate) fn new(text: &str) -> Result<Self, SqlError> {
        Ok(Self { tokens: lex(text)?, place: 0, depth: 0, parameters: 0 })
    }

    /// The one query of a text; a `;` may stand behind it.
    ///
    /// # Errors
    /// `SYNTAX_ERROR`.
    pub(crate) fn parse_query(text: &str) -> Result<Query, SqlError> {
        let mut parser = Self::new(text)?;
        let query = parser.query()?;
        parser.end()?;
        Ok(query)
    }

    /// The one expression of a text.
    ///
    /// # Errors
    /// `SYNTAX_ERROR`.
    pub(crate) fn parse_expression(text: &str) -> Result<Expr, SqlError> {
        let mut parser = Self::new(text)?;
        let expression = parser.expression()?;
        parser.end()?;
        Ok(expression)
    }

    /// How many `?` were read so far.
    pub(crate) fn parameter_count(&self) -> usize {
        self.parameters
    }

    /// The end of the statement.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` when something follows.
    pub(crate) fn end(&mut self) -> Result<(), SqlError> {
        self.take(";");
        match self.peek() {
            Token::End => Ok(()),
            _ => Err(self.unexpected("the end of the statement")),
        }
    }

    /// The next token.
    pub(crate) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The token `ahead` tokens behind the next.
    pub(crate) fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.place + ahead).map_or(&Token::End, |spanned| &spanned.token)
    }

    /// Where the next token begins.
    pub(crate) fn at(&self) -> Place {
        self.tokens.get(self.place).or(self.tokens.last()).map_or(Place { line: 1, column: 1 }, |spanned| spanned.at)
    }

    /// The byte where the next token begins, and the one where the last token ended.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let start = self.tokens.get(self.place).map_or(0, |spanned| spanned.bytes.start);
        let end = self.place.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |last| last.bytes.end);
        (start, end)
    }

    /// Go one token on.
    pub(crate) fn skip(&mut self) {
        if self.place + 1 < self.tokens.len() {
            self.place += 1;
        }
    }

    pub(super) fn mark(&self) -> (usize, usize) {
        (self.place, self.parameters)
    }

    pub(super) fn reset(&mut self, (place, parameters): (usize, usize)) {
        self.place = place;
        self.parameters = parameters;
    }

    /// Take a symbol if it is next.
    pub(crate) fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(next) if *next == symbol);
        if found {
            self.skip();
        }
        found
    }

    /// Take a symbol.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` when something else is next.
    pub(crate) fn expect(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("'{symbol}'"))) }
    }

    /// Whether the token `ahead` is a keyword, given in lower case.
    pub(crate) fn is_keyword_at(&self, ahead: usize, keyword: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Whether these keywords are next, given in lower case.
    pub(crate) fn is_next(&self, keywords: &[&str]) -> bool {
        keywords.iter().enumerate().all(|(ahead, keyword)| self.is_keyword_at(ahead, keyword))
    }

    /// Take keywords if all of them are next.
    pub(crate) fn keyword(&mut self, keywords: &[&str]) -> bool {
        let found = self.is_next(keywords);
        if found {
            for _ in keywords {
                self.skip();
            }
        }
        found
    }

    /// Take keywords.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` when something else is next.
    pub(crate) fn expect_keyword(&mut self, keywords: &[&str]) -> Result<(), SqlError> {
        for keyword in keywords {
            if !self.keyword(&[keyword]) {
                return Err(self.unexpected(&format!("'{}'", keyword.to_uppercase())));
            }
        }
        Ok(())
    }

    /// The first of some keywords that is next, taken.
    pub(super) fn one_of(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        let found = keywords.iter().find(|keyword| self.is_keyword_at(0, keyword))?;
        self.skip();
        Some(found)
    }

    /// The error for the next token.
    pub(crate) fn unexpected(&self, expected: &str) -> SqlError {
        SqlError::syntax(self.at(), format!("mismatched input '{}'. Expecting: {expected}", self.peek().shown()))
    }

    /// Whether the token `ahead` may be a name.
    pub(crate) fn is_name_at(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            Token::Quoted(_) => true,
            Token::Word(word) => !is_reserved(word),
            _ => false,
        }
    }

    /// A name.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` for anything else, and for reserved words without quotes.
    pub(crate) fn name(&mut self) -> Result<Name, SqlError> {
        let at = self.at();
        let written = match self.peek() {
            Token::Quoted(text) => text.clone(),
            Token::Word(word) if !is_reserved(word) => word.clone(),
            Token::Word(word) => {
                let hint = format!("`{word}` is a reserved word: write \"{word}\" to use it as a name");
                return Err(self.unexpected("<identifier>").hint(hint));
            }
            _ => return Err(self.unexpected("<identifier>")),
        };
        self.skip();
        Ok(Name { text: written.to_lowercase(), written, at })
    }

    /// A name with points.
    ///
    /// # Errors
    /// As [`Parser::name`].
    pub(crate) fn qualified_name(&mut self) -> Result<Vec<Name>, SqlError> {
        let mut names = vec![self.name()?];
        while self.take(".") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// A text literal.
    ///
    /// # Errors
    /// `SYNTAX_ERROR` for anything else.
    pub(crate) fn text(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.skip();
                Ok(text)
            }
            _ => Err(self.unexpected("<string>")),
        }
    }

    /// Items with commas between.
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut items = vec![item(self)?];
        while self.take(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(name, …)`
    pub(crate) fn names_in_parentheses(&mut self) -> Result<Vec<Name>, SqlError> {
        self.expect("(")?;
        let names = self.list(Self::name)?;
        self.expect(")")?;
        Ok(names)
    }

    /// Run a rule one level deeper.
    pub(super) fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        if self.depth >= MAX_DEPTH {
            return Err(SqlError::new("STATEMENT_TOO_COMPLEX", self.at(), "The statement is nested too deeply"));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
