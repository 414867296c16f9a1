//! Tokens of the dialect, each with its place in the text.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::analytics::error::{Error, Result};

/// The expression syntax of the dialect, for the tokenizer and the parser of query bodies.
#[derive(Debug, Default)]
pub(crate) struct StreamingDialect;

impl Dialect for StreamingDialect {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_ascii_alphanumeric() || ch == '_'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_subquery_as_function_arg(&self) -> bool {
        true
    }
}

/// The tokens of `text` without white space and comments.
///
/// # Errors
/// [`Error::Sql`] where a string, name or comment is not closed.
pub(crate) fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>> {
    let blanked = blank_comments(text);
    let tokens = Tokenizer::new(&StreamingDialect, &blanked)
        .tokenize_with_location()
        .map_err(|error| Error::sql(text, error.location.line, error.location.column, error.message, None))?;
    Ok(tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF)).collect())
}

/// Whether the token is the unquoted word `word`, which is given in upper case.
pub(crate) fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

/// The text with the comments that the tokenizer does not know replaced by blanks, so that every place stays where it is.
///
/// These are `//` and the dashes that word processors make of `--`: `–`, `–-`, `-–`.
fn blank_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut quote = None;
    let mut block = false;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let opens_line = matches!((character, next), ('/', Some('/')) | ('-', Some('-' | '–')) | ('–', _));
        match quote {
            Some(open) => {
                if character == open {
                    quote = None;
                }
                out.push(character);
            }
            None if block => {
                block = !(character == '*' && next == Some('/'));
                out.push(character);
                if !block {
                    out.extend(characters.next());
                }
            }
            None if opens_line => {
                out.push(' ');
                while let Some(skipped) = characters.next_if(|c| *c != '\n') {
                    out.push(if skipped == '\t' { '\t' } else { ' ' });
                }
            }
            None => {
                if character == '\'' || character == '"' {
                    quote = Some(character);
                }
                out.push(character);
                if character == '/' && next == Some('*') {
                    block = true;
                    out.extend(characters.next());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokenize(text).unwrap().into_iter().map(|token| token.token.to_string()).collect()
    }

    #[test]
    fn all_comment_forms_are_skipped() {
        assert_eq!(words("a -- b\nc // d\n/* e // f */ g –- h\n–i\n-– j\nk"), ["a", "c", "g", "k"]);
    }

    #[test]
    fn strings_and_quoted_names_are_left_alone() {
        assert_eq!(words("'a // b' \"c -- d\" 'it''s – x' e"), ["'a // b'", "\"c -- d\"", "'it's – x'", "e"]);
    }

    #[test]
    fn places_survive_blanking() {
        let tokens = tokenize("// first\n  name").unwrap();
        assert_eq!((tokens[0].span.start.line, tokens[0].span.start.column), (2, 3));
    }

    #[test]
    fn an_open_string_is_an_error_with_its_place() {
        let error = tokenize("SELECT 'abc").unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
