//! Input schemas: which value of a record becomes which column.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use crate::analytics::error::{Error, Result};
use crate::analytics::sql_type::SqlType;

/// The longest name of a column.
const LONGEST_NAME: usize = 128;

/// One column of an input stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputColumn {
    /// The column's name, exactly as queries must quote it.
    pub name: String,
    /// The declared type.
    pub sql_type: SqlType,
    /// JSONPath of the value, such as `$.device.id`; the column's own name when absent.
    pub mapping: Option<String>,
}

/// How the records of a source become rows of its in-application stream. The records are JSON documents in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSchema {
    /// The columns, in order.
    pub columns: Vec<InputColumn>,
}

impl InputSchema {
    /// A schema over JSON documents.
    #[must_use]
    pub fn json(columns: Vec<InputColumn>) -> Self {
        Self { columns }
    }

    /// Check names and mappings.
    ///
    /// # Errors
    /// [`Error::InputSchema`], naming `stream` and the column.
    pub fn validate(&self, stream: &str) -> Result<()> {
        let invalid = |message: String| Error::InputSchema { stream: stream.to_owned(), message };
        if self.columns.is_empty() {
            return Err(invalid("it has no columns".into()));
        }
        for (place, column) in self.columns.iter().enumerate() {
            if column.name.is_empty() || column.name.chars().count() > LONGEST_NAME {
                return Err(invalid(format!(
                    "the name of column {} must have 1 to {LONGEST_NAME} characters",
                    place + 1
                )));
            }
            if self.columns[..place].iter().any(|other| other.name == column.name) {
                return Err(invalid(format!("two columns are named `{}`", column.name)));
            }
            self.member_path(column)?;
        }
        Ok(())
    }

    /// The keys that lead to the column's value; none for the whole record.
    pub(crate) fn member_path(&self, column: &InputColumn) -> Result<Vec<String>> {
        let Some(mapping) = &column.mapping else { return Ok(vec![column.name.clone()]) };
        parse_member_path(mapping).map_err(|message| Error::InputSchema {
            stream: column.name.clone(),
            message: format!("the mapping `{mapping}` of column `{}` {message}", column.name),
        })
    }

    /// The Arrow form of the columns, all nullable.
    #[must_use]
    pub fn to_arrow(&self) -> SchemaRef {
        let field = |column: &InputColumn| Field::new(&column.name, column.sql_type.to_arrow(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// The keys of `$`, `$.a`, `$.a.b` and `$['a b']`.
fn parse_member_path(text: &str) -> std::result::Result<Vec<String>, &'static str> {
    let mut rest = text.trim();
    rest = rest.strip_prefix('$').ok_or("must begin with `$`")?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("['") {
            let (key, after) = after.split_once("']").ok_or("has an unclosed `['`")?;
            keys.push(key.to_owned());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, after) = after.split_at(end);
            if key.is_empty() {
                return Err("has an empty step");
            }
            keys.push(key.to_owned());
            rest = after;
        } else if rest.starts_with('[') {
            return Err("steps into an array, which is not supported yet");
        } else {
            return Err("has text where `.` or `[` is expected");
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_paths_are_read() {
        assert_eq!(parse_member_path("$"), Ok(vec![]));
        assert_eq!(parse_member_path("$.a.b c"), Ok(vec!["a".into(), "b c".into()]));
        assert_eq!(parse_member_path("$['a.b'].c"), Ok(vec!["a.b".into(), "c".into()]));
        assert!(parse_member_path("a").is_err());
        assert!(parse_member_path("$..a").is_err());
        assert!(parse_member_path("$.a[0:]").is_err());
    }

    #[test]
    fn schemas_with_doubled_names_are_refused() {
        let column = |name: &str| InputColumn { name: name.into(), sql_type: SqlType::Integer, mapping: None };
        assert!(InputSchema::json(vec![column("a"), column("b")]).validate("s").is_ok());
        assert!(InputSchema::json(vec![column("a"), column("a")]).validate("s").is_err());
        assert!(InputSchema::json(vec![]).validate("s").is_err());
    }
}
