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
