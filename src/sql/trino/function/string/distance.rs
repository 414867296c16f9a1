//! How alike two texts are or sound: `levenshtein_distance`, `hamming_distance`, `soundex`, `word_stem`.

use arrow::array::ArrayRef;
use rust_stemmers::{Algorithm, Stemmer};

use super::super::column::{bigint_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("hamming_distance(varchar, varchar) -> bigint", hamming_distance, "hamming_distance('hello', 'jello')", "1"),
    entry(
        "levenshtein_distance(varchar, varchar) -> bigint",
        levenshtein_distance,
        "levenshtein_distance('kitten', 'sitting')",
        "3",
    ),
    entry("soundex(varchar) -> varchar", soundex, "soundex('Miller')", "M460"),
    entry("word_stem(varchar) -> varchar", word_stem, "word_stem('running')", "run"),
    entry("word_stem(varchar, varchar) -> varchar", word_stem, "word_stem('laufen', 'de')", "lauf"),
];

fn hamming_distance(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.text(0)?, call.text(1)?);
    bigint_rows(call, |row| {
        let (mut left, mut right) = (left.value(row).chars(), right.value(row).chars());
        let mut distance = 0;
        loop {
            match (left.next(), right.next()) {
                (Some(one), Some(other)) => distance += i64::from(one != other),
                (None, None) => return Ok(Some(distance)),
                _ => {
                    return Err(TrinoError::argument(
                        "The input strings to hamming_distance function must have the same length".to_owned(),
                    ));
                }
            }
        }
    })
}

fn levenshtein_distance(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.text(0)?, call.text(1)?);
    let (mut one, mut other, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    bigint_rows(call, |row| {
        one.clear();
        one.extend(left.value(row).chars());
        other.clear();
        other.extend(right.value(row).chars());
        Ok(Some(edit_distance(&one, &other, &mut costs) as i64))
    })
}

/// Levenshtein's distance with one row of costs.
fn edit_distance(one: &[char], other: &[char], costs: &mut Vec<usize>) -> usize {
    costs.clear();
    costs.extend(0..=other.len());
    for (row, left) in one.iter().enumerate() {
        let mut diagonal = row;
        costs[0] = row + 1;
        for (column, right) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = costs[column + 1];
            costs[column + 1] = replaced.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    costs[other.len()]
}

/// American Soundex as Apache Commons has it: H and W do not separate equal codes, vowels do.
fn soundex(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    text_rows(call, |row, out| {
        let mut letters = text.value(row).chars().filter(|letter| letter.is_alphabetic());
        let Some(first) = letters.next() else {
            return Ok(true);
        };
        let mut last = soundex_code(first)?;
        let mut length = 1;
        out.push(first.to_ascii_uppercase());
        for letter in letters {
            let code = soundex_code(letter)?;
            if code == b'-' {
                continue;
            }
            if code != b'0' && code != last && length < 4 {
                out.push(char::from(code));
                length += 1;
            }
            last = code;
        }
        out.push_str(&"000"[length - 1..]);
        Ok(true)
    })
}

/// The digit of a letter, `0` for vowels, `-` for the silent H and W.
fn soundex_code(letter: char) -> Result<u8, TrinoError> {
    const CODES: &[u8; 26] = b"01230120022455012623010202";
    match letter.to_ascii_uppercase() {
        'H' | 'W' => Ok(b'-'),
        letter @ 'A'..='Z' => Ok(CODES[(letter as u8 - b'A') as usize]),
        other => Err(TrinoError::argument(format!("The character is not mapped: {other} (index={})", other as u32))),
    }
}

fn word_stem(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let words = call.text(0)?;
    let languages = if call.args.len() > 1 { Some(call.text(1)?) } else { None };
    let mut stemmer: Option<(String, Stemmer)> = None;
    text_rows(call, |row, out| {
        let language = languages.map_or("en", |languages| languages.value(row));
        let current = match stemmer.take() {
            Some(current) if current.0 == language => current,
            _ => (language.to_owned(), Stemmer::create(algorithm(language)?)),
        };
        out.push_str(&current.1.stem(words.value(row)));
        stemmer = Some(current);
        Ok(true)
    })
}

fn algorithm(language: &str) -> Result<Algorithm, TrinoError> {
    Ok(match language {
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "tr" => Algorithm::Turkish,
        "ca" | "eu" | "hy" | "ir" | "lt" => {
            return Err(TrinoError::new(
                "NOT_SUPPORTED",
                format!("word_stem has no stemmer for the language {language} here"),
            ));
        }
        _ => return Err(TrinoError::argument(format!("Unknown stemmer language: {language}"))),
    })
}
