//! Parts that several Hive statements share: properties, partitions, columns, types.

use std::str::FromStr;

use super::ast::{PartitionSpec, Properties};
use crate::catalog::{Column, HiveType};
use crate::query::cursor::Cursor;
use crate::query::error::Result;
use crate::query::lex::Kind;

impl Cursor<'_> {
    /// `('k'='v', …)`
    pub(super) fn properties(&mut self) -> Result<Properties> {
        let pairs = self.list(|cursor| {
            let key = cursor.string()?;
            cursor.expect_symbol('=')?;
            Ok((key, cursor.string()?))
        })?;
        Ok(pairs.into_iter().collect())
    }

    /// `(k = v, …)`
    pub(super) fn partition_spec(&mut self) -> Result<PartitionSpec> {
        let place = self.place();
        let values = self.list(|cursor| {
            let key = cursor.name()?;
            if ['<', '>', '!'].iter().any(|symbol| cursor.kind() == Some(&Kind::Symbol(*symbol))) {
                return Err(cursor.error("a partition is named by `=`; ranges are not supported"));
            }
            cursor.expect_symbol('=')?;
            Ok((key, cursor.partition_value()?))
        })?;
        Ok(PartitionSpec { values, place })
    }

    fn partition_value(&mut self) -> Result<Option<String>> {
        if self.accept(&["NULL"]) {
            return Ok(None);
        }
        // `date '2019-08-21'` is a value too.
        let typed = self.sees(0, "date") || self.sees(0, "timestamp");
        if typed && matches!(self.kind_at(self.at() + 1), Some(Kind::Text(_))) {
            self.advance();
        }
        let negative = self.accept_symbol('-');
        let value = match self.kind() {
            Some(Kind::Text(text)) if !negative => text.clone(),
            Some(Kind::Number(text)) if negative => format!("-{text}"),
            Some(Kind::Number(text)) => text.clone(),
            Some(Kind::Word(word)) if !negative && ["true", "false"].contains(&word.to_lowercase().as_str()) => {
                word.to_lowercase()
            }
            _ => return Err(self.unexpected("a value: a string in quotes or a number")),
        };
        self.advance();
        Ok(Some(value))
    }

    pub(super) fn partition(&mut self) -> Result<Option<PartitionSpec>> {
        if self.accept(&["PARTITION"]) { self.partition_spec().map(Some) } else { Ok(None) }
    }

    /// `name type [COMMENT '…']`
    pub(super) fn column(&mut self) -> Result<Column> {
        let name = self.name()?;
        let data_type = self.data_type()?;
        let comment = if self.accept(&["COMMENT"]) { Some(self.string()?) } else { None };
        Ok(Column { name, data_type, comment })
    }

    /// A type: the text up to where it must end, read by the catalog's own parser.
    fn data_type(&mut self) -> Result<HiveType> {
        let place = self.place();
        let start = self.at();
        let mut depth = 0_i32;
        while let Some(kind) = self.kind() {
            match kind {
                Kind::Symbol('<' | '(') => depth += 1,
                Kind::Symbol('>') => depth -= 1,
                Kind::Symbol(')') if depth == 0 => break,
                Kind::Symbol(')') => depth -= 1,
                Kind::Symbol(',' | ';') if depth == 0 => break,
                Kind::Word(_) if depth == 0 && self.at() > start => break,
                Kind::Text(_) => break,
                Kind::Symbol(_) | Kind::Word(_) | Kind::Quoted(_) | Kind::Number(_) => {}
            }
            self.advance();
        }
        let text = if self.at() > start { self.slice(start..self.at()) } else { None };
        let Some(text) = text else { return Err(self.unexpected("a type")) };
        match HiveType::from_str(text) {
            Ok(data_type) => Ok(data_type),
            Err(error) => Err(self.error_at(place, type_message(text, &error.to_string()))),
        }
    }
}

/// What is wrong with a type; names of the other language get their Hive name.
fn type_message(text: &str, reason: &str) -> String {
    let word = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let instead = match word.as_str() {
        "varbinary" => "binary",
        "real" => "float",
        "text" => "string",
        "varchar" | "char" if !text.contains('(') => "string` or `varchar(length)",
        "row" => "struct<name:type>",
        "datetime" => "timestamp",
        "array" if text.contains('(') => "array<type>",
        "map" if text.contains('(') => "map<key,value>",
        _ => return reason.to_owned(),
    };
    format!("{reason}\nhint: in DDL the type is written `{instead}`")
}
