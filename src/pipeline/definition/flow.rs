//! Machines, branches and processors: states by name, and where to start.

use serde_json::Value;

use super::fields::Fields;
use super::model::Flow;
use super::notes::{Notes, below};
use super::{check, language, state};
use crate::pipeline::template::Language;

/// The longest that a machine may take, about three years.
const LONGEST: u64 = 99_999_999;

/// A whole machine and its `TimeoutSeconds`.
pub(super) fn machine(value: &Value, notes: &mut Notes) -> Option<(Flow, Option<u64>)> {
    let mut fields = Fields::of(value, "", notes)?;
    let timeout = fields.whole("TimeoutSeconds", 1, LONGEST, notes);
    if fields.text("Version", notes).is_some_and(|version| version != "1.0") {
        notes.problem("/Version", "`Version` must be \"1.0\"");
    }
    let named = fields.text("QueryLanguage", notes);
    let found = named.map_or(Some(Language::JsonPath), language);
    if found.is_none() {
        notes.problem("/QueryLanguage", "`QueryLanguage` is `JSONPath` or `JSONata`");
    }
    let language = found.unwrap_or(Language::JsonPath);
    let flow = flow(value, "", language, &["TimeoutSeconds", "Version", "QueryLanguage"], notes)?;
    Some((flow, timeout))
}

/// States and where to start; `more` names fields that the caller reads.
pub(super) fn flow(value: &Value, pointer: &str, language: Language, more: &[&str], notes: &mut Notes) -> Option<Flow> {
    let mut fields = Fields::of(value, pointer, notes)?;
    for name in more {
        fields.take(name);
    }
    fields.text("Comment", notes);
    let start_at = fields.required_text("StartAt", notes).unwrap_or_default().to_owned();
    fields.require("States", notes);
    let states_pointer = fields.at("States");
    let states_value = fields.take("States");
    fields.finish(notes);
    let Some(states) = states_value?.as_object().filter(|states| !states.is_empty()) else {
        notes.problem(&states_pointer, "`States` must be an object with one state at least");
        return None;
    };
    let states: Vec<_> = states
        .iter()
        .filter_map(|(name, value)| state::state(name, value, &below(&states_pointer, name), language, notes))
        .collect();
    let flow = Flow::new(start_at, states, pointer.to_owned());
    check::transitions(&flow, value, notes);
    Some(flow)
}
