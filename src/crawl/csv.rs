//! The shape of delimited text: its delimiter, its header, the types of its columns.

use super::evidence::{CsvLayout, FirstRow, Unknown};
use super::header::{is_name_like, votes};
use super::rules::Rules;
use super::sample::{ENOUGH_RECORDS, Sample};
use super::shape::Shape;
use super::split::{Rows, split};

/// Delimiters, in the order in which they are tried.
const DELIMITERS: [u8; 5] = [b',', b'|', b'\t', b';', 1];
/// Rows that choose the delimiter.
const TRIAL_ROWS: usize = 100;

/// What the rows of a sample have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CsvFound {
    pub(super) columns: Vec<(String, Shape)>,
    pub(super) layout: CsvLayout,
    pub(super) first_row: FirstRow,
    /// Rows without the header, and the bytes that all rows take.
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// Rows with another number of cells.
    pub(super) ragged: usize,
    pub(super) is_unbalanced: bool,
}

/// The shape of a sample.
///
/// # Errors
/// [`Unknown`] when it is no text, or no delimiter makes rows of one length.
pub(super) fn infer_csv(sample: &Sample, rules: &dyn Rules) -> Result<CsvFound, Unknown> {
    let text = utf8(&sample.head, sample.is_whole)?;
    let says_csv = extension_says_csv(&sample.path);
    let Some((delimiter, quotes)) = choose_delimiter(text, sample.is_whole, says_csv, rules) else {
        return Err(Unknown::because("text, but no delimiter gives at least two rows with the same number of columns"));
    };
    let rows = split(text, delimiter, quotes, sample.is_whole, ENOUGH_RECORDS + 1);
    let width = usual_width(&rows.rows).0;
    let later = later_rows(sample, delimiter, quotes, width, &rows);
    Ok(judge(rows, &later, delimiter, width, quotes, rules))
}

/// The text of a sample; a character that the sample's end cuts is left out, and so is a byte order mark.
fn utf8(bytes: &[u8], is_whole: bool) -> Result<&str, Unknown> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if memchr::memchr(0, bytes).is_some() {
        return Err(Unknown::because("binary data of no known format"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            match std::str::from_utf8(valid) {
                Ok(text) if !is_whole && error.error_len().is_none() => Ok(text),
                _ => Err(Unknown::nearly(
                    "csv",
                    format!(
                        "byte {} is not UTF-8; convert the file to UTF-8, for example from Latin-1",
                        error.valid_up_to()
                    ),
                )),
            }
        }
    }
}

fn extension_says_csv(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.strip_suffix(".gz").unwrap_or(&path);
    [".csv", ".tsv", ".psv"].iter().any(|extension| name.ends_with(extension))
}

/// The delimiter under which the most rows have the same number of cells, and whether quotes count.
fn choose_delimiter(text: &str, is_whole: bool, says_csv: bool, rules: &dyn Rules) -> Option<(u8, bool)> {
    let mut best: Option<(usize, u8, bool)> = None;
    if let Some(delimiter) = rules.delimiter() {
        let quotes = rules.reads_quotes() && !split(text, delimiter, true, is_whole, TRIAL_ROWS).is_unbalanced;
        return Some((delimiter, quotes));
    }
    for delimiter in DELIMITERS {
        if memchr::memchr(delimiter, text.as_bytes()).is_none() {
            continue;
        }
        let mut quotes = rules.reads_quotes();
        let mut found = split(text, delimiter, quotes, is_whole, TRIAL_ROWS);
        if quotes && found.is_unbalanced {
            quotes = false;
            found = split(text, delimiter, quotes, is_whole, TRIAL_ROWS);
        }
        let (width, usual) = usual_width(&found.rows);
        let fewest_rows = if says_csv && rules.reads_quotes() { 1 } else { 2 };
        // Prose has commas too, but not the same number in nearly every line.
        let is_regular = usual * 10 >= found.rows.len() * if says_csv { 6 } else { 9 };
        if width < 2 || found.rows.len() < fewest_rows || !is_regular {
            continue;
        }
        let score = usual * 1000 / found.rows.len() * 100 + width.min(99);
        if best.is_none_or(|(known, ..)| score > known) {
            best = Some((score, delimiter, quotes));
        }
    }
    let single_column = || {
        let found = split(text, b',', true, is_whole, TRIAL_ROWS);
        (says_csv && rules.reads_quotes() && !found.rows.is_empty() && !found.is_unbalanced).then_some((b',', true))
    };
    best.map(|(_, delimiter, quotes)| (delimiter, quotes)).or_else(single_column)
}

/// The most frequent number of cells, and how many rows have it.
fn usual_width(rows: &[Vec<String>]) -> (usize, usize) {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).unwrap_or((0, 0))
}

/// Rows of the middle and the tail. Behind a newline of unknown meaning nothing is certain, so files with newlines in
/// quotes are judged by their head.
fn later_rows(sample: &Sample, delimiter: u8, quotes: bool, width: usize, head: &Rows) -> Vec<Vec<String>> {
    if head.is_multi_line {
        return Vec::new();
    }
    let mut later = Vec::new();
    for part in &sample.later {
        let Some(newline) = memchr::memchr(b'\n', part) else { continue };
        let text = String::from_utf8_lossy(part.get(newline + 1..).unwrap_or_default());
        let found = split(&text, delimiter, quotes, false, usize::MAX);
        later.extend(found.rows.into_iter().filter(|row| row.len() == width));
    }
    later
}

fn judge(rows: Rows, later: &[Vec<String>], delimiter: u8, width: usize, quotes: bool, rules: &dyn Rules) -> CsvFound {
    let ragged = rows.rows.iter().filter(|row| row.len() != width).count();
    let all: Vec<Vec<String>> = rows.rows.into_iter().filter(|row| row.len() == width).collect();
    let (cells, below_rows) = all.split_first().map_or((&[][..], &[][..]), |(first, below)| (first.as_slice(), below));
    let column = |place: usize| {
        let shapes = below_rows.iter().chain(later).filter_map(|row| row.get(place)).map(|cell| rules.csv_cell(cell));
        shapes.fold(Shape::Null, |known, shape| if known == shape { known } else { known.join(shape) })
    };
    let below: Vec<Shape> = (0..width).map(column).collect();
    let with_first = below.iter().zip(cells).map(|(below, cell)| below.clone().join(rules.csv_cell(cell))).collect();
    let is_name_like = is_name_like(cells);
    let first_row = FirstRow { cells: cells.to_vec(), with_first, below, is_name_like };
    let has_header = rules.has_header(&first_row, &all);
    let layout = CsvLayout {
        delimiter,
        has_header,
        is_quoted: quotes && rows.is_quoted,
        is_multi_line: quotes && rows.is_multi_line,
    };
    CsvFound {
        columns: columns(&first_row, has_header),
        layout,
        records: (all.len() - usize::from(has_header)) as u64,
        bytes: rows.bytes as u64,
        ragged,
        is_unbalanced: rows.is_unbalanced,
        first_row: FirstRow {
            // Seen beside a sibling with the same first row, weak evidence is enough; a recurring cell is none.
            is_name_like: is_name_like && votes(cells, below_rows).is_some(),
            ..first_row
        },
    }
}

/// The columns, with the first row taken as names or as data.
pub(super) fn columns(first: &FirstRow, has_header: bool) -> Vec<(String, Shape)> {
    let shapes = if has_header { &first.below } else { &first.with_first };
    let named = |(place, shape): (usize, &Shape)| {
        let title = first.cells.get(place).map_or("", |cell| cell.trim());
        let name = if has_header && !title.is_empty() { title.to_owned() } else { format!("col{place}") };
        (name, shape.clone())
    };
    shapes.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::evidence::Compression;
    use crate::crawl::rules::{Careful, StrictGlue};

    fn sample(path: &str, text: &[u8], is_whole: bool) -> Sample {
        let head = bytes::Bytes::copy_from_slice(text);
        Sample {
            path: path.to_owned(),
            compression: Compression::None,
            head,
            is_whole,
            later: Vec::new(),
            bytes_read: 0,
        }
    }

    fn infer(text: &str) -> CsvFound {
        infer_csv(&sample("x.txt", text.as_bytes(), true), &Careful).unwrap()
    }

    fn described(found: &CsvFound) -> String {
        let column = |(name, shape): &(String, Shape)| format!("{name} {}", shape.to_hive());
        found.columns.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn names_and_types_come_from_header_and_rows() {
        let found = infer("Id,Name,Score,Born\n1,ann,2.5,2001-02-03\n2,bob,3,\n");
        assert_eq!(described(&found), "Id bigint, Name string, Score double, Born date");
        assert!(found.layout.has_header && !found.layout.is_quoted);
        assert_eq!(found.records, 2);
    }

    #[test]
    fn every_delimiter_is_found() {
        for delimiter in [",", "|", "\t", ";", "\u{1}"] {
            let text = "id,note\n1,a b\n2,c d\n".replace(',', delimiter);
            let found = infer(&text);
            assert_eq!(described(&found), "id bigint, note string", "{delimiter:?}");
            assert_eq!(found.layout.delimiter, delimiter.as_bytes()[0]);
        }
    }

    #[test]
    fn a_comma_in_quotes_and_a_newline_in_quotes_are_data() {
        let found = infer("id,address\n1,\"1 High St, London\"\n2,\"2 Low St\nParis\"\n");
        assert_eq!(described(&found), "id bigint, address string");
        assert!(found.layout.is_quoted && found.layout.is_multi_line);
        assert_eq!(found.records, 2);
    }

    #[test]
    fn glue_takes_quotes_for_characters() {
        let text = "id,address\n1,\"High St\"\n2,\"Low St\"\n";
        let found = infer_csv(&sample("x.csv", text.as_bytes(), true), &StrictGlue).unwrap();
        assert!(!found.layout.is_quoted && found.layout.has_header);
    }

    #[test]
    fn without_header_columns_count_from_zero() {
        let found = infer("1,ann\n2,bob\n");
        assert_eq!(described(&found), "col0 bigint, col1 string");
        assert_eq!((found.layout.has_header, found.records), (false, 2));
    }

    #[test]
    fn byte_order_mark_and_crlf_and_trailing_delimiter_are_no_data() {
        let found =
            infer_csv(&sample("x.csv", b"\xef\xbb\xbfid,name,\r\n1,ann,\r\n2,bob,\r\n", true), &Careful).unwrap();
        assert_eq!(described(&found), "id bigint, name string, col2 string");
    }

    #[test]
    fn later_parts_widen_the_type() {
        let mut sample = sample("x.csv", b"id,n\n1,1\n2,2\n", false);
        sample.later.push(bytes::Bytes::from_static(b"7\n3,3\n4,N/A\n5,"));
        assert_eq!(described(&infer_csv(&sample, &Careful).unwrap()), "id bigint, n string");
    }

    #[test]
    fn prose_and_binary_and_other_encodings_are_unknown() {
        for (text, reason) in [
            (
                &b"Dear reader,\nthis is a letter, with commas, here and there.\nYours, me, and others, too\n"[..],
                "no delimiter",
            ),
            (b"a,b\n1\0,2\n", "binary"),
            (b"id,name\n1,Jos\xe9\n", "not UTF-8"),
        ] {
            let unknown = infer_csv(&sample("x.txt", text, true), &Careful).unwrap_err();
            assert!(unknown.reason.contains(reason), "{}", unknown.reason);
        }
    }

    #[test]
    fn a_header_alone_and_a_single_column_need_the_extension() {
        let of = |path: &str, text: &str| {
            infer_csv(&sample(path, text.as_bytes(), true), &Careful).map(|found| described(&found))
        };
        assert_eq!(of("x.csv", "id,name\n").unwrap(), "id string, name string");
        assert_eq!(of("x.csv", "city\nLondon\nParis\n").unwrap(), "city string");
        assert!(of("x.txt", "id,name\n").is_err() && of("x.txt", "city\nLondon\n").is_err());
    }
}
