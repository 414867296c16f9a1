//! Messages of the SQL parser and planner, in our form.

use sqlparser::parser::ParserError;

/// The parser's message, and its line and column when it names them.
pub(crate) fn parser_message(error: &ParserError) -> (String, Option<(u64, u64)>) {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => "The query is nested too deeply",
    };
    let placed = message.rsplit_once(" at Line: ").and_then(|(before, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((before.to_owned(), (line.trim().parse().ok()?, column.trim().parse().ok()?)))
    });
    match placed {
        Some((message, place)) => (message, Some(place)),
        None => (message.replace("found: EOF", "found the end of the text"), None),
    }
}

/// The text with its first letter in upper case.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_taken_out_of_the_parsers_text() {
        let placed = ParserError::ParserError("Expected: an expression, found: ) at Line: 2, Column: 14".into());
        assert_eq!(parser_message(&placed), ("Expected: an expression, found: )".into(), Some((2, 14))));
        let end = ParserError::ParserError("Expected: an expression, found: EOF".into());
        assert_eq!(parser_message(&end), ("Expected: an expression, found the end of the text".into(), None));
        assert_eq!(capitalised("élan"), "Élan");
    }
}
