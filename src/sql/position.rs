//! Places in SQL text, shown to people.

/// The line of `text` at `line` (from 1) with carets under the `width` characters from `column` (from 1).
///
/// A place behind the text's end is shown behind its last character.
#[must_use]
pub fn caret(text: &str, line: u64, column: u64, width: usize) -> String {
    let wanted = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let source = text.lines().nth(wanted).or_else(|| text.lines().last()).unwrap_or_default();
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    // Tabs stay tabs, so that the caret stands under the word whatever their width.
    let margin: String = source.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!("  {source}\n  {margin}{}", "^".repeat(width.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_word() {
        assert_eq!(caret("a\nb cc d\ne", 2, 3, 2), "  b cc d\n    ^^");
        assert_eq!(caret("\tx", 1, 2, 1), "  \tx\n  \t^");
        assert_eq!(caret("", 1, 1, 1), "  \n  ^");
    }
}
