//! The conformance cases, and queries whose rules they do not show.

use chrono::DateTime;
use serde_json::Value;

use super::evaluate::{EvaluateError, Evaluated, evaluate};

const CASES: &str = include_str!("../../../tests/conformance/athena/expressions.json");

fn run(sql: &str) -> Result<Evaluated, EvaluateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(evaluate(sql, DateTime::from_timestamp(1_700_000_000, 0).unwrap()))
}

fn is_near(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            let difference = (found - expected).abs();
            difference <= 1e-12 || difference <= 1e-6 * expected.abs().max(found.abs())
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| is_near(found, expected))
        }
        (found, expected) => found == expected,
    }
}

fn has_all(found: &[Value], expected: &[Value], of: &str) -> bool {
    let mut left: Vec<&Value> = expected.iter().collect();
    found.len() == expected.len()
        && found.iter().all(|value| match left.iter().position(|other| is_same(value, other, of, false)) {
            Some(place) => {
                left.remove(place);
                true
            }
            None => false,
        })
}

/// Equal, where the entries of a map have no order.
fn is_same(found: &Value, expected: &Value, of: &str, unordered: bool) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) if unordered || of.starts_with("map(") => {
            has_all(found, expected, "")
        }
        _ => is_near(found, expected),
    }
}

/// What is wrong with the answer to a case, if anything is.
fn wrong(case: &Value) -> Option<String> {
    let result = run(case["sql"].as_str().unwrap());
    if let Some(error) = case["error"].as_str() {
        return match result {
            Ok(found) => Some(format!("expected {error}, got {:?}", found.rows)),
            Err(EvaluateError::Value(failed)) if error != "*" && failed.name != error => Some(failed.to_string()),
            Err(EvaluateError::Sql(failed)) if error != "*" && failed.name != error => Some(failed.to_string()),
            Err(_) => None,
        };
    }
    let found = match result {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let types: Vec<&str> = case["columns"].as_array().unwrap().iter().map(|of| of.as_str().unwrap()).collect();
    if found.types != types {
        return Some(format!("expected types {types:?}, got {:?} {:?}", found.types, found.rows));
    }
    if let Some(names) = case["names"].as_array()
        && found.names.iter().ne(names.iter().map(|name| name.as_str().unwrap()))
    {
        return Some(format!("names {:?}", found.names));
    }
    let rows: Vec<Value> = found.rows.into_iter().map(Value::Array).collect();
    let expected = case["rows"].as_array().unwrap();
    let unordered = case["unordered_arrays"].as_bool().unwrap_or(false);
    let same_row = |found: &Value, expected: &Value| {
        let (found, expected) = (found.as_array().unwrap(), expected.as_array().unwrap());
        found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .zip(&types)
                .all(|((found, expected), of)| is_same(found, expected, of, unordered))
    };
    let ordered = case["sql"].as_str().unwrap().contains("ORDER BY");
    let mut left: Vec<&Value> = expected.iter().collect();
    let same = rows.len() == expected.len()
        && if ordered {
            rows.iter().zip(expected).all(|(found, expected)| same_row(found, expected))
        } else {
            rows.iter().all(|row| match left.iter().position(|other| same_row(row, other)) {
                Some(place) => {
                    left.remove(place);
                    true
                }
                None => false,
            })
        };
    (!same).then(|| format!("expected {}, got {}", case["rows"], Value::Array(rows)))
}

#[test]
fn every_conformance_case_has_its_answer() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 500);
    let mut failures = Vec::new();
    for case in &cases {
        if let Some(wrong) = wrong(case) {
            let (id, sql) = (case["id"].as_str().unwrap(), case["sql"].as_str().unwrap());
            failures.push(format!("{id}: {sql}\n    {wrong}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases fail\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// The rows of a query as text, or the name of its error.
fn answer(sql: &str) -> String {
    match run(sql) {
        Ok(found) => Value::Array(found.rows.into_iter().map(Value::Array).collect()).to_string(),
        Err(EvaluateError::Sql(error)) => error.name.to_owned(),
        Err(EvaluateError::Value(error)) => error.name.to_owned(),
    }
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(sql, expected)| answer(sql) != *expected)
        .map(|(sql, expected)| format!("{sql}\n    expected {expected}, got {}", answer(sql)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn branches_that_are_not_taken_do_not_fail() {
    check(&[
        ("SELECT if(x = 0, -1, 10 / x) FROM (VALUES 0, 5) AS t(x) ORDER BY x", "[[-1],[2]]"),
        ("SELECT x FROM (VALUES 0, 1, 2) AS t(x) WHERE x <> 0 AND 10 / x > 5", "[[1]]"),
        ("SELECT coalesce(x, 1 / 0) FROM (VALUES 7) AS t(x)", "[[7]]"),
        ("SELECT x = 0 OR 1 / x = 1 FROM (VALUES 0, 1, 2) AS t(x) ORDER BY x", "[[true],[true],[false]]"),
        ("SELECT try(CAST(x AS integer)) FROM (VALUES '1', 'x', '3') AS t(x) ORDER BY x", "[[1],[3],[null]]"),
        ("SELECT CASE WHEN x > 1 THEN 'a' WHEN 1 / x > 0 THEN 'b' END FROM (VALUES 0) AS t(x)", "DIVISION_BY_ZERO"),
    ]);
}

#[test]
fn groups_and_their_sets() {
    check(&[
        (
            "SELECT a, b, grouping(a, b), sum(c) FROM (VALUES ('x', 1, 10), ('x', 2, 20)) AS t(a, b, c) \
             GROUP BY GROUPING SETS ((a, b), (a), ()) ORDER BY 3, 2",
            r#"[["x",1,0,10],["x",2,0,20],["x",null,1,30],[null,null,3,30]]"#,
        ),
        ("SELECT a + 1, count(*) FROM (VALUES 1, 1, 2) AS t(a) GROUP BY a + 1 ORDER BY 1", "[[2,2],[3,1]]"),
        ("SELECT a, b FROM (VALUES (1, 2)) AS t(a, b) GROUP BY a", "EXPRESSION_NOT_AGGREGATE"),
        ("SELECT sum(x) FROM (VALUES 9223372036854775807, 1) AS t(x)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("SELECT array_agg(DISTINCT x ORDER BY x DESC) FROM (VALUES 1, 2, 2) AS t(x)", "[[[2,1]]]"),
        ("SELECT sum(x) FROM (VALUES 1) AS t(x) WHERE sum(x) > 1", "EXPRESSION_NOT_SCALAR"),
        ("SELECT max(x) FILTER (WHERE x < 3) FROM (VALUES 1, 2, 3) AS t(x)", "[[2]]"),
    ]);
}

#[test]
fn rows_come_in_order_and_number() {
    check(&[
        ("SELECT x FROM (VALUES 1, 2, 2, 3) AS t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES", "[[1],[2],[2]]"),
        ("SELECT x FROM (VALUES 3, 1, 2) AS t(x) ORDER BY x OFFSET 1 LIMIT 1", "[[2]]"),
        ("SELECT x AS y FROM (VALUES 2, NULL, 1) AS t(x) ORDER BY -y", "[[2],[1],[null]]"),
        ("SELECT DISTINCT x FROM (VALUES (1, 2)) AS t(x, y) ORDER BY y", "EXPRESSION_NOT_IN_DISTINCT"),
        ("SELECT * FROM (VALUES 1, 1, 2) AS t(x) EXCEPT ALL SELECT * FROM (VALUES 1) AS u(x) ORDER BY 1", "[[1],[2]]"),
        ("SELECT * FROM (VALUES 2, 2, 2) AS t(x) INTERSECT ALL SELECT * FROM (VALUES 2, 2) AS u(x)", "[[2],[2]]"),
        ("SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1", r#"[["1.0"],["2.5"]]"#),
    ]);
}

#[test]
fn subqueries_follow_their_nulls() {
    check(&[
        ("SELECT 3 IN (SELECT x FROM (VALUES 1, NULL) AS t(x))", "[[null]]"),
        ("SELECT 1 > ALL (SELECT x FROM (VALUES 1) AS t(x) WHERE x > 5)", "[[true]]"),
        ("SELECT 2 <> ALL (VALUES 1, 3), 2 = ANY (VALUES 1, 3)", "[[true,false]]"),
        (
            "SELECT a, (SELECT max(c) FROM (VALUES (1, 5), (1, 7)) AS u(b, c) WHERE b = a) FROM (VALUES 1, 2) AS t(a) \
             ORDER BY a",
            "[[1,7],[2,null]]",
        ),
        (
            "SELECT a, EXISTS (SELECT 1 FROM (VALUES 2) AS u(b) WHERE b = a) FROM (VALUES 1, 2) AS t(a) ORDER BY a",
            "[[1,false],[2,true]]",
        ),
        (
            "SELECT a, a IN (SELECT b FROM (VALUES 2, 3) AS u(b)) FROM (VALUES 1, 2) AS t(a) ORDER BY a",
            "[[1,false],[2,true]]",
        ),
    ]);
}

#[test]
fn joins_and_laterals() {
    check(&[
        (
            "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS l(k, x) FULL JOIN (VALUES (2, 'c'), (3, 'd')) AS r(k, y) USING (k) \
             ORDER BY k",
            r#"[[1,"a",null],[2,"b","c"],[3,null,"d"]]"#,
        ),
        (
            "SELECT x, n, i FROM (VALUES 1) AS t(x) CROSS JOIN UNNEST(ARRAY['p', 'q']) WITH ORDINALITY AS u(n, i) ORDER BY i",
            r#"[[1,"p",1],[1,"q",2]]"#,
        ),
        (
            "SELECT a, b FROM (VALUES 1, 2) AS t(a) CROSS JOIN LATERAL (SELECT a * 10 AS b) AS u ORDER BY a",
            "[[1,10],[2,20]]",
        ),
        ("SELECT x FROM (VALUES 1) AS t(x) NATURAL JOIN (VALUES 1) AS u(x)", "NOT_SUPPORTED"),
        ("SELECT x FROM (VALUES 1) AS t(x), (VALUES 1) AS u(x)", "AMBIGUOUS_NAME"),
    ]);
}

#[test]
fn what_is_not_trinos_is_refused() {
    check(&[
        ("SELECT 'a' = 1", "TYPE_MISMATCH"),
        ("SELECT \"a\" FROM (VALUES 1) AS t(b)", "COLUMN_NOT_FOUND"),
        ("SELECT x FROM (VALUES 1) AS t(x) QUALIFY true", "NOT_SUPPORTED"),
        ("SELECT upper(1)", "FUNCTION_NOT_FOUND"),
        ("SELECT * FROM nowhere", "TABLE_NOT_FOUND"),
        ("SELECT CAST(1 AS date)", "TYPE_MISMATCH"),
        ("SELECT row_number()", "MISSING_OVER"),
    ]);
}

#[test]
fn values_keep_their_types() {
    check(&[
        (
            "SELECT typeof(1.10), typeof(.5), typeof(-3000000000), typeof(TIMESTAMP '2020-01-01 00:00:00.123456')",
            r#"[["decimal(3,2)","decimal(1,1)","bigint","timestamp(6)"]]"#,
        ),
        ("SELECT INTERVAL '1:30' HOUR TO MINUTE, INTERVAL '2-6' YEAR TO MONTH", r#"[["0 01:30:00.000","2-6"]]"#),
        ("SELECT sum(x) FROM (VALUES INTERVAL '1' YEAR, INTERVAL '2' MONTH) AS t(x)", r#"[["1-2"]]"#),
        ("SELECT CAST('a' AS char(3)) = 'a', CAST(1e0 AS varchar)", r#"[[true,"1.0E0"]]"#),
        (
            "SELECT x FROM (VALUES TIMESTAMP '2020-01-01 00:00:00 UTC', TIMESTAMP '2020-01-01 00:30:00 +01:00') AS t(x) ORDER BY x",
            r#"[["2020-01-01 00:30:00 +01:00"],["2020-01-01 00:00:00 UTC"]]"#,
        ),
    ]);
}
