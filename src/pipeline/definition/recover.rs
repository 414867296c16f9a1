//! `Retry` and `Catch`.

use serde_json::Value;

use super::catalogue::nearest_error;
use super::fields::Fields;
use super::model::ResultPath;
use super::notes::{Notes, below};
use super::values;
use crate::pipeline::failure::{ALL, RESERVED};
use crate::pipeline::template::{Language, Template};

/// The longest delay, 366 days.
const LONGEST_DELAY: u64 = 31_622_400;

/// One entry of `Retry`.
#[derive(Debug, Clone)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    pub(crate) interval_seconds: u64,
    pub(crate) max_attempts: u64,
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u64>,
    /// Draw each delay from 0 to its full length.
    pub(crate) full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) next: String,
    pub(crate) result_path: ResultPath,
    pub(crate) output: Option<Template>,
    pub(crate) assign: Option<Template>,
}

/// The entries of `Retry`.
pub(super) fn retriers(fields: &mut Fields<'_>, notes: &mut Notes) -> Vec<Retrier> {
    let Some(entries) = fields.list("Retry", notes) else { return Vec::new() };
    let pointer = fields.at("Retry");
    let count = entries.len();
    entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let mut fields = Fields::of(entry, &below(&pointer, &at.to_string()), notes)?;
            let error_equals = error_equals(&mut fields, at + 1 == count, notes);
            fields.take("Comment");
            let interval_seconds = fields.whole("IntervalSeconds", 1, LONGEST_DELAY, notes).unwrap_or(1);
            let max_delay_seconds = fields.whole("MaxDelaySeconds", 1, LONGEST_DELAY, notes);
            if max_delay_seconds.is_some_and(|most| most < interval_seconds) {
                notes.problem(&fields.at("MaxDelaySeconds"), "`MaxDelaySeconds` must not be below `IntervalSeconds`");
            }
            let full_jitter = match fields.text("JitterStrategy", notes) {
                None | Some("NONE") => false,
                Some("FULL") => true,
                Some(other) => {
                    let message = format!("`JitterStrategy` is `FULL` or `NONE`, not `{other}`");
                    notes.problem(&fields.at("JitterStrategy"), message);
                    false
                }
            };
            let retrier = Retrier {
                error_equals,
                interval_seconds,
                max_attempts: fields.whole("MaxAttempts", 0, 99_999_999, notes).unwrap_or(3),
                backoff_rate: fields.decimal("BackoffRate", 1.0, notes).unwrap_or(2.0),
                max_delay_seconds,
                full_jitter,
            };
            fields.finish(notes);
            Some(retrier)
        })
        .collect()
}

/// The entries of `Catch`.
pub(super) fn catchers(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Vec<Catcher> {
    let Some(entries) = fields.list("Catch", notes) else { return Vec::new() };
    let pointer = fields.at("Catch");
    let count = entries.len();
    entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let mut fields = Fields::of(entry, &below(&pointer, &at.to_string()), notes)?;
            let error_equals = error_equals(&mut fields, at + 1 == count, notes);
            fields.take("Comment");
            let next = fields.required_text("Next", notes).unwrap_or_default().to_owned();
            let (result_path, output) = match language {
                Language::JsonPath => {
                    fields.refuse(&["Output"], "belongs to JSONata, and this state uses JSONPath", notes);
                    (values::result_path(&mut fields, notes), None)
                }
                Language::Jsonata => {
                    fields.refuse(&["ResultPath"], "belongs to JSONPath, and this state uses JSONata", notes);
                    (ResultPath::Replace, values::field(&mut fields, "Output", language, notes))
                }
            };
            let assign = values::assign(&mut fields, language, notes);
            fields.finish(notes);
            Some(Catcher { error_equals, next, result_path, output, assign })
        })
        .collect()
}

fn error_equals(fields: &mut Fields<'_>, is_last: bool, notes: &mut Notes) -> Vec<String> {
    const NAME: &str = "ErrorEquals";
    fields.require(NAME, notes);
    let pointer = fields.at(NAME);
    let Some(listed) = fields.list(NAME, notes) else { return Vec::new() };
    let names: Vec<String> = listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if names.is_empty() || names.len() != listed.len() {
        notes.problem(&pointer, "`ErrorEquals` must be a list of error names, one at least");
    }
    if names.iter().any(|name| name == ALL) && (names.len() > 1 || !is_last) {
        notes.problem(&pointer, "`States.ALL` must be alone in its list, and the list must be the last one");
    }
    for name in names.iter().filter(|name| looks_reserved(name) && !RESERVED.contains(&name.as_str())) {
        let hint = nearest_error(name).map(|found| format!(" (did you mean `{found}`?)")).unwrap_or_default();
        notes
            .warn(&pointer, format!("`{name}` is a plain error name that nothing raises, so it matches nothing{hint}"));
    }
    names
}

fn looks_reserved(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with("states.") || lower.starts_with("state.")
}
