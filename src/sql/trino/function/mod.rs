//! The functions of Athena SQL, one module a family.
//!
//! A family is a list of [`FunctionEntry`]s: signature, code, example. The code works on whole Arrow columns; see
//! [`column`] for the pattern that all follow. Rules are Trino's: its argument checks, its NULLs, its error names.
//!
//! To add a function, write its kernel and its entry into the file of its family; a new family is added to the lists
//! below. What is syntax in Trino (CAST, CASE, IF, COALESCE, NULLIF, TRY, EXTRACT, subscripts, `||`, comparisons,
//! arithmetic, LIKE, AT TIME ZONE, `typeof`, `now` and its relatives, `grouping`) and the window functions are the
//! analyzer's.

mod aggregate;
mod array;
mod basic_aggregate;
mod binary;
mod column;
mod compare;
mod datetime;
#[cfg(test)]
mod document;
mod engine_aggregate;
mod format;
mod json;
mod map;
mod math;
mod out_of_scope;
mod print;
mod regexp;
mod session;
mod string;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use super::call::Call;
pub(crate) use super::error::TrinoError;
use super::registry::AggregateEntry;
pub(crate) use super::registry::FunctionEntry;
pub(crate) use out_of_scope::reason;

/// The scalar functions, by family.
pub(crate) fn scalar_families() -> impl Iterator<Item = &'static [FunctionEntry]> {
    CHAPTERS.iter().flat_map(|(_, families)| families.iter().copied())
}

/// The aggregate functions, by family.
pub(crate) fn aggregate_families() -> impl Iterator<Item = &'static [AggregateEntry]> {
    AGGREGATES.iter().copied()
}

/// Families under the headings of the documentation.
const CHAPTERS: &[(&str, &[&[FunctionEntry]])] = &[
    (
        "Texts",
        &[
            string::CASE,
            string::CODEC,
            string::CONCAT,
            string::CUT,
            string::DISTANCE,
            string::PAD,
            string::SEARCH,
            string::SPLIT,
            string::TRIM,
            format::ENTRIES,
        ],
    ),
    ("Regular expressions", &[regexp::REPLACE, regexp::SEARCH]),
    (
        "Numbers and bits",
        &[
            math::BASIC,
            math::BITS,
            math::CEIL,
            math::CEILING,
            math::DISTRIBUTION,
            math::FLOATING,
            math::FLOOR,
            math::RADIX,
            math::RANDOM,
            math::ROUND,
            math::ROUND_WHOLE,
            math::SIMILARITY,
            math::WIDTH_BUCKET,
        ],
    ),
    (
        "Dates and times",
        &[
            datetime::DAY,
            datetime::DAY_OF_MONTH,
            datetime::DAY_OF_WEEK,
            datetime::DAY_OF_YEAR,
            datetime::DOW,
            datetime::DOY,
            datetime::HOUR,
            datetime::MILLISECOND,
            datetime::MINUTE,
            datetime::MONTH,
            datetime::QUARTER,
            datetime::SECOND,
            datetime::WEEK,
            datetime::WEEK_OF_YEAR,
            datetime::YEAR,
            datetime::YEAR_OF_WEEK,
            datetime::YOW,
            datetime::DURATION,
            datetime::FIELDS,
            datetime::ISO8601,
            datetime::JODA,
            datetime::MYSQL,
            datetime::UNIT,
            datetime::ZONED,
        ],
    ),
    ("JSON", &[json::CONSTRUCT, json::EXTRACT, json::INSPECT, json::QUERY]),
    (
        "Arrays",
        &[
            array::ACCESS,
            array::COMBINE,
            array::COMPARATOR,
            array::JOIN,
            array::LAMBDA,
            array::MAKE,
            array::ORDER,
            array::REDUCE,
            array::SEARCH,
            array::SETS,
        ],
    ),
    ("Maps", &[map::ACCESS, map::BUILD, map::LAMBDA]),
    ("Bytes", &[binary::CHECKSUM, binary::DIGEST, binary::ENCODE, binary::ENDIAN]),
    ("Addresses", &[url::ENTRIES]),
    ("Session", &[session::ENTRIES]),
];

const AGGREGATES: &[&[AggregateEntry]] = &[
    aggregate::CHECKSUM,
    aggregate::DISTINCT,
    aggregate::EXTREME,
    aggregate::FREQUENCY,
    aggregate::INTERVAL,
    aggregate::KEYED,
    aggregate::LISTAGG,
    aggregate::MOMENTS,
    aggregate::PERCENTILE,
    aggregate::REDUCE,
    basic_aggregate::ENTRIES,
    engine_aggregate::ENTRIES,
];

/// A function that gives NULL for a NULL argument, with an example.
const fn entry(
    signature: &'static str,
    kernel: super::call::Kernel,
    sql: &'static str,
    result: &'static str,
) -> FunctionEntry {
    FunctionEntry::new(signature, kernel, (sql, result))
}

/// A function that sees NULL arguments, with an example.
const fn called(
    signature: &'static str,
    kernel: super::call::Kernel,
    sql: &'static str,
    result: &'static str,
) -> FunctionEntry {
    entry(signature, kernel, sql, result).called_on_null()
}

/// The aggregate that a correlated scalar subquery becomes.
pub(super) fn single_value() -> &'static AggregateEntry {
    &basic_aggregate::SINGLE_VALUE
}
