use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{CaseMode, run_case};

/// The conformance cases by name.
fn cases() -> Vec<(String, Value)> {
    let conformance = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut cases: Vec<(String, Value)> = ["kda/streaming", "streaming"]
        .iter()
        .flat_map(|folder| fs::read_dir(conformance.join(folder)).unwrap())
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(cases.len() > 50);
    cases
}

fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(key, a)| same(a, &b[key])),
        (a, b) => a == b,
    }
}

/// What is wrong with the rows of a case, if anything is.
fn difference(case: &Value, found: &Value) -> Option<String> {
    let rowtime = |row: &Value| row["rowtime"].as_str().unwrap().to_owned();
    for (stream, expected) in case["expect"].as_object().unwrap() {
        let expected = expected.as_array().unwrap();
        let rows = found[stream].as_array().unwrap();
        if !rows.is_sorted_by_key(rowtime) {
            return Some(format!("ROWTIME of {stream} goes back: {rows:?}"));
        }
        let mut left: Vec<&Value> = rows.iter().collect();
        let ordered = case["ordered"].as_bool().unwrap();
        for row in expected {
            let place = left.iter().position(|found| same(found, row)).filter(|place| !ordered || *place == 0);
            match place {
                Some(place) => drop(left.remove(place)),
                None => return Some(format!("{stream} lacks {row}; it has {rows:?}")),
            }
        }
        if !left.is_empty() {
            return Some(format!("{stream} has too much: {left:?}"));
        }
    }
    let errors = found["error_stream"].as_array().unwrap();
    (errors.len() as u64 != case["errors"].as_u64().unwrap()).then(|| format!("error rows: {errors:?}"))
}

fn check(mode: impl Fn(&Value) -> Vec<CaseMode>) {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        for mode in mode(&case) {
            let folder = tempfile::tempdir().unwrap();
            let problem = match run_case(&case, mode, folder.path().join("app")) {
                Ok(found) => difference(&case, &found),
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem {
                wrong.push(format!("{name}, {mode:?}: {problem}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_case_gives_its_rows_in_one_go() {
    check(|_| vec![CaseMode::Whole]);
}

#[test]
fn every_case_gives_its_rows_one_row_an_epoch() {
    check(|_| vec![CaseMode::Row]);
}

#[test]
fn every_case_gives_its_rows_when_restored_behind_every_row() {
    check(|_| vec![CaseMode::Restore]);
}

#[test]
fn every_case_gives_its_rows_when_restored_at_any_row() {
    check(|case| {
        let streams = case["streams"].as_object().unwrap();
        let events: usize = streams.values().map(|stream| stream["rows"].as_array().unwrap().len()).sum();
        (0..=events).map(CaseMode::RestoreAt).collect()
    });
}
