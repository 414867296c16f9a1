//! Which language a statement is in, decided by its first words as Athena does.

use super::cursor::Cursor;
use super::error::{Error, Result};
use super::lex::{Kind, Language};

/// The language of `text`.
///
/// # Errors
/// [`Error::Sql`] for a text without a statement.
pub(super) fn language(text: &str) -> Result<Language> {
    let words = first_words(text);
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    Ok(match (word(0), word(1)) {
        ("", _) if text_is_empty(text) => {
            return Err(Error::syntax(text, super::lex::Place { line: 1, column: 1 }, "The query is empty"));
        }
        ("show", "create") if word(2) == "view" => Language::Trino,
        ("show" | "describe" | "desc" | "msck" | "alter", _) => Language::Hive,
        ("create" | "drop", "database" | "schema") | ("drop", "table") | ("create", "external") => Language::Hive,
        ("create", "table") if !has_query(text) => Language::Hive,
        _ => Language::Trino,
    })
}

/// The first three words in lower case; a shorter list when something else stands among them.
fn first_words(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut words = Vec::new();
    while words.len() < 3 {
        rest = behind_blank(rest);
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        words.push(word.to_lowercase());
        rest = behind;
    }
    words
}

fn text_is_empty(text: &str) -> bool {
    behind_blank(text).trim_start_matches(';').trim().is_empty()
}

/// The text behind white space and comments.
fn behind_blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let end = if text.starts_with("--") {
            text.find('\n').unwrap_or(text.len())
        } else if text.starts_with("/*") {
            text.find("*/").map_or(text.len(), |end| end + 2)
        } else {
            return text;
        };
        text = text.get(end..).unwrap_or_default();
    }
}

/// Whether a word AS begins a query, and not a clause such as `STORED AS`.
fn has_query(text: &str) -> bool {
    // A text that only Hive's rules can cut into tokens is no query.
    let Ok(cursor) = Cursor::new(text, Language::Trino) else { return false };
    let mut depth = 0_i32;
    (0..cursor.len()).any(|at| {
        match cursor.kind_at(at) {
            Some(Kind::Symbol('(')) => depth += 1,
            Some(Kind::Symbol(')')) => depth -= 1,
            Some(Kind::Word(word)) if depth == 0 && word.eq_ignore_ascii_case("as") => {
                let before = at.checked_sub(1).and_then(|before| cursor.kind_at(before));
                let clause = |word: &String| ["stored", "defined"].contains(&word.to_lowercase().as_str());
                return !matches!(before, Some(Kind::Word(word)) if clause(word));
            }
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_decide_after_comments() {
        for text in [
            "SHOW TABLES",
            "/* x */ -- y\n describe t",
            "MSCK REPAIR TABLE t",
            "ALTER TABLE t SET LOCATION 'x'",
            "CREATE SCHEMA x",
            "CREATE EXTERNAL TABLE t (a int) LOCATION 'x'",
            "CREATE TABLE t (a int) ROW FORMAT DELIMITED NULL DEFINED AS 'x' STORED AS PARQUET",
            "DROP TABLE t",
        ] {
            assert_eq!(language(text).unwrap(), Language::Hive, "{text}");
        }
        for text in [
            "SELECT 1",
            "(SELECT 1)",
            "SHOW CREATE VIEW v",
            "CREATE TABLE t AS SELECT 1",
            "CREATE TABLE t WITH (format = 'ORC') AS (SELECT 1)",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "DROP VIEW v",
            "EXPLAIN SELECT 1",
        ] {
            assert_eq!(language(text).unwrap(), Language::Trino, "{text}");
        }
        assert!(language(" -- nothing\n").is_err());
    }
}
