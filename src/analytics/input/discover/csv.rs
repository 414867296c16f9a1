//! Discovery of CSV records.

use super::Discovery;
use super::naming::column_names;
use super::seen::Seen;
use crate::analytics::input::csv::CsvRows;
use crate::analytics::input::schema::{InputColumn, InputSchema, RecordFormat};
use crate::analytics::input::text_column::TextColumn;
use crate::analytics::sql_type::SqlType;

/// What may stand between cells.
const DELIMITERS: [&str; 4] = [",", "\t", ";", "|"];

/// The proposal for a sample, or why there is none.
pub(super) fn discover(records: &[&str]) -> Result<Discovery, String> {
    let row_delimiter = if records.iter().any(|record| record.contains("\r\n")) { "\r\n" } else { "\n" };
    let delimiter = DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| (agreement(records, row_delimiter, delimiter), *delimiter == ","))
        .unwrap_or(",");
    let rows: Vec<Vec<String>> = records
        .iter()
        .flat_map(|record| CsvRows::new(record, row_delimiter, delimiter))
        .map(|row| row.cells.into_iter().map(|cell| cell.into_owned()).collect())
        .collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    if width == 0 {
        return Err(format!("none of the {} records sampled has a cell", records.len()));
    }
    let with_first = types(&rows, width);
    let without_first = types(&rows[1..], width);
    let header = is_header(&rows, &with_first, &without_first);
    let types = if header { without_first } else { with_first };
    let keys: Vec<Vec<String>> =
        (0..width).map(|place| vec![rows[0].get(place).filter(|_| header).cloned().unwrap_or_default()]).collect();
    let columns = column_names(&keys)
        .into_iter()
        .zip(&types)
        .map(|(name, sql_type)| InputColumn { name, sql_type: *sql_type, mapping: None })
        .collect();
    let first_row = CsvRows::new(records[0], row_delimiter, delimiter).next().map_or("", |row| row.text);
    let header_end = if header { records[0].find(first_row).unwrap_or(0) + first_row.len() } else { 0 };
    let parsed =
        rows.iter().map(|row| (0..width).map(|place| parsed_cell(row.get(place)?, types[place])).collect::<Vec<_>>());
    Ok(Discovery {
        parsed: parsed.collect(),
        schema: InputSchema {
            format: RecordFormat::Csv { row_delimiter: row_delimiter.into(), column_delimiter: delimiter.into() },
            columns,
        },
        raw: records.iter().map(ToString::to_string).collect(),
        header: header_end,
    })
}

/// In how many rows a delimiter gives as many cells as in the first one; none when it never occurs.
fn agreement(records: &[&str], row_delimiter: &str, delimiter: &str) -> usize {
    let mut widths =
        records.iter().flat_map(|record| CsvRows::new(record, row_delimiter, delimiter)).map(|row| row.cells.len());
    match widths.next() {
        Some(first) if first > 1 => 1 + widths.filter(|width| *width == first).count(),
        _ => 0,
    }
}

fn types(rows: &[Vec<String>], width: usize) -> Vec<SqlType> {
    let mut seen = vec![Seen::default(); width];
    for row in rows {
        row.iter().zip(&mut seen).for_each(|(cell, seen)| learn(seen, cell));
    }
    seen.iter().map(|seen| seen.sql_type(SqlType::Integer)).collect()
}

fn learn(seen: &mut Seen, cell: &str) {
    let trimmed = cell.trim();
    if trimmed.is_empty() {
        return;
    }
    if trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false") {
        seen.learn_boolean(cell);
    } else if is_number(trimmed) {
        seen.learn_number(trimmed);
    } else {
        seen.learn_text(cell);
    }
}

/// Whether a cell is a number, and not a code with leading zeros.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let coded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    digits.starts_with(|c: char| c.is_ascii_digit()) && !coded && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether the first row names the columns: texts only, each another one, and what stands below is not all text.
fn is_header(rows: &[Vec<String>], with: &[SqlType], without: &[SqlType]) -> bool {
    let names = &rows[0];
    let named = names.iter().enumerate().all(|(place, name)| {
        let name = name.trim();
        !name.is_empty() && !is_number(name) && !names[..place].iter().any(|other| other.trim() == name)
    });
    rows.len() > 1 && named && with.iter().zip(without).any(|(with, without)| is_text(*with) && !is_text(*without))
}

fn is_text(sql_type: SqlType) -> bool {
    matches!(sql_type, SqlType::Varchar(_))
}

/// A cell as the schema reads it: one that does not fit its column is null.
fn parsed_cell(cell: &str, sql_type: SqlType) -> Option<String> {
    let fits = is_text(sql_type) || (!cell.is_empty() && TextColumn::new(sql_type).push(cell).is_ok());
    fits.then(|| cell.to_owned())
}
