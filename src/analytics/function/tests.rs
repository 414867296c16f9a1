use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;

use super::*;
use crate::analytics::expr::{EvalEnv, Scope, bind as bind_expression, render};
use crate::analytics::syntax::{Statement, parse_expression, parse_statements};

fn value_with(text: &str, functions: &Functions) -> String {
    let bound = parse_expression(text).and_then(|ast| bind_expression(&ast, &Scope::default(), functions, text));
    let Ok(expr) = bound else { return "<ERROR>".to_owned() };
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let one = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap();
    // 2018-05-09 12:50:41.337
    let env = EvalEnv { started: 1_525_870_241_337, row_clock: 1_525_870_241_337 };
    let evaluated = expr.evaluate(&one, &env).unwrap();
    match evaluated.failed {
        Some(_) => "<NO ROW>".to_owned(),
        None => render(&evaluated.values, 0, expr.sql_type()),
    }
}

fn assert_values(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(value_with(text, &Functions::default()), *expected, "{text}");
    }
}

#[test]
fn numeric_functions_keep_or_widen_types() {
    assert_values(&[
        ("ABS(-2147483647 - 1)", "<NO ROW>"),
        ("ABS(-1.50)", "1.50"),
        ("ABS(INTERVAL '-1-2' YEAR TO MONTH)", "INTERVAL '+1-02' YEAR TO MONTH"),
        ("ABS('a')", "<ERROR>"),
        ("CEIL(9.9)", "10"),
        ("FLOOR(-0.5)", "-1"),
        ("CEIL(1.5e0)", "2.0"),
        ("FLOOR(7)", "7"),
        ("LN(-1)", "<NO ROW>"),
        ("POWER(0, -1)", "<NO ROW>"),
        ("POWER(-2, 3)", "-8.0"),
        ("EXP(1000)", "<NO ROW>"),
        ("MOD(-7, 3)", "-1"),
        ("MOD(7, -3)", "1"),
        ("MOD(1.5, 1)", "<ERROR>"),
        ("STEP(-3 BY 5)", "-5"),
        ("STEP(7.25 BY 0.5)", "7.00"),
        ("STEP(7.3e0 BY 2)", "6.0"),
        ("STEP(7 BY 0)", "<NO ROW>"),
        ("SQRT(4)", "<ERROR>"),
    ]);
}

#[test]
fn datetimes_are_floored_stepped_and_taken_apart() {
    assert_values(&[
        ("FLOOR(TIMESTAMP '2004-09-30 13:48:23' TO MONTH)", "2004-09-01 00:00:00"),
        ("CEIL(TIMESTAMP '2004-09-30 13:48:23' TO MONTH)", "2004-10-01 00:00:00"),
        ("CEIL(TIMESTAMP '2004-09-01 00:00:00' TO MONTH)", "2004-09-01 00:00:00"),
        ("FLOOR(DATE '2004-09-30' TO YEAR)", "2004-01-01"),
        ("FLOOR(TIME '13:48:23' TO HOUR)", "13:00:00"),
        ("FLOOR(TIME '13:48:23' TO YEAR)", "<ERROR>"),
        ("FLOOR(TIMESTAMP '1969-12-31 23:59:59.5' TO SECOND)", "1969-12-31 23:59:59"),
        ("STEP(TIMESTAMP '2004-09-27 13:48:23' BY INTERVAL '5' DAY)", "2004-09-24 00:00:00"),
        ("STEP(TIMESTAMP '2004-09-30 13:48:23' BY INTERVAL '15' MINUTE)", "2004-09-30 13:45:00"),
        ("STEP(TIMESTAMP '2004-09-30 13:48:23' BY INTERVAL '2' MONTH)", "2004-09-01 00:00:00"),
        ("STEP(INTERVAL '107' SECOND BY INTERVAL '10' SECOND)", "INTERVAL '+100' SECOND"),
        ("EXTRACT(YEAR FROM DATE '2016-09-23')", "2016"),
        ("EXTRACT(SECOND FROM TIMESTAMP '2016-09-23 04:29:26.234')", "26.234"),
        ("EXTRACT(HOUR FROM INTERVAL '100:30' HOUR TO MINUTE)", "100"),
        ("EXTRACT(HOUR FROM INTERVAL -'1 2:3' DAY TO MINUTE)", "-2"),
        ("EXTRACT(MONTH FROM INTERVAL '3-4' YEAR TO MONTH)", "4"),
        ("TSDIFF(5000, 2000)", "3000"),
        ("TSDIFF(NULL, TIMESTAMP '2018-05-09 12:00:05')", "<NULL>"),
        ("TO_TIMESTAMP(1525870241337)", "2018-05-09 12:50:41.337"),
        ("UNIX_TIMESTAMP(TO_TIMESTAMP(5))", "5"),
        ("TO_TIMESTAMP(9223372036854775807)", "<NO ROW>"),
        ("STEP(TO_TIMESTAMP(-9223372036854775807) BY INTERVAL '7' DAY)", "<NO ROW>"),
    ]);
}

#[test]
fn date_formats_go_both_ways() {
    assert_values(&[
        ("CHAR_TO_DATE('dd/MM/yyyy', '05/02/2001')", "2001-02-05"),
        ("CHAR_TO_TIME('HH.mm', '13.05')", "13:05:00"),
        ("CHAR_TO_TIMESTAMP('yy', '18')", "2018-01-01 00:00:00"),
        ("CHAR_TO_TIMESTAMP('yyyy', NULL)", "<NULL>"),
        ("CHAR_TO_TIMESTAMP('bbb', 'x')", "<ERROR>"),
        ("DATE_TO_CHAR('d. MMM', DATE '2001-02-05')", "5. Feb"),
        ("TIME_TO_CHAR('HHmm', TIME '13:05:00')", "1305"),
        ("TIMESTAMP_TO_CHAR('yyyy', NULL)", "null"),
        ("TIMESTAMP_TO_CHAR('yyyy', DATE '2001-02-05')", "<ERROR>"),
    ]);
}

#[test]
fn text_functions_count_characters() {
    assert_values(&[
        ("CHAR_LENGTH('日本語')", "3"),
        ("UPPER('straße')", "STRASSE"),
        ("INITCAP('o''neil and-son 2nd')", "O'Neil And-Son 2nd"),
        ("INITCAP('ßa ÉLAN ﬁn')", "ßa Élan ﬁn"),
        ("INITCAP('ᾳ Aİ')", "ᾼ Ai"),
        ("SUBSTRING('日本語' FROM 2 FOR 1)", "本"),
        ("SUBSTRING('abc' FROM 0 FOR 2)", "a"),
        ("SUBSTRING('abc' FROM -5 FOR 2)", ""),
        ("SUBSTRING('abc' FROM 5)", ""),
        ("SUBSTRING('abc', 5)", "<NULL>"),
        ("SUBSTRING('abc', 2)", "bc"),
        ("SUBSTRING('abc', 2, 0)", ""),
        ("SUBSTRING('abc' FROM 1 FOR -1)", "<NO ROW>"),
        ("SUBSTRING('abc' FROM 'x')", "<NULL>"),
        ("SUBSTRING('abc' FROM '(')", "<ERROR>"),
        ("POSITION('' IN 'abc')", "1"),
        ("POSITION('語' IN '日本語')", "3"),
        ("POSITION('x' IN 'abc')", "0"),
        ("OVERLAY('日本語' PLACING 'x' FROM 2)", "日x語"),
        ("OVERLAY('12345' PLACING 'foo' FROM 9)", "12345foo"),
        ("TRIM(TRAILING FROM ' a ')", " a"),
        ("TRIM('x' FROM 'xax')", "a"),
        ("TRIM('xy' FROM 'xax')", "<NO ROW>"),
        ("'a' || NULL", "<NULL>"),
        ("1 || 'a'", "<ERROR>"),
    ]);
}

#[test]
fn regex_replace_is_javas_replace_all() {
    assert_values(&[
        ("REGEX_REPLACE('TECHNOLOGY', 'O', '0', 1, 0)", "TECHN0L0GY"),
        ("REGEX_REPLACE('TECHNOLOGY', 'O', '0', 1, 2)", "TECHNOL0GY"),
        ("REGEX_REPLACE('TECHNOLOGY', 'O', '0', 7, 1)", "TECHNOL0GY"),
        ("REGEX_REPLACE('2018-05', '(\\d+)-(\\d+)', '$2/$1', 1, 0)", "05/2018"),
        ("REGEX_REPLACE('abc', '', '-', 1, 0)", "-a-b-c-"),
        ("REGEX_REPLACE('abc', 'b', '\\$', 1, 0)", "a$c"),
        ("REGEX_REPLACE('2018-05', '(?<year>\\d+)-(?<m1>\\d+)', '${m1}/${year}$1', 1, 0)", "05/20182018"),
        ("REGEX_REPLACE('ac', '(?<b>b)?c', '[${b}$1]', 1, 0)", "a[]"),
        ("REGEX_REPLACE('abc', '(?<b>b)', '${c}', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', '(?<b>b)', '${b', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', '(b)', '${1}', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', '(b)', '$', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('xyz', '(b)', '${c}', 1, 0)", "xyz"),
        ("REGEX_REPLACE('abc', 'b', 'x', 9, 0)", "abc"),
        ("REGEX_REPLACE('abc', 'b', 'x', 0, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', 'b', 'x', 1, -1)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', '(', 'x', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE('abc', 'b', '$3', 1, 0)", "<NO ROW>"),
        ("REGEX_REPLACE(NULL, 'b', 'x', 1, 0)", "<NULL>"),
        ("REGEX_REPLACE('abc', 'b', 'x', 1)", "<ERROR>"),
    ]);
}

#[test]
fn like_and_similar_match_the_whole_text() {
    assert_values(&[
        ("'a%b' LIKE 'a!%b' ESCAPE '!'", "TRUE"),
        ("'a\nb' LIKE 'a%b'", "TRUE"),
        ("'abc' LIKE 'a_c'", "TRUE"),
        ("'ABC' LIKE 'abc'", "FALSE"),
        ("'a.c' LIKE 'a.c'", "TRUE"),
        ("'abc' LIKE 'a.c'", "FALSE"),
        ("'abab' LIKE '%ab%ab'", "TRUE"),
        ("'a' LIKE 'a' ESCAPE '!!'", "<ERROR>"),
        ("'bd' SIMILAR TO '[a-e^c]d'", "TRUE"),
        ("'x' SIMILAR TO '[^a-c]'", "TRUE"),
        ("'a+b' SIMILAR TO 'a\\+b' ESCAPE '\\'", "TRUE"),
        ("'foobar' SIMILAR TO 'foo(bar|baz){1,2}'", "TRUE"),
        ("'a.c' SIMILAR TO 'a.c'", "TRUE"),
        ("'abc' SIMILAR TO 'a.c'", "FALSE"),
        ("'a' SIMILAR TO '[a'", "<ERROR>"),
        ("'a' SIMILAR TO 'a{x}'", "<ERROR>"),
        ("'a' SIMILAR TO '(a'", "<ERROR>"),
        ("NULL SIMILAR TO 'a'", "UNKNOWN"),
        ("SUBSTRING('abcdef' SIMILAR '%#\"c_#\"%' ESCAPE '#')", "cd"),
        ("SUBSTRING('abc' SIMILAR 'x#\"y#\"z' ESCAPE '#')", "<NULL>"),
    ]);
}

#[test]
fn periods_are_half_open() {
    let day = |day: u32| format!("DATE '2020-01-{day:02}'");
    let period = |from: u32, to: u32| format!("({}, {})", day(from), day(to));
    for (left, op, right, expected) in [
        ((1, 5), "OVERLAPS", (4, 6), "TRUE"),
        ((1, 5), "OVERLAPS", (5, 6), "FALSE"),
        ((1, 5), "CONTAINS", (1, 5), "TRUE"),
        ((1, 5), "STRICTLY CONTAINS", (1, 4), "FALSE"),
        ((1, 5), "STRICTLY CONTAINS", (2, 4), "TRUE"),
        ((1, 5), "EQUALS", (1, 5), "TRUE"),
        ((1, 5), "PRECEDES", (5, 6), "TRUE"),
        ((1, 5), "STRICTLY PRECEDES", (5, 6), "FALSE"),
        ((1, 5), "IMMEDIATELY PRECEDES", (5, 6), "TRUE"),
        ((5, 6), "SUCCEEDS", (1, 5), "TRUE"),
        ((6, 7), "IMMEDIATELY SUCCEEDS", (1, 5), "FALSE"),
        ((1, 5), "LEADS", (2, 6), "TRUE"),
        ((1, 5), "LEADS", (2, 4), "FALSE"),
        ((1, 5), "IMMEDIATELY LEADS", (1, 6), "TRUE"),
        ((1, 5), "IMMEDIATELY LEADS", (2, 6), "FALSE"),
        ((2, 6), "LAGS", (1, 5), "TRUE"),
        ((2, 6), "STRICTLY LAGS", (2, 5), "FALSE"),
    ] {
        let text = format!("{} {op} {}", period(left.0, left.1), period(right.0, right.1));
        assert_values(&[(text.as_str(), expected)]);
    }
    let instant = format!("{} CONTAINS {}", period(1, 5), day(5));
    assert_values(&[(instant.as_str(), "FALSE")]);
    let chain = format!("PERIOD{} PRECEDES {} PRECEDES {}", period(1, 2), period(2, 3), period(4, 5));
    assert_values(&[(chain.as_str(), "TRUE")]);
    let length = format!("({}, INTERVAL '2' DAY) OVERLAPS {}", day(1), period(2, 4));
    assert_values(&[(length.as_str(), "TRUE")]);
}

fn functions(text: &str) -> Functions {
    let mut functions = Functions::default();
    for statement in parse_statements(text).unwrap() {
        let Statement::Function(function) = statement else { panic!("{statement:?}") };
        functions.define(&function, text).unwrap();
    }
    functions
}

#[test]
fn functions_written_in_sql_are_found_by_their_exact_types() {
    let functions = functions(
        "CREATE FUNCTION twice(x INTEGER) RETURNS INTEGER RETURN x + x;
         CREATE FUNCTION twice(x VARCHAR(8)) RETURNS VARCHAR(16) RETURN x || x;
         CREATE FUNCTION four(x INTEGER) RETURNS BIGINT RETURN twice(twice(x));
         CREATE FUNCTION guarded(x INTEGER) RETURNS INTEGER RETURNS NULL ON NULL INPUT RETURN COALESCE(x, 1 / 0);
         CREATE FUNCTION or_seven(x INTEGER) RETURNS INTEGER RETURN COALESCE(x, 7);
         CREATE FUNCTION loops(x INTEGER) RETURNS INTEGER RETURN loops(x);
         CREATE FUNCTION wrong(x INTEGER) RETURNS DATE RETURN x;",
    );
    for (text, expected) in [
        ("twice(4)", "8"),
        ("Twice('ab')", "abab"),
        ("twice(4.0)", "<ERROR>"),
        ("four(3)", "12"),
        ("guarded(NULL)", "<NULL>"),
        ("guarded(2)", "2"),
        ("or_seven(NULL)", "7"),
        ("twice(1 / 0)", "<NO ROW>"),
        ("loops(1)", "<ERROR>"),
        ("wrong(1)", "<ERROR>"),
        ("\"twice\"(1)", "<ERROR>"),
    ] {
        assert_eq!(value_with(text, &functions), expected, "{text}");
    }
}

#[test]
fn a_function_is_defined_once_unless_replaced() {
    let text =
        "CREATE FUNCTION f(x INTEGER) RETURNS INTEGER RETURN 1; CREATE FUNCTION f(y INTEGER) RETURNS INTEGER RETURN 2";
    let mut functions = Functions::default();
    let mut results = parse_statements(text).unwrap().into_iter().map(|statement| match statement {
        Statement::Function(function) => functions.define(&function, text),
        other => panic!("{other:?}"),
    });
    assert!(results.next().unwrap().is_ok());
    assert!(results.next().unwrap().unwrap_err().to_string().contains("OR REPLACE"));
}

#[test]
fn log_parsers_take_constants_behind_the_text() {
    for (text, expected) in [
        ("SYS_LOG_PARSE('Mar  5 10:11:12 host app: up')", "(2018-03-05 10:11:12,host app: up)"),
        ("VARIABLE_COLUMN_LOG_PARSE('a|2', 'x TYPE VARCHAR(4), n TYPE INTEGER', '|')", "(a,2)"),
        ("VARIABLE_COLUMN_LOG_PARSE(NULL, 2, '|')", "<NULL>"),
        ("REGEX_LOG_PARSE('ab', '(a)(b)')", "(a,b)"),
        ("REGEX_LOG_PARSE('ab', UPPER('(a)') || CAST(CURRENT_DATE AS VARCHAR(10)))", "<ERROR>"),
        ("REGEX_LOG_PARSE(5, '(a)')", "<ERROR>"),
        ("FAST_REGEX_LOG_PARSER('x', '(a)')", "<NO ROW>"),
    ] {
        assert_eq!(value_with(text, &Functions::default()), expected, "{text}");
    }
}

#[test]
fn every_name_that_messages_offer_is_a_function() {
    let special = ["CAST", "COALESCE", "EXTRACT", "NULLIF", "OVERLAY", "POSITION", "STEP", "TRIM"];
    let called = NAMES.iter().filter(|name| !special.contains(name));
    assert!(called.clone().count() > 20);
    for name in called {
        let none = Arguments { name, at: crate::analytics::syntax::At::default(), text: "", values: Vec::new() };
        assert!(bind(none).is_err(), "{name} takes no arguments");
    }
    for text in ["CAST('1' AS INTEGER)", "COALESCE(1)", "NULLIF(1, 2)", "EXTRACT(DAY FROM CURRENT_DATE)"] {
        assert_ne!(value_with(text, &Functions::default()), "<ERROR>", "{text}");
    }
}
