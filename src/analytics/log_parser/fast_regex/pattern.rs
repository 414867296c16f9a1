//! Fast Regex patterns: their syntax, and the tree that it gives.
//!
//! The syntax is that of the dk.brics.automaton library: besides the usual operators there are intersections (`a&b`), named
//! character classes (`<Alpha>`), intervals of numbers (`<1-31>`), any string (`@`), no string at all (`#`) and quoted text.

use std::ops::RangeInclusive;

/// A pattern, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// One character out of these, or out of all others.
    Class {
        ranges: Vec<RangeInclusive<char>>,
        negated: bool,
    },
    /// No string.
    Nothing,
    /// Any string.
    Anything,
    /// Digits of a number in the range; exactly so many, or any number of leading zeros.
    Interval {
        range: RangeInclusive<u64>,
        digits: Option<usize>,
    },
    Sequence(Vec<Self>),
    Union(Vec<Self>),
    Intersection(Vec<Self>),
    /// At least and at most so often.
    Repeat(Box<Self>, usize, Option<usize>),
    /// In parentheses.
    Group(Box<Self>),
}

/// Repetitions beyond this are a mistake.
const MOST_REPETITIONS: usize = 1_000;
/// Parentheses deeper than this too.
const DEEPEST: usize = 100;

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { characters: text.chars().collect(), at: 0, depth: 0 };
        let pattern = parser.union()?;
        match parser.peek() {
            None => Ok(pattern),
            Some(_) => Err(parser.fault("a `)` without `(`")),
        }
    }

    fn literal(character: char) -> Self {
        Self::Class { ranges: vec![character..=character], negated: false }
    }

    /// How many characters every match has, if all have as many.
    pub(super) fn fixed_length(&self) -> Option<usize> {
        match self {
            Self::Class { .. } => Some(1),
            Self::Nothing | Self::Anything => None,
            Self::Interval { digits, .. } => *digits,
            Self::Sequence(parts) => parts.iter().map(Self::fixed_length).sum(),
            Self::Union(parts) => {
                let mut lengths = parts.iter().map(Self::fixed_length);
                let first = lengths.next()??;
                lengths.all(|length| length == Some(first)).then_some(first)
            }
            Self::Intersection(parts) => parts.iter().find_map(Self::fixed_length),
            Self::Repeat(part, least, most) => {
                let length = part.fixed_length()?;
                (Some(*least) == *most || length == 0).then_some(length * least)
            }
            Self::Group(inner) => inner.fixed_length(),
        }
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek();
        self.at += usize::from(character.is_some());
        character
    }

    fn take_if(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, message: impl std::fmt::Display) -> String {
        format!("{message} at character {} of the pattern", self.at + 1)
    }

    fn union(&mut self) -> Result<Pattern, String> {
        let mut parts = vec![self.intersection()?];
        while self.take_if('|') {
            parts.push(self.intersection()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Pattern::Union(parts) })
    }

    fn intersection(&mut self) -> Result<Pattern, String> {
        let mut parts = vec![self.sequence()?];
        while self.take_if('&') {
            parts.push(self.sequence()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Pattern::Intersection(parts) })
    }

    fn sequence(&mut self) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        while let Some(next) = self.peek()
            && !matches!(next, ')' | '|' | '&')
        {
            parts.push(self.repeated()?);
        }
        Ok(Pattern::Sequence(parts))
    }

    fn repeated(&mut self) -> Result<Pattern, String> {
        let mut part = self.simple()?;
        loop {
            let (least, most) = match self.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => {
                    self.at += 1;
                    let bounds = self.bounds()?;
                    if self.peek() != Some('}') {
                        return Err(self.fault("`}` is expected"));
                    }
                    bounds
                }
                _ => return Ok(part),
            };
            self.at += 1;
            part = Pattern::Repeat(Box::new(part), least, most);
        }
    }

    /// `n`, `n,` or `n,m`
    fn bounds(&mut self) -> Result<(usize, Option<usize>), String> {
        let least = self.number()?;
        let most = match self.take_if(',') {
            false => Some(least),
            true if self.peek() == Some('}') => None,
            true => Some(self.number()?),
        };
        if most.is_some_and(|most| most < least) || least.max(most.unwrap_or(0)) > MOST_REPETITIONS {
            return Err(self.fault(format_args!("repetitions must rise and be at most {MOST_REPETITIONS}")));
        }
        Ok((least, most))
    }

    fn number(&mut self) -> Result<usize, String> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.characters[start..self.at].iter().collect();
        digits.parse().map_err(|_| self.fault("a number is expected"))
    }

    fn simple(&mut self) -> Result<Pattern, String> {
        match self.take() {
            Some('.') => Ok(Pattern::Class { ranges: Vec::new(), negated: true }),
            Some('#') => Ok(Pattern::Nothing),
            Some('@') => Ok(Pattern::Anything),
            Some('"') => Ok(Pattern::Sequence(self.until('"')?.chars().map(Pattern::literal).collect())),
            Some('<') => {
                let name = self.until('>')?;
                named(&name).ok_or_else(|| self.fault(format_args!("`<{name}>` is neither a class nor an interval")))
            }
            Some('[') => self.class(),
            Some('(') => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(self.fault("parentheses are nested too deeply"));
                }
                let inner = self.union()?;
                self.depth -= 1;
                if !self.take_if(')') {
                    return Err(self.fault("`)` is expected"));
                }
                Ok(Pattern::Group(Box::new(inner)))
            }
            Some('\\') => match self.take() {
                Some(escaped) => Ok(Pattern::literal(escaped)),
                None => Err(self.fault("a character is expected behind `\\`")),
            },
            Some(repetition @ ('*' | '+' | '?' | '{')) => {
                self.at -= 1;
                Err(self.fault(format_args!("`{repetition}` has nothing to repeat")))
            }
            Some(character) => Ok(Pattern::literal(character)),
            None => Err(self.fault("the pattern ends too early")),
        }
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let rest = &self.characters[self.at..];
        let Some(length) = rest.iter().position(|c| *c == end) else {
            return Err(self.fault(format_args!("`{end}` is expected")));
        };
        let text = rest[..length].iter().collect();
        self.at += length + 1;
        Ok(text)
    }

    /// `[a-z…]` or `[^…]`, behind the bracket.
    fn class(&mut self) -> Result<Pattern, String> {
        let negated = self.take_if('^');
        let mut ranges = Vec::new();
        while self.peek() != Some(']') || ranges.is_empty() {
            let first = self.class_character()?;
            let is_range = self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|c| *c != ']');
            let last = if is_range {
                self.at += 1;
                self.class_character()?
            } else {
                first
            };
            if last < first {
                return Err(self.fault("a range of characters falls"));
            }
            ranges.push(first..=last);
        }
        self.at += 1;
        Ok(Pattern::Class { ranges, negated })
    }

    fn class_character(&mut self) -> Result<char, String> {
        match self.take() {
            Some('\\') => self.take().ok_or_else(|| self.fault("`]` is expected")),
            Some(character) => Ok(character),
            None => Err(self.fault("`]` is expected")),
        }
    }
}

/// What stands in `<…>`: a POSIX class or an interval.
fn named(name: &str) -> Option<Pattern> {
    let ranges: &[RangeInclusive<char>] = match name.to_ascii_lowercase().as_str() {
        "digit" => &['0'..='9'],
        "upper" => &['A'..='Z'],
        "lower" => &['a'..='z'],
        "ascii" => &['\0'..='\x7f'],
        "alpha" => &['A'..='Z', 'a'..='z'],
        "alnum" => &['0'..='9', 'A'..='Z', 'a'..='z'],
        "punct" => &['!'..='/', ':'..='@', '['..='`', '{'..='~'],
        "blank" => &[' '..=' ', '\t'..='\t'],
        "space" => &[' '..=' ', '\t'..='\r'],
        "cntrl" => &['\0'..='\x1f', '\x7f'..='\x7f'],
        "xdigit" => &['0'..='9', 'A'..='F', 'a'..='f'],
        "print" => &[' '..='~'],
        "graph" => &['!'..='~'],
        _ => return interval(name),
    };
    Some(Pattern::Class { ranges: ranges.to_vec(), negated: false })
}

fn interval(text: &str) -> Option<Pattern> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let (low, high) = (number(first)?, number(last)?);
    let digits = (first.len() == last.len()).then_some(first.len());
    Some(Pattern::Interval { range: low.min(high)..=low.max(high), digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_known_where_they_are_fixed() {
        for (pattern, length) in [
            ("abc", Some(3)),
            ("a|b", Some(1)),
            ("a|bc", None),
            ("(ab){2}", Some(4)),
            ("a{1,2}", None),
            ("", Some(0)),
            ("\"lit\"[x-z]<Digit>.", Some(6)),
            ("<01-31>", Some(2)),
            ("<1-31>", None),
            ("@&ab", Some(2)),
            ("@", None),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().fixed_length(), length, "{pattern}");
        }
    }

    #[test]
    fn wrong_patterns_say_where() {
        for (pattern, place) in [("a(b", 4), ("a)b", 2), ("*a", 1), ("[ab", 4), ("a{3,2}", 6), ("<No>", 5), ("\"ab", 2)]
        {
            let message = Pattern::parse(pattern).unwrap_err();
            assert!(message.contains(&format!("character {place} ")), "{pattern}: {message}");
        }
    }
}
