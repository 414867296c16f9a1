//! What a definition is refused for, and what is only remarked.

use serde_json::{Value, json};

use super::*;

fn machine(states: Value) -> Value {
    json!({"StartAt": "A", "States": states})
}

fn problems(definition: &Value) -> Vec<String> {
    match Definition::parse(&definition.to_string()) {
        Ok(_) => Vec::new(),
        Err(Error::Definition { problems }) => problems.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

fn refused(definition: &Value, pointer: &str, part: &str) {
    let found = problems(definition);
    let is_named = found.iter().any(|problem| problem.starts_with(&format!("{pointer}: ")) && problem.contains(part));
    assert!(is_named, "{pointer} {part}: {found:#?}");
}

#[test]
fn all_problems_come_at_once_with_pointers() {
    let definition = json!({"StartAt": "Nope", "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "A/b": {"Type": "Taks"},
        "C": {"Type": "Wait", "Seconds": -1, "End": true}}});
    refused(&definition, "/StartAt", "There is no state `Nope`");
    refused(&definition, "/States/A", "There is no state `B`");
    refused(&definition, "/States/A~1b/Type", "There is no type `Taks`");
    refused(&definition, "/States/C/Seconds", "must be a whole number that is not negative");
    assert_eq!(problems(&definition).len(), 4);
}

#[test]
fn states_must_be_reachable_and_one_must_end() {
    let lost = machine(json!({"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}));
    refused(&lost, "/States/B", "cannot be reached");
    let circle = machine(json!({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}));
    refused(&circle, "/States", "no terminal state");
    refused(&machine(json!({"A": {"Type": "Pass"}})), "/States/A", "`Next`, or `End`: true, is missing");
}

#[test]
fn fields_of_the_other_language_are_refused() {
    let path = machine(json!({"A": {"Type": "Pass", "Output": 1, "End": true}}));
    refused(&path, "/States/A/Output", "belongs to JSONata");
    let jsonata = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "ResultPath": "$.x", "End": true}}});
    refused(&jsonata, "/States/A/ResultPath", "belongs to JSONPath");
    let back = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}});
    refused(&back, "/States/A/QueryLanguage", "cannot go back");
    let forth = machine(json!({"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": true}}));
    assert!(problems(&forth).is_empty());
}

#[test]
fn all_must_be_alone_and_last() {
    let task =
        |retry: Value| machine(json!({"A": {"Type": "Task", "Resource": "bayou:sql", "Retry": retry, "End": true}}));
    refused(&task(json!([{"ErrorEquals": ["States.ALL", "X"]}])), "/States/A/Retry/0/ErrorEquals", "alone");
    let first = json!([{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]);
    refused(&task(first), "/States/A/Retry/0/ErrorEquals", "last");
    refused(&task(json!([{"ErrorEquals": []}])), "/States/A/Retry/0/ErrorEquals", "one at least");
    assert!(problems(&task(json!([]))).is_empty());
}

#[test]
fn almost_right_wildcards_are_remarked_and_load() {
    let retry = json!([{"ErrorEquals": ["States.All"]}, {"ErrorEquals": ["State.ALL"]}]);
    let definition = machine(json!({"A": {"Type": "Task", "Resource": "bayou:sql", "Retry": retry, "End": true}}));
    let definition = Definition::parse(&definition.to_string()).unwrap();
    let warnings: Vec<_> = definition.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2);
    assert!(warnings.iter().all(|warning| warning.contains("did you mean `States.ALL`?")), "{warnings:?}");
}

#[test]
fn unknown_fields_are_remarked_with_the_nearest() {
    let definition = machine(json!({"A": {"Type": "Pass", "ResultsPath": "$", "End": true}}));
    let definition = Definition::parse(&definition.to_string()).unwrap();
    let warning = definition.warnings()[0].to_string();
    assert!(warning.starts_with("/States/A/ResultsPath: ") && warning.contains("`ResultPath`"), "{warning}");
}

#[test]
fn expressions_are_checked_where_they_stand() {
    let parameters = machine(json!({"A": {"Type": "Pass", "Parameters": {"a.$": "$.[", "b.$": 1,
        "c": [{"d.$": "States.Nope()"}]}, "End": true}}));
    refused(&parameters, "/States/A/Parameters/a.$", "is not valid");
    refused(&parameters, "/States/A/Parameters/b.$", "holds a path or a call");
    refused(&parameters, "/States/A/Parameters/c/0/d.$", "no function `States.Nope`");
    let jsonata = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Output": {"x": "{% $eval('1') %}", "y": "{% $ %}"}, "End": true}}});
    refused(&jsonata, "/States/A/Output/x", "$eval");
    refused(&jsonata, "/States/A/Output/y", "top-level");
}

#[test]
fn names_are_unique_in_the_whole_machine() {
    let inner = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}});
    let definition = machine(json!({"A": {"Type": "Parallel", "Branches": [inner], "End": true}}));
    refused(&definition, "/States/A/Branches/0/States/A", "is taken by the state at /States/A");
    let long = "n".repeat(81);
    let definition = json!({"StartAt": long, "States": {long.clone(): {"Type": "Succeed"}}});
    refused(&definition, &format!("/States/{long}"), "80 characters");
}

#[test]
fn variables_have_legal_names_and_stay_in_their_scope() {
    let assign = |name: &str| machine(json!({"A": {"Type": "Pass", "Assign": {name: 1}, "End": true}}));
    refused(&assign("states"), "/States/A/Assign", "reserved");
    refused(&assign("1x"), "/States/A/Assign", "cannot be a variable");
    refused(&assign(&"v".repeat(81)), "/States/A/Assign", "80 at most");
    let inner = json!({"StartAt": "I", "States": {"I": {"Type": "Pass", "Assign": {"n": 2}, "End": true}}});
    let definition = machine(json!({
        "A": {"Type": "Pass", "Assign": {"n": 1}, "Next": "M"},
        "M": {"Type": "Map", "ItemProcessor": inner, "End": true}}));
    refused(&definition, "/States/M/ItemProcessor/States/I", "outer scope");
}

#[test]
fn states_that_end_a_flow_assign_nothing() {
    let definition = machine(json!({"A": {"Type": "Succeed", "Assign": {"n": 1}}}));
    refused(&definition, "/States/A/Assign", "not legal");
}

#[test]
fn choice_rules_have_one_operator_and_a_variable() {
    let choice = |rule: Value| machine(json!({"A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed"}}));
    let at = "/States/A/Choices/0";
    refused(&choice(json!({"Variable": "$.x", "Next": "B"})), at, "no condition");
    refused(&choice(json!({"StringEquals": "x", "Next": "B"})), at, "`Variable` is missing");
    let two = json!({"Variable": "$.x", "StringEquals": "x", "IsNull": true, "Next": "B"});
    refused(&choice(two), at, "one operator");
    let typed = json!({"Variable": "$.x", "TimestampEquals": "today", "Next": "B"});
    refused(&choice(typed), "/States/A/Choices/0/TimestampEquals", "timestamp");
    assert!(
        problems(&choice(json!({"Variable": "$.x", "IsNull": true}))).iter().any(|p| p.contains("`Next` is missing"))
    );
}

#[test]
fn resources_are_listed_with_the_functions_that_they_name() {
    let definition = machine(json!({
        "A": {"Type": "Task", "Resource": "arn:aws:lambda:r:a:function:one:live", "Next": "B"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
              "Parameters": {"FunctionName": "arn:aws:lambda:r:a:function:two", "Payload.$": "$"}, "End": true}}));
    let definition = Definition::parse(&definition.to_string()).unwrap();
    let functions: Vec<_> = definition.resources().iter().map(|used| used.function.as_deref().unwrap()).collect();
    assert_eq!(functions, ["one", "two"]);
}
