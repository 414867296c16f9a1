//! Input schemas: which value of a record becomes which column.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::path::JsonPath;
use super::plan::JsonPlan;
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
    /// JSONPath of the value, such as `$.device.id`; the column's own name when absent. CSV columns go by position.
    pub mapping: Option<String>,
}

/// What records are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordFormat {
    /// JSON documents, one behind the other.
    Json {
        /// JSONPath of what becomes a row: `$`, a member, or each element of an array.
        row_path: String,
    },
    /// Rows of delimited cells, with the quotes of RFC 4180.
    Csv {
        /// Between rows.
        row_delimiter: String,
        /// Between cells.
        column_delimiter: String,
    },
}

impl Default for RecordFormat {
    fn default() -> Self {
        Self::Json { row_path: "$".into() }
    }
}

/// How the records of a source, in UTF-8, become rows of its in-application stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSchema {
    /// What the records are.
    #[serde(default)]
    pub format: RecordFormat,
    /// The columns, in order.
    pub columns: Vec<InputColumn>,
}

impl InputSchema {
    /// A schema over JSON documents, each of which is a row.
    #[must_use]
    pub fn json(columns: Vec<InputColumn>) -> Self {
        Self { format: RecordFormat::default(), columns }
    }

    /// Check names, mappings and delimiters.
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
        }
        match &self.format {
            RecordFormat::Json { .. } => JsonPlan::new(self).map(drop).map_err(invalid),
            RecordFormat::Csv { row_delimiter, column_delimiter } => {
                if row_delimiter.is_empty() || column_delimiter.is_empty() || row_delimiter == column_delimiter {
                    return Err(invalid("the delimiters of rows and columns must differ and not be empty".into()));
                }
                Ok(())
            }
        }
    }

    /// Where the column's value is.
    pub(super) fn path_of(column: &InputColumn) -> std::result::Result<JsonPath, String> {
        match &column.mapping {
            None => Ok(JsonPath::of_members(std::slice::from_ref(&column.name))),
            Some(mapping) => JsonPath::parse(mapping)
                .map_err(|message| format!("the mapping `{mapping}` of column `{}` {message}", column.name)),
        }
    }

    /// The Arrow form of the columns, all nullable.
    #[must_use]
    pub fn to_arrow(&self) -> SchemaRef {
        let field = |column: &InputColumn| Field::new(&column.name, column.sql_type.to_arrow(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_with_doubled_names_are_refused() {
        let column = |name: &str| InputColumn { name: name.into(), sql_type: SqlType::Integer, mapping: None };
        assert!(InputSchema::json(vec![column("a"), column("b")]).validate("s").is_ok());
        assert!(InputSchema::json(vec![column("a"), column("a")]).validate("s").is_err());
        assert!(InputSchema::json(vec![]).validate("s").is_err());
    }

    #[test]
    fn schemas_without_a_format_are_json() {
        let text = r#"{"columns": [{"name": "a", "sql_type": "INTEGER", "mapping": "$.a"}]}"#;
        let schema: InputSchema = serde_json::from_str(text).unwrap();
        assert_eq!(schema.format, RecordFormat::Json { row_path: "$".into() });
    }
}
