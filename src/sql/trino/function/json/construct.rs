//! `JSON_OBJECT`, `JSON_ARRAY`.
//!
//! Their clauses are syntax; the analyzer calls `$json_object(keys, values, null_on_null, unique_keys)` and
//! `$json_array(values, null_on_null)`, the values being JSON.

use arrow::array::{Array, ArrayRef, BooleanArray, ListArray, StringArray};

use super::super::column::{TextColumn, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, called};
use super::scan::write_string;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    called(
        "$json_array(array(json), boolean) -> varchar",
        array,
        "json_array(true, 12e-1, 'text')",
        r#"[true,1.2,"text"]"#,
    ),
    called(
        "$json_object(array(varchar), array(json), boolean, boolean) -> varchar",
        object,
        "json_object('x' : NULL, 'y' : 1)",
        r#"{"x":null,"y":1}"#,
    ),
];

/// An option, the same in all rows.
fn option(call: &Call<'_>, place: usize) -> Result<bool, TrinoError> {
    let options = call.column::<BooleanArray>(place)?;
    Ok(!options.is_empty() && options.value(0))
}

/// JSON values in arrays; NULL is `null`.
struct Values<'a> {
    lists: &'a ListArray,
    texts: &'a StringArray,
}

impl<'a> Values<'a> {
    fn of(call: &'a Call<'_>, place: usize) -> Result<Self, TrinoError> {
        let lists = call.list(place)?;
        Ok(Self { lists, texts: typed(lists.values())? })
    }

    fn is_null(&self, place: usize) -> bool {
        self.texts.is_null(place) || self.texts.value(place) == "null"
    }

    fn write(&self, place: usize, out: &mut String) {
        out.push_str(if self.is_null(place) { "null" } else { self.texts.value(place) });
    }
}

fn array(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (values, null_on_null) = (Values::of(call, 0)?, option(call, 1)?);
    let mut column = TextColumn::new(call.rows);
    for row in 0..call.rows {
        let out = column.buffer();
        out.push('[');
        let places = range(values.lists.value_offsets(), row);
        for (step, place) in places.filter(|place| null_on_null || !values.is_null(*place)).enumerate() {
            if step > 0 {
                out.push(',');
            }
            values.write(place, out);
        }
        out.push(']');
        column.close(true)?;
    }
    Ok(column.finish())
}

fn object(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let key_lists = call.list(0)?;
    let keys = typed::<StringArray>(key_lists.values())?;
    let (values, null_on_null, unique_keys) = (Values::of(call, 1)?, option(call, 2)?, option(call, 3)?);
    let mut column = TextColumn::new(call.rows);
    for row in 0..call.rows {
        let out = column.buffer();
        out.push('{');
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in range(key_lists.value_offsets(), row).zip(range(values.lists.value_offsets(), row)) {
            if keys.is_null(key) {
                return Err(TrinoError::argument("null value passed for JSON object key to JSON_OBJECT function"));
            }
            if values.is_null(value) && !null_on_null {
                continue;
            }
            let key = keys.value(key);
            if unique_keys && seen.contains(&key) {
                return Err(TrinoError::new(
                    "JSON_INPUT_CONVERSION_ERROR",
                    format!("duplicate key passed to JSON_OBJECT function: {key}"),
                ));
            }
            if !seen.is_empty() {
                out.push(',');
            }
            seen.push(key);
            write_string(key, out);
            out.push(':');
            values.write(value, out);
        }
        out.push('}');
        column.close(true)?;
    }
    Ok(column.finish())
}
