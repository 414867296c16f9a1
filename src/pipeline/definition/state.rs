//! One state: the fields that all have, and those of its type.

use serde_json::Value;

use super::fields::Fields;
use super::model::{DataPath, Kind, ResultPath, Rule, State, TaskState, WaitFor};
use super::notes::{Notes, below};
use super::values::{self, COUNT, POSITIVE, Scalar, TEXT};
use super::{choice, flow, language, map, recover};
use crate::pipeline::task::Resource;
use crate::pipeline::template::Language;
use crate::pipeline::timestamp::instant;

const TYPES: [&str; 8] = ["Task", "Choice", "Pass", "Wait", "Succeed", "Fail", "Parallel", "Map"];
const JSONPATH_FIELDS: [&str; 5] = ["InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath"];
const JSONATA_FIELDS: [&str; 2] = ["Arguments", "Output"];

const TIMESTAMP: Scalar = Scalar {
    expected: "a timestamp such as 2016-03-14T01:59:00Z",
    accepts: |value| value.as_str().is_some_and(|text| instant(text).is_some()),
};

/// The state called `name`.
pub(super) fn state(name: &str, value: &Value, pointer: &str, outer: Language, notes: &mut Notes) -> Option<State> {
    let mut fields = Fields::of(value, pointer, notes)?;
    let language = state_language(&mut fields, outer, notes);
    let comment = fields.text("Comment", notes).map(str::to_owned);
    let type_name = fields.required_text("Type", notes)?;
    if !TYPES.contains(&type_name) {
        let types = TYPES.join(", ");
        notes.problem(&fields.at("Type"), format!("There is no type `{type_name}` (there are {types})"));
        return None;
    }
    let mut state = State {
        name: name.to_owned(),
        pointer: pointer.to_owned(),
        comment,
        language,
        kind: Kind::Succeed,
        input_path: DataPath::Whole,
        arguments: None,
        result_selector: None,
        result_path: ResultPath::Replace,
        output_path: DataPath::Whole,
        output: None,
        assign: None,
        next: None,
        retry: Vec::new(),
        catch: Vec::new(),
    };
    shared(&mut state, type_name, &mut fields, notes);
    state.kind = match type_name {
        "Task" => task(&mut fields, language, notes)?,
        "Choice" => choices(&mut fields, language, notes)?,
        "Pass" => pass(&mut fields, language, notes),
        "Wait" => wait(&mut fields, language, notes)?,
        "Succeed" => Kind::Succeed,
        "Fail" => Kind::Fail {
            error: values::scalar(&mut fields, "Error", TEXT, language, notes),
            cause: values::scalar(&mut fields, "Cause", TEXT, language, notes),
        },
        "Parallel" => parallel(&mut fields, language, notes)?,
        "Map" => Kind::Map(Box::new(map::map(&mut fields, language, notes)?)),
        _ => return None, // refused above
    };
    fields.finish(notes);
    Some(state)
}

fn state_language(fields: &mut Fields<'_>, outer: Language, notes: &mut Notes) -> Language {
    let Some(text) = fields.text("QueryLanguage", notes) else { return outer };
    match language(text) {
        Some(Language::JsonPath) if outer == Language::Jsonata => {
            let message = "A state of a JSONata machine cannot go back to JSONPath";
            notes.problem(&fields.at("QueryLanguage"), message);
            outer
        }
        Some(found) => found,
        None => {
            notes.problem(&fields.at("QueryLanguage"), "`QueryLanguage` is `JSONPath` or `JSONata`");
            outer
        }
    }
}

/// Data flow, transitions, retries: what the types share.
fn shared(state: &mut State, type_name: &str, fields: &mut Fields<'_>, notes: &mut Notes) {
    let works = matches!(type_name, "Task" | "Parallel" | "Map");
    let has_result = works || type_name == "Pass";
    match state.language {
        Language::JsonPath => {
            fields.refuse(&JSONATA_FIELDS, "belongs to JSONata, and this state uses JSONPath", notes);
            if type_name != "Fail" {
                state.input_path = values::data_path(fields, "InputPath", notes);
                state.output_path = values::data_path(fields, "OutputPath", notes);
            }
            if has_result {
                state.result_path = values::result_path(fields, notes);
                // A Map's Parameters are its old ItemSelector.
                if type_name != "Map" {
                    state.arguments = values::field(fields, "Parameters", state.language, notes);
                }
            }
            if works {
                state.result_selector = values::field(fields, "ResultSelector", state.language, notes);
            }
        }
        Language::Jsonata => {
            fields.refuse(&JSONPATH_FIELDS, "belongs to JSONPath, and this state uses JSONata", notes);
            if matches!(type_name, "Task" | "Parallel") {
                state.arguments = values::field(fields, "Arguments", state.language, notes);
            }
            if type_name != "Fail" {
                state.output = values::field(fields, "Output", state.language, notes);
            }
        }
    }
    if matches!(type_name, "Succeed" | "Fail") {
        fields.refuse(&["Assign"], "is not legal in a state that ends the flow", notes);
    } else {
        state.assign = values::assign(fields, state.language, notes);
    }
    if !matches!(type_name, "Succeed" | "Fail" | "Choice") {
        state.next = transition(fields, notes);
    }
    if works {
        state.retry = recover::retriers(fields, notes);
        state.catch = recover::catchers(fields, state.language, notes);
    }
}

fn transition(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<String> {
    let next = fields.text("Next", notes).map(str::to_owned);
    let end = fields.boolean("End", notes);
    match (&next, end) {
        (Some(_), Some(true)) => notes.problem(&fields.pointer, "`Next` and `End` exclude each other"),
        (None, None | Some(false)) => notes.problem(&fields.pointer, "`Next`, or `End`: true, is missing"),
        (Some(_), None | Some(false)) | (None, Some(true)) => {}
    }
    next
}

fn task(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Kind> {
    let text = fields.required_text("Resource", notes)?;
    let resource = Resource::parse(text);
    if resource == Resource::Unknown(text.to_owned()) {
        let message = format!("`{text}` is no resource: an ARN of a function, an activity or a service is");
        notes.problem(&fields.at("Resource"), message);
    }
    let timeout = values::scalar(fields, "TimeoutSeconds", POSITIVE, language, notes);
    let heartbeat = values::scalar(fields, "HeartbeatSeconds", POSITIVE, language, notes);
    let seconds = |template: &Option<_>| -> Option<u64> {
        let template: &Option<crate::pipeline::template::Template> = template;
        template.as_ref()?.literal()?.as_u64()
    };
    if seconds(&heartbeat).zip(seconds(&timeout)).is_some_and(|(heartbeat, timeout)| heartbeat >= timeout) {
        notes.problem(&fields.at("HeartbeatSeconds"), "`HeartbeatSeconds` must be below `TimeoutSeconds`");
    }
    let credentials = values::field(fields, "Credentials", language, notes);
    Some(Kind::Task(Box::new(TaskState { resource, timeout, heartbeat, credentials })))
}

fn pass(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Kind {
    if language == Language::Jsonata {
        fields.refuse(&["Result"], "belongs to JSONPath, and this state uses JSONata", notes);
    }
    Kind::Pass { result: fields.take("Result").cloned() }
}

fn choices(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Kind> {
    fields.require("Choices", notes);
    let default = fields.text("Default", notes).map(str::to_owned);
    let pointer = fields.at("Choices");
    let listed = fields.list("Choices", notes)?;
    if listed.is_empty() {
        notes.problem(&pointer, "`Choices` needs one rule at least");
    }
    let mut rules = Vec::new();
    for (at, value) in listed.iter().enumerate() {
        let Some(mut fields) = Fields::of(value, &below(&pointer, &at.to_string()), notes) else { continue };
        fields.take("Comment");
        let next = fields.required_text("Next", notes).unwrap_or_default().to_owned();
        let assign = values::assign(&mut fields, language, notes);
        let output = match language {
            Language::Jsonata => values::field(&mut fields, "Output", language, notes),
            Language::JsonPath => {
                fields.refuse(&["Output"], "belongs to JSONata, and this state uses JSONPath", notes);
                None
            }
        };
        let condition = choice::condition(&mut fields, language, notes);
        fields.finish(notes);
        rules.extend(condition.map(|condition| Rule { condition, next, assign, output }));
    }
    Some(Kind::Choice { rules, default })
}

fn wait(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Kind> {
    let seconds = values::scalar(fields, "Seconds", COUNT, language, notes);
    let timestamp = values::scalar(fields, "Timestamp", TIMESTAMP, language, notes);
    match (seconds, timestamp) {
        (Some(seconds), None) => Some(Kind::Wait(WaitFor::Seconds(seconds))),
        (None, Some(timestamp)) => Some(Kind::Wait(WaitFor::Timestamp(timestamp))),
        _ => {
            let message = "One of `Seconds`, `SecondsPath`, `Timestamp` and `TimestampPath` is needed";
            notes.problem(&fields.pointer, message);
            None
        }
    }
}

fn parallel(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Kind> {
    fields.require("Branches", notes);
    let pointer = fields.at("Branches");
    let branches = fields.list("Branches", notes)?;
    if branches.is_empty() {
        notes.problem(&pointer, "`Branches` needs one branch at least");
    }
    let branches = branches.iter().enumerate();
    let flows =
        branches.filter_map(|(at, branch)| flow::flow(branch, &below(&pointer, &at.to_string()), language, &[], notes));
    Some(Kind::Parallel(flows.collect()))
}
