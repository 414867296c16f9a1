//! The JSON form of schemas in the service's API: InputSchema, and ReferenceSchema, which is the same.
//!
//! Source: Kinesis Data Analytics API reference, "SourceSchema".

use serde_json::{Map, Value, json};

use super::path::JsonPath;
use super::schema::{InputColumn, InputSchema, RecordFormat};
use crate::analytics::sql_type::SqlType;

/// An object of an API document whose members are taken one by one, so that none is overlooked.
pub(crate) struct SchemaFields<'a> {
    what: &'a str,
    members: Map<String, Value>,
}

impl<'a> SchemaFields<'a> {
    /// `value`, called `what` in messages, which must be an object.
    pub(crate) fn of(what: &'a str, value: &Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self { what, members: members.clone() }),
            other => Err(format!("{what} must be an object, not {other}")),
        }
    }

    /// A member that may be missing or null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn require(&mut self, name: &str) -> Result<Value, String> {
        self.take(name).ok_or_else(|| format!("{} needs the member `{name}`", self.what))
    }

    pub(crate) fn take_text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{name}` of {} must be a text, not {other}", self.what)),
        }
    }

    pub(crate) fn require_text(&mut self, name: &str) -> Result<String, String> {
        self.take_text(name)?.ok_or_else(|| format!("{} needs the member `{name}`", self.what))
    }

    /// The elements of a list; none when it is missing.
    pub(crate) fn take_list(&mut self, name: &str) -> Result<Vec<Value>, String> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(elements)) => Ok(elements),
            Some(other) => Err(format!("`{name}` of {} must be a list, not {other}", self.what)),
        }
    }

    /// Leave out members that say nothing about the work.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        names.iter().for_each(|name| drop(self.take(name)));
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.members.iter().find(|(_, value)| !value.is_null()) {
            None => Ok(()),
            Some((name, _)) => Err(format!("{} has the member `{name}`, which is not known", self.what)),
        }
    }
}

impl InputSchema {
    /// Read an InputSchema of the API.
    ///
    /// # Errors
    /// A text that names the member at fault.
    pub fn from_api(value: &Value) -> Result<Self, String> {
        let mut fields = SchemaFields::of("the schema", value)?;
        let encoding = fields.take_text("RecordEncoding")?;
        if encoding.as_ref().is_some_and(|encoding| !encoding.eq_ignore_ascii_case("UTF-8")) {
            return Err(format!("RecordEncoding must be UTF-8, not `{}`", encoding.unwrap_or_default()));
        }
        let format = read_format(&fields.require("RecordFormat")?)?;
        let columns = fields.take_list("RecordColumns")?;
        fields.end()?;
        let columns = columns.iter().map(read_column).collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err("the schema needs RecordColumns".into());
        }
        Ok(Self { format, columns })
    }

    /// The schema as an InputSchema of the API.
    #[must_use]
    pub fn to_api(&self) -> Value {
        let (name, parameters) = match &self.format {
            RecordFormat::Json { row_path } => ("JSON", json!({"JSONMappingParameters": {"RecordRowPath": row_path}})),
            RecordFormat::Csv { row_delimiter, column_delimiter } => (
                "CSV",
                json!({"CSVMappingParameters": {"RecordRowDelimiter": row_delimiter, "RecordColumnDelimiter": column_delimiter}}),
            ),
        };
        let is_json = name == "JSON";
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|column| {
                let mut object = json!({"Name": column.name, "SqlType": column.sql_type.to_string()});
                let path = JsonPath::of_members(std::slice::from_ref(&column.name));
                if is_json {
                    object["Mapping"] = Value::from(column.mapping.clone().unwrap_or_else(|| path.to_string()));
                }
                object
            })
            .collect();
        json!({
            "RecordEncoding": "UTF-8",
            "RecordFormat": {"RecordFormatType": name, "MappingParameters": parameters},
            "RecordColumns": columns,
        })
    }
}

fn read_format(value: &Value) -> Result<RecordFormat, String> {
    let mut fields = SchemaFields::of("RecordFormat", value)?;
    let name = fields.require_text("RecordFormatType")?;
    let parameters = fields.take("MappingParameters").unwrap_or_else(|| Value::Object(Map::new()));
    fields.end()?;
    let mut parameters = SchemaFields::of("MappingParameters", &parameters)?;
    let empty = || Value::Object(Map::new());
    let (json, csv) = (parameters.take("JSONMappingParameters"), parameters.take("CSVMappingParameters"));
    parameters.end()?;
    match name.as_str() {
        "JSON" => {
            let mut json = SchemaFields::of("JSONMappingParameters", &json.unwrap_or_else(empty))?;
            let row_path = json.take_text("RecordRowPath")?.unwrap_or_else(|| "$".into());
            json.end()?;
            Ok(RecordFormat::Json { row_path })
        }
        "CSV" => {
            let mut csv = SchemaFields::of("CSVMappingParameters", &csv.unwrap_or_else(empty))?;
            let row_delimiter = csv.take_text("RecordRowDelimiter")?.unwrap_or_else(|| "\n".into());
            let column_delimiter = csv.take_text("RecordColumnDelimiter")?.unwrap_or_else(|| ",".into());
            csv.end()?;
            Ok(RecordFormat::Csv {
                row_delimiter: unescaped(&row_delimiter),
                column_delimiter: unescaped(&column_delimiter),
            })
        }
        other => Err(format!("RecordFormatType must be JSON or CSV, not `{other}`")),
    }
}

/// A delimiter that was written with the escapes of a shell or a console: `\n`, `\r`, `\t`.
fn unescaped(delimiter: &str) -> String {
    delimiter.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")
}

fn read_column(value: &Value) -> Result<InputColumn, String> {
    let mut fields = SchemaFields::of("a column of RecordColumns", value)?;
    let name = fields.require_text("Name")?;
    let type_text = fields.require_text("SqlType")?;
    let mapping = fields.take_text("Mapping")?.filter(|mapping| !mapping.is_empty());
    fields.end()?;
    match SqlType::parse(&type_text) {
        Some(sql_type) => Ok(InputColumn { name, sql_type, mapping }),
        None => {
            Err(format!("the column `{name}` has the type `{type_text}`, which the streaming dialect does not have"))
        }
    }
}
