//! Interval qualifiers, and the values that stand before them.
//!
//! Source: Kinesis Data Analytics SQL Reference, "INTERVAL Literals", "Time Literals".

use std::fmt;

/// A field of an interval or of a datetime, from the largest to the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Unit {
    /// Calendar year.
    Year,
    /// Calendar month.
    Month,
    /// 24 hours.
    Day,
    /// 60 minutes.
    Hour,
    /// 60 seconds.
    Minute,
    /// Seconds, with milliseconds after the point.
    Second,
}

impl Unit {
    /// The unit of that name in upper case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "YEAR" => Self::Year,
            "MONTH" => Self::Month,
            "DAY" => Self::Day,
            "HOUR" => Self::Hour,
            "MINUTE" => Self::Minute,
            "SECOND" => Self::Second,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Month => "MONTH",
            Self::Day => "DAY",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Second => "SECOND",
        }
    }

    /// Whether it counts months rather than milliseconds.
    pub(crate) fn is_year_month(self) -> bool {
        self <= Self::Month
    }

    /// Months or milliseconds in one.
    pub(crate) fn size(self) -> i64 {
        match self {
            Self::Year => 12,
            Self::Month => 1,
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1_000,
        }
    }

    fn following(self) -> Option<Self> {
        Some(match self {
            Self::Year => Self::Month,
            Self::Day => Self::Hour,
            Self::Hour => Self::Minute,
            Self::Minute => Self::Second,
            Self::Month | Self::Second => return None,
        })
    }

    /// The largest value of a field that is not the first.
    fn most(self) -> i64 {
        match self {
            Self::Year | Self::Day => i64::MAX,
            Self::Month => 11,
            Self::Hour => 23,
            Self::Minute | Self::Second => 59,
        }
    }
}

/// Which fields an interval has: `DAY TO SECOND`, `MINUTE(3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IntervalQualifier {
    pub(crate) first: Unit,
    /// The same as `first` for one field.
    pub(crate) last: Unit,
    /// Digits of the first field, where written.
    pub(crate) precision: Option<u8>,
    /// Digits after the point of the seconds, where written.
    pub(crate) fraction: Option<u8>,
}

impl IntervalQualifier {
    /// A qualifier without written precision.
    pub(crate) fn new(first: Unit, last: Unit) -> Self {
        Self { first, last, precision: None, fraction: None }
    }

    pub(crate) fn is_year_month(self) -> bool {
        self.first.is_year_month()
    }

    /// The qualifier that holds the fields of both.
    pub(crate) fn union(self, other: Self) -> Self {
        Self::new(self.first.min(other.first), self.last.max(other.last))
    }

    fn fields(self) -> impl Iterator<Item = Unit> {
        std::iter::successors(Some(self.first), move |unit| if *unit == self.last { None } else { unit.following() })
    }

    /// The smallest step of its last field, in months or milliseconds.
    pub(crate) fn step(self) -> i64 {
        if self.last == Unit::Second {
            10_i64.pow(3 - u32::from(self.fraction.unwrap_or(3).min(3)))
        } else {
            self.last.size()
        }
    }

    /// Whether the first field has room for `value` (months or milliseconds); always when no precision is written.
    pub(crate) fn holds(self, value: i64) -> bool {
        self.precision.is_none_or(|digits| {
            10_u64
                .checked_pow(digits.into())
                .is_none_or(|limit| value.unsigned_abs() / self.first.size().unsigned_abs() < limit)
        })
    }

    /// Months or milliseconds of a literal's text.
    ///
    /// # Errors
    /// What does not fit, as a sentence.
    pub(crate) fn parse(self, text: &str) -> Result<i64, String> {
        let wrong = || format!("`{text}` is not an interval of {self}, which has the form {}", self.form());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let mut rest = digits;
        let mut total = 0_i64;
        for unit in self.fields() {
            if unit != self.first {
                rest = rest.strip_prefix(separator(unit)).ok_or_else(wrong)?;
            }
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (field, behind) = rest.split_at(end);
            let value: i64 = field.parse().map_err(|_| wrong())?;
            rest = behind;
            if unit == self.first {
                if self.precision.is_some_and(|most| field.trim_start_matches('0').len() > usize::from(most))
                    || field.len() > 10
                {
                    return Err(format!(
                        "`{text}` has more than {} digits before the next field, the precision of {self}",
                        self.precision.unwrap_or(10)
                    ));
                }
            } else if value > unit.most() {
                return Err(format!("The field {} of `{text}` is at most {}", unit.name(), unit.most()));
            }
            total = value.checked_mul(unit.size()).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        }
        if let (Unit::Second, Some(fraction)) = (self.last, rest.strip_prefix('.')) {
            total += self.milliseconds(fraction).ok_or_else(wrong)?;
            rest = "";
        }
        if !rest.is_empty() {
            return Err(wrong());
        }
        Ok(if negative { -total } else { total })
    }

    fn milliseconds(self, fraction: &str) -> Option<i64> {
        let most = usize::from(self.fraction.unwrap_or(3)).min(9);
        if fraction.is_empty() || fraction.len() > most || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        format!("{fraction:0<3}").get(..3)?.parse().ok()
    }

    /// What a value looks like: `DD HH:MM`.
    fn form(self) -> String {
        let mut form = String::from("'");
        for unit in self.fields() {
            if unit != self.first {
                form.push(separator(unit));
            }
            form.push_str(match unit {
                Unit::Year => "YY",
                Unit::Month | Unit::Minute => "MM",
                Unit::Day => "DD",
                Unit::Hour => "HH",
                Unit::Second => "SS[.fff]",
            });
        }
        form.push('\'');
        form
    }

    /// The value's text: always a sign, the first field without padding, a fraction only when it is not 0.
    pub(crate) fn render(self, value: i64) -> String {
        use fmt::Write as _;
        let mut text = String::from(if value < 0 { "-" } else { "+" });
        let mut rest = value.unsigned_abs();
        for unit in self.fields() {
            let size = unit.size().unsigned_abs();
            let (field, behind) = (rest / size, rest % size);
            rest = behind;
            // Writing to a String cannot fail.
            let _ = if unit == self.first {
                write!(text, "{field}")
            } else {
                write!(text, "{}{field:02}", separator(unit))
            };
        }
        if self.last == Unit::Second && rest != 0 {
            let digits = usize::from(self.fraction.unwrap_or(3)).min(3);
            let fraction = format!("{rest:03}");
            let fraction = fraction.get(..digits).unwrap_or_default();
            if !fraction.is_empty() {
                let _ = write!(text, ".{fraction}");
            }
        }
        text
    }
}

/// What stands before a field that is not the first.
fn separator(unit: Unit) -> char {
    match unit {
        Unit::Year | Unit::Month => '-',
        Unit::Day | Unit::Hour => ' ',
        Unit::Minute | Unit::Second => ':',
    }
}

impl fmt::Display for IntervalQualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.first.name())?;
        match (self.precision, self.fraction) {
            (Some(precision), Some(fraction)) if self.first == self.last => write!(f, "({precision},{fraction})")?,
            (Some(precision), _) => write!(f, "({precision})")?,
            (None, _) => {}
        }
        if self.first != self.last {
            write!(f, " TO {}", self.last.name())?;
            if let Some(fraction) = self.fraction {
                write!(f, "({fraction})")?;
            }
        }
        Ok(())
    }
}
