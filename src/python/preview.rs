//! How a table shows itself: aligned text in a terminal, HTML in a notebook.
//!
//! Both name the types under the column names, show the first rows only, and end with the number of rows and columns
//! and the time it took. Nothing is converted that is not shown.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

const ROWS: usize = 10;
const WIDTH: usize = 40;

/// The first rows as text, one inner vector per row; `None` is NULL.
fn cells(batches: &[RecordBatch], rows: usize) -> Result<Vec<Vec<Option<String>>>, ArrowError> {
    let options = FormatOptions::default().with_display_error(true);
    let mut out = Vec::new();
    for batch in batches {
        let wanted = rows.saturating_sub(out.len()).min(batch.num_rows());
        if wanted == 0 {
            continue;
        }
        let columns: Vec<_> = batch.columns().iter().map(|column| readable(&column.slice(0, wanted))).collect();
        let formatters = columns
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..wanted {
            let line = columns.iter().zip(&formatters);
            out.push(line.map(|(column, f)| column.is_valid(row).then(|| f.value(row).to_string())).collect());
        }
    }
    Ok(out)
}

/// Binary columns that hold text, as the records of a stream do, are shown as text.
fn readable(column: &ArrayRef) -> ArrayRef {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    match column.data_type() {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            cast_with_options(column, &DataType::Utf8, &strict).unwrap_or_else(|_| ArrayRef::clone(column))
        }
        _ => ArrayRef::clone(column),
    }
}

/// A type in the words of SQL, as Athena prints it.
pub(super) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "null".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "varbinary".to_owned()
        }
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(unit, zone) => {
            let digits = match unit {
                TimeUnit::Second => 0,
                TimeUnit::Millisecond => 3,
                TimeUnit::Microsecond => 6,
                TimeUnit::Nanosecond => 9,
            };
            let zone = if zone.is_some() { " with time zone" } else { "" };
            format!("timestamp({digits}){zone}")
        }
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => format!("array({})", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{} {}", field.name(), type_name(field.data_type()))).collect();
            format!("row({})", fields.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => {
                let pair: Vec<_> = pair.iter().map(|field| type_name(field.data_type())).collect();
                format!("map({})", pair.join(", "))
            }
            other => format!("map({})", type_name(other)),
        },
        DataType::Dictionary(_, value) => type_name(value),
        other => other.to_string().to_lowercase(),
    }
}

/// What a query had to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan {
    pub(super) bytes: u64,
    pub(super) partitions: u64,
    pub(super) all_partitions: u64,
    pub(super) files: u64,
}

impl Scan {
    /// ` · 12.4 MB scanned · 3 of 48 partitions · 5 files`, without what was not there to be read.
    fn text(&self) -> String {
        let mut text = format!(" · {} scanned", bytes(self.bytes));
        if self.all_partitions > 0 {
            let _ = write!(text, " · {} of {} partitions", self.partitions, self.all_partitions);
        }
        if self.files > 0 {
            let _ = write!(text, " · {} file{}", self.files, if self.files == 1 { "" } else { "s" });
        }
        text
    }
}

/// `12.4 MB`, in steps of 1,000 as Athena's console has it.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn bytes(count: u64) -> String {
    let units = ["KB", "MB", "GB", "TB"];
    let mut size = count as f64;
    let mut shown = "B";
    for unit in units {
        if size < 999.5 {
            break;
        }
        size /= 1_000.0;
        shown = unit;
    }
    if shown == "B" || size >= 99.95 { format!("{size:.0} {shown}") } else { format!("{size:.1} {shown}") }
}

/// What is told under the rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) elapsed_ms: Option<f64>,
    pub(super) scan: Option<Scan>,
}

/// `1,234,567 rows · 3 columns · 12 ms · 12.4 MB scanned`.
pub(super) fn footer(rows: usize, columns: usize, figures: Figures) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut line = format!("{} row{} · {columns} column{}", grouped(rows), plural(rows), plural(columns));
    if let Some(ms) = figures.elapsed_ms {
        let _ = if ms < 10.0 { write!(line, " · {ms:.1} ms") } else { write!(line, " · {ms:.0} ms") };
    }
    if let Some(scan) = &figures.scan {
        line.push_str(&scan.text());
    }
    line
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn short(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    if clean.chars().count() <= WIDTH {
        return clean;
    }
    clean.chars().take(WIDTH - 1).chain(['…']).collect()
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

/// Columns aligned under their names and types, numbers to the right.
pub(super) fn text(schema: &Schema, batches: &[RecordBatch], end: &str) -> Result<String, ArrowError> {
    let total: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if schema.fields().is_empty() {
        return Ok(end.to_owned());
    }
    let mut lines: Vec<Vec<String>> = vec![
        schema.fields().iter().map(|field| short(field.name())).collect(),
        schema.fields().iter().map(|field| short(&type_name(field.data_type()))).collect(),
    ];
    for row in cells(batches, ROWS)? {
        lines.push(row.into_iter().map(|cell| cell.map_or_else(|| "NULL".to_owned(), |text| short(&text))).collect());
    }
    let widths: Vec<usize> = (0..schema.fields().len())
        .map(|column| {
            lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).zip(schema.fields()).map(|((cell, width), field)| {
            if is_number(field.data_type()) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let joined = cells.collect::<Vec<_>>().join("  ");
        out.push_str(joined.trim_end());
        out.push('\n');
        if number == 1 {
            out.push_str(&widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  "));
            out.push('\n');
        }
    }
    if total > ROWS {
        out.push_str("…\n");
    }
    out.push_str(end);
    Ok(out)
}

/// An HTML table: names, types, the first rows, and the footer.
pub(super) fn html(schema: &Schema, batches: &[RecordBatch], end: &str) -> Result<String, ArrowError> {
    let total: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut out = String::from("<div class=\"bayou-table\"><table><thead><tr>");
    for field in schema.fields() {
        let _ = write!(
            out,
            "<th>{}<br><small style=\"font-weight:normal;opacity:.6\">{}</small></th>",
            escape(field.name()),
            escape(&type_name(field.data_type()))
        );
    }
    out.push_str("</tr></thead><tbody>");
    for row in cells(batches, ROWS)? {
        out.push_str("<tr>");
        for (cell, field) in row.into_iter().zip(schema.fields()) {
            let side = if is_number(field.data_type()) { "right" } else { "left" };
            let body =
                cell.map_or_else(|| "<span style=\"opacity:.5\">NULL</span>".to_owned(), |text| escape(&short(&text)));
            let _ = write!(out, "<td style=\"text-align:{side}\">{body}</td>");
        }
        out.push_str("</tr>");
    }
    if total > ROWS {
        let _ = write!(out, "<tr><td colspan=\"{}\">…</td></tr>", schema.fields().len());
    }
    let _ = write!(out, "</tbody></table><small style=\"opacity:.6\">{}</small></div>", escape(end));
    Ok(out)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
