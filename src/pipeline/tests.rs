//! Machines run as a whole, on virtual time; first the cases that the service's answers are known of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::*;
use crate::time::Timestamp;

/// The stub of `tests/conformance/asl/README.md`.
struct Flaky {
    timer: VirtualTimer,
    calls: Mutex<HashMap<String, u64>>,
}

impl Flaky {
    fn total(&self) -> u64 {
        self.calls.lock().unwrap().values().sum()
    }
}

struct FlakyTasks(Arc<Flaky>);

impl Tasks for FlakyTasks {
    fn call(&self, call: TaskCall) -> BoxFuture<'static, std::result::Result<Value, Failure>> {
        let flaky = Arc::clone(&self.0);
        Box::pin(async move {
            let input = call.input;
            let text =
                |name: &str, default: &str| input.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
            let n = {
                let mut calls = flaky.calls.lock().unwrap();
                let count = calls.entry(text("key", "")).or_default();
                *count += 1;
                *count
            };
            if let Some(seconds) = input.get("sleep_seconds").and_then(Value::as_f64) {
                let until = crate::time::Clock::now(&flaky.timer).plus_millis((seconds * 1000.0) as i64);
                flaky.timer.sleep_until(until).await;
            }
            let failing = match input.get("errors").and_then(Value::as_array) {
                Some(errors) => errors.get(n as usize - 1).and_then(Value::as_str).map(str::to_owned),
                None => (n <= input.get("fail_times").and_then(Value::as_u64).unwrap_or(0))
                    .then(|| text("error", "FlakyError")),
            };
            match failing {
                Some(error) => Err(Failure::task(error, text("cause", "flaky"))),
                None => Ok(input.get("result").cloned().unwrap_or_else(|| json!({"calls": n}))),
            }
        })
    }
}

/// A stub that sleeps on the virtual clock must not count as work, or that clock would run with real time.
#[derive(Debug, Clone)]
struct Unworked(VirtualTimer);

impl crate::time::Clock for Unworked {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for Unworked {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        self.0.sleep_until(at)
    }

    fn work(&self) -> Work {
        SystemTimer.work()
    }

    fn idle(&self, context: &mut std::task::Context<'_>) -> bool {
        self.0.idle(context)
    }
}

fn run(definition: &Value, input: Value) -> (Ended, u64, Vec<Event>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let timer = VirtualTimer::new(Timestamp(1_700_000_000_000));
    let flaky = Arc::new(Flaky { timer: timer.clone(), calls: Mutex::default() });
    let surroundings = Surroundings {
        tasks: Arc::new(FlakyTasks(Arc::clone(&flaky))),
        timer: Arc::new(Unworked(timer)),
        seed: Some(7),
        has_limits: true,
    };
    let store = Arc::new(Store::in_memory().unwrap());
    let definition = Arc::new(Definition::parse(&definition.to_string()).unwrap_or_else(|error| panic!("{error}")));
    let machine = Machine::new("case", definition, Arc::clone(&store)).unwrap();
    let record = machine.start(Some("one"), input, surroundings.timer.as_ref()).unwrap();
    let prepared = prepare(&store, &record.id, &surroundings).unwrap();
    let ended = runtime.block_on(prepared.run()).unwrap();
    let events = store.events(&record.id).unwrap();
    (ended, flaky.total(), events)
}

#[test]
fn conformance_cases_give_the_services_answers() {
    let text = include_str!("../../tests/conformance/asl/cases.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(cases.len() > 40);
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = &case["expect"];
        let (ended, calls, _) = run(&case["definition"], case["input"].clone());
        let record = &ended.record;
        let mut differences = Vec::new();
        if record.status.to_string() != expected["status"] {
            differences.push(format!("status {}", record.status));
        }
        if let Some(output) = expected.get("output")
            && !record.output.as_ref().is_some_and(|found| json::is_equal(found, output))
        {
            differences.push(format!("output {:?}", record.output));
        }
        if let Some(error) = expected.get("error")
            && record.error.as_deref() != error.as_str()
        {
            differences.push(format!("error {:?}", record.error));
        }
        if let Some(part) = expected.get("cause_contains").and_then(Value::as_str)
            && !record.cause.as_deref().unwrap_or_default().contains(part)
        {
            differences.push(format!("cause {:?}", record.cause));
        }
        if expected.get("calls").and_then(Value::as_u64).is_some_and(|expected| expected != calls) {
            differences.push(format!("calls {calls}"));
        }
        if let Some(delays) = expected.get("delays")
            && !json::is_equal(&json!(ended.delays), delays)
        {
            differences.push(format!("delays {:?}", ended.delays));
        }
        if !differences.is_empty() {
            wrong.push(format!(
                "{}: {} (error {:?} {:?})",
                case["id"],
                differences.join(", "),
                record.error,
                record.cause
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn flaky(more: &Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:flaky"});
    for (key, value) in more.as_object().unwrap() {
        state[key] = value.clone();
    }
    state
}

fn one(state: Value) -> Value {
    json!({"StartAt": "S", "States": {"S": state}})
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_retry_repeats_scheduled_and_started_without_entering_again() {
    let state = flaky(&json!({"Retry": [{"ErrorEquals": ["E"]}], "End": true}));
    let (_, _, events) = run(&one(state), json!({"fail_times": 1, "error": "E"}));
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(kinds(&events), expected);
    assert!(events.windows(2).all(|pair| pair[1].previous == pair[0].id));
}

#[test]
fn a_failed_expression_is_an_event_before_the_failure() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "S",
        "States": {"S": {"Type": "Pass", "Output": "{% $nope %}", "End": true}}});
    let (ended, _, events) = run(&definition, json!({}));
    assert_eq!(kinds(&events), ["ExecutionStarted", "PassStateEntered", "EvaluationFailed", "ExecutionFailed"]);
    assert_eq!(events[2].details["location"], "Output");
    let cause = ended.record.cause.unwrap();
    assert!(
        cause.starts_with("An error occurred while executing the state 'S' (entered at the event id #2). The JSONata")
    );
}

#[test]
fn siblings_of_a_failed_branch_are_aborted() {
    let branch = |name: &str, state: Value| json!({"StartAt": name, "States": {name: state}});
    let state = json!({"Type": "Parallel", "End": true, "Branches": [
        branch("Slow", json!({"Type": "Wait", "Seconds": 100, "End": true})),
        branch("Bad", json!({"Type": "Fail", "Error": "E"}))]});
    let (ended, _, events) = run(&one(state), json!({}));
    assert_eq!(ended.record.error.as_deref(), Some("E"));
    assert!(kinds(&events).contains(&"TaskStateAborted") && kinds(&events).contains(&"ParallelStateFailed"));
    assert!(!kinds(&events).contains(&"WaitStateExited"));
}

#[test]
fn items_run_at_once_as_many_as_allowed() {
    let processor = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}});
    for (at_once, seconds) in [(0, 10), (1, 60), (2, 30)] {
        let state = json!({"Type": "Map", "MaxConcurrency": at_once, "ItemProcessor": processor, "End": true});
        let (ended, _, _) = run(&one(state), json!([1, 2, 3, 4, 5, 6]));
        let took = ended.record.stopped.unwrap().millis() - ended.record.started.millis();
        assert_eq!(took, seconds * 1000, "{at_once}");
        assert_eq!(ended.record.output.unwrap(), json!([1, 2, 3, 4, 5, 6]));
    }
}

#[test]
fn distributed_maps_bear_as_many_failures_as_they_are_told() {
    let processor = json!({"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C",
        "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Bad"}], "Default": "Ok"},
            "Bad": {"Type": "Fail", "Error": "E"}, "Ok": {"Type": "Pass", "End": true}}});
    let state = json!({"Type": "Map", "ItemProcessor": processor, "End": true});
    let (ended, _, _) = run(&one(state.clone()), json!([1, 2, 3]));
    assert_eq!(ended.record.error.as_deref(), Some("States.ExceedToleratedFailureThreshold"));
    assert_eq!(ended.record.cause.as_deref(), Some("The specified tolerated failure threshold was exceeded"));
    for (field, limit) in [("ToleratedFailureCount", 1), ("ToleratedFailurePercentage", 34)] {
        let mut bearing = state.clone();
        bearing[field] = json!(limit);
        let (ended, _, _) = run(&one(bearing), json!([1, 2, 3]));
        assert_eq!(ended.record.output, Some(json!([1, 3])), "{field}");
    }
    let mut both = state;
    (both["ToleratedFailureCount"], both["ToleratedFailurePercentage"]) = (json!(0), json!(90));
    let (ended, _, _) = run(&one(both), json!([1, 2, 3]));
    assert_eq!(ended.record.error.as_deref(), Some("States.ExceedToleratedFailureThreshold"), "either one counts");
}

#[test]
fn batches_join_items_and_carry_what_is_shared() {
    let processor = json!({"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": true}}});
    let state = json!({"Type": "Map", "ItemsPath": "$.xs", "ItemProcessor": processor, "End": true,
        "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"day.$": "$.day"}}});
    let (ended, _, _) = run(&one(state), json!({"xs": [1, 2, 3], "day": "monday"}));
    let expected =
        json!([{"BatchInput": {"day": "monday"}, "Items": [1, 2]}, {"BatchInput": {"day": "monday"}, "Items": [3]}]);
    assert_eq!(ended.record.output.unwrap(), expected);
}

#[test]
fn jitter_shortens_delays_and_the_longest_is_kept() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 4, "BackoffRate": 3,
        "MaxDelaySeconds": 40, "JitterStrategy": "FULL"}]);
    let (ended, calls, _) = run(&one(flaky(&json!({"Retry": retry, "End": true}))), json!({"fail_times": 9}));
    assert_eq!(calls, 5);
    for (delay, most) in ended.delays.iter().zip([10.0, 30.0, 40.0, 40.0]) {
        assert!(*delay >= 0.0 && *delay < most, "{delay} {most}");
    }
}

#[test]
fn a_missed_heartbeat_is_a_timeout_with_an_empty_cause() {
    let definition = json!({"StartAt": "S", "States": {
        "S": flaky(&json!({"HeartbeatSeconds": 5, "TimeoutSeconds": 60, "Next": "S2",
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "S2"}]})),
        "S2": {"Type": "Pass", "End": true}}});
    let (ended, _, events) = run(&definition, json!({"sleep_seconds": 30}));
    assert_eq!(ended.record.output, Some(json!({"Error": "States.Timeout", "Cause": ""})));
    assert!(kinds(&events).contains(&"LambdaFunctionTimedOut"));
}

#[test]
fn large_task_results_can_be_caught_and_large_state_outputs_cannot() {
    let catcher = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "C"}]);
    let definition = |more: Value| {
        json!({"StartAt": "S", "States": {
        "S": flaky(&more), "C": {"Type": "Pass", "End": true}}})
    };
    let task = definition(json!({"Catch": catcher, "Parameters": {"result.$": "$"}, "Next": "C"}));
    let (ended, _, _) = run(&task, json!("x".repeat(300_000)));
    // The input is too large itself, so the result path cannot be written: what counts is that the catcher was taken.
    assert_eq!(ended.record.error.as_deref(), Some("States.ResultPathMatchFailure"));
    let state = definition(json!({"Catch": catcher, "Parameters": {"result": 1}, "ResultPath": "$.r", "Next": "C"}));
    let (ended, _, _) = run(&state, json!({"x": "x".repeat(300_000)}));
    assert_eq!(ended.record.error.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn a_name_in_the_wrong_case_fails_with_a_hint() {
    let retry = json!([{"ErrorEquals": ["LoadInComplete"]}]);
    let (ended, calls, _) =
        run(&one(flaky(&json!({"Retry": retry, "End": true}))), json!({"fail_times": 1, "error": "LoadIncomplete"}));
    assert_eq!((ended.record.error.as_deref(), calls), (Some("LoadIncomplete"), 1));
    assert!(ended.record.hint.unwrap().contains("differs from `LoadIncomplete` in case only"));
}

/// Run a machine whose process dies after some calls of a task, again and again until it ends.
#[test]
fn a_killed_execution_goes_on_in_the_state_it_was_in() {
    struct Dying {
        calls: Mutex<Vec<String>>,
        die_at: usize,
    }
    struct DyingTasks(Arc<Dying>);
    impl Tasks for DyingTasks {
        fn call(&self, call: TaskCall) -> BoxFuture<'static, std::result::Result<Value, Failure>> {
            let mut calls = self.0.calls.lock().unwrap();
            calls.push(call.context["State"]["Name"].as_str().unwrap().to_owned());
            let dies = calls.len() == self.0.die_at;
            Box::pin(async move {
                if dies {
                    std::future::pending::<()>().await;
                }
                Ok(call.input)
            })
        }
    }
    let task = |next: Option<&str>| {
        let mut state = json!({"Type": "Task", "Resource": "arn:aws:lambda:r:a:function:f"});
        match next {
            Some(next) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        state
    };
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(None)}});
    let definition = json!({"StartAt": "A", "States": {"A": task(Some("P")),
        "P": {"Type": "Parallel", "Branches": [branch("X"), branch("Y")], "Next": "Z"}, "Z": task(None)}});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for die_at in 1..=4 {
        let store = Arc::new(Store::open(&dir.path().join(format!("{die_at}.db"))).unwrap());
        let dying = Arc::new(Dying { calls: Mutex::default(), die_at });
        let surroundings = Surroundings {
            tasks: Arc::new(DyingTasks(Arc::clone(&dying))),
            timer: Arc::new(SystemTimer),
            seed: None,
            has_limits: false,
        };
        let parsed = Arc::new(Definition::parse(&definition.to_string()).unwrap());
        let machine = Machine::new("m", parsed, Arc::clone(&store)).unwrap();
        let id = machine.start(Some("e"), json!({"n": 1}), &SystemTimer).unwrap().id;
        let first = prepare(&store, &id, &surroundings).unwrap();
        assert!(matches!(prepare(&store, &id, &surroundings), Err(Error::InUse { .. })));
        runtime.block_on(async {
            // Dropping the run in its middle leaves what a killed process leaves.
            let mut running = Box::pin(first.run());
            loop {
                tokio::select! {
                    _ = &mut running => panic!("it ended"),
                    () = tokio::task::yield_now() => {}
                }
                if dying.calls.lock().unwrap().len() >= die_at {
                    break;
                }
            }
        });
        let ended = runtime.block_on(prepare(&store, &id, &surroundings).unwrap().run()).unwrap();
        assert_eq!(ended.record.output, Some(json!([{"n": 1}, {"n": 1}])), "{die_at}");
        let calls = dying.calls.lock().unwrap();
        let count = |name: &str| calls.iter().filter(|call| *call == name).count();
        assert!(calls.len() >= 5 && calls.len() <= 6, "{die_at}: {calls:?}");
        assert_eq!(count(&calls[die_at - 1]), 2, "{die_at}: the task in flight runs again");
        if die_at > 1 {
            assert_eq!(count("A"), 1, "{die_at}: what had finished does not");
        }
    }
}

#[test]
fn names_are_idempotent_and_other_input_is_refused() {
    let store = Arc::new(Store::in_memory().unwrap());
    let definition = Arc::new(Definition::parse(&one(json!({"Type": "Succeed"})).to_string()).unwrap());
    let machine = Machine::new("m", definition, store).unwrap();
    let first = machine.start(Some("e"), json!({"a": 1}), &SystemTimer).unwrap();
    assert_eq!(machine.start(Some("e"), json!({"a": 1}), &SystemTimer).unwrap(), first);
    let other = machine.start(Some("e"), json!({"a": 2}), &SystemTimer);
    assert!(matches!(other, Err(Error::ExecutionAlreadyExists { .. })));
    assert!(machine.start(Some("a b"), json!({}), &SystemTimer).is_err());
}
