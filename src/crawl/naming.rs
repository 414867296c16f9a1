//! Names of tables and columns.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use md5::{Digest, Md5};

use super::shape::Shape;

/// The longest table name.
const LONGEST: usize = 128;

/// The name of a table over a folder or file: lower case, anything but letters, digits and `_` replaced by `_`.
pub(super) fn table_name(prefix: &str, folder: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '_' };
    let name: String =
        prefix.to_lowercase().chars().chain(folder.to_lowercase().chars().map(clean)).take(LONGEST).collect();
    if name.is_empty() { "table".to_owned() } else { name }
}

/// The same with 32 hexadecimal digits that depend on the location, for a name that is taken.
pub(super) fn distinct_name(name: &str, location: &str) -> String {
    let mut digits = String::with_capacity(32);
    for byte in Md5::digest(location.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    let name: String = name.chars().take(LONGEST - 33).collect();
    format!("{name}_{digits}")
}

/// A column under the name that the catalog gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedColumn {
    pub(super) name: String,
    pub(super) original: String,
    pub(super) shape: Shape,
}

/// Lower-cases names. Keys of JSON that differ in case only are one column, since readers ignore case; columns of other
/// formats get `_1`, `_2` appended.
pub(super) fn named_columns(
    columns: &[(String, Shape)],
    joins_case: bool,
    notes: &mut Vec<String>,
) -> Vec<NamedColumn> {
    let mut named: Vec<NamedColumn> = Vec::with_capacity(columns.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    let lower: HashSet<String> = columns.iter().map(|(name, _)| name.to_lowercase()).collect();
    for (original, shape) in columns {
        let mut name = original.to_lowercase();
        if let Some(known) = places.get(&name).and_then(|place| named.get_mut(*place)) {
            if joins_case {
                notes.push(format!("keys `{}` and `{original}` are one column, `{name}`", known.original));
                known.shape = std::mem::replace(&mut known.shape, Shape::Null).join(shape.clone());
                continue;
            }
            let free = (1..)
                .map(|n: usize| format!("{name}_{n}"))
                .find(|free| !lower.contains(free) && !places.contains_key(free));
            let renamed = free.unwrap_or_else(|| name.clone());
            notes.push(format!("column `{original}` is there twice; the later one is called `{renamed}`"));
            name = renamed;
        }
        places.insert(name.clone(), named.len());
        named.push(NamedColumn { name, original: original.clone(), shape: shape.clone() });
    }
    named
}

/// Columns as the catalog will name them, for formats whose readers go by position or ignore case. Done per file, so that
/// a file compares equal with the table that it went into.
pub(super) fn catalog_names(columns: &[(String, Shape)], notes: &mut Vec<String>) -> Vec<(String, Shape)> {
    named_columns(columns, false, notes).into_iter().map(|column| (column.name, column.shape)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::HiveType;

    #[test]
    fn table_names_have_letters_digits_and_underscores() {
        assert_eq!(table_name("", "Sales 2019-Q1.csv"), "sales_2019_q1_csv");
        assert_eq!(table_name("raw_", "year=2017"), "raw_year_2017");
        assert_eq!(table_name("", "Müller"), "m_ller");
        assert_eq!(table_name("", &"x".repeat(300)).len(), 128);
    }

    #[test]
    fn a_taken_name_gets_32_digits_of_its_location() {
        let name = distinct_name("orders", "data/b/orders/");
        assert_eq!(name.len(), "orders_".len() + 32);
        assert_ne!(name, distinct_name("orders", "data/a/orders/"));
    }

    #[test]
    fn columns_that_differ_in_case_stay_apart_in_csv_and_join_in_json() {
        let columns = |of: &[(&str, HiveType)]| {
            of.iter().map(|(name, of)| ((*name).to_owned(), Shape::from(of))).collect::<Vec<_>>()
        };
        let found = columns(&[("Id", HiveType::Int), ("id", HiveType::Double), ("id_1", HiveType::Int)]);
        let mut notes = Vec::new();
        let names = |named: &[NamedColumn]| named.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&named_columns(&found, false, &mut notes)), ["id", "id_2", "id_1"]);
        let joined = named_columns(&found, true, &mut notes);
        assert_eq!(names(&joined), ["id", "id_1"]);
        assert_eq!(joined[0].shape.to_hive(), HiveType::Double);
        assert_eq!(notes.len(), 2);
    }
}
