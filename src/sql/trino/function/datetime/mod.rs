//! Dates, times, timestamps, intervals and zones.
//!
//! The calendar is arithmetic of our own ([`calendar`]), so that it reaches as far as Trino's and costs a few
//! nanoseconds; only offsets of named zones come from the tz database ([`zone`]).

mod calendar;
mod duration;
mod fields;
mod iso8601;
mod joda;
mod moment;
mod mysql;
mod parse;
mod pattern;
mod plain;
mod text;
mod unit;
mod zone;
mod zoned;

pub(super) use calendar::{Day, Local};
pub(super) use duration::ENTRIES as DURATION;
pub(super) use fields::{
    DAY, DAY_OF_MONTH, DAY_OF_WEEK, DAY_OF_YEAR, DOW, DOY, ENTRIES as FIELDS, HOUR, MILLISECOND, MINUTE, MONTH,
    QUARTER, SECOND, WEEK, WEEK_OF_YEAR, YEAR, YEAR_OF_WEEK, YOW,
};
pub(super) use iso8601::ENTRIES as ISO8601;
pub(super) use joda::ENTRIES as JODA;
pub(super) use moment::{Moments, zoned_time_in_utc};
pub(super) use mysql::ENTRIES as MYSQL;
pub(super) use pattern::{DAYS, MONTHS};
pub(super) use text::{MomentText, print_date, print_time};
pub(super) use unit::ENTRIES as UNIT;
pub(super) use zone::Zone;
pub(super) use zoned::ENTRIES as ZONED;
