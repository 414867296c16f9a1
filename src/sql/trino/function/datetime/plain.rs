//! The usual patterns, quickly: numbers of a date and a time with something between them, such as `%d/%m/%Y`.
//!
//! What such a pattern does not read at once is left to [`Pattern::parse`], which knows all rules and all errors.
//!
//! [`Pattern::parse`]: super::pattern::Pattern::parse

use super::calendar::{Day, Local, NANOS_OF_SECOND, days_in_month};
use super::pattern::{Field, Item};

/// The steps of a plain pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain(Vec<Step>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Literal(u8),
    /// Place of the field in [`Plain::parse`]'s values, and how many digits it has at most.
    Number(usize, usize),
}

/// Fields that a plain pattern may have, in the order of its values.
const FIELDS: [Field; 6] = [Field::Year, Field::Month, Field::DayOfMonth, Field::Hour, Field::Minute, Field::Second];

impl Plain {
    /// The plain form of a pattern; `None` when it has more than plain items.
    pub(super) fn of(items: &[Item]) -> Option<Self> {
        let mut steps = Vec::with_capacity(items.len());
        let mut seen = [false; FIELDS.len()];
        for item in items {
            match item {
                Item::Literal(literal) => steps.extend(literal.bytes().map(Step::Literal)),
                Item::Number { field, most, .. } => {
                    let place = FIELDS.iter().position(|known| known == field)?;
                    if std::mem::replace(seen.get_mut(place)?, true) || matches!(steps.last(), Some(Step::Number(..))) {
                        return None;
                    }
                    steps.push(Step::Number(place, *most));
                }
                _ => return None,
            }
        }
        // Without a year the century would have to be guessed.
        let [has_year, ..] = seen;
        let is_plain = |step: &Step| !matches!(step, Step::Literal(byte) if byte.is_ascii_alphanumeric());
        (has_year && steps.iter().all(is_plain)).then_some(Self(steps))
    }

    /// What a text says; `None` when it does not fit at once.
    pub(super) fn parse(&self, text: &str) -> Option<Local> {
        let mut values = [0_i64, 1, 1, 0, 0, 0];
        let mut rest = text.as_bytes();
        for step in &self.0 {
            match *step {
                Step::Literal(literal) => match rest {
                    [first, tail @ ..] if *first == literal => rest = tail,
                    _ => return None,
                },
                Step::Number(place, most) => {
                    let mut value = 0_i64;
                    let mut digits = 0;
                    while let [digit @ b'0'..=b'9', tail @ ..] = rest
                        && digits < most.min(9)
                    {
                        value = value * 10 + i64::from(digit - b'0');
                        digits += 1;
                        rest = tail;
                    }
                    if digits == 0 {
                        return None;
                    }
                    *values.get_mut(place)? = value;
                }
            }
        }
        let [year, month, day, hour, minute, second] = values;
        let fits = rest.is_empty()
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        fits.then(|| Local {
            days: Day { year, month, day }.days(),
            nanos: ((hour * 60 + minute) * 60 + second) * NANOS_OF_SECOND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::mysql::compile;

    #[test]
    fn plain_patterns_read_as_all_others_do() {
        let texts = [
            "21/08/2019",
            "1/2/2019",
            "31/02/2019",
            "29/02/2020",
            "00/01/2019",
            "21/13/2019",
            "21/08/19",
            "21/08/20191",
            "21/08",
            "",
            "21-08-2019",
            "+1/08/2019",
            "21/08/-2019",
            " 21/08/2019",
            "21/08/2019 ",
            "2019-08-21 10:11:12",
            "2019-08-21 24:00:00",
            "2019-08-21 10:11:60",
            "9999-12-31 23:59:59",
            "2019-8-1 1:2:3",
            "٢١/08/2019",
        ];
        for pattern in ["%d/%m/%Y", "%Y-%m-%d %H:%i:%s", "%Y-%m-%d", "%Y", "%m/%Y", "%d.%m.%Y"] {
            let compiled = compile(pattern).unwrap();
            assert!(compiled.plain().is_some(), "{pattern}");
            for text in texts {
                let slow = compiled.parse_items(text);
                if let Some(quick) = compiled.plain().and_then(|plain| plain.parse(text)) {
                    assert_eq!(slow.unwrap().local, quick, "{pattern} {text}");
                } else if slow.is_ok() {
                    // Signs are the slow path's.
                    assert!(text.contains(['+', '-']) || text.len() > 10, "{pattern} {text}");
                }
            }
        }
        for pattern in ["%Y%m%d", "%d/%m/%y", "%b %d %Y", "%d/%m", "%h:%i %Y"] {
            assert!(compile(pattern).unwrap().plain().is_none(), "{pattern}");
        }
    }
}
