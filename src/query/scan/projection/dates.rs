//! Projected dates: a range, a format, and steps of some unit.

use chrono_tz::Tz;

use super::conditions::Allowed;
use super::key::{KeyProperties, check_count, distinct};
use super::now::{self, Unit};
use crate::query::error::Result;
use crate::time::Timestamp;
use crate::time::java::JavaPattern;

/// Points in time as a table projects them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dates {
    format: JavaPattern,
    from: Bound,
    to: Bound,
    step: i64,
    unit: Unit,
}

/// An end of the range.
#[derive(Debug, Clone, PartialEq)]
enum Bound {
    At(Timestamp),
    Now(Option<(i64, Unit)>),
}

impl Dates {
    pub(super) fn new(properties: &KeyProperties<'_>) -> Result<Self> {
        let text = properties.required("format")?;
        let format = JavaPattern::parse(text).map_err(|error| properties.wrong("format", &error.reason))?;
        let range = properties.required("range")?;
        let Some((from, to)) = range.split_once(',') else {
            return Err(properties.wrong("range", &format!("is `{range}`, not two dates with a comma between")));
        };
        let bound = |text: &str| match now::parse(text.trim()) {
            Some(offset) => Ok(Bound::Now(offset)),
            None => format.read(text.trim()).map(Bound::At).ok_or_else(|| {
                properties.wrong("range", &format!("has `{text}`, which is neither `NOW` nor of the format"))
            }),
        };
        let unit = match properties.get("interval.unit") {
            Some(name) => Unit::parse(name)
                .ok_or_else(|| properties.wrong("interval.unit", &format!("is `{name}`, which is no unit")))?,
            None => Unit::of_format(text).ok_or_else(|| {
                properties.wrong("interval.unit", "is missing; it is needed unless the format ends at a day or a month")
            })?,
        };
        let step = properties.get("interval").map_or(Ok(1), |text| {
            let parsed = text.trim().parse::<i64>().ok().filter(|step| *step > 0);
            parsed.ok_or_else(|| properties.wrong("interval", &format!("is `{text}`, not a number above 0")))
        })?;
        Ok(Self { from: bound(from)?, to: bound(to)?, format, step, unit })
    }

    /// The values that `allowed` leaves.
    pub(super) fn values(&self, allowed: &Allowed, now: Timestamp, most: usize) -> Result<Vec<String>> {
        let (from, to) = (self.bound(&self.from, now), self.bound(&self.to, now));
        if let Some(values) = &allowed.values {
            let member = |text: &&String| {
                let at = self.read(text)?;
                let steps = self.unit.steps_between(from, at).div_euclid(self.step);
                // Times of NOW lie between the steps: the format decides what is the same point.
                let on_grid = (-1..=1).any(|near| {
                    let point = self.unit.add(from, (steps + near) * self.step);
                    point <= to && steps + near >= 0 && self.write(point) == self.write(at)
                });
                on_grid.then(|| self.write(at))
            };
            return Ok(distinct(values.iter().filter_map(|text| member(&text)).collect()));
        }
        let least = allowed.least.as_ref().and_then(|text| self.read(text)).filter(|least| *least > from);
        // One step earlier: the start of the range need not lie on the bound.
        let first = least.map_or(0, |least| (self.unit.steps_between(from, least).div_euclid(self.step) - 1).max(0));
        let last = allowed
            .most
            .as_ref()
            .and_then(|text| self.read(text))
            .map_or(to, |bound| self.unit.add(bound, self.step).min(to));
        let count = self.unit.steps_between(from, last).div_euclid(self.step) - first + 1;
        let count = usize::try_from(count).unwrap_or_default();
        check_count(count, most)?;
        let mut values = Vec::with_capacity(count);
        for step in first.. {
            let point = self.unit.add(from, step * self.step);
            if point > last || values.len() > most {
                break;
            }
            values.push(self.write(point));
        }
        Ok(distinct(values))
    }

    fn bound(&self, bound: &Bound, now: Timestamp) -> Timestamp {
        match bound {
            Bound::At(at) => *at,
            Bound::Now(None) => now,
            Bound::Now(Some((count, unit))) => unit.add(now, *count),
        }
    }

    /// A value of a condition: of the format, or a date as SQL writes it.
    fn read(&self, text: &str) -> Option<Timestamp> {
        let sql = || JavaPattern::parse("yyyy-MM-dd").ok()?.read(text);
        self.format.read(text).or_else(sql)
    }

    fn write(&self, at: Timestamp) -> String {
        self.format.format(at, Tz::UTC)
    }
}
