//! Where matches of a pattern can end: sets of places in a line, carried through the pattern.
//!
//! A set of places goes in, the set of all ends of matches that begin at one of them comes out. Nothing is tried twice, so
//! the time is at most quadratic in the line whatever the pattern.

use super::pattern::Pattern;

/// A set of places between the characters of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    words: Vec<u64>,
}

impl Places {
    fn none(line: usize) -> Self {
        Self { words: vec![0; line / 64 + 1] }
    }

    pub(super) fn one(place: usize, line: usize) -> Self {
        let mut places = Self::none(line);
        places.insert(place);
        places
    }

    fn insert(&mut self, place: usize) {
        self.words[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(super) fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(nth, word)| {
            let rest = std::iter::successors(Some(*word), |word| Some(word & word.wrapping_sub(1)));
            rest.take_while(|word| *word != 0).map(move |word| nth * 64 + word.trailing_zeros() as usize)
        })
    }

    fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    fn remove(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }
}

/// The ends of all matches of `pattern` in `line` that begin at one of `starts`.
pub(super) fn ends(pattern: &Pattern, line: &[char], starts: &Places) -> Places {
    match pattern {
        Pattern::Class { ranges, negated } => {
            let mut found = Places::none(line.len());
            for place in starts.iter() {
                if line.get(place).is_some_and(|c| ranges.iter().any(|range| range.contains(c)) != *negated) {
                    found.insert(place + 1);
                }
            }
            found
        }
        Pattern::Nothing => Places::none(line.len()),
        Pattern::Anything => {
            let mut found = Places::none(line.len());
            (starts.first().unwrap_or(line.len() + 1)..=line.len()).for_each(|place| found.insert(place));
            found
        }
        Pattern::Interval { range, digits } => {
            let mut found = Places::none(line.len());
            for start in starts.iter() {
                let mut value = 0u64;
                for (nth, digit) in line[start.min(line.len())..].iter().map_while(|c| c.to_digit(10)).enumerate() {
                    value = value.saturating_mul(10).saturating_add(u64::from(digit));
                    if range.contains(&value) && digits.is_none_or(|digits| digits == nth + 1) {
                        found.insert(start + nth + 1);
                    }
                }
            }
            found
        }
        Pattern::Sequence(parts) => parts.iter().fold(starts.clone(), |places, part| ends(part, line, &places)),
        Pattern::Union(parts) => {
            let mut found = Places::none(line.len());
            parts.iter().for_each(|part| found.add(&ends(part, line, starts)));
            found
        }
        // Both sides must agree on one match, so each start is on its own.
        Pattern::Intersection(parts) => {
            let mut found = Places::none(line.len());
            for start in starts.iter() {
                let start = Places::one(start, line.len());
                let mut both = ends(&parts[0], line, &start);
                parts[1..].iter().for_each(|part| both.keep(&ends(part, line, &start)));
                found.add(&both);
            }
            found
        }
        Pattern::Repeat(part, least, most) => repeat(part, *least, *most, line, starts),
        Pattern::Group(inner) => ends(inner, line, starts),
    }
}

fn repeat(part: &Pattern, least: usize, most: Option<usize>, line: &[char], starts: &Places) -> Places {
    let mut frontier = starts.clone();
    for _ in 0..least {
        frontier = ends(part, line, &frontier);
    }
    let mut found = frontier.clone();
    let mut round = least;
    while !frontier.is_empty() && most.is_none_or(|most| round < most) {
        frontier = ends(part, line, &frontier);
        frontier.remove(&found);
        found.add(&frontier);
        round += 1;
    }
    found
}
