//! Java date patterns: the subset of `DateTimeFormatter` that delivery prefixes and other texts of the services use.
//!
//! Patterns come from users who know them from tutorials, so they are evaluated as Java does (English texts, weeks from
//! Sunday), mistakes included: `YYYY` is the week-based year, and a prefix with it must give the same keys here as there.
//! What is probably a mistake is named by [`warnings`], with the days on which it shows.

mod format;
mod parse;
mod read;
mod simple;
mod warnings;

#[cfg(test)]
mod tests;

pub use parse::PatternError;
pub use simple::SimpleDateFormat;
pub use warnings::warnings;

use chrono_tz::Tz;

use super::Timestamp;
use parse::Item;

/// A compiled date pattern such as `yyyy/MM/dd/HH/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaPattern {
    text: String,
    items: Vec<Item>,
}

impl JavaPattern {
    /// Compile a pattern.
    ///
    /// # Errors
    /// A [`PatternError`] with the character where Java would refuse the pattern too, or where a letter stands that is not
    /// supported here.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        Ok(Self { text: text.to_owned(), items: parse::items(text)? })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `instant` in `zone`, as the pattern says; empty when the calendar does not reach that far.
    #[must_use]
    pub fn format(&self, instant: Timestamp, zone: Tz) -> String {
        format::format(&self.items, instant, zone).unwrap_or_default()
    }

    /// What is probably a mistake in this pattern alone; see [`warnings()`].
    #[must_use]
    pub fn warnings(&self, from: Timestamp) -> Vec<String> {
        warnings([self], from)
    }

    /// The symbols with their counts, in order.
    fn fields(&self) -> impl Iterator<Item = (char, usize)> {
        self.items.iter().filter_map(|item| match item {
            Item::Field { symbol, count, .. } => Some((*symbol, *count)),
            Item::Literal(_) => None,
        })
    }
}
