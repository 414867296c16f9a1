//! Statements out of tokens.

use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::ast::{ColumnDeclaration, CreatePump, CreateStream, Name, Statement};
use super::lex::{is_word, tokenize};
use crate::analytics::error::{Error, Result};
use crate::analytics::reserved::is_reserved;
use crate::analytics::sql_type::SqlType;

/// Statements that the dialect has and this version does not run: the first words, and the name for the message.
const NOT_YET: [(&[&str], &str); 6] = [
    (&["VIEW"], "CREATE VIEW"),
    (&["FUNCTION"], "CREATE FUNCTION"),
    (&["ALTER"], "ALTER PUMP"),
    (&["DROP"], "DROP"),
    (&["INSERT"], "INSERT outside of a pump"),
    (&["SELECT"], "a query outside of a pump"),
];

/// The statements of an application, in order.
///
/// # Errors
/// [`Error::Sql`] and [`Error::Unsupported`], with the place.
pub(crate) fn parse_statements(text: &str) -> Result<Vec<Statement>> {
    let tokens = tokenize(text)?;
    let mut statements = Vec::new();
    for body in tokens.split(|token| token.token == Token::SemiColon) {
        if !body.is_empty() {
            statements.push(StatementParser { text, tokens: body, next: 0 }.statement()?);
        }
    }
    Ok(statements)
}

struct StatementParser<'a> {
    text: &'a str,
    /// The tokens of one statement, without its semicolon; never empty.
    tokens: &'a [TokenWithSpan],
    next: usize,
}

impl StatementParser<'_> {
    fn statement(mut self) -> Result<Statement> {
        if !self.take("CREATE") {
            return Err(self.unknown_statement());
        }
        let or_replace = self.take("OR");
        if or_replace {
            self.require("REPLACE")?;
        }
        if self.take("STREAM") {
            return self.create_stream(or_replace).map(Statement::Stream);
        }
        if self.take("PUMP") {
            return self.create_pump(or_replace).map(|pump| Statement::Pump(Box::new(pump)));
        }
        Err(self.unknown_statement())
    }

    fn unknown_statement(&self) -> Error {
        let at = self.here();
        for (words, name) in NOT_YET {
            if words.iter().any(|word| self.at_word(word)) {
                return Error::unsupported(self.text, at.line, at.column, name);
            }
        }
        self.expected("CREATE STREAM or CREATE PUMP")
    }

    /// `name ( col type [NOT NULL] {, …} ) [DESCRIPTION 'text']`
    fn create_stream(&mut self, or_replace: bool) -> Result<CreateStream> {
        let name = self.name("the stream's name")?;
        if name.value.eq_ignore_ascii_case("error_stream") {
            return Err(self.at(name.at, "The name `error_stream` belongs to the service's own stream"));
        }
        let columns = self.parenthesised(Self::column)?;
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].iter().any(|other| other.name.value == column.name.value) {
                return Err(self.at(
                    column.name.at,
                    format!("The stream `{}` has two columns `{}`", name.value, column.name.value),
                ));
            }
        }
        self.description()?;
        self.end()?;
        Ok(CreateStream { name, or_replace, columns })
    }

    fn column(&mut self) -> Result<ColumnDeclaration> {
        let name = self.name("a column's name")?;
        let sql_type = self.sql_type()?;
        let not_null = self.take("NOT");
        if not_null {
            self.require("NULL")?;
        }
        Ok(ColumnDeclaration { name, sql_type, not_null })
    }

    fn sql_type(&mut self) -> Result<SqlType> {
        let at = self.here();
        let mut name = match self.advance().map(|token| &token.token) {
            Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => return Err(self.at(at, "A column's type is expected")),
        };
        for second in ["VARYING", "PRECISION"] {
            if self.take(second) {
                name = format!("{name} {second}");
            }
        }
        let arguments = if self.peek_is(&Token::LParen) { self.parenthesised(Self::integer)? } else { Vec::new() };
        SqlType::from_name(&name, &arguments).ok_or_else(|| {
            let shown: Vec<String> = arguments.iter().map(u32::to_string).collect();
            let shown = if shown.is_empty() { name.clone() } else { format!("{name}({})", shown.join(", ")) };
            self.at(at, format!("`{shown}` is not a type of streaming SQL"))
        })
    }

    fn integer(&mut self) -> Result<u32> {
        let at = self.here();
        let length = match self.advance().map(|token| &token.token) {
            Some(Token::Number(digits, false)) => digits.parse().ok(),
            _ => None,
        };
        length.ok_or_else(|| self.at(at, "A whole number is expected"))
    }

    /// `name [DESCRIPTION 'text'] [STARTED|STOPPED] AS INSERT [EXPEDITED] INTO stream [(cols)] query`
    fn create_pump(&mut self, or_replace: bool) -> Result<CreatePump> {
        let name = self.name("the pump's name")?;
        self.description()?;
        let started = !self.take("STOPPED");
        self.take("STARTED");
        self.require("AS")?;
        self.require("INSERT")?;
        self.take("EXPEDITED");
        self.require("INTO")?;
        let target = self.name("the stream to insert into")?;
        // A parenthesis here opens the column list, or the query itself.
        let lists_columns = self.peek_is(&Token::LParen)
            && !self.tokens.get(self.next + 1).is_some_and(|token| {
                is_word(token, "SELECT") || is_word(token, "VALUES") || token.token == Token::LParen
            });
        let columns =
            if lists_columns { Some(self.parenthesised(|parser| parser.name("a column's name"))?) } else { None };
        let query_at = self.here();
        let query = self.tokens[self.next..].to_vec();
        if query.is_empty() {
            return Err(self.expected("SELECT"));
        }
        Ok(CreatePump { name, or_replace, started, target, columns, query, query_at })
    }

    fn description(&mut self) -> Result<()> {
        if self.take("DESCRIPTION") {
            match self.advance().map(|token| &token.token) {
                Some(Token::SingleQuotedString(_)) => {}
                _ => return Err(self.expected("a text in single quotes")),
            }
        }
        Ok(())
    }

    /// A name; of `schema.name` the last part.
    fn name(&mut self, what: &str) -> Result<Name> {
        let mut name = self.simple_name(what)?;
        while self.peek_is(&Token::Period) {
            self.next += 1;
            name = self.simple_name(what)?;
        }
        Ok(name)
    }

    fn simple_name(&mut self, what: &str) -> Result<Name> {
        let at = self.here();
        let Some(Token::Word(word)) = self.tokens.get(self.next).map(|token| &token.token) else {
            return Err(self.expected(what));
        };
        let quoted = word.quote_style.is_some();
        let value = if quoted { word.value.clone() } else { word.value.to_ascii_uppercase() };
        if !quoted && is_reserved(&value) {
            return Err(Error::sql(
                self.text,
                at.line,
                at.column,
                format!("`{value}` is a reserved word and cannot be {what}"),
                Some(format!("quote it: \"{}\"", word.value)),
            ));
        }
        if value.is_empty() || value.chars().count() > 128 {
            return Err(self.at(at, "A name has 1 to 128 characters"));
        }
        self.next += 1;
        Ok(Name { value, quoted, at })
    }

    fn parenthesised<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.require_token(&Token::LParen, "`(`")?;
        let mut items = vec![item(self)?];
        while self.peek_is(&Token::Comma) {
            self.next += 1;
            items.push(item(self)?);
        }
        self.require_token(&Token::RParen, "`,` or `)`")?;
        Ok(items)
    }

    fn at_word(&self, word: &str) -> bool {
        self.tokens.get(self.next).is_some_and(|token| is_word(token, word))
    }

    fn peek_is(&self, token: &Token) -> bool {
        self.tokens.get(self.next).is_some_and(|found| found.token == *token)
    }

    fn advance(&mut self) -> Option<&TokenWithSpan> {
        self.next += 1;
        self.tokens.get(self.next - 1)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        self.next += usize::from(found);
        found
    }

    fn require(&mut self, word: &str) -> Result<()> {
        if self.take(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    fn require_token(&mut self, token: &Token, shown: &str) -> Result<()> {
        if !self.peek_is(token) {
            return Err(self.expected(shown));
        }
        self.next += 1;
        Ok(())
    }

    fn end(&self) -> Result<()> {
        if self.next < self.tokens.len() { Err(self.expected("`;`")) } else { Ok(()) }
    }

    /// The place of the next token, or behind the last one.
    fn here(&self) -> Location {
        match (self.tokens.get(self.next), self.tokens.last()) {
            (Some(token), _) => token.span.start,
            (None, Some(last)) => last.span.end,
            (None, None) => Location::new(1, 1),
        }
    }

    fn expected(&self, what: &str) -> Error {
        let found = self
            .tokens
            .get(self.next)
            .map_or_else(|| "the end of the statement".to_owned(), |token| format!("`{}`", token.token));
        self.at(self.here(), format!("Expected {what}, found {found}"))
    }

    fn at(&self, at: Location, message: impl Into<String>) -> Error {
        Error::sql(self.text, at.line, at.column, message, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse_statements(text).unwrap_err().to_string()
    }

    #[test]
    fn streams_and_pumps_are_read() {
        let statements = parse_statements(
            "CREATE OR REPLACE STREAM \"out\" (\"id\" INTEGER NOT NULL, name CHARACTER VARYING(16)) DESCRIPTION 'x';\n\
             CREATE OR REPLACE PUMP p STOPPED AS INSERT INTO \"out\" (\"id\") SELECT STREAM \"id\" FROM s;",
        )
        .unwrap();
        let [Statement::Stream(stream), Statement::Pump(pump)] = &statements[..] else { panic!("{statements:?}") };
        assert_eq!((stream.name.value.as_str(), stream.columns.len(), stream.columns[0].not_null), ("out", 2, true));
        assert_eq!(stream.columns[1].name.value, "NAME");
        assert_eq!(stream.columns[1].sql_type, SqlType::Varchar(16));
        assert!(!pump.started);
        assert_eq!(pump.columns.as_ref().map(Vec::len), Some(1));
        assert_eq!(pump.query.len(), 5);
    }

    #[test]
    fn the_last_semicolon_and_empty_statements_are_optional() {
        assert_eq!(parse_statements(";;CREATE STREAM a (b INT)").unwrap().len(), 1);
        assert_eq!(parse_statements("").unwrap().len(), 0);
    }

    #[test]
    fn errors_point_at_the_word() {
        let message = error("CREATE STREAM a (\n  b INTEGR)");
        assert!(message.contains("`INTEGR` is not a type") && message.contains("line 2, column 5"), "{message}");
        let message = error("CREATE STREAM a (b INT");
        assert!(message.contains("found the end of the statement"), "{message}");
        let message = error("CREATE STREAM user (b INT)");
        assert!(message.contains("reserved word") && message.contains("hint: quote it"), "{message}");
        let message = error("CREATE STREAM a (b INT, b INT)");
        assert!(message.contains("two columns `B`"), "{message}");
    }

    #[test]
    fn statements_to_come_are_named() {
        assert!(
            error("CREATE FUNCTION f (a INT) RETURNS INT RETURN a").contains("CREATE FUNCTION is not supported yet")
        );
        assert!(error("DROP STREAM a").contains("DROP is not supported yet"));
        assert!(error("EXPLODE a").contains("Expected CREATE STREAM or CREATE PUMP"));
    }
}
