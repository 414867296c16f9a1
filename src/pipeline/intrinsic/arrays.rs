//! The array functions.

use serde_json::Value;

use crate::pipeline::json::is_equal;

/// Most elements that `States.ArrayRange` makes.
const LONGEST_RANGE: usize = 1000;

pub(super) fn partition(items: &[Value], size: i64) -> Result<Value, String> {
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect()),
        _ => Err(format!("A chunk size must be positive, not {size}")),
    }
}

pub(super) fn contains(items: &[Value], value: &Value) -> Value {
    Value::Bool(items.iter().any(|item| is_equal(item, value)))
}

pub(super) fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Err("The step of a range cannot be 0".to_owned());
    }
    let mut found = Vec::new();
    let mut next = first;
    while (step > 0 && next <= last) || (step < 0 && next >= last) {
        if found.len() == LONGEST_RANGE {
            return Err(format!("A range has {LONGEST_RANGE} elements at most"));
        }
        found.push(Value::from(next));
        next = next.saturating_add(step);
    }
    Ok(Value::Array(found))
}

pub(super) fn item(items: &[Value], index: i64) -> Result<Value, String> {
    let found = usize::try_from(index).ok().and_then(|index| items.get(index));
    found.cloned().ok_or_else(|| format!("Index {index} is out of bounds for an array of length {}", items.len()))
}

pub(super) fn unique(items: &[Value]) -> Value {
    let mut found: Vec<Value> = Vec::new();
    for item in items {
        if !found.iter().any(|seen| is_equal(seen, item)) {
            found.push(item.clone());
        }
    }
    Value::Array(found)
}
