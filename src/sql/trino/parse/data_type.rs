//! Types as they are written in CAST: `array(integer)`, `row(a bigint, varchar)`, `timestamp(3) with time zone`.

use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::SqlError;
use crate::sql::trino::types::{RowField, TrinoType};

impl Parser {
    /// A type.
    ///
    /// # Errors
    /// `SYNTAX_ERROR`, `TYPE_NOT_FOUND`.
    pub(crate) fn data_type(&mut self) -> Result<TrinoType, SqlError> {
        let mut found = self.deeper(Self::type_without_suffix)?;
        // `integer ARRAY`, the SQL standard's form.
        while self.keyword(&["array"]) {
            if self.take("[") {
                self.unsigned()?;
                self.expect("]")?;
            }
            found = TrinoType::array(found);
        }
        Ok(found)
    }

    fn type_without_suffix(&mut self) -> Result<TrinoType, SqlError> {
        let at = self.at();
        let word = match self.peek() {
            Token::Word(word) | Token::Quoted(word) => word.to_lowercase(),
            _ => return Err(self.unexpected("<type>")),
        };
        self.skip();
        match word.as_str() {
            "array" if self.take("(") => {
                let element = self.data_type()?;
                self.expect(")")?;
                return Ok(TrinoType::array(element));
            }
            "array" if self.take("<") => {
                let element = self.data_type()?;
                self.expect(">")?;
                return Ok(TrinoType::array(element));
            }
            "map" if self.take("(") => {
                let key = self.data_type()?;
                self.expect(",")?;
                let value = self.data_type()?;
                self.expect(")")?;
                return Ok(TrinoType::map(key, value));
            }
            "row" if self.take("(") => {
                let fields = self.list(Self::row_field)?;
                self.expect(")")?;
                return Ok(TrinoType::Row(fields));
            }
            "double" => {
                self.keyword(&["precision"]);
            }
            "interval" => {
                let from = self.one_of(&["year", "day"]);
                self.expect_keyword(&["to"])?;
                return match (from, self.one_of(&["month", "second"])) {
                    (Some("year"), Some("month")) => Ok(TrinoType::IntervalYearToMonth),
                    (Some("day"), Some("second")) => Ok(TrinoType::IntervalDayToSecond),
                    _ => Err(SqlError::syntax(at, "An interval type is YEAR TO MONTH or DAY TO SECOND")),
                };
            }
            _ => {}
        }
        let mut parameters = Vec::new();
        if self.take("(") {
            parameters = self.list(Self::unsigned)?;
            self.expect(")")?;
        }
        let mut name = word;
        if matches!(name.as_str(), "time" | "timestamp") {
            if self.keyword(&["with", "time", "zone"]) {
                name.push_str(" with time zone");
            } else {
                self.keyword(&["without", "time", "zone"]);
            }
        }
        TrinoType::named(&name, &parameters).map_err(|message| {
            let error = SqlError::new("TYPE_NOT_FOUND", at, message);
            match name.as_str() {
                "string" | "text" => error.hint("Trino's type is `varchar`"),
                "float" => error.hint("Trino's types are `real` and `double`"),
                "binary" => error.hint("Trino's type is `varbinary`"),
                "struct" => error.hint("Trino's type is `row(name type, …)`"),
                _ => error,
            }
        })
    }

    /// `name type`, or a type alone.
    fn row_field(&mut self) -> Result<RowField, SqlError> {
        let mark = self.mark();
        if self.is_name_at(0) && matches!(self.peek_at(1), Token::Word(_) | Token::Quoted(_)) {
            let name = self.name()?;
            // `double precision`, `time with time zone`, `interval day …` are types alone.
            if let Ok(data_type) = self.data_type()
                && matches!(self.peek(), Token::Symbol("," | ")"))
            {
                return Ok(RowField { name: Some(name.text), data_type });
            }
            self.reset(mark);
            if !matches!(name.text.as_str(), "double" | "time" | "timestamp" | "interval") {
                self.skip();
                return self.data_type().map(|data_type| RowField { name: Some(name.text), data_type });
            }
        }
        Ok(RowField { name: None, data_type: self.data_type()? })
    }

    /// A number without sign.
    pub(super) fn unsigned(&mut self) -> Result<u32, SqlError> {
        match self.peek() {
            Token::Number(digits) => match digits.parse() {
                Ok(number) => {
                    self.skip();
                    Ok(number)
                }
                Err(_) => Err(self.unexpected("<integer>")),
            },
            _ => Err(self.unexpected("<integer>")),
        }
    }
}
