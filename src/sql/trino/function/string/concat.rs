//! `concat`, `concat_ws`, `format`'s simpler relatives.

use arrow::array::{Array, ArrayRef};

use super::super::column::{TextColumn, binary_rows, range, text_rows, typed};
use super::super::{Call, FunctionEntry, TrinoError, called, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("concat(varchar, varchar, varchar...) -> varchar", concat, "concat('this', ' is', ' it')", "this is it"),
    entry("concat(varbinary, varbinary, varbinary...) -> varbinary", concat_binary, "concat(X'01', X'02')", "0102"),
    called("concat_ws(varchar, varchar...) -> varchar", concat_ws, "concat_ws('-', 'x', NULL, 'z')", "x-z"),
    entry(
        "concat_ws(varchar, array(varchar)) -> varchar",
        concat_ws_array,
        "concat_ws('-', ARRAY['x', 'y', 'z'])",
        "x-y-z",
    ),
];

fn concat(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let columns = (0..call.args.len()).map(|index| call.text(index)).collect::<Result<Vec<_>, _>>()?;
    text_rows(call, |row, out| {
        columns.iter().for_each(|column| out.push_str(column.value(row)));
        Ok(true)
    })
}

fn concat_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let columns = (0..call.args.len()).map(|index| call.binary(index)).collect::<Result<Vec<_>, _>>()?;
    binary_rows(call, |row, out| {
        columns.iter().for_each(|column| out.extend_from_slice(column.value(row)));
        Ok(true)
    })
}

/// NULL texts are left out; only a NULL separator makes the result NULL.
fn concat_ws(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let separators = call.text(0)?;
    let columns = (1..call.args.len()).map(|index| call.text(index)).collect::<Result<Vec<_>, _>>()?;
    let mut result = TextColumn::new(call.rows);
    for row in 0..call.rows {
        let valid = separators.is_valid(row);
        if valid {
            let texts = columns.iter().filter(|column| column.is_valid(row)).map(|column| column.value(row));
            join(result.buffer(), separators.value(row), texts);
        }
        result.close(valid)?;
    }
    Ok(result.finish())
}

fn concat_ws_array(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let separators = call.text(0)?;
    let lists = call.list(1)?;
    let elements = typed::<arrow::array::StringArray>(lists.values())?;
    text_rows(call, |row, out| {
        let present = range(lists.value_offsets(), row).filter(|element| elements.is_valid(*element));
        join(out, separators.value(row), present.map(|element| elements.value(element)));
        Ok(true)
    })
}

fn join<'a>(out: &mut String, separator: &str, texts: impl Iterator<Item = &'a str>) {
    for (position, text) in texts.enumerate() {
        if position > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
}
