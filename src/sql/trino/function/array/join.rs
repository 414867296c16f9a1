//! `array_join`.

use arrow::array::ArrayRef;

use super::super::column::text_rows;
use super::super::print::Printer;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Lists, argument_type, element_type};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("array_join(array(T), varchar) -> varchar", join, "array_join(ARRAY[1, NULL, 3], '-')", "1-3"),
    entry(
        "array_join(array(T), varchar, varchar) -> varchar",
        join,
        "array_join(ARRAY[1, NULL, 3], '-', '?')",
        "1-?-3",
    ),
];

/// NULLs are left out, or replaced where a replacement is given.
fn join(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (lists, delimiters) = (Lists::of(call, 0)?, call.text(1)?);
    let replacements = if call.args.len() > 2 { Some(call.text(2)?) } else { None };
    let printer = Printer::new(lists.values(), element_type(argument_type(call, 0)))?;
    text_rows(call, |row, out| {
        let mut is_first = true;
        for place in lists.range(row) {
            if !printer.is_valid(place) && replacements.is_none() {
                continue;
            }
            if !is_first {
                out.push_str(delimiters.value(row));
            }
            is_first = false;
            match replacements {
                Some(replacements) if !printer.is_valid(place) => out.push_str(replacements.value(row)),
                _ => printer.print(place, out)?,
            }
        }
        Ok(true)
    })
}
