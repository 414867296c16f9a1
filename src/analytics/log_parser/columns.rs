//! The columns of a row value, and the texts that declare them.
//!
//! `'c TYPE t [format] [NOT NULL] [START n [FOR m]], …'`, where `REGEX_LOG_PARSE` leaves the word TYPE, or the type, out.

use crate::analytics::sql_type::SqlType;
use crate::time::java::SimpleDateFormat;

/// The length of columns without a declaration.
const DEFAULT_LENGTH: u32 = 1_024;

/// A column of a row value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogColumn {
    pub(super) name: String,
    pub(super) sql_type: SqlType,
    /// The form of a date or time; that of literals when there is none.
    pub(super) format: Option<SimpleDateFormat>,
    /// Texts have no year; the clock's is put before them.
    pub(super) year_of_clock: bool,
    pub(super) not_null: bool,
    /// Where in the line it stands: first character from 0, and how many.
    pub(super) place: Option<(usize, Option<usize>)>,
}

impl LogColumn {
    pub(super) fn new(name: impl Into<String>, sql_type: SqlType) -> Self {
        Self { name: name.into(), sql_type, format: None, year_of_clock: false, not_null: false, place: None }
    }

    /// COLUMN1 … COLUMNn.
    pub(super) fn numbered(count: usize) -> Vec<Self> {
        (1..=count).map(|n| Self::new(format!("COLUMN{n}"), SqlType::Varchar(DEFAULT_LENGTH))).collect()
    }
}

/// Which clauses a function's column descriptions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clauses {
    /// The name, and perhaps a type.
    NameAndType,
    /// `TYPE t [format] [NOT NULL]`
    Typed,
    /// Those, and `START n [FOR m]`.
    Placed,
}

/// Read column descriptions.
pub(super) fn parse_columns(text: &str, clauses: Clauses) -> Result<Vec<LogColumn>, String> {
    let mut words = Words { tokens: tokens(text)?, next: 0 };
    let mut columns: Vec<LogColumn> = Vec::new();
    loop {
        let column = parse_column(&mut words, clauses)?;
        if columns.iter().any(|other| other.name == column.name) {
            return Err(format!("two columns are named `{}`", column.name));
        }
        columns.push(column);
        match words.take() {
            None => return Ok(columns),
            Some(Token::Symbol(',')) => {}
            Some(other) => return Err(format!("`{}` is not expected behind column {}", other.shown(), columns.len())),
        }
    }
}

fn parse_column(words: &mut Words, clauses: Clauses) -> Result<LogColumn, String> {
    let name = match words.take() {
        Some(Token::Word(word)) => word.to_uppercase(),
        Some(Token::Quoted(name)) => name,
        Some(other) => return Err(format!("a column's name is expected, not `{}`", other.shown())),
        None => return Err("a column's name is expected at the end".into()),
    };
    let typed = words.take_word("TYPE");
    if !typed && clauses != Clauses::NameAndType {
        return Err(format!("the column `{name}` needs `TYPE` and its type"));
    }
    let sql_type = match (parse_type(words, &name)?, typed) {
        (Some(sql_type), _) => sql_type,
        (None, false) => SqlType::Varchar(DEFAULT_LENGTH),
        (None, true) => return Err(format!("the column `{name}` needs a type behind `TYPE`")),
    };
    let mut column = LogColumn::new(name, sql_type);
    if clauses == Clauses::NameAndType {
        return Ok(column);
    }
    if let Some(format) = words.take_text() {
        if !matches!(sql_type, SqlType::Date | SqlType::Time | SqlType::Timestamp) {
            return Err(format!("the column `{}` has a format, which only dates and times have", column.name));
        }
        column.format = Some(SimpleDateFormat::new(&format).map_err(|error| error.to_string())?);
    }
    if words.take_word("NOT") {
        if !words.take_word("NULL") {
            return Err(format!("`NULL` is expected behind `NOT` of column `{}`", column.name));
        }
        column.not_null = true;
    }
    if clauses == Clauses::Placed {
        if !words.take_word("START") {
            return Err(format!("the column `{}` needs `START` and its first character", column.name));
        }
        let start = words.number("START")?;
        let length = if words.take_word("FOR") { Some(words.number("FOR")?) } else { None };
        column.place = Some((start, length));
    }
    Ok(column)
}

/// A type, with its arguments; `None` when a clause or a comma comes at once.
fn parse_type(words: &mut Words, column: &str) -> Result<Option<SqlType>, String> {
    let mut text = String::new();
    while let Some(Token::Word(word)) = words.peek() {
        if ["NOT", "START", "FOR"].iter().any(|clause| word.eq_ignore_ascii_case(clause)) {
            break;
        }
        text = if text.is_empty() { word.clone() } else { format!("{text} {word}") };
        words.next += 1;
    }
    if words.peek() == Some(&Token::Symbol('(')) {
        while let Some(token) = words.take() {
            let closes = token == Token::Symbol(')');
            text.push_str(&token.shown());
            if closes {
                break;
            }
        }
    }
    if text.is_empty() {
        return Ok(None);
    }
    match SqlType::parse(&text) {
        Some(sql_type) => Ok(Some(sql_type)),
        None => Err(format!("`{text}` of column `{column}` is not a type")),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Text(String),
    Symbol(char),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Word(text) => text.clone(),
            Self::Quoted(text) => format!("\"{text}\""),
            Self::Text(text) => format!("'{text}'"),
            Self::Symbol(symbol) => symbol.to_string(),
        }
    }
}

struct Words {
    tokens: Vec<Token>,
    next: usize,
}

impl Words {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn take_word(&mut self, expected: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(expected));
        self.next += usize::from(found);
        found
    }

    fn take_text(&mut self) -> Option<String> {
        let Some(Token::Text(text)) = self.peek() else { return None };
        let text = text.clone();
        self.next += 1;
        Some(text)
    }

    fn number(&mut self, clause: &str) -> Result<usize, String> {
        match self.take() {
            Some(Token::Word(word)) => word.parse().map_err(|_| format!("`{clause}` takes a number, not `{word}`")),
            other => Err(format!(
                "`{clause}` takes a number{}",
                other.map_or(String::new(), |t| format!(", not `{}`", t.shown()))
            )),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut characters = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(character) = characters.next() {
        match character {
            quote @ ('"' | '\'') => {
                let mut inside = String::new();
                loop {
                    match characters.next() {
                        Some(end) if end == quote => {
                            if characters.next_if_eq(&quote).is_none() {
                                break;
                            }
                            inside.push(quote);
                        }
                        Some(other) => inside.push(other),
                        None => return Err(format!("`{quote}` is not closed")),
                    }
                }
                tokens.push(if quote == '"' { Token::Quoted(inside) } else { Token::Text(inside) });
            }
            space if space.is_whitespace() => {}
            word if word.is_alphanumeric() || word == '_' => {
                let mut whole = String::from(word);
                while let Some(more) = characters.next_if(|next| next.is_alphanumeric() || *next == '_' || *next == '$')
                {
                    whole.push(more);
                }
                tokens.push(Token::Word(whole));
            }
            symbol => tokens.push(Token::Symbol(symbol)),
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_read_with_all_of_their_clauses() {
        let columns = parse_columns(
            r#"a TYPE INTEGER NOT NULL START 0 FOR 3, "at" TYPE TIMESTAMP 'dd/MMM/yyyy:HH:mm:ss' START 4, c TYPE decimal(5, 2) START 30"#,
            Clauses::Placed,
        )
        .unwrap();
        assert_eq!((columns[0].name.as_str(), columns[0].not_null, columns[0].place), ("A", true, Some((0, Some(3)))));
        assert_eq!(columns[1].name, "at");
        assert_eq!(columns[1].format, SimpleDateFormat::new("dd/MMM/yyyy:HH:mm:ss").ok());
        assert_eq!(columns[1].place, Some((4, None)));
        assert_eq!(columns[2].sql_type, SqlType::Decimal(5, 2));
    }

    #[test]
    fn types_may_be_left_out_where_the_function_says_so() {
        let columns = parse_columns("a, b DOUBLE PRECISION, c TYPE VARCHAR(4)", Clauses::NameAndType).unwrap();
        let types: Vec<_> = columns.iter().map(|column| column.sql_type).collect();
        assert_eq!(types, [SqlType::Varchar(1_024), SqlType::Double, SqlType::Varchar(4)]);
        assert!(parse_columns("a", Clauses::Typed).is_err());
    }

    #[test]
    fn wrong_descriptions_say_what_is_wrong() {
        for (text, word) in [
            ("a TYPE BLOB", "BLOB"),
            ("a TYPE", "needs a type"),
            ("a TYPE INTEGER NOT", "NULL"),
            ("a TYPE INTEGER, A TYPE INTEGER", "two columns"),
            ("a TYPE INTEGER 'yyyy'", "dates and times"),
            ("a TYPE INTEGER; b", "`;`"),
            ("\"a TYPE", "not closed"),
            ("", "at the end"),
        ] {
            let message = parse_columns(text, Clauses::Typed).unwrap_err();
            assert!(message.contains(word), "{text}: {message}");
        }
        assert!(parse_columns("a TYPE INTEGER START x", Clauses::Placed).unwrap_err().contains("START"));
    }
}
