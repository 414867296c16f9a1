//! Whether the first row of delimited text holds the columns' names.
//!
//! Glue looks at types alone, so a file whose columns are all text loses its header: `col0`, and titles among the data.
//! Here the cells themselves are evidence: names are short, unique and made of words; they do not recur below; and they
//! look unlike the values of their column.

use std::collections::HashSet;

use super::evidence::FirstRow;
use super::shape::Shape;

/// The longest header cell, in characters, that Glue accepts.
const GLUE_LONGEST: usize = 150;
/// The longest name that is evidence of a header.
const LONGEST_NAME: usize = 64;

/// Glue's rule: all text, not too long, legal names, and some column below that is not text.
pub(super) fn is_glue_header(first: &FirstRow) -> bool {
    let last = first.cells.len().saturating_sub(1);
    let is_name = |(place, cell): (usize, &String)| {
        if cell.is_empty() {
            // A delimiter at the end of every row makes an empty last column.
            return place == last && first.below.get(place) == Some(&Shape::Null);
        }
        super::cell::glue_cell(cell) == Shape::STRING
            && (place == last || cell.chars().count() < GLUE_LONGEST)
            && !cell.chars().any(char::is_control)
    };
    first.cells.iter().enumerate().all(is_name)
        && first.below.iter().any(|shape| !matches!(shape, Shape::Null) && *shape != Shape::STRING)
}

/// Whether every cell could be the name of a column: present, short, unique, beginning with a letter.
pub(super) fn is_name_like(cells: &[String]) -> bool {
    let mut seen = HashSet::new();
    let last = cells.len().saturating_sub(1);
    cells.iter().enumerate().all(|(place, cell)| {
        let cell = cell.trim();
        if cell.is_empty() {
            return place == last && place > 0;
        }
        let is_word = cell.chars().all(|c| c.is_alphanumeric() || " _-./()%#:$&+".contains(c));
        cell.chars().next().is_some_and(|c| c.is_alphabetic() || "_#$".contains(c))
            && is_word
            && cell.chars().count() <= LONGEST_NAME
            && super::cell::plain_cell(cell) == Shape::STRING
            && seen.insert(cell.to_lowercase())
    })
}

/// Our rule: name-like cells, and half of the columns find their first cell unlike the values below.
pub(super) fn has_evidence(first: &FirstRow, rows: &[Vec<String>]) -> bool {
    if !first.is_name_like || rows.len() < 2 {
        // A single row of names is a header without data yet.
        return first.is_name_like
            && rows.len() == 1
            && first.cells.len() > 1
            && first.cells.iter().all(|cell| is_identifier(cell));
    }
    votes(&first.cells, rows.get(1..).unwrap_or_default()).is_some_and(|votes| 2 * votes >= first.cells.len())
}

/// How many columns find their first cell unlike the values below; `None` when a first cell recurs below.
pub(super) fn votes(cells: &[String], rows: &[Vec<String>]) -> Option<usize> {
    let mut votes = 0;
    for (place, cell) in cells.iter().enumerate() {
        let values: Vec<&str> =
            rows.iter().filter_map(|row| row.get(place)).map(String::as_str).filter(|v| !v.is_empty()).collect();
        if !cell.is_empty() && values.contains(&cell.as_str()) {
            return None;
        }
        votes += usize::from(is_unlike(cell, &values));
    }
    Some(votes)
}

/// Whether a cell does not look like one more value of its column.
fn is_unlike(cell: &str, values: &[&str]) -> bool {
    if values.is_empty()
        || is_known_name(cell)
        || (cell.contains('_') && !values.iter().any(|value| value.contains('_')))
    {
        return true;
    }
    let distinct: HashSet<&str> = values.iter().copied().collect();
    if values.len() >= 4 && distinct.len() * 2 <= values.len() {
        return true;
    }
    let length = |text: &str| text.chars().count();
    let shortest = values.iter().map(|value| length(value)).min().unwrap_or(0);
    let longest = values.iter().map(|value| length(value)).max().unwrap_or(0);
    if values.len() >= 3 && !(shortest..=longest).contains(&length(cell)) {
        return true;
    }
    TRAITS.iter().any(|has| {
        let share = values.iter().filter(|value| has(value)).count();
        if has(cell) { share == 0 && values.len() >= 3 } else { share * 10 >= values.len() * 9 }
    })
}

/// What values of one column tend to share.
const TRAITS: [fn(&str) -> bool; 5] = [
    |text| text.bytes().any(|byte| byte.is_ascii_digit()),
    |text| text.contains('@'),
    |text| text.contains(' '),
    |text| text.chars().next().is_some_and(char::is_uppercase),
    |text| text.len() > 1 && text.chars().all(|c| c.is_uppercase()),
];

fn is_identifier(cell: &str) -> bool {
    cell.is_empty() || cell.chars().all(|c| c.is_alphanumeric() || "_ -.".contains(c))
}

/// Names that columns have all over the world, and values have not.
fn is_known_name(cell: &str) -> bool {
    const NAMES: [&str; 34] = [
        "id",
        "name",
        "firstname",
        "lastname",
        "first name",
        "last name",
        "full name",
        "fullname",
        "email",
        "e-mail",
        "email id",
        "emailid",
        "phone",
        "telephone",
        "mobile",
        "address",
        "street",
        "city",
        "state",
        "zip",
        "zipcode",
        "postcode",
        "country",
        "date",
        "time",
        "timestamp",
        "type",
        "status",
        "value",
        "description",
        "gender",
        "title",
        "category",
        "comment",
    ];
    let lower = cell.trim().to_lowercase();
    NAMES.contains(&lower.as_str()) || lower.ends_with("_id") || lower.ends_with(" id") || lower.ends_with(" name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::cell::plain_cell;

    fn judge(text: &str) -> (bool, bool) {
        let rows: Vec<Vec<String>> = text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        let below = |place: usize| rows[1..].iter().fold(Shape::Null, |known, row| known.join(plain_cell(&row[place])));
        let cells = rows[0].clone();
        let first = FirstRow {
            is_name_like: is_name_like(&cells),
            with_first: Vec::new(),
            below: (0..cells.len()).map(below).collect(),
            cells,
        };
        (is_glue_header(&first), is_glue_header(&first) || has_evidence(&first, &rows))
    }

    #[test]
    fn a_typed_column_below_is_a_header_for_both() {
        assert_eq!(judge("name,age\nann,31\nbob,27"), (true, true));
        assert_eq!(judge("name,age,\nann,31,\nbob,27,"), (true, true), "trailing delimiter");
    }

    #[test]
    fn an_all_text_file_keeps_its_header() {
        for text in [
            "first_name,email_id,city\nann,ann@x.org,London\nbob,bob@y.org,Paris",
            "code,label\nA1,alpha\nB2,beta\nC3,gamma\nD4,delta",
            "colour,shape\nred,round\nred,square\nblue,round\nred,round\nblue,square",
            "Name,Country\nAnn Lee,United Kingdom\nBob Ray,France",
        ] {
            assert_eq!(judge(text), (false, true), "{text}");
        }
    }

    #[test]
    fn data_is_not_taken_for_a_header() {
        for text in [
            "ann,london\nbob,paris\ncara,madrid\ndan,lisbon",
            "red,round\nblue,square\nred,round\nred,square",
            "1,2\n3,4",
            "x,1\ny,2",
            "alpha,beta\nalpha,gamma",
        ] {
            assert_eq!(judge(text), (false, false), "{text}");
        }
    }

    #[test]
    fn a_header_without_rows_is_a_header() {
        assert_eq!(judge("id,first_name,city"), (false, true));
        assert_eq!(judge("id,first_name,12"), (false, false));
    }

    #[test]
    fn a_cell_of_150_characters_is_no_header_for_glue() {
        let long = "x".repeat(150);
        assert_eq!(judge(&format!("{long},age\nann,31")), (false, false));
        assert!(judge(&format!("{},age\nann,31", &long[1..])).0);
    }
}
