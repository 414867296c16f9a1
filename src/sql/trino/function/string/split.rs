//! `split`, `split_part`, `split_to_map`, `split_to_multimap`.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use hashbrown::HashMap;

use super::super::column::{ListShape, TextColumn, is_valid, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("split(varchar(x), varchar) -> array(varchar(x))", split, "split('a,b,', ',')", r#"["a","b",""]"#),
    entry("split(varchar(x), varchar, bigint) -> array(varchar(x))", split, "split('a,b,c', ',', 2)", r#"["a","b,c"]"#),
    entry("split_part(varchar(x), varchar, bigint) -> varchar(x)", split_part, "split_part('a-b-c', '-', 2)", "b"),
    entry(
        "split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)",
        split_to_map,
        "split_to_map('a=1;b=2', ';', '=')",
        r#"[["a","1"],["b","2"]]"#,
    ),
    entry(
        "split_to_multimap(varchar, varchar, varchar) -> map(varchar, array(varchar))",
        split_to_multimap,
        "split_to_multimap('a=1;b=2;a=3', ';', '=')",
        r#"[["a",["1","3"]],["b",["2"]]]"#,
    ),
];

fn split(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, delimiters) = (call.text(0)?, call.text(1)?);
    let limits = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    let validity = call.validity();
    let (mut shape, mut parts) = (ListShape::new(call.rows), TextColumn::new(call.rows));
    for row in 0..call.rows {
        let valid = is_valid(validity.as_ref(), row);
        if valid {
            let limit = limits.map_or(i64::MAX, |limits| limits.value(row));
            let delimiter = delimiters.value(row);
            if limit <= 0 {
                return Err(TrinoError::argument("Limit must be positive".to_owned()));
            }
            if delimiter.is_empty() {
                return Err(TrinoError::argument("The delimiter may not be the empty string".to_owned()));
            }
            for part in text.value(row).splitn(limit as usize, delimiter) {
                parts.push(part)?;
            }
        }
        shape.close(parts.len(), valid)?;
    }
    shape.into_list(&call.result_type(), parts.finish())
}

fn split_part(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, delimiters, indices) = (call.text(0)?, call.text(1)?, call.bigint(2)?);
    text_rows(call, |row, out| {
        let (text, delimiter, index) = (text.value(row), delimiters.value(row), indices.value(row));
        if index <= 0 {
            return Err(TrinoError::argument("Index must be greater than zero".to_owned()));
        }
        let nth = (index - 1) as usize;
        if delimiter.is_empty() {
            // Every character is a part.
            let character = text.chars().nth(nth);
            out.extend(character);
            return Ok(character.is_some());
        }
        let part = text.split(delimiter).nth(nth);
        out.push_str(part.unwrap_or_default());
        Ok(part.is_some())
    })
}

/// The entries of `text`; a trailing delimiter adds none.
fn pairs<'a>(
    text: &'a str,
    entry_delimiter: &'a str,
    key_delimiter: &'a str,
) -> Result<impl Iterator<Item = Result<(&'a str, &'a str), TrinoError>>, TrinoError> {
    if entry_delimiter.is_empty() {
        return Err(TrinoError::argument("entryDelimiter is empty".to_owned()));
    }
    if key_delimiter.is_empty() {
        return Err(TrinoError::argument("keyValueDelimiter is empty".to_owned()));
    }
    if entry_delimiter == key_delimiter {
        return Err(TrinoError::argument("entryDelimiter and keyValueDelimiter must not be the same".to_owned()));
    }
    let body = text.strip_suffix(entry_delimiter).unwrap_or(text);
    let entries = (!text.is_empty()).then(|| body.split(entry_delimiter)).into_iter().flatten();
    Ok(entries.map(move |entry| match entry.split_once(key_delimiter) {
        Some((key, value)) if !value.contains(key_delimiter) => Ok((key, value)),
        _ => Err(TrinoError::argument(format!(
            "Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
        ))),
    }))
}

fn split_to_map(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, entries, keys) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let validity = call.validity();
    let mut shape = ListShape::new(call.rows);
    let (mut all_keys, mut all_values) = (TextColumn::new(call.rows), TextColumn::new(call.rows));
    let mut seen = HashMap::new();
    for row in 0..call.rows {
        let valid = is_valid(validity.as_ref(), row);
        if valid {
            seen.clear();
            for pair in pairs(text.value(row), entries.value(row), keys.value(row))? {
                let (key, value) = pair?;
                if seen.insert(key, ()).is_some() {
                    return Err(TrinoError::argument(format!("Duplicate keys ({key}) are not allowed")));
                }
                all_keys.push(key)?;
                all_values.push(value)?;
            }
        }
        shape.close(all_keys.len(), valid)?;
    }
    shape.into_map(&call.result_type(), &all_keys.finish(), &all_values.finish())
}

fn split_to_multimap(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, entries, keys) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let validity = call.validity();
    let (mut shape, mut lists) = (ListShape::new(call.rows), ListShape::new(call.rows));
    let (mut all_keys, mut all_values) = (TextColumn::new(call.rows), TextColumn::new(call.rows));
    for row in 0..call.rows {
        let valid = is_valid(validity.as_ref(), row);
        if valid {
            let mut places: HashMap<&str, usize> = HashMap::new();
            let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
            for pair in pairs(text.value(row), entries.value(row), keys.value(row))? {
                let (key, value) = pair?;
                let place = *places.entry(key).or_insert_with(|| {
                    grouped.push((key, Vec::new()));
                    grouped.len() - 1
                });
                grouped[place].1.push(value);
            }
            for (key, values) in grouped {
                all_keys.push(key)?;
                for value in values {
                    all_values.push(value)?;
                }
                lists.close(all_values.len(), true)?;
            }
        }
        shape.close(all_keys.len(), valid)?;
    }
    let result_type = call.result_type();
    let values = lists.into_list(&map_value_type(&result_type)?, all_values.finish())?;
    shape.into_map(&result_type, &all_keys.finish(), &values)
}

/// The Arrow type of the values of a map type.
fn map_value_type(data_type: &DataType) -> Result<DataType, TrinoError> {
    if let DataType::Map(entries, _) = data_type
        && let DataType::Struct(fields) = entries.data_type()
        && let Some(values) = fields.get(1)
    {
        return Ok(values.data_type().clone());
    }
    Err(TrinoError::internal(format!("{data_type} is not a map type")))
}
