//! Discovery of JSON records.

use serde_json::{Map, Value};

use super::Discovery;
use super::naming::column_names;
use super::seen::Seen;
use crate::analytics::input::path::JsonPath;
use crate::analytics::input::schema::{InputColumn, InputSchema, RecordFormat};
use crate::analytics::sql_type::SqlType;

/// Objects are flattened this deep; what is below becomes text.
const NESTING_LEVELS: usize = 2;

/// What a sample of documents has shown.
#[derive(Default)]
struct Sample {
    paths: Vec<Vec<String>>,
    seen: Vec<Seen>,
    /// The cells of each document, by column as far as it was known then.
    rows: Vec<Vec<Option<String>>>,
    /// Documents are arrays of objects.
    arrays: bool,
}

/// The proposal for a sample, or why there is none.
pub(super) fn discover(records: &[&str]) -> Result<Discovery, String> {
    let mut sample = Sample::default();
    for record in records {
        // A record may hold several documents; one that breaks off keeps what came before.
        let documents = serde_json::Deserializer::from_str(record).into_iter::<Value>();
        for document in documents.map_while(Result::ok) {
            match document {
                Value::Object(members) => sample.learn(&members),
                Value::Array(elements) => {
                    for element in elements {
                        if let Value::Object(members) = element {
                            sample.arrays = true;
                            sample.learn(&members);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    if sample.rows.is_empty() {
        return Err(format!("none of the {} records sampled is a JSON object", records.len()));
    }
    if sample.paths.is_empty() {
        return Err("the records sampled have no members".into());
    }
    Ok(sample.propose(records))
}

impl Sample {
    fn learn(&mut self, members: &Map<String, Value>) {
        self.rows.push(Vec::new());
        self.learn_members(&mut Vec::new(), members, 0);
    }

    fn learn_members(&mut self, path: &mut Vec<String>, members: &Map<String, Value>, level: usize) {
        for (key, value) in members {
            path.push(key.clone());
            match value {
                Value::Object(inner) if level + 1 < NESTING_LEVELS && !inner.is_empty() => {
                    self.learn_members(path, inner, level + 1);
                }
                _ => self.learn_value(path, value),
            }
            path.pop();
        }
    }

    fn learn_value(&mut self, path: &[String], value: &Value) {
        let place = self.paths.iter().position(|known| known == path).unwrap_or_else(|| {
            self.paths.push(path.to_vec());
            self.seen.push(Seen::default());
            self.paths.len() - 1
        });
        let text = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match value {
            Value::Null => {}
            Value::Bool(_) => self.seen[place].learn_boolean(&text),
            Value::Number(_) => self.seen[place].learn_number(&text),
            Value::String(_) | Value::Array(_) | Value::Object(_) => self.seen[place].learn_text(&text),
        }
        if let Some(row) = self.rows.last_mut() {
            row.resize(row.len().max(place + 1), None);
            row[place] = Some(text);
        }
    }

    fn propose(mut self, records: &[&str]) -> Discovery {
        let row_path = if self.arrays { "$[0:]" } else { "$" };
        let column = |((name, path), seen): ((String, &Vec<String>), &Seen)| {
            let members = JsonPath::of_members(path).to_string();
            let mapping = if self.arrays { members.replacen('$', row_path, 1) } else { members };
            InputColumn { name, sql_type: seen.sql_type(SqlType::TinyInt), mapping: Some(mapping) }
        };
        let columns = column_names(&self.paths).into_iter().zip(&self.paths).zip(&self.seen).map(column).collect();
        self.rows.iter_mut().for_each(|row| row.resize(self.paths.len(), None));
        Discovery {
            schema: InputSchema { format: RecordFormat::Json { row_path: row_path.into() }, columns },
            parsed: self.rows,
            raw: records.iter().map(ToString::to_string).collect(),
            header: 0,
        }
    }
}
