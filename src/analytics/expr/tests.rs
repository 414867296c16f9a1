use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Int32Type, Schema};

use super::*;
use crate::analytics::function::Functions;
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::parse_expression;

/// 2018-05-09 12:50:41.337
const NOW: i64 = 1_525_870_241_337;

fn env() -> EvalEnv {
    EvalEnv { started: NOW, row_clock: NOW }
}

/// The value of an expression without columns, `<ERROR>` or `<NO ROW>`.
fn value(text: &str) -> String {
    let expr = match parse_expression(text).and_then(|ast| bind(&ast, &Scope::default(), &Functions::default(), text)) {
        Ok(expr) => expr,
        Err(_) => return "<ERROR>".to_owned(),
    };
    let one = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &arrow::array::RecordBatchOptions::new().with_row_count(Some(1)),
    );
    let evaluated = expr.evaluate(&one.unwrap(), &env()).unwrap();
    match evaluated.failed {
        Some(_) => "<NO ROW>".to_owned(),
        None => render(&evaluated.values, 0, expr.sql_type()),
    }
}

fn assert_values(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(value(text), *expected, "{text}");
    }
}

#[test]
fn integers_keep_their_type_and_overflow_fails_the_row() {
    assert_values(&[
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("2147483647 + 1", "<NO ROW>"),
        ("CAST(2147483647 AS BIGINT) + 1", "2147483648"),
        ("2147483648 * 2", "4294967296"),
        ("CAST(100 AS TINYINT) + CAST(100 AS TINYINT)", "<NO ROW>"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775807 + 1", "<NO ROW>"),
        ("1 / 0", "<NO ROW>"),
        ("1e0 / 0", "<NO ROW>"),
        ("1e308 * 10", "<NO ROW>"),
        ("1 + NULL", "<NULL>"),
    ]);
}

#[test]
fn decimals_have_the_scale_of_the_reference() {
    assert_values(&[
        ("5.0 / 2", "2.500000000000"),
        ("1 / 3.0", "0.333333"),
        ("2.0 / 3.0", "0.666667"),
        ("1.25 + 2.5", "3.75"),
        ("1.25 * 2.50", "3.1250"),
        ("-1.5 * 1.5", "-2.25"),
        ("10 - 0.001", "9.999"),
        ("1.0 / 0.0", "<NO ROW>"),
        ("999999999999999999.0 + 1", "<NO ROW>"),
        ("1.5 + 1e0", "2.5"),
    ]);
}

#[test]
fn comparison_finds_the_common_type() {
    assert_values(&[
        ("1 = 1.0", "TRUE"),
        ("1 < 1e0", "FALSE"),
        ("9223372036854775807 > 0.5", "TRUE"),
        ("DATE '2020-01-01' < TIMESTAMP '2020-01-01 00:00:01'", "TRUE"),
        ("CAST('ab' AS CHAR(4)) = 'ab'", "TRUE"),
        ("'ab ' = 'ab'", "FALSE"),
        ("INTERVAL '1' DAY = INTERVAL '24' HOUR", "TRUE"),
        ("INTERVAL '1' DAY = INTERVAL '1' MONTH", "<ERROR>"),
        ("NULL = 1", "UNKNOWN"),
        ("NULL = NULL", "UNKNOWN"),
        ("'1' = 1", "<ERROR>"),
        ("TIMESTAMP '2020-01-01 00:00:00' > '2019'", "<ERROR>"),
        ("X'01' < X'02'", "TRUE"),
        ("TRUE > FALSE", "TRUE"),
    ]);
}

#[test]
fn predicates_follow_three_valued_logic() {
    assert_values(&[
        ("2 BETWEEN 1 AND NULL", "UNKNOWN"),
        ("0 BETWEEN 1 AND NULL", "FALSE"),
        ("2 NOT BETWEEN 3 AND 5", "TRUE"),
        ("1 IN (1, NULL)", "TRUE"),
        ("2 IN (1, NULL)", "UNKNOWN"),
        ("2 NOT IN (1, 3)", "TRUE"),
        ("7 IN (1, 2, 3, 4, 5, 6, 7)", "TRUE"),
        ("8 IN (1, 2, 3, 4, 5, 6, NULL)", "UNKNOWN"),
        ("'b' IN ('a', 'b', 'c', 'd', 'e', 'f')", "TRUE"),
        ("NULL IN (1, 2, 3, 4, 5, 6)", "UNKNOWN"),
        ("2.0 IN (1, 2, 3, 4, 5, 6)", "TRUE"),
        ("NULL LIKE 'a'", "UNKNOWN"),
        ("'a' LIKE NULL", "UNKNOWN"),
        ("NOT 1 = 2 AND TRUE", "TRUE"),
        ("UNKNOWN IS NOT TRUE", "TRUE"),
        ("NULL IS DISTINCT FROM 1", "TRUE"),
        ("1 AND TRUE", "<ERROR>"),
    ]);
}

#[test]
fn branches_that_are_not_taken_cannot_fail() {
    assert_values(&[
        ("CASE WHEN 1 = 0 THEN 1 / 0 ELSE 5 END", "5"),
        ("CASE WHEN 1 = 1 THEN 1 / 0 ELSE 5 END", "<NO ROW>"),
        ("CASE WHEN 1 / 0 = 1 THEN 1 ELSE 5 END", "<NO ROW>"),
        ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'bcd' END", "bcd"),
        ("CASE 3 WHEN 1 THEN 'a' END", "<NULL>"),
        ("CASE WHEN UNKNOWN THEN 1 ELSE 2.5 END", "2.5"),
        ("CASE WHEN TRUE THEN 1 ELSE 2.5 END", "1.0"),
        ("CASE WHEN TRUE THEN 1 ELSE 'a' END", "<ERROR>"),
        ("FALSE AND 1 / 0 = 1", "FALSE"),
        ("TRUE OR 1 / 0 = 1", "TRUE"),
        ("1 / 0 = 1 AND FALSE", "<NO ROW>"),
        ("UNKNOWN AND 1 / 0 = 1", "<NO ROW>"),
        ("COALESCE(1, 1 / 0)", "1"),
        ("COALESCE(NULL, 1 / 0)", "<NO ROW>"),
        ("COALESCE(NULL, NULL)", "<NULL>"),
        ("NULLIF(2, 2)", "<NULL>"),
    ]);
}

#[test]
fn casts_follow_the_matrix_of_the_reference() {
    assert_values(&[
        ("CAST(-2.5 AS INTEGER)", "-3"),
        ("CAST(2.49 AS INTEGER)", "2"),
        ("CAST(1e10 AS INTEGER)", "<NO ROW>"),
        ("CAST(300 AS TINYINT)", "<NO ROW>"),
        ("CAST(1.005 AS DECIMAL(3, 2))", "1.01"),
        ("CAST(12.5 AS DECIMAL(2, 1))", "<NO ROW>"),
        ("CAST(12 AS VARCHAR(1))", "<NO ROW>"),
        ("CAST(12.50 AS VARCHAR(8))", "12.50"),
        ("CAST(1.5e0 AS VARCHAR(8))", "1.5"),
        ("CAST(TRUE AS VARCHAR(5))", "TRUE"),
        ("CAST(' 12 ' AS INTEGER)", "12"),
        ("CAST('12.6' AS INTEGER)", "13"),
        ("CAST('1e2' AS DOUBLE)", "100.0"),
        ("CAST('x' AS INTEGER)", "<NO ROW>"),
        ("CAST(' true ' AS BOOLEAN)", "TRUE"),
        ("CAST('yes' AS BOOLEAN)", "<NO ROW>"),
        ("CAST('abcd' AS VARCHAR(3))", "<NO ROW>"),
        ("CAST('abc ' AS VARCHAR(3))", "abc"),
        ("CAST('ab' AS CHAR(4)) || '|'", "ab  |"),
        ("CAST(' 2007-02-19 ' AS DATE)", "2007-02-19"),
        ("CAST('2007-02-19 1:2:3.25' AS TIMESTAMP)", "2007-02-19 01:02:03.250"),
        ("CAST(DATE '2007-02-19' AS TIMESTAMP)", "2007-02-19 00:00:00"),
        ("CAST(TIMESTAMP '2007-02-19 21:23:45' AS TIME)", "21:23:45"),
        ("CAST(TIME '21:23:45' AS TIMESTAMP)", "2018-05-09 21:23:45"),
        ("CAST(DATE '2007-02-19' AS TIME)", "<ERROR>"),
        ("CAST(1 AS TIMESTAMP)", "<ERROR>"),
        ("CAST(1 AS BOOLEAN)", "<ERROR>"),
        ("CAST(INTERVAL '1:30' HOUR TO MINUTE AS INTERVAL HOUR)", "INTERVAL '+1' HOUR"),
        ("CAST(INTERVAL '90' MINUTE AS INTERVAL HOUR TO MINUTE)", "INTERVAL '+1:30' HOUR TO MINUTE"),
        ("CAST(INTERVAL '100' DAY AS INTERVAL DAY(2))", "<NO ROW>"),
        ("CAST(INTERVAL '1:30' HOUR TO MINUTE AS BIGINT)", "<ERROR>"),
        ("CAST(INTERVAL '1.5' SECOND AS DECIMAL(3, 1))", "1.5"),
        ("CAST(INTERVAL '1.5' SECOND AS BIGINT)", "2"),
        ("CAST(INTERVAL '371' SECOND AS VARCHAR(2))", "+3"),
        ("CAST('3 4' AS INTERVAL DAY TO HOUR)", "INTERVAL '+3 04' DAY TO HOUR"),
        ("CAST(X'0102' AS VARBINARY(1))", "<NO ROW>"),
        ("CAST(X'01' AS BINARY(2))", "AQA="),
        ("CAST(CAST(NULL AS VARCHAR(3)) AS INTEGER)", "<NULL>"),
    ]);
}

#[test]
fn datetimes_and_intervals_add_up() {
    assert_values(&[
        ("TIMESTAMP '2020-01-31 00:00:00' + INTERVAL '1' MONTH", "2020-02-29 00:00:00"),
        ("DATE '2020-03-01' - INTERVAL '1' DAY", "2020-02-29"),
        ("DATE '2020-01-01' + INTERVAL '1-1' YEAR TO MONTH", "2021-02-01"),
        ("TIME '23:30:00' + INTERVAL '1' HOUR", "00:30:00"),
        ("INTERVAL '1' MINUTE + TIMESTAMP '2020-01-01 00:00:00'", "2020-01-01 00:01:00"),
        ("2 * INTERVAL '3 4' DAY TO HOUR", "INTERVAL '+6 08' DAY TO HOUR"),
        ("INTERVAL '10' SECOND * 1.5", "INTERVAL '+15' SECOND"),
        ("INTERVAL '10' SECOND / 0", "<NO ROW>"),
        ("-INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '-1-02' YEAR TO MONTH"),
        ("(DATE '2020-03-15' - DATE '2020-01-20') MONTH", "INTERVAL '+1' MONTH"),
        ("(DATE '2020-01-20' - DATE '2021-03-15') YEAR TO MONTH", "INTERVAL '-1-01' YEAR TO MONTH"),
        ("(TIMESTAMP '2020-01-01 00:00:10.5' - TIMESTAMP '2020-01-01 00:00:00') SECOND", "INTERVAL '+10.500' SECOND"),
        ("TIME '01:00:00' + INTERVAL '1' MONTH", "<ERROR>"),
        ("DATE '2020-01-01' - DATE '2019-01-01'", "<ERROR>"),
        ("INTERVAL '1' DAY + INTERVAL '1' MONTH", "<ERROR>"),
        (
            "FLOOR((TIMESTAMP '1970-01-01 00:01:47' - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)",
            "INTERVAL '+10' SECOND",
        ),
    ]);
}

#[test]
fn the_clock_is_the_environments() {
    assert_values(&[
        ("CURRENT_TIMESTAMP", "2018-05-09 12:50:41.337"),
        ("LOCALTIMESTAMP = CURRENT_ROW_TIMESTAMP", "TRUE"),
        ("CURRENT_DATE", "2018-05-09"),
        ("LOCALTIME", "12:50:41"),
    ]);
}

fn table() -> (Scope, RecordBatch) {
    let column = |name: &str, sql_type: SqlType, hidden: bool| ScopeColumn {
        qualifier: Some("S".to_owned()),
        name: name.to_owned(),
        sql_type: sql_type.into(),
        hidden,
    };
    let scope = Scope::new(vec![
        column("N", SqlType::Integer, false),
        column("price", SqlType::Double, false),
        column("K", SqlType::Varchar(4), false),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(2), Some(0), None])),
        Arc::new(Float64Array::from(vec![1.5, 2.5, 3.5])),
        Arc::new(StringArray::from(vec!["a", "b", "c"])),
    ];
    let fields = scope
        .columns
        .iter()
        .zip(&columns)
        .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    (scope.clone(), RecordBatch::try_new(Arc::new(schema), columns).unwrap())
}

fn bound(text: &str) -> crate::analytics::error::Result<Expr> {
    bind(&parse_expression(text)?, &table().0, &Functions::default(), text)
}

#[test]
fn only_the_rows_that_fail_are_failed() {
    let evaluated = bound("10 / n").unwrap().evaluate(&table().1, &env()).unwrap();
    let failed = evaluated.failed.unwrap();
    assert_eq!(failed.iter().collect::<Vec<_>>(), [(1, "Division by zero")]);
    let values: Vec<_> = evaluated.values.as_primitive::<Int32Type>().iter().collect();
    assert_eq!(values, [Some(5), None, None]);
    let evaluated = bound("n <> 0 AND 10 / n > 1").unwrap().evaluate(&table().1, &env()).unwrap();
    assert!(evaluated.failed.is_none());
    assert_eq!(evaluated.values.as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false), None]);
}

#[test]
fn a_constant_that_fails_fails_every_row() {
    let evaluated = bound("1 / 0 + n").unwrap().evaluate(&table().1, &env()).unwrap();
    assert_eq!(evaluated.failed.map(|failed| failed.iter().count()), Some(3));
    assert_eq!(evaluated.values.len(), 3);
}

#[test]
fn unquoted_names_fall_back_to_the_only_one_that_differs_by_case() {
    assert_eq!(bound("s.N").unwrap().as_column(), Some(0));
    assert_eq!(bound("price").unwrap().as_column(), Some(1));
    assert_eq!(bound("db.S.\"price\"").unwrap().as_column(), Some(1));
    let message = bound("\"PRICE\"").unwrap_err().to_string();
    assert!(message.contains("case-sensitive: \"price\""), "{message}");
    let message = bound("prise").unwrap_err().to_string();
    assert!(message.contains("did you mean `price`?"), "{message}");
    assert_eq!(bound("n + price * n").unwrap().columns(), [0, 1]);
}

#[test]
fn errors_name_what_is_accepted() {
    for (text, expected) in [
        ("UPER(k)", "did you mean UPPER?"),
        ("UPPER(n)", "the forms are UPPER(text)"),
        ("k + 1", "`+` cannot be applied to VARCHAR(4) and INTEGER"),
        ("n LIKE 'a'", "LIKE works on text"),
        ("k LIKE 'a!b' ESCAPE '!'", "stands before nothing special"),
        ("SUM(n)", "aggregate or analytic function"),
        ("EXTRACT(HOUR FROM DATE '2020-01-01')", "DATE has YEAR"),
        ("n IN (SELECT a FROM t)", "streams are joined"),
    ] {
        let message = bound(text).unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("line 1, column"), "{text}: {message}");
    }
}

#[test]
fn assignment_cuts_text_and_never_parses_it() {
    let assigned = |text: &str, to: SqlType| {
        let expr = bound(text).unwrap();
        assign(expr, "C", to, false).unwrap().map(|expr| {
            let evaluated = expr.evaluate(&table().1, &env()).unwrap();
            if evaluated.failed.is_some() {
                "<NO ROW>".to_owned()
            } else {
                render(&evaluated.values, 0, expr.sql_type())
            }
        })
    };
    assert_eq!(assigned("'abcdef'", SqlType::Varchar(3)), Ok("abc".into()));
    assert_eq!(assigned("'ab'", SqlType::Char(3)), Ok("ab ".into()));
    assert_eq!(assigned("price", SqlType::Integer), Ok("2".into()));
    assert_eq!(assigned("300", SqlType::TinyInt), Ok("<NO ROW>".into()));
    assert_eq!(assigned("12", SqlType::Varchar(4)), Ok("12".into()));
    assert_eq!(assigned("NULL", SqlType::Timestamp), Ok("<NULL>".into()));
    assert!(assigned("'1'", SqlType::Integer).unwrap_err().contains("CAST(value AS INTEGER)"));
    assert!(assigned("TIMESTAMP '2020-01-01 00:00:00'", SqlType::BigInt).unwrap_err().contains("UNIX_TIMESTAMP"));
    let not_null = assign(bound("n").unwrap(), "C", SqlType::Integer, true).unwrap().unwrap();
    let failed = not_null.evaluate(&table().1, &env()).unwrap().failed.unwrap();
    assert_eq!(failed.iter().map(|(row, _)| row).collect::<Vec<_>>(), [2]);
}

#[test]
fn names_of_one_column_are_the_same_expression() {
    let (scope, _) = table();
    let resolved = |text: &str| scope.resolved(&parse_expression(text).unwrap(), text);
    assert_eq!(resolved("FLOOR(s.n) + price"), resolved("floor(N) + S.\"price\""));
    assert_ne!(resolved("n"), resolved("k"));
}
