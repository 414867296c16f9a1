//! The names of discovered columns.

use crate::analytics::reserved::is_reserved;

/// A name longer than this is replaced.
const LONGEST_KEPT_NAME: usize = 100;

/// The name of a column from its key: kept when it can be a name, else `COL_` and what is left of it.
pub(super) fn column_name(key: &str, place: usize) -> String {
    let left: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let kept = left == key
        && !left.starts_with(|c: char| c.is_ascii_digit())
        && left.len() <= LONGEST_KEPT_NAME
        && !is_reserved(&left.to_ascii_uppercase());
    match (kept, left.is_empty() || left.len() > LONGEST_KEPT_NAME) {
        (true, false) => left,
        (_, true) => format!("COL_{place}"),
        (false, false) => format!("COL_{left}"),
    }
}

/// Names for columns that are known by these paths of keys.
///
/// Two members of one name in different objects are told apart by their paths, or else by their places.
pub(super) fn column_names(paths: &[Vec<String>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(paths.len());
    for (place, path) in paths.iter().enumerate() {
        let key = path.last().map_or("", String::as_str);
        let candidates = [column_name(key, place), column_name(&path.join("_"), place), format!("COL_{place}")];
        let free = candidates.into_iter().find(|name| !names.contains(name));
        names.push(free.unwrap_or_else(|| format!("COL_{place}_{}", names.len())));
    }
    names
}
