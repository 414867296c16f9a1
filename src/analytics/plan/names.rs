//! Identifiers of a query as they are stored: unquoted ones in upper case, with the one leniency that real
//! applications need.
//!
//! The input mapping names columns exactly as the records do, mostly in lower case, and many applications then write
//! them without quotes. An unquoted name without a match stands for the only name that matches ignoring case.

use std::collections::BTreeSet;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::analytics::reserved::is_reserved;
use crate::analytics::statement::is_word;

/// The tokens of a query with `STREAM` taken out and every unquoted identifier folded.
pub(crate) struct FoldedQuery {
    pub(crate) tokens: Vec<TokenWithSpan>,
    /// One sentence for each name that matched only ignoring case.
    pub(crate) warnings: Vec<String>,
}

/// Fold the names of a query over `known`, the names of streams and columns that it may use.
pub(crate) fn fold(tokens: &[TokenWithSpan], known: &BTreeSet<String>) -> FoldedQuery {
    let aliases = aliases(tokens);
    let mut folded = Vec::with_capacity(tokens.len());
    let mut warnings = BTreeSet::new();
    for (place, token) in tokens.iter().enumerate() {
        if is_stream_modifier(tokens, place) {
            continue;
        }
        let mut token = token.clone();
        if let Token::Word(word) = &mut token.token
            && word.quote_style.is_none()
        {
            let upper = word.value.to_ascii_uppercase();
            let calls = tokens.get(place + 1).is_some_and(|next| next.token == Token::LParen);
            let stands = calls || known.contains(&upper) || aliases.contains(&upper) || is_reserved(&upper);
            match only_match(known, &upper).filter(|_| !stands) {
                Some(name) => {
                    warnings.insert(format!(
                        "Line {}: `{}` is not quoted and stands for \"{name}\"; quote it to keep its case",
                        token.span.start.line, word.value
                    ));
                    word.value.clone_from(name);
                    word.quote_style = Some('"');
                    word.keyword = sqlparser::keywords::Keyword::NoKeyword;
                }
                None => word.value = upper,
            }
        }
        folded.push(token);
    }
    FoldedQuery { tokens: folded, warnings: warnings.into_iter().collect() }
}

/// Whether the token is the `STREAM` of `SELECT STREAM`.
fn is_stream_modifier(tokens: &[TokenWithSpan], place: usize) -> bool {
    place > 0 && is_word(&tokens[place], "STREAM") && is_word(&tokens[place - 1], "SELECT")
}

/// The names that the query itself gives, by AS.
fn aliases(tokens: &[TokenWithSpan]) -> BTreeSet<String> {
    let named = tokens.windows(2).filter(|pair| is_word(&pair[0], "AS"));
    named
        .filter_map(|pair| match &pair[1].token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            Token::Word(word) => Some(word.value.clone()),
            _ => None,
        })
        .collect()
}

fn only_match<'a>(known: &'a BTreeSet<String>, upper: &str) -> Option<&'a String> {
    let mut matches = known.iter().filter(|name| name.eq_ignore_ascii_case(upper));
    matches.next().filter(|_| matches.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::statement::lex::tokenize;

    fn folded(text: &str, known: &[&str]) -> (String, usize) {
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        let query = fold(&tokenize(text).unwrap(), &known);
        let words: Vec<String> = query.tokens.iter().map(|token| token.token.to_string()).collect();
        (words.join(" "), query.warnings.len())
    }

    #[test]
    fn unquoted_names_become_upper_case_and_stream_disappears() {
        assert_eq!(folded("select stream a, \"b\" from s", &["A", "b", "S"]), ("SELECT A , \"b\" FROM S".into(), 0));
    }

    #[test]
    fn the_only_match_ignoring_case_is_taken_with_a_warning() {
        assert_eq!(folded("SELECT temp FROM s", &["temp", "S"]), ("SELECT \"temp\" FROM S".into(), 1));
        assert_eq!(folded("SELECT temp FROM s", &["temp", "Temp", "S"]), ("SELECT TEMP FROM S".into(), 0));
    }

    #[test]
    fn functions_aliases_and_reserved_words_are_not_replaced() {
        assert_eq!(folded("SELECT lower(x) AS lower, CAST(x AS timestamp)", &["lower", "X", "timestamp"]).1, 0);
    }
}
