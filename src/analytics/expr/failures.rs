//! Rows that failed while an expression was computed.

use std::borrow::Cow;

/// Why a row failed.
pub(crate) type Message = Cow<'static, str>;

/// The failed rows of a batch, ascending, each once with the first reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowFailures {
    rows: Vec<(usize, Message)>,
}

impl RowFailures {
    /// The reason of rows that go without an error row, as those do that a FAST_REGEX_LOG_PARSE does not match.
    pub(crate) const WITHOUT_TRACE: Message = Message::Borrowed("");

    /// Adds a row behind all others.
    pub(crate) fn push(&mut self, row: usize, message: Message) {
        debug_assert!(self.rows.last().is_none_or(|(last, _)| *last < row));
        self.rows.push((row, message));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.rows.iter().map(|(row, message)| (*row, message.as_ref()))
    }

    pub(crate) fn contains(&self, row: usize) -> bool {
        self.rows.binary_search_by_key(&row, |(row, _)| *row).is_ok()
    }

    /// Only the rows for which `keep` holds.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        self.rows.retain(|(row, _)| keep(*row));
    }

    /// These failures and `later` ones; of a row that is in both, the reason here stays.
    pub(crate) fn merge(mut self, later: Self) -> Self {
        if self.rows.is_empty() {
            return later;
        }
        if !later.rows.is_empty() {
            self.rows.extend(later.rows);
            self.rows.sort_by_key(|(row, _)| *row);
            self.rows.dedup_by_key(|(row, _)| *row);
        }
        self
    }

    /// `None` when no row failed.
    pub(crate) fn some(self) -> Option<Self> {
        if self.rows.is_empty() { None } else { Some(self) }
    }

    /// Both, where there are any.
    pub(crate) fn join(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => first.merge(second).some(),
            (one, other) => one.or(other),
        }
    }

    /// The same failure in each of `rows` rows.
    pub(crate) fn everywhere(&self, rows: usize) -> Self {
        match self.rows.first() {
            Some((_, message)) => Self { rows: (0..rows).map(|row| (row, message.clone())).collect() },
            None => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_of_a_row_stays() {
        let mut first = RowFailures::default();
        first.push(1, "a".into());
        first.push(4, "b".into());
        let mut second = RowFailures::default();
        second.push(0, "c".into());
        second.push(4, "d".into());
        let both = first.merge(second);
        assert_eq!(both.iter().collect::<Vec<_>>(), [(0, "c"), (1, "a"), (4, "b")]);
        assert!(both.contains(4) && !both.contains(2));
    }
}
