//! How long a function of ROWTIME keeps its value.
//!
//! Windows are defined by functions of ROWTIME that only ever rise (or only ever fall): STEP, FLOOR, CEIL, the epoch idiom,
//! calendar months. Where such a function changes is found by evaluating it, so every form ends its windows at the right
//! millisecond, and none needs a rule of its own.

use std::fmt;

use arrow::array::ArrayRef;
use arrow::compute::kernels::cmp::distinct;

use crate::analytics::error::Result;

/// Evaluates functions of ROWTIME at given times: one column a function.
pub(crate) type Evaluate = Box<dyn Fn(&[i64]) -> Result<Vec<ArrayRef>> + Send>;

/// What decides when a run of rows ends.
pub(crate) enum Periods {
    /// ROWTIME itself: each millisecond is a run of its own.
    Rowtime,
    /// Functions of ROWTIME: a run ends where the first of them changes.
    Functions(Evaluate),
    /// Only the rows tell; bounds prove nothing.
    Rows,
}

impl fmt::Debug for Periods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rowtime => "Rowtime",
            Self::Functions(_) => "Functions",
            Self::Rows => "Rows",
        })
    }
}

/// Doublings of a millisecond tried: some 139 years.
const DOUBLINGS: u32 = 42;
/// Places tried at once while narrowing.
const PLACES: i64 = 32;

/// A stretch of ROWTIMEs over which nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// A time inside.
    pub(crate) start: i64,
    /// The first time outside; `i64::MAX` when none is known.
    pub(crate) end: i64,
}

impl Period {
    pub(crate) fn holds(&self, time: i64) -> bool {
        (self.start..self.end).contains(&time)
    }
}

impl Periods {
    /// The stretch from `time` on.
    pub(crate) fn from(&self, time: i64) -> Result<Period> {
        let end = match self {
            Self::Rowtime => time.saturating_add(1),
            Self::Rows => i64::MAX,
            Self::Functions(_) if time == i64::MIN || time == i64::MAX => i64::MAX,
            Self::Functions(evaluate) => first_change(evaluate, time)?,
        };
        Ok(Period { start: time, end })
    }
}

fn first_change(evaluate: &Evaluate, time: i64) -> Result<i64> {
    let doubled: Vec<i64> = (0..DOUBLINGS).map(|power| time.saturating_add(1 << power)).collect();
    let Some(place) = first_different(evaluate, time, &doubled)? else { return Ok(i64::MAX) };
    let mut unchanged = if place == 0 { time } else { doubled[place - 1] };
    let mut changed = doubled[place];
    while changed - unchanged > 1 {
        let step = (changed - unchanged).div_euclid(PLACES).max(1);
        let between: Vec<i64> =
            (1..=PLACES).map(|place| unchanged + place * step).take_while(|between| *between < changed).collect();
        match first_different(evaluate, time, &between)? {
            Some(0) => changed = between[0],
            Some(place) => (unchanged, changed) = (between[place - 1], between[place]),
            None => unchanged = between.last().copied().unwrap_or(unchanged),
        }
    }
    Ok(changed)
}

/// The first of the times `others` at which a function differs from what it is at `time`.
fn first_different(evaluate: &Evaluate, time: i64, others: &[i64]) -> Result<Option<usize>> {
    let mut times = Vec::with_capacity(others.len() * 2);
    times.extend(std::iter::repeat_n(time, others.len()));
    times.extend_from_slice(others);
    let mut first = None;
    for column in evaluate(&times)? {
        let here = column.slice(0, others.len());
        let there = column.slice(others.len(), others.len());
        let different = distinct(&here, &there)?;
        let place = different.values().iter().position(|different| different);
        first = match (first, place) {
            (Some(a), Some(b)) => Some(usize::min(a, b)),
            (a, b) => a.or(b),
        };
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    fn step(width: i64) -> Periods {
        Periods::Functions(Box::new(move |times| {
            let bins: Int64Array = times.iter().map(|time| time.div_euclid(width)).collect();
            Ok(vec![Arc::new(bins)])
        }))
    }

    #[test]
    fn a_bin_ends_at_the_millisecond_where_the_next_one_begins() {
        for width in [1, 7, 1_000, 60_000, 86_400_000, 31 * 86_400_000] {
            for time in [0, 1, width - 1, width, 1_525_870_241_337, -1, -width] {
                let period = step(width).from(time).unwrap();
                assert_eq!(period.end, (time.div_euclid(width) + 1) * width, "{width} {time}");
                assert!(period.holds(period.end - 1) && !period.holds(period.end));
            }
        }
    }

    #[test]
    fn a_constant_never_ends() {
        let constant = Periods::Functions(Box::new(|times| Ok(vec![Arc::new(Int64Array::from(vec![1; times.len()]))])));
        assert_eq!(constant.from(5).unwrap().end, i64::MAX);
        assert_eq!(Periods::Rowtime.from(5).unwrap().end, 6);
    }
}
