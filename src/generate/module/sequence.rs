//! `sequence`: counters. Ours: what is counted is the record's number, so that threads and batches do not matter.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::arguments::{Call, numeric, text_of, whole};
use super::super::functions::{Entry, entry};
use super::super::sampler::Sampler;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry(
        "sequence.next",
        r#"{"start","step","name"}"#,
        "number",
        r#"{{sequence.next({"start":1,"step":1,"name":"order"})}}"#,
        |call| {
            let members = call.members(&["start", "step", "name"])?;
            let (start, step) = steps(members)?;
            Ok(Sampler::Counter { start, step })
        },
    ),
    entry(
        "sequence.padded",
        r#"{"width","prefix","start","step"}"#,
        "text",
        r#"{{sequence.padded({"width":6,"prefix":"S-"})}}"#,
        padded,
    ),
];

fn steps(members: Option<&Map<String, Value>>) -> Result<(i64, i64), String> {
    let whole = |key: &str| {
        let number = numeric(members, key, 1.0)?;
        if number.fract() != 0.0 || number.abs() > 9_007_199_254_740_992.0 {
            return Err(format!("`{key}` is {number}, not a whole number"));
        }
        Ok(number as i64)
    };
    Ok((whole("start")?, whole("step")?))
}

fn padded(call: &Call<'_>) -> Result<Sampler, String> {
    let members = call.members(&["width", "prefix", "start", "step", "name"])?;
    let width = whole(members, "width", 6, 100)? as usize;
    let prefix = text_of(members, "prefix", "")?;
    let (start, step) = steps(members)?;
    Ok(Sampler::Text(Arc::new(move |_, record, out| {
        let number = start.wrapping_add(step.wrapping_mul(record.index as i64));
        out.extend_from_slice(format!("{prefix}{number:0width$}").as_bytes());
    })))
}
