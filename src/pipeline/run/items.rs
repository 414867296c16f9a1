//! Items of distributed Map states: read from an object or a listing, and batched.

use serde_json::{Map, Value, json};

use super::children::Item;
use super::{Engine, Run, Visit};
use crate::pipeline::definition::{Batcher, CsvHeader, InputType, Reader};
use crate::pipeline::failure::{Failure, ITEM_READER};
use crate::pipeline::task::TaskCall;

/// The service's limit of one batch, in bytes.
const LARGEST_BATCH: usize = 262_144;

impl Engine {
    /// The items of `ItemReader`: the reader's resource runs as a task and gives an object's content, or a listing.
    pub(super) async fn read_items(&self, visit: &Visit<'_>, reader: &Reader) -> Run<Vec<Value>> {
        let arguments = match &reader.arguments {
            Some(template) => self.field(visit, template, "object", Value::is_object)?,
            None => json!({}),
        };
        let most = self.whole(visit, "MaxItems", reader.max_items.as_ref())?.unwrap_or(0);
        let answer = self.side_call(visit, &reader.resource.text(), arguments).await.map_err(|failure| {
            let cause = failure.cause.unwrap_or_default();
            Failure::task(ITEM_READER, format!("{}: {cause}", failure.error.unwrap_or_default()))
        })?;
        let mut items = items_of(answer, reader).map_err(|reason| Failure::task(ITEM_READER, reason))?;
        if most > 0 {
            items.truncate(most);
        }
        Ok(items)
    }

    /// Run a resource that a Map state names beside its processor.
    pub(super) async fn side_call(&self, visit: &Visit<'_>, resource: &str, input: Value) -> Result<Value, Failure> {
        let call = TaskCall {
            resource: resource.to_owned(),
            input,
            context: self.context(visit, None),
            attempt: self.run_id(visit),
            heartbeat: std::sync::Arc::default(),
        };
        let _work = self.timer.work();
        self.tasks.call(call).await
    }

    /// `ItemBatcher`: items joined to batches.
    pub(super) fn batch(&self, visit: &Visit<'_>, batcher: &Batcher, items: Vec<Item>) -> Run<Vec<Item>> {
        let most_items = self.whole(visit, "MaxItemsPerBatch", batcher.max_items.as_ref())?.filter(|most| *most > 0);
        let most_bytes = self.whole(visit, "MaxInputBytesPerBatch", batcher.max_bytes.as_ref())?;
        let most_bytes = most_bytes.filter(|most| *most > 0).unwrap_or(LARGEST_BATCH);
        let shared = match &batcher.batch_input {
            None => None,
            Some(template) => Some(self.field(visit, template, "object", |_| true)?),
        };
        let mut batches: Vec<Vec<Value>> = Vec::new();
        let mut bytes = 0;
        for item in items {
            let size = item.input.to_string().len() + 1;
            let is_full = |batch: &Vec<Value>| most_items == Some(batch.len()) || bytes + size > most_bytes;
            match batches.last_mut().filter(|batch| !is_full(batch)) {
                Some(batch) => {
                    batch.push(item.input);
                    bytes += size;
                }
                None => {
                    batches.push(vec![item.input]);
                    bytes = size;
                }
            }
        }
        let batched = batches.into_iter().enumerate().map(|(index, batch)| {
            let mut input = Map::new();
            input.extend(shared.clone().map(|shared| ("BatchInput".to_owned(), shared)));
            input.insert("Items".to_owned(), Value::Array(batch));
            let input = Value::Object(input);
            Item { map: json!({"Item": {"Index": index, "Value": input}}), input }
        });
        Ok(batched.collect())
    }
}

/// The items in what a reader's resource gave.
fn items_of(answer: Value, reader: &Reader) -> Result<Vec<Value>, String> {
    if let Some(Value::Array(contents)) = answer.get("Contents") {
        return Ok(contents.clone());
    }
    let body = match answer.get("Body") {
        Some(body) => body.clone(),
        None => answer,
    };
    match (&reader.input_type, body) {
        (InputType::Csv { header, delimiter }, Value::String(text)) => csv_items(&text, header, *delimiter),
        (InputType::JsonLines, Value::String(text)) => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            lines
                .map(|(at, line)| {
                    serde_json::from_str(line).map_err(|error| format!("Line {} is no JSON: {error}", at + 1))
                })
                .collect()
        }
        (InputType::Json, Value::String(text)) => {
            let value: Value =
                serde_json::from_str(&text).map_err(|error| format!("The object is no JSON: {error}"))?;
            let pointer = reader.items_pointer.as_deref().unwrap_or_default();
            match value.pointer(pointer) {
                Some(Value::Array(items)) => Ok(items.clone()),
                Some(Value::Object(members)) => {
                    Ok(members.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect())
                }
                _ => Err("Attempting to map over non-iterable node.".to_owned()),
            }
        }
        // Parquet comes as rows: only the lake can read it.
        (InputType::Parquet | InputType::Json | InputType::JsonLines, Value::Array(rows)) => Ok(rows),
        (input_type, _) => Err(format!("The reader's resource gave nothing that is {input_type:?}")),
    }
}

/// CSV rows as objects: short rows are filled with `""`, what a row has more is dropped.
fn csv_items(text: &str, header: &CsvHeader, delimiter: char) -> Result<Vec<Value>, String> {
    let mut rows = csv_rows(text, delimiter).into_iter();
    let names = match header {
        CsvHeader::FirstRow => rows.next().unwrap_or_default(),
        CsvHeader::Given(names) => names.clone(),
    };
    for (at, name) in names.iter().enumerate() {
        if names.iter().skip(at + 1).any(|other| other == name) {
            return Err(format!("CSV headers cannot contain duplicates: `{name}`"));
        }
    }
    Ok(rows
        .map(|row| {
            let mut fields = row.into_iter();
            let members = names.iter().map(|name| (name.clone(), Value::from(fields.next().unwrap_or_default())));
            Value::Object(members.collect())
        })
        .collect())
}

/// Rows and their fields, with quotes resolved; blank lines are no rows.
fn csv_rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = text.trim_start_matches('\u{FEFF}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => (quoted, was_quoted) = (true, true),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if !(row.is_empty() && field.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                was_quoted = false;
            }
            c if c == delimiter && !quoted => {
                row.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            other => field.push(other),
        }
    }
    if !(row.is_empty() && field.is_empty() && !was_quoted) {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rows_are_filled_and_long_ones_cut() {
        let items = csv_items("a,b\n1\n2,3,4\n\n\"x,\"\"y\",\n", &CsvHeader::FirstRow, ',').unwrap();
        let expected = [json!({"a": "1", "b": ""}), json!({"a": "2", "b": "3"}), json!({"a": "x,\"y", "b": ""})];
        assert_eq!(items, expected);
    }

    #[test]
    fn duplicate_headers_are_refused() {
        assert!(csv_items("a,a\n1,2\n", &CsvHeader::FirstRow, ',').is_err());
        let given = CsvHeader::Given(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(csv_items("1|2\n", &given, '|').unwrap(), [json!({"a": "1", "b": "2"})]);
    }
}
