//! Every entry's example, the page of the documentation, and rules that the examples do not show.

use chrono::DateTime;
use serde_json::Value;

use super::{aggregate_families, document, out_of_scope, scalar_families};
use crate::sql::trino::evaluate::{EvaluateError, Evaluated, evaluate};

fn run(sql: &str) -> Result<Evaluated, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(evaluate(sql, DateTime::from_timestamp(1_700_000_000, 0).unwrap()))
}

/// The first value of a result as examples write it: texts plain, the rest as JSON.
fn shown(sql: &str) -> String {
    match run(sql) {
        Ok(found) => match &found.rows[0][0] {
            Value::Null => "NULL".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        Err(error) => error.to_string(),
    }
}

/// The name of the error that `SELECT expression` gives.
fn error_of(expression: &str) -> String {
    match run(&format!("SELECT {expression}")) {
        Ok(found) => format!("no error: {:?}", found.rows),
        Err(error) => error.to_string().split(':').next().unwrap_or_default().to_owned(),
    }
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(sql, wanted)| (sql, wanted, shown(&format!("SELECT {sql}"))))
        .filter(|(_, wanted, found)| found != *wanted)
        .map(|(sql, wanted, found)| format!("{sql}\n   gives {found}\n   not   {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_of_a_scalar_function_gives_its_value() {
    let mut examples = Vec::new();
    for entry in scalar_families().flatten() {
        assert!(!entry.example.0.is_empty(), "{} has no example", entry.signature);
        examples.push(entry.example);
    }
    assert!(examples.len() > 400, "{} examples", examples.len());
    check(&examples);
}

#[test]
fn every_example_of_an_aggregate_function_gives_its_value() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in aggregate_families().flatten() {
        let (sql, wanted) = entry.example;
        count += 1;
        let found = shown(sql);
        if found != wanted {
            wrong.push(format!("{sql}\n   gives {found}\n   not   {wanted}"));
        }
    }
    assert!(count > 60, "{count} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// With `BAYOU_WRITE_FUNCTIONS_PAGE` set the page is written instead.
#[test]
fn the_page_of_the_documentation_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.md");
    let page = document::page();
    if std::env::var_os("BAYOU_WRITE_FUNCTIONS_PAGE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(page.len() > 20_000);
    assert!(found == page, "docs/functions.md is stale: run `make functions-page`");
}

#[test]
fn a_function_out_of_scope_is_refused_with_its_reason() {
    assert!(out_of_scope::reason("st_point").is_some());
    assert!(out_of_scope::reason("abs").is_none());
    let message = run("SELECT ST_Point(1, 2)").unwrap_err().to_string();
    assert!(message.starts_with("NOT_SUPPORTED") && message.contains("geometry"), "{message}");
}

#[test]
fn texts_are_counted_in_code_points() {
    check(&[
        ("length('a☃😀')", "3"),
        ("substr('a☃😀b', 2, 2)", "☃😀"),
        ("reverse('a☃😀')", "😀☃a"),
        ("lpad('☃', 3, '😀')", "😀😀☃"),
        ("strpos('a☃😀b', 'b')", "4"),
        ("strpos('a☃😀b', '')", "1"),
        ("split_part('a☃b', '', 2)", "☃"),
        ("translate('a☃b', '☃b', 'x')", "ax"),
        ("levenshtein_distance('☃', '😀')", "1"),
        ("upper('ﬁ ß ǆ')", "ﬁ ß Ǆ"),
        ("soundex('Ashcraft')", "A261"),
        ("soundex('')", ""),
        ("trim(chr(12288) || 'a' || chr(160))", "a\u{a0}"),
    ]);
}

#[test]
fn arguments_out_of_range_are_errors_of_their_names() {
    let invalid = [
        "chr(1114112)",
        "lpad('a', -1, 'x')",
        "lpad('a', 3, '')",
        "split('a', '')",
        "split('a', ',', 0)",
        "split_part('a', ',', 0)",
        "split_to_map('a=1;a=2', ';', '=')",
        "split_to_map('a', ';', '=')",
        "strpos('a', 'a', 0)",
        "hamming_distance('a', 'ab')",
        "luhn_check('x')",
        "word_stem('x', 'xx')",
        "from_base('g', 16)",
        "to_base(1, 37)",
        "bit_count(8, 4)",
        "width_bucket(1e0, 1, 1, 4)",
        "width_bucket(1e0, ARRAY[2e0, 1e0])",
        "random(0)",
        "from_hex('abc')",
        "from_big_endian_32(X'00')",
        "url_decode('%zz')",
        "date_add('fortnight', 1, DATE '2020-01-01')",
        "date_trunc('hour', DATE '2020-01-01')",
        "date_format(TIMESTAMP '2020-01-01 00:00:00', '%U')",
        "date_parse('2020-02-30', '%Y-%m-%d')",
        "format_datetime(TIMESTAMP '2020-01-01 00:00:00', 'Z')",
        "from_iso8601_date('2020-13-01')",
        "parse_duration('1 x')",
        "regexp_like('a', '(')",
        "regexp_extract('a', 'a', 1)",
        "regexp_replace('a', 'a', '$1')",
        "json_parse('{bad')",
        "json_extract('{}', 'a')",
        "element_at(ARRAY[1], 0)",
        "slice(ARRAY[1], 0, 1)",
        "trim_array(ARRAY[1], 2)",
        "repeat(1, -1)",
        "sequence(1, 10, -1)",
        "sequence(1, 1000000)",
        "combinations(ARRAY[1], 6)",
        "ngrams(ARRAY[1], 0)",
        "map(ARRAY[1, 1], ARRAY[1, 2])",
        "map(ARRAY[1], ARRAY[1, 2])",
        "map(ARRAY[NULL, 1], ARRAY[1, 2])",
        "transform_keys(MAP(ARRAY[1, 2], ARRAY[1, 2]), (k, v) -> 1)",
        "format('%d', 'x')",
        "format('%s %s', 1)",
    ];
    let wrong: Vec<String> = invalid
        .iter()
        .map(|sql| (sql, error_of(sql)))
        .filter(|(_, name)| name != "INVALID_FUNCTION_ARGUMENT")
        .map(|(sql, name)| format!("{sql} gives {name}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(error_of("abs(TINYINT '-128')"), "NUMERIC_VALUE_OUT_OF_RANGE");
    assert_eq!(error_of("mod(1, 0)"), "DIVISION_BY_ZERO");
    assert_eq!(error_of("json_exists('{}', 'lax $.')"), "INVALID_PATH");
}

#[test]
fn joda_and_mysql_patterns_print_and_read_the_same_moment() {
    check(&[
        ("date_format(TIMESTAMP '2020-01-02 00:04:05.678', '%y %c/%e %l:%i:%s %p .%f')", "20 1/2 12:04:05 AM .678000"),
        ("date_format(TIMESTAMP '2020-01-02 15:04:05', '%r %T %j')", "03:04:05 PM 15:04:05 002"),
        ("date_parse('1/2/69', '%c/%e/%y')", "2069-01-02 00:00:00.000"),
        ("date_parse('05-17', '%m-%d')", "2000-05-17 00:00:00.000"),
        ("date_parse('Jan 5 2020 1:02 pm', '%b %e %Y %l:%i %p')", "2020-01-05 13:02:00.000"),
        (
            "format_datetime(TIMESTAMP '2020-01-02 00:04:05.678', 'yy D EEE MMM dd K k S ''of'' ''''')",
            "20 2 Thu Jan 02 0 24 6 of '",
        ),
        (
            "format_datetime(TIMESTAMP '2020-07-02 00:00:00 America/Los_Angeles', 'z Z ZZ ZZZ')",
            "PDT -0700 -07:00 America/Los_Angeles",
        ),
        ("parse_datetime('2020-02-03', 'yyyy-MM-dd')", "2020-02-03 00:00:00.000 UTC"),
        ("parse_datetime('03/Feb/2020:10:11:12 +0100', 'dd/MMM/yyyy:HH:mm:ss Z')", "2020-02-03 10:11:12.000 +01:00"),
    ]);
}

#[test]
fn calendar_arithmetic_keeps_to_month_ends_and_zones() {
    check(&[
        ("date_diff('month', DATE '2020-01-31', DATE '2020-02-29')", "1"),
        ("date_diff('month', DATE '2020-02-29', DATE '2020-01-31')", "-1"),
        ("date_diff('quarter', DATE '2020-01-01', DATE '2020-12-31')", "3"),
        ("date_add('year', 1, DATE '2020-02-29')", "2021-02-28"),
        (
            "date_add('day', 1, TIMESTAMP '2020-03-07 12:00:00.000 America/Los_Angeles')",
            "2020-03-08 12:00:00.000 America/Los_Angeles",
        ),
        (
            "date_add('hour', 24, TIMESTAMP '2020-03-07 12:00:00.000 America/Los_Angeles')",
            "2020-03-08 13:00:00.000 America/Los_Angeles",
        ),
        ("date_trunc('hour', TIMESTAMP '2020-01-01 10:59:00.000 +05:30')", "2020-01-01 10:00:00.000 +05:30"),
        ("week(DATE '2021-01-03')", "53"),
        ("day_of_year(DATE '2020-12-31')", "366"),
        ("from_iso8601_date('2020-366')", "2020-12-31"),
        ("from_iso8601_date('2020-W53-5')", "2021-01-01"),
        ("from_iso8601_timestamp('2020-05-11T11')", "2020-05-11 11:00:00.000 UTC"),
        ("to_iso8601(TIMESTAMP '2020-01-01 00:00:00.000 UTC')", "2020-01-01T00:00:00.000Z"),
        ("from_unixtime(-0.5e0)", "1969-12-31 23:59:59.500 UTC"),
        ("human_readable_seconds(0)", "0 seconds"),
    ]);
}

#[test]
fn java_formats_numbers_texts_and_dates() {
    check(&[
        ("format('%,.2f|%+d|%08.3f|%x', 1234567.891, 5, 3.14159e0, -1)", "1,234,567.89|+5|0003.142|ffffffffffffffff"),
        ("format('%e %g %.3g', 12345.678e0, 0.0001e0, 1e10)", "1.234568e+04 0.000100000 1.00e+10"),
        ("format('%1$tF %1$tT %1$tA', TIMESTAMP '2020-01-02 03:04:05')", "2020-01-02 03:04:05 Thursday"),
        ("format('%s %s', 1e10, DATE '2020-01-02')", "1.0E10 2020-01-02"),
        ("format('%10s|%-10s|%.2s', 'ab', 'ab', 'abc')", "        ab|ab        |ab"),
        ("format('%b %B %s', true, NULL, 1.50)", "true FALSE 1.50"),
        ("format('%2$s %1$s %<s', 'a', 'b')", "b a a"),
        ("format('%,d', 1234567)", "1,234,567"),
        ("format('%(d', -5)", "(5)"),
    ]);
}

#[test]
fn regular_expressions_follow_java() {
    check(&[
        (r"regexp_replace('aaa', 'a*', 'x')", "xx"),
        (r"regexp_replace('a1b2', '(?<l>[a-z])(\d)', '$2${l}')", "1a2b"),
        (r"regexp_replace('a.b', '\Q.\E', '\$')", "a$b"),
        (r"regexp_like('x' || chr(10), 'x$')", "true"),
        (r"regexp_like('é', '\p{Alpha}')", "true"),
        (r"regexp_extract('ab', '(a)|(b)', 2)", "NULL"),
        (r"regexp_split('a1b2', '\d')", r#"["a","b",""]"#),
        (r"regexp_count('aXbX', 'x')", "0"),
        (r"regexp_count('aXbX', '(?i)x')", "2"),
        (r"regexp_extract_all('1a 2b', '(\d)([a-z])', 2)", r#"["a","b"]"#),
        (r"regexp_like('[', '[\[]')", "true"),
        (r"regexp_like('a~b-c', '^[a~b\-c]+$')", "true"),
    ]);
}

#[test]
fn arrays_follow_the_logic_of_null() {
    check(&[
        ("contains(ARRAY[1, NULL], 1)", "true"),
        ("contains(ARRAY[1, 2], NULL)", "NULL"),
        ("contains(ARRAY[nan()], nan())", "true"),
        ("arrays_overlap(ARRAY[1, NULL], ARRAY[2])", "NULL"),
        ("arrays_overlap(ARRAY[1, NULL], ARRAY[1])", "true"),
        ("array_remove(ARRAY[1, NULL, 1], 1)", "[null]"),
        ("array_union(ARRAY[1, NULL], ARRAY[NULL, 2])", "[1,null,2]"),
        ("array_distinct(ARRAY[0e0, -0e0])", "[0.0]"),
        ("array_sort(ARRAY[ROW(2, 'a'), ROW(1, 'b')])", r#"[[1,"b"],[2,"a"]]"#),
        ("array_max(ARRAY['a', 'b', NULL])", "NULL"),
        ("flatten(ARRAY[ARRAY[1], NULL, ARRAY[2]])", "[1,2]"),
        ("reduce(ARRAY[], 1, (s, x) -> s, s -> s + 1)", "2"),
        ("reduce(ARRAY[1, NULL, 2], 0, (s, x) -> s + coalesce(x, 10), s -> s)", "13"),
        ("zip_with(ARRAY[1], ARRAY[1, 2], (x, y) -> coalesce(x, 0) + y)", "[2,2]"),
        ("filter(ARRAY[], x -> true)", "[]"),
        ("element_at(ARRAY[1, 2], 9)", "NULL"),
        ("all_match(ARRAY[], x -> false)", "true"),
        ("slice(ARRAY[1, 2, 3], -2, 9)", "[2,3]"),
        ("array_join(ARRAY[1.50, NULL], ',', 'x')", "1.50,x"),
        ("cardinality(combinations(ARRAY[1, 2, 3, 4], 2))", "6"),
    ]);
}

#[test]
fn json_paths_are_lax_or_strict() {
    check(&[
        (r#"json_extract_scalar('{"a":{"b c":[{"d":1.50}]}}', '$.a["b c"][0].d')"#, "1.50"),
        (r#"json_extract('{"b": 1.10, "a": [ 1e3 ]}', '$')"#, r#"{"b":1.1,"a":[1000.0]}"#),
        (r#"json_parse('{"b":1,"a":"\u00e9\/"}')"#, r#"{"a":"é/","b":1}"#),
        (r#"json_array_get('["a", null]', 1)"#, "NULL"),
        (r#"json_array_length('{}')"#, "NULL"),
        (r#"json_query('{"a":[{"b":1},{"b":2}]}', 'lax $.a.b' WITH ARRAY WRAPPER)"#, "[1,2]"),
        (r#"json_query('{"a":"x"}', 'lax $.a' OMIT QUOTES)"#, "x"),
        (r#"json_value('{"a":5}', 'strict $.b' DEFAULT 'e' ON ERROR)"#, "e"),
        (r#"json_value('[1, 2, 3]', 'lax $[1 to 2].size()' DEFAULT 'many' ON ERROR)"#, "many"),
        (r#"json_value('{"a":7}', 'lax $.a * 2 + 1')"#, "15"),
        (r#"json_value('{"a":[1,2]}', 'lax $.a.type()' DEFAULT 'x' ON ERROR)"#, "array"),
        (r#"json_exists('{"a":[{"n":"xy"}]}', 'lax $.a[*]?(@.n starts with "x" && !(@.n == "z"))')"#, "true"),
        (r#"json_exists('{"a":1}', 'strict $.b')"#, "false"),
        (r#"json_exists('{"a":1}', 'lax $?(@.a == $v)' PASSING 1 AS "v")"#, "true"),
        (r#"json_query('{"a":{"b":1}}', 'lax $.a.keyvalue().name')"#, r#""b""#),
    ]);
}

#[test]
fn aggregates_of_nothing_and_of_nulls() {
    let cases = [
        ("SELECT map_agg(x, 1) FROM (VALUES CAST(NULL AS integer)) AS t(x)", "NULL"),
        ("SELECT histogram(x) FROM (VALUES 1) AS t(x) WHERE x > 1", "NULL"),
        ("SELECT max_by(a, b) FROM (VALUES ('x', NULL), ('y', 1)) AS t(a, b)", "y"),
        ("SELECT max_by(a, b) FROM (VALUES (NULL, 2), ('y', 1)) AS t(a, b)", "NULL"),
        ("SELECT listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', NULL, 'a') AS t(x)", "a,b"),
        ("SELECT approx_percentile(x, ARRAY[0.0, 0.5, 1.0]) FROM UNNEST(sequence(1, 101)) AS t(x)", "[1,51,101]"),
        ("SELECT approx_percentile(x, 0.5) FROM (VALUES -3e0, -1e0, 2e0) AS t(x)", "-1.0"),
        ("SELECT skewness(x) FROM (VALUES 1, 2) AS t(x)", "NULL"),
        ("SELECT checksum(x) FROM (VALUES 1) AS t(x) WHERE x > 1", "NULL"),
        ("SELECT round(geometric_mean(x), 9) FROM (VALUES 1, 3, 9) AS t(x)", "3.0"),
        ("SELECT approx_distinct(x) BETWEEN 9000 AND 11000 FROM UNNEST(sequence(1, 10000)) AS t(x)", "true"),
        ("SELECT multimap_agg(k, v) FROM (VALUES (1, 'a'), (1, NULL)) AS t(k, v)", r#"[[1,["a",null]]]"#),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(sql, wanted)| (sql, wanted, shown(sql)))
        .filter(|(_, wanted, found)| found != *wanted)
        .map(|(sql, wanted, found)| format!("{sql}\n   gives {found}\n   not   {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
