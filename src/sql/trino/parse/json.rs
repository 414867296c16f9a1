//! The SQL/JSON functions: JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY.

use super::ast::{Expr, ExprKind, JsonDefault, JsonInput, JsonPath};
use super::expression::expr;
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::types::TrinoType;

impl Parser {
    pub(super) fn json_form(&mut self, word: &str, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let kind = match word {
            "json_exists" => self.json_exists()?,
            "json_value" => self.json_value()?,
            "json_query" => self.json_query()?,
            "json_object" => self.json_object()?,
            _ => self.json_array()?,
        };
        self.expect(")")?;
        Ok(expr(kind, at))
    }

    fn json_exists(&mut self) -> Result<ExprKind, SqlError> {
        let path = self.json_path()?;
        let on_error = match self.one_of(&["true", "false", "unknown", "error"]) {
            Some(behaviour) => {
                self.expect_keyword(&["on", "error"])?;
                match behaviour {
                    "true" => "TRUE",
                    "unknown" => "UNKNOWN",
                    "error" => "ERROR",
                    _ => "FALSE",
                }
            }
            None => "FALSE",
        };
        Ok(ExprKind::JsonExists { path, on_error })
    }

    fn json_value(&mut self) -> Result<ExprKind, SqlError> {
        let path = self.json_path()?;
        let returning = self.returning()?;
        let (mut on_empty, mut on_error) = (JsonDefault::Null, JsonDefault::Null);
        loop {
            let behaviour = match self.one_of(&["null", "error", "default"]) {
                Some("null") => JsonDefault::Null,
                Some("error") => JsonDefault::Error,
                Some(_) => JsonDefault::Default(Box::new(self.expression()?)),
                None => break,
            };
            self.expect_keyword(&["on"])?;
            match self.one_of(&["empty", "error"]) {
                Some("empty") => on_empty = behaviour,
                Some(_) => on_error = behaviour,
                None => return Err(self.unexpected("'EMPTY', 'ERROR'")),
            }
        }
        Ok(ExprKind::JsonValue { path, returning, on_empty, on_error })
    }

    fn json_query(&mut self) -> Result<ExprKind, SqlError> {
        let path = self.json_path()?;
        let returning = self.returning()?;
        let mut wrapper = "WITHOUT";
        if self.keyword(&["without"]) {
            self.keyword(&["array"]);
            self.expect_keyword(&["wrapper"])?;
        } else if self.keyword(&["with"]) {
            wrapper = if self.one_of(&["conditional", "unconditional"]) == Some("conditional") {
                "CONDITIONAL"
            } else {
                "UNCONDITIONAL"
            };
            self.keyword(&["array"]);
            self.expect_keyword(&["wrapper"])?;
        }
        let mut quotes = "KEEP";
        if let Some(word) = self.one_of(&["keep", "omit"]) {
            quotes = if word == "omit" { "OMIT" } else { "KEEP" };
            self.expect_keyword(&["quotes"])?;
            if self.keyword(&["on"]) {
                self.expect_keyword(&["scalar"])?;
                self.expect_keyword(&["string"])?;
            }
        }
        let (mut on_empty, mut on_error) = ("NULL", "NULL");
        loop {
            let behaviour = match self.one_of(&["null", "error", "empty"]) {
                Some("null") => "NULL",
                Some("error") => "ERROR",
                Some(_) => match self.one_of(&["array", "object"]) {
                    Some("object") => "EMPTY OBJECT",
                    _ => "EMPTY ARRAY",
                },
                None => break,
            };
            self.expect_keyword(&["on"])?;
            match self.one_of(&["empty", "error"]) {
                Some("empty") => on_empty = behaviour,
                Some(_) => on_error = behaviour,
                None => return Err(self.unexpected("'EMPTY', 'ERROR'")),
            }
        }
        Ok(ExprKind::JsonQuery { path, wrapper, quotes, on_empty, on_error, returning })
    }

    fn json_object(&mut self) -> Result<ExprKind, SqlError> {
        let mut members = Vec::new();
        if !self.ends_members() {
            members = self.list(Self::json_member)?;
        }
        let null_on_null = self.on_null()?.unwrap_or(true);
        let mut unique_keys = false;
        if let Some(word) = self.one_of(&["with", "without"]) {
            self.expect_keyword(&["unique"])?;
            self.keyword(&["keys"]);
            unique_keys = word == "with";
        }
        let returning = self.returning()?;
        Ok(ExprKind::JsonObject { members, null_on_null, unique_keys, returning })
    }

    fn json_array(&mut self) -> Result<ExprKind, SqlError> {
        let mut elements = Vec::new();
        if !self.ends_members() {
            elements = self.list(Self::json_input)?;
        }
        let null_on_null = self.on_null()?.unwrap_or(false);
        let returning = self.returning()?;
        Ok(ExprKind::JsonArray { elements, null_on_null, returning })
    }

    fn ends_members(&self) -> bool {
        matches!(self.peek(), Token::Symbol(")"))
            || self.is_keyword_at(0, "returning")
            || self.is_next(&["null", "on", "null"])
            || self.is_next(&["absent", "on", "null"])
    }

    fn on_null(&mut self) -> Result<Option<bool>, SqlError> {
        if self.keyword(&["null", "on", "null"]) {
            return Ok(Some(true));
        }
        Ok(self.keyword(&["absent", "on", "null"]).then_some(false))
    }

    /// `KEY k VALUE v`, `k VALUE v`, `k : v`
    fn json_member(&mut self) -> Result<(Expr, JsonInput), SqlError> {
        if self.is_keyword_at(0, "key") && !matches!(self.peek_at(1), Token::Symbol(_)) {
            self.skip();
        }
        let key = self.expression()?;
        if !self.take(":") {
            self.expect_keyword(&["value"])?;
        }
        Ok((key, self.json_input()?))
    }

    fn json_input(&mut self) -> Result<JsonInput, SqlError> {
        let value = self.expression()?;
        Ok(JsonInput { value, is_json: self.json_format()? })
    }

    /// `FORMAT JSON [ENCODING UTF8]`
    fn json_format(&mut self) -> Result<bool, SqlError> {
        if !self.keyword(&["format", "json"]) {
            return Ok(false);
        }
        if self.keyword(&["encoding"]) && !self.keyword(&["utf8"]) {
            return Err(SqlError::unsupported(self.at(), "JSON in another encoding than UTF8 is not supported"));
        }
        Ok(true)
    }

    fn returning(&mut self) -> Result<Option<TrinoType>, SqlError> {
        if !self.keyword(&["returning"]) {
            return Ok(None);
        }
        let returning = self.data_type()?;
        self.json_format()?;
        Ok(Some(returning))
    }

    fn json_path(&mut self) -> Result<JsonPath, SqlError> {
        let input = Box::new(self.json_input()?);
        self.expect(",")?;
        let path = self.text()?;
        if self.keyword(&["as"]) {
            self.name()?;
        }
        let mut passing = Vec::new();
        if self.keyword(&["passing"]) {
            passing = self.list(|parser| {
                let value = parser.json_input()?;
                parser.expect_keyword(&["as"])?;
                Ok((parser.name()?, value))
            })?;
        }
        Ok(JsonPath { input, path, passing })
    }
}
