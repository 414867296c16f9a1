//! What only the whole shows: where states lead, what can be reached, which names collide.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::catalogue::nearest;
use super::model::{Flow, Kind, State};
use super::notes::{Notes, below};

const LONGEST_NAME: usize = 80;

/// Check that a flow's transitions lead somewhere, that all of it can be reached, and that it can end.
///
/// `source` tells states that could not be read from states that are not there.
pub(super) fn transitions(flow: &Flow, source: &Value, notes: &mut Notes) {
    let defined: BTreeSet<&str> =
        source.get("States").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let unknown = |target: &str| {
        let hint = nearest(target, defined.iter().copied()).map(|name| format!(" (did you mean `{name}`?)"));
        format!("There is no state `{target}` here{}", hint.unwrap_or_default())
    };
    if !flow.start_at.is_empty() && !defined.contains(flow.start_at.as_str()) {
        notes.problem(&below(&flow.pointer, "StartAt"), unknown(&flow.start_at));
    }
    for state in &flow.states {
        let missing: BTreeSet<&str> =
            state.targets().into_iter().filter(|target| !target.is_empty() && !defined.contains(target)).collect();
        for target in missing {
            notes.problem(&state.pointer, unknown(target));
        }
    }
    if flow.states.len() != defined.len() {
        return; // What could not be read may be what connects the others.
    }
    let reached = reachable(flow);
    for state in flow.states.iter().filter(|state| !reached.contains(state.name.as_str())) {
        notes.problem(&state.pointer, format!("The state `{}` cannot be reached", state.name));
    }
    if !flow.states.iter().any(State::is_terminal) {
        notes.problem(&below(&flow.pointer, "States"), "There is no terminal state: `End`: true, Succeed or Fail");
    }
}

fn reachable(flow: &Flow) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![flow.start_at.as_str()];
    while let Some(name) = waiting.pop() {
        if let Some(state) = flow.state(name)
            && reached.insert(name)
        {
            waiting.extend(state.targets());
        }
    }
    reached
}

/// Check that names are short and unique in the whole machine.
pub(super) fn names(flow: &Flow, notes: &mut Notes) {
    let mut seen = BTreeMap::new();
    each_state(flow, &mut |state| {
        if state.name.chars().count() > LONGEST_NAME {
            notes.problem(&state.pointer, format!("A name has {LONGEST_NAME} characters at most"));
        }
        if let Some(first) = seen.insert(state.name.clone(), state.pointer.clone()) {
            notes.problem(&state.pointer, format!("The name `{}` is taken by the state at {first}", state.name));
        }
    });
}

fn each_state(flow: &Flow, visit: &mut impl FnMut(&State)) {
    for state in &flow.states {
        visit(state);
        for inner in state.kind.flows() {
            each_state(inner, visit);
        }
    }
}

/// Check that no branch or processor assigns a variable of an outer scope.
pub(super) fn variables(flow: &Flow, notes: &mut Notes) {
    scoped(flow, &BTreeSet::new(), notes);
}

fn scoped(flow: &Flow, outer: &BTreeSet<String>, notes: &mut Notes) {
    let mut own = BTreeSet::new();
    for state in &flow.states {
        for name in assigned(state) {
            if outer.contains(name) {
                let message = format!("The variable `{name}` belongs to an outer scope and cannot be assigned here");
                notes.problem(&state.pointer, message);
            }
            own.insert(name.to_owned());
        }
    }
    own.extend(outer.iter().cloned());
    for inner in flow.states.iter().flat_map(|state| state.kind.flows()) {
        scoped(inner, &own, notes);
    }
}

fn assigned(state: &State) -> Vec<&str> {
    let mut templates: Vec<_> = state.assign.iter().collect();
    templates.extend(state.catch.iter().filter_map(|catcher| catcher.assign.as_ref()));
    if let Kind::Choice { rules, default: _ } = &state.kind {
        templates.extend(rules.iter().filter_map(|rule| rule.assign.as_ref()));
    }
    templates.into_iter().flat_map(crate::pipeline::template::Template::keys).collect()
}
