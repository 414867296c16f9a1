//! Aggregates that the engine computes, between casts that give them Trino's types.
//!
//! `sum(bigint)` runs over 38-digit decimals, so that its last cast finds an overflow.

use std::sync::Arc;

use datafusion::functions_aggregate as engine;
use datafusion::logical_expr::AggregateUDF;

use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

const fn over(
    function: fn() -> Arc<AggregateUDF>,
    inputs: fn(&[TrinoType]) -> Vec<TrinoType>,
    output: fn(&[TrinoType]) -> TrinoType,
) -> AggregateBuild {
    AggregateBuild::Engine { function, inputs, output }
}

fn same(types: &[TrinoType]) -> Vec<TrinoType> {
    types.to_vec()
}

fn first(types: &[TrinoType]) -> TrinoType {
    types.first().cloned().unwrap_or(TrinoType::Unknown)
}

fn doubles(types: &[TrinoType]) -> Vec<TrinoType> {
    vec![TrinoType::Double; types.len()]
}

fn bigints(types: &[TrinoType]) -> Vec<TrinoType> {
    vec![TrinoType::Bigint; types.len()]
}

fn double(_: &[TrinoType]) -> TrinoType {
    TrinoType::Double
}

fn bigint(_: &[TrinoType]) -> TrinoType {
    TrinoType::Bigint
}

fn boolean(_: &[TrinoType]) -> TrinoType {
    TrinoType::Boolean
}

fn array(types: &[TrinoType]) -> TrinoType {
    TrinoType::array(first(types))
}

fn wide_integer(_: &[TrinoType]) -> TrinoType {
    TrinoType::Decimal(38, 0)
}

fn wide_integers(_: &[TrinoType]) -> Vec<TrinoType> {
    vec![TrinoType::Decimal(38, 0)]
}

fn wide_decimal(types: &[TrinoType]) -> TrinoType {
    match first(types) {
        TrinoType::Decimal(_, scale) => TrinoType::Decimal(38, scale),
        _ => TrinoType::Decimal(38, 0),
    }
}

fn wide_decimals(types: &[TrinoType]) -> Vec<TrinoType> {
    vec![wide_decimal(types)]
}

/// The engine's average has four more digits.
fn average_decimal(types: &[TrinoType]) -> TrinoType {
    match first(types) {
        TrinoType::Decimal(precision, scale) => TrinoType::Decimal((precision + 4).min(38), (scale + 4).min(38)),
        other => other,
    }
}

macro_rules! aggregate {
    ($signature:literal, $function:path, $inputs:expr, $output:expr, $sql:literal => $value:literal) => {
        AggregateEntry::new($signature, over($function, $inputs, $output), ($sql, $value))
    };
}

use engine::array_agg::array_agg_udaf;
use engine::average::avg_udaf;
use engine::bit_and_or_xor::{bit_and_udaf, bit_or_udaf, bit_xor_udaf};
use engine::bool_and_or::{bool_and_udaf, bool_or_udaf};
use engine::correlation::corr_udaf;
use engine::count::count_udaf;
use engine::covariance::{covar_pop_udaf, covar_samp_udaf};
use engine::min_max::{max_udaf, min_udaf};
use engine::regr::{regr_intercept_udaf, regr_slope_udaf};
use engine::stddev::{stddev_pop_udaf, stddev_udaf};
use engine::sum::sum_udaf;
use engine::variance::{var_pop_udaf, var_samp_udaf};

/// Aggregates of the engine.
pub(super) const ENTRIES: &[AggregateEntry] = &[
    aggregate!("count() -> bigint", count_udaf, same, bigint, "SELECT count(*) FROM (VALUES 1, NULL) AS t(x)" => "2"),
    aggregate!("count(T) -> bigint", count_udaf, same, bigint, "SELECT count(x) FROM (VALUES 1, NULL) AS t(x)" => "1"),
    aggregate!("sum(tinyint) -> bigint", sum_udaf, bigints, bigint, "SELECT sum(x) FROM (VALUES TINYINT '100', TINYINT '100') AS t(x)" => "200"),
    aggregate!("sum(smallint) -> bigint", sum_udaf, bigints, bigint, "SELECT sum(x) FROM (VALUES SMALLINT '1') AS t(x)" => "1"),
    aggregate!("sum(integer) -> bigint", sum_udaf, bigints, bigint, "SELECT sum(x) FROM (VALUES 1, 2) AS t(x)" => "3"),
    aggregate!("sum(bigint) -> bigint", sum_udaf, wide_integers, wide_integer, "SELECT sum(x) FROM (VALUES BIGINT '1', 2) AS t(x)" => "3"),
    aggregate!("sum(decimal(p,s)) -> decimal(38,s)", sum_udaf, wide_decimals, wide_decimal, "SELECT sum(x) FROM (VALUES 1.10, 2.20) AS t(x)" => "3.30"),
    aggregate!("sum(real) -> real", sum_udaf, doubles, double, "SELECT sum(x) FROM (VALUES REAL '1.5') AS t(x)" => "1.5"),
    aggregate!("sum(double) -> double", sum_udaf, doubles, double, "SELECT sum(x) FROM (VALUES 1.5e0, 2e0) AS t(x)" => "3.5"),
    aggregate!("avg(bigint) -> double", avg_udaf, doubles, double, "SELECT avg(x) FROM (VALUES 1, 2) AS t(x)" => "1.5"),
    aggregate!("avg(decimal(p,s)) -> decimal(p,s)", avg_udaf, same, average_decimal, "SELECT avg(x) FROM (VALUES 1.00, 1.00, 2.00) AS t(x)" => "1.33"),
    aggregate!("avg(real) -> real", avg_udaf, doubles, double, "SELECT avg(x) FROM (VALUES REAL '1.5') AS t(x)" => "1.5"),
    aggregate!("avg(double) -> double", avg_udaf, doubles, double, "SELECT avg(x) FROM (VALUES 1e0, 2e0) AS t(x)" => "1.5"),
    aggregate!("min(T) -> T", min_udaf, same, first, "SELECT min(x) FROM (VALUES 3, 1) AS t(x)" => "1"),
    aggregate!("max(T) -> T", max_udaf, same, first, "SELECT max(x) FROM (VALUES 3, 1) AS t(x)" => "3"),
    aggregate!("array_agg(T) -> array(T)", array_agg_udaf, same, array, "SELECT cardinality(array_agg(x)) FROM (VALUES 1, NULL) AS t(x)" => "2"),
    aggregate!("bool_and(boolean) -> boolean", bool_and_udaf, same, boolean, "SELECT bool_and(x) FROM (VALUES true, false) AS t(x)" => "false"),
    aggregate!("every(boolean) -> boolean", bool_and_udaf, same, boolean, "SELECT every(x) FROM (VALUES true, true) AS t(x)" => "true"),
    aggregate!("bool_or(boolean) -> boolean", bool_or_udaf, same, boolean, "SELECT bool_or(x) FROM (VALUES true, false) AS t(x)" => "true"),
    aggregate!("bitwise_and_agg(bigint) -> bigint", bit_and_udaf, bigints, bigint, "SELECT bitwise_and_agg(x) FROM (VALUES 12, 10) AS t(x)" => "8"),
    aggregate!("bitwise_or_agg(bigint) -> bigint", bit_or_udaf, bigints, bigint, "SELECT bitwise_or_agg(x) FROM (VALUES 12, 10) AS t(x)" => "14"),
    aggregate!("bitwise_xor_agg(bigint) -> bigint", bit_xor_udaf, bigints, bigint, "SELECT bitwise_xor_agg(x) FROM (VALUES 12, 10) AS t(x)" => "6"),
    aggregate!("stddev(double) -> double", stddev_udaf, doubles, double, "SELECT stddev(x) FROM (VALUES 1, 3) AS t(x)" => "1.4142135623730951"),
    aggregate!("stddev_samp(double) -> double", stddev_udaf, doubles, double, "SELECT stddev_samp(x) FROM (VALUES 1, 3) AS t(x)" => "1.4142135623730951"),
    aggregate!("stddev_pop(double) -> double", stddev_pop_udaf, doubles, double, "SELECT stddev_pop(x) FROM (VALUES 1, 3) AS t(x)" => "1.0"),
    aggregate!("variance(double) -> double", var_samp_udaf, doubles, double, "SELECT variance(x) FROM (VALUES 1, 3) AS t(x)" => "2.0"),
    aggregate!("var_samp(double) -> double", var_samp_udaf, doubles, double, "SELECT var_samp(x) FROM (VALUES 1, 3) AS t(x)" => "2.0"),
    aggregate!("var_pop(double) -> double", var_pop_udaf, doubles, double, "SELECT var_pop(x) FROM (VALUES 1, 3) AS t(x)" => "1.0"),
    aggregate!("corr(double, double) -> double", corr_udaf, doubles, double, "SELECT corr(y, x) FROM (VALUES (1, 2), (2, 4)) AS t(x, y)" => "1.0"),
    aggregate!("covar_pop(double, double) -> double", covar_pop_udaf, doubles, double, "SELECT covar_pop(y, x) FROM (VALUES (1, 2), (3, 4)) AS t(x, y)" => "1.0"),
    aggregate!("covar_samp(double, double) -> double", covar_samp_udaf, doubles, double, "SELECT covar_samp(y, x) FROM (VALUES (1, 2), (3, 4)) AS t(x, y)" => "2.0"),
    aggregate!("regr_slope(double, double) -> double", regr_slope_udaf, doubles, double, "SELECT regr_slope(y, x) FROM (VALUES (1, 2), (2, 4)) AS t(x, y)" => "2.0"),
    aggregate!("regr_intercept(double, double) -> double", regr_intercept_udaf, doubles, double, "SELECT regr_intercept(y, x) FROM (VALUES (1, 3), (2, 5)) AS t(x, y)" => "1.0"),
];
