//! Splitting delimited text into rows and cells, with quotes and newlines inside quotes.
//!
//! Inference must see cells exactly as the reader will, so there is one splitter for both ends of a cell: a cell that
//! begins with `"` ends at the next single `"`, and `""` in it stands for one.

/// Rows of a text and what the splitting noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) rows: Vec<Vec<String>>,
    /// Some cell is in quotes.
    pub(super) is_quoted: bool,
    /// Some quoted cell holds a newline.
    pub(super) is_multi_line: bool,
    /// A quote that is never closed.
    pub(super) is_unbalanced: bool,
    /// Bytes of the complete rows.
    pub(super) bytes: usize,
}

/// Splits at most `limit` rows. Unless the text is a whole file, its last row is taken to be cut and left out. Empty lines
/// are no rows.
pub(super) fn split(text: &str, delimiter: u8, quotes: bool, is_whole: bool, limit: usize) -> Rows {
    let mut splitter = Splitter { text: text.as_bytes(), at: 0, delimiter, quotes, found: Rows::default() };
    while splitter.found.rows.len() < limit && splitter.at < splitter.text.len() {
        let Some((row, is_complete)) = splitter.row() else {
            splitter.found.is_unbalanced = is_whole;
            break;
        };
        if !is_complete && !is_whole {
            break;
        }
        splitter.found.bytes = splitter.at;
        if row.len() > 1 || row.first().is_some_and(|cell| !cell.is_empty()) {
            splitter.found.rows.push(row);
        }
    }
    splitter.found
}

struct Splitter<'a> {
    text: &'a [u8],
    at: usize,
    delimiter: u8,
    quotes: bool,
    found: Rows,
}

impl Splitter<'_> {
    /// The next row and whether a newline ends it; `None` when a quote is open at the end.
    fn row(&mut self) -> Option<(Vec<String>, bool)> {
        let mut row = Vec::new();
        loop {
            let mut cell = self.cell()?;
            match self.text.get(self.at) {
                Some(byte) if *byte == self.delimiter => {
                    self.at += 1;
                    row.push(text_of(cell));
                }
                end => {
                    if end.is_some() {
                        self.at += 1;
                    }
                    if cell.last() == Some(&b'\r') {
                        cell.pop();
                    }
                    row.push(text_of(cell));
                    return Some((row, end.is_some()));
                }
            }
        }
    }

    /// The next cell; leaves the position at the delimiter, the newline or the end.
    fn cell(&mut self) -> Option<Vec<u8>> {
        let mut cell = Vec::new();
        if self.quotes && self.text.get(self.at) == Some(&b'"') {
            self.at += 1;
            self.quoted(&mut cell)?;
            self.found.is_quoted = true;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = memchr::memchr2(self.delimiter, b'\n', rest).unwrap_or(rest.len());
        cell.extend_from_slice(rest.get(..length).unwrap_or_default());
        self.at += length;
        Some(cell)
    }

    /// The inside of quotes; leaves the position behind the closing one.
    fn quoted(&mut self, cell: &mut Vec<u8>) -> Option<()> {
        loop {
            let rest = self.text.get(self.at..)?;
            let quote = memchr::memchr(b'"', rest)?;
            let inside = rest.get(..quote)?;
            self.found.is_multi_line |= memchr::memchr(b'\n', inside).is_some();
            cell.extend_from_slice(inside);
            self.at += quote + 1;
            if self.text.get(self.at) != Some(&b'"') {
                return Some(());
            }
            cell.push(b'"');
            self.at += 1;
        }
    }
}

/// Cells are cut at ASCII bytes out of valid text, so they are valid text.
fn text_of(cell: Vec<u8>) -> String {
    String::from_utf8(cell).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        split(text, b',', true, true, 100).rows
    }

    #[test]
    fn quotes_hide_delimiters_newlines_and_quotes() {
        let found = split("a,\"b,c\"\n\"x\ny\",\"say \"\"hi\"\"\"\n", b',', true, true, 100);
        assert_eq!(found.rows, [["a", "b,c"], ["x\ny", "say \"hi\""]]);
        assert!(found.is_quoted && found.is_multi_line && !found.is_unbalanced);
    }

    #[test]
    fn line_ends_of_both_kinds_and_empty_lines_make_no_cells() {
        assert_eq!(cells("a,b\r\n\r\n\n1,2\r\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(cells("a,b\n1,"), [["a", "b"], ["1", ""]]);
    }

    #[test]
    fn a_cut_row_is_left_out_unless_the_file_ends_there() {
        assert_eq!(split("a,b\n1,2", b',', true, false, 9).rows.len(), 1);
        assert_eq!(split("a,b\n1,2", b',', true, true, 9).rows.len(), 2);
        assert_eq!(split("a,b\n1,\"2", b',', true, false, 9).rows.len(), 1);
        assert!(split("a,b\n1,\"2", b',', true, true, 9).is_unbalanced);
    }

    #[test]
    fn a_quote_inside_a_cell_is_a_character() {
        assert_eq!(cells("5\" pipe,x\n"), [["5\" pipe", "x"]]);
        assert_eq!(split("\"a,b\",c\n", b',', false, true, 9).rows, [["\"a", "b\"", "c"]]);
    }
}
