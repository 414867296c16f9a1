//! Finding: `regexp_like`, `_count`, `_position`, `_extract`, `_extract_all`, `_split`.

use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;

use super::super::column::{ListShape, TextColumn, bigint_rows, boolean_rows, is_valid, primitive_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::pattern::{Pattern, Patterns};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("regexp_count(varchar, varchar) -> bigint", count, r"regexp_count('1a 2b 14m', '\s*[a-z]+\s*')", "3"),
    entry("regexp_extract(varchar(x), varchar) -> varchar(x)", extract, r"regexp_extract('1a 2b 14m', '\d+')", "1"),
    entry(
        "regexp_extract(varchar(x), varchar, bigint) -> varchar(x)",
        extract,
        r"regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2)",
        "a",
    ),
    entry(
        "regexp_extract_all(varchar(x), varchar) -> array(varchar(x))",
        extract_all,
        r"regexp_extract_all('1a 2b 14m', '\d+')",
        r#"["1","2","14"]"#,
    ),
    entry(
        "regexp_extract_all(varchar(x), varchar, bigint) -> array(varchar(x))",
        extract_all,
        r"regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2)",
        r#"["a","b","m"]"#,
    ),
    entry("regexp_like(varchar, varchar) -> boolean", like, r"regexp_like('1a 2b 14m', '\d+b')", "true"),
    entry(
        "regexp_position(varchar, varchar) -> integer",
        position,
        r"regexp_position('I have 23 apples', '\b\d+\b')",
        "8",
    ),
    entry(
        "regexp_position(varchar, varchar, bigint) -> integer",
        position,
        r"regexp_position('I have 23 apples, 5 pears', '\b\d+\b', 12)",
        "19",
    ),
    entry(
        "regexp_position(varchar, varchar, bigint, bigint) -> integer",
        position,
        r"regexp_position('1 22 333', '\d+', 1, 3)",
        "6",
    ),
    entry(
        "regexp_split(varchar(x), varchar) -> array(varchar(x))",
        split,
        r"regexp_split('1a 2b 14m', '\s*[a-z]+\s*')",
        r#"["1","2","14",""]"#,
    ),
];

fn like(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let mut known = Patterns::default();
    boolean_rows(call, |row| known.get(patterns.value(row))?.is_match(texts.value(row)).map(Some))
}

fn count(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let mut known = Patterns::default();
    bigint_rows(call, |row| {
        let mut count = 0;
        known.get(patterns.value(row))?.each(texts.value(row), |_, _| {
            count += 1;
            Ok(())
        })?;
        Ok(Some(count))
    })
}

fn position(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let starts = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    let occurrences = if call.args.len() > 3 { Some(call.bigint(3)?) } else { None };
    let mut known = Patterns::default();
    primitive_rows::<Int32Type>(call, |row| {
        let start = starts.map_or(1, |starts| starts.value(row));
        let occurrence = occurrences.map_or(1, |occurrences| occurrences.value(row));
        if start < 1 {
            return Err(TrinoError::argument("start position cannot be smaller than 1"));
        }
        if occurrence < 1 {
            return Err(TrinoError::argument("occurrence cannot be smaller than 1"));
        }
        let text = texts.value(row);
        let found = nth_match(known.get(patterns.value(row))?, text, start - 1, occurrence)?;
        Ok(Some(found.map_or(-1, |place| text[..place].chars().count() as i32 + 1)))
    })
}

/// Where the n-th match at or behind character `start` begins.
fn nth_match(pattern: &Pattern, text: &str, start: i64, occurrence: i64) -> Result<Option<usize>, TrinoError> {
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    let Some((mut from, _)) = text.char_indices().nth(skip) else { return Ok(None) };
    for remaining in (1..=occurrence).rev() {
        let Some((begin, end)) = pattern.find(text, from)? else { return Ok(None) };
        if remaining == 1 {
            return Ok(Some(begin));
        }
        let step = if begin == end { text[end..].chars().next().map(char::len_utf8) } else { Some(0) };
        let Some(step) = step else { return Ok(None) };
        from = end + step;
    }
    Ok(None)
}

/// The group asked for in row `row`: the whole match when none is.
fn group(call: &Call<'_>, row: usize, pattern: &Pattern) -> Result<usize, TrinoError> {
    if call.args.len() < 3 {
        return Ok(0);
    }
    let wanted = call.bigint(2)?.value(row);
    if wanted < 0 {
        return Err(TrinoError::argument("Group cannot be negative"));
    }
    match usize::try_from(wanted) {
        Ok(group) if group <= pattern.groups() => Ok(group),
        _ => {
            Err(TrinoError::argument(format!("Pattern has {} groups. Cannot access group {wanted}", pattern.groups())))
        }
    }
}

fn extract(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let mut known = Patterns::default();
    text_rows(call, |row, out| {
        let (text, pattern) = (texts.value(row), known.get(patterns.value(row))?);
        let group = group(call, row, pattern)?;
        let found = if group == 0 {
            pattern.find(text, 0)?.map(|(begin, end)| &text[begin..end])
        } else {
            pattern.captures(text, 0)?.and_then(|captures| captures.get(group)).map(|found| found.as_str())
        };
        out.push_str(found.unwrap_or_default());
        Ok(found.is_some())
    })
}

fn extract_all(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let mut known = Patterns::default();
    lists_of_text(call, |row, out| {
        let (text, pattern) = (texts.value(row), known.get(patterns.value(row))?);
        let group = group(call, row, pattern)?;
        if group == 0 {
            return pattern.each(text, |begin, end| out.push(&text[begin..end]));
        }
        pattern.each_captures(text, |captures, _, _| match captures.get(group) {
            Some(found) => out.push(found.as_str()),
            None => out.close(false),
        })
    })
}

fn split(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let mut known = Patterns::default();
    lists_of_text(call, |row, out| {
        let text = texts.value(row);
        let mut last = 0;
        known.get(patterns.value(row))?.each(text, |begin, end| {
            let part = &text[last..begin];
            last = end;
            out.push(part)
        })?;
        out.push(&text[last..])
    })
}

/// An array column: `write` appends the elements of a row.
fn lists_of_text(
    call: &Call<'_>,
    mut write: impl FnMut(usize, &mut TextColumn) -> Result<(), TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let (mut shape, mut parts) = (ListShape::new(call.rows), TextColumn::new(call.rows));
    for row in 0..call.rows {
        let valid = is_valid(validity.as_ref(), row);
        if valid {
            write(row, &mut parts)?;
        }
        shape.close(parts.len(), valid)?;
    }
    shape.into_list(&call.result_type(), parts.finish())
}
