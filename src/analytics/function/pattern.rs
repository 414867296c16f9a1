//! Patterns that come with the rows: compiled once for each that differs from the one before.

use crate::analytics::expr::Message;

/// The last pattern of a column, compiled.
pub(super) struct Compiled<T, F: Fn(&str) -> Result<T, String>> {
    compile: F,
    last: Option<(String, Result<T, String>)>,
}

impl<T, F: Fn(&str) -> Result<T, String>> Compiled<T, F> {
    pub(super) fn new(compile: F) -> Self {
        Self { compile, last: None }
    }

    /// The compiled form of `pattern`; a pattern that is not valid fails its row.
    pub(super) fn get(&mut self, pattern: &str) -> Result<&T, Message> {
        let same = self.last.as_ref().is_some_and(|(last, _)| last == pattern);
        if !same {
            self.last = Some((pattern.to_owned(), (self.compile)(pattern)));
        }
        match &self.last {
            Some((_, Ok(compiled))) => Ok(compiled),
            Some((_, Err(message))) => Err(Message::Owned(message.clone())),
            None => Err(Message::Borrowed("No pattern was given")),
        }
    }
}
