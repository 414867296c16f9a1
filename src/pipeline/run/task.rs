//! Task states: one attempt at a task, with its timeout, its heartbeat and, where it has one, its token.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;

use super::{Engine, Halt, Run, Visit};
use crate::pipeline::definition::TaskState;
use crate::pipeline::event::Draft;
use crate::pipeline::failure::{DATA_LIMIT, Failure, Origin, TIMEOUT};
use crate::pipeline::intrinsic::hash;
use crate::pipeline::store::Answer;
use crate::pipeline::task::{Resource, TaskCall};
use crate::pipeline::template::{Language, Template};
use crate::time::Timestamp;

/// How often the answer to a token is looked for in the file, where another process may have put it.
const LOOK_FOR_ANSWER: Duration = Duration::from_millis(500);

/// When an attempt is over, whatever the task says.
struct Limits {
    timeout: Option<i64>,
    heartbeat: Option<i64>,
}

impl Engine {
    /// Run the task once, to its result.
    pub(super) async fn task(&self, visit: &mut Visit<'_>, task: &TaskState) -> Run<Value> {
        let token = self.attempt_id(visit);
        let waits = task.resource.waits_for_token() || matches!(task.resource, Resource::Activity { .. });
        let input = self.effective_input(visit, waits.then_some(token.as_str()))?;
        self.check_credentials(visit, task)?;
        let limits = self.limits(visit, task)?;
        let context = self.context(visit, waits.then_some(token.as_str()));
        if waits {
            let (store, now) = (&self.journal.store, self.timer.now());
            store.open_token(&token, &self.journal.execution, &visit.state.name, now)?;
        }
        let heartbeat = Arc::new(Notify::new());
        let call = TaskCall {
            resource: task.resource.text(),
            input,
            context,
            attempt: token.clone(),
            heartbeat: Arc::clone(&heartbeat),
        };
        let outcome = self.attempt_task(visit, task, call, &limits, waits.then_some(token.as_str())).await;
        if waits && !matches!(outcome, Err(Halt::Broken(_))) {
            self.journal.store.close_token(&token)?;
        }
        let outcome = match outcome {
            Ok(result) => self
                .check_size(visit, &result, |cause| Failure::task(DATA_LIMIT, cause))
                .map(|()| result)
                .map_err(Halt::Failed),
            failed => failed,
        };
        match outcome {
            Ok(result) => {
                let event = self.task_event(task, "Succeeded").with("output", result.to_string());
                self.note(visit, vec![event])?;
                Ok(result)
            }
            Err(Halt::Failed(failure)) => {
                let is_timeout = failure.error.as_deref() == Some(TIMEOUT);
                if is_timeout {
                    let name = &visit.state.name;
                    tracing::warn!(
                        "the task of the state `{name}` was given up; its thread goes on until it ends by itself"
                    );
                }
                let ending = if is_timeout { "TimedOut" } else { "Failed" };
                let event = self.task_event(task, ending).failed(failure.error.as_deref(), failure.cause.as_deref());
                self.note(visit, vec![event])?;
                Err(Halt::Failed(failure))
            }
            Err(broken @ Halt::Broken(_)) => Err(broken),
        }
    }

    async fn attempt_task(
        &self,
        visit: &mut Visit<'_>,
        task: &TaskState,
        call: TaskCall,
        limits: &Limits,
        token: Option<&str>,
    ) -> Run<Value> {
        let deadline = limits.timeout.map(|millis| self.timer.now().plus_millis(millis));
        let heartbeat = Arc::clone(&call.heartbeat);
        // What was submitted before a crash is not submitted again: its answer may have come meanwhile.
        if token.is_none() || !visit.position.started {
            let mut scheduled = self.task_event(task, "Scheduled").with("input", call.input.to_string());
            if let Some(timeout) = limits.timeout {
                scheduled = scheduled.with("timeoutInSeconds", timeout / 1000);
            }
            self.note(visit, vec![scheduled, self.task_event(task, "Started")])?;
            let work = self.timer.work();
            let running = self.tasks.call(call);
            let result = self.within(deadline, limits.heartbeat, &heartbeat, running).await?;
            drop(work);
            if token.is_none() {
                return Ok(result?);
            }
            let output = result?;
            visit.position.started = true;
            let submitted = self.task_event(task, "Submitted").with("output", output.to_string());
            self.note(visit, vec![submitted])?;
        }
        let Some(token) = token else { return Ok(Value::Null) };
        let answer = self.answer(token, &heartbeat);
        match self.within(deadline, limits.heartbeat, &heartbeat, answer).await?? {
            Answer::Success(output) => Ok(output),
            Answer::Failure { error, cause } => Err(Failure::task(error, cause).into()),
        }
    }

    /// Run `work` until it is done, the deadline has come, or the heartbeat was missed.
    async fn within<T>(
        &self,
        deadline: Option<Timestamp>,
        interval: Option<i64>,
        heartbeat: &Notify,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let timeout = async {
            match deadline {
                Some(at) => self.timer.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let silence = async {
            let Some(interval) = interval else { return std::future::pending().await };
            loop {
                let silent = self.timer.sleep_until(self.timer.now().plus_millis(interval));
                tokio::select! {
                    () = heartbeat.notified() => {}
                    () = silent => return,
                }
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = timeout => Err(Failure::timeout(Origin::Task)),
            () = silence => Err(Failure::timeout(Origin::Heartbeat)),
        }
    }

    /// Wait for the answer to a token.
    async fn answer(&self, token: &str, heartbeat: &Notify) -> Run<Answer> {
        let store = &self.journal.store;
        let mut seen = 0;
        loop {
            let changed = store.changed.notified();
            match store.token(token)? {
                Some((_, Some(answer))) => return Ok(answer),
                Some((beats, None)) if beats > seen => {
                    seen = beats;
                    heartbeat.notify_one();
                }
                Some((_, None)) => {}
                None => return Err(Failure::task("States.TaskFailed", "The task's token was closed").into()),
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(LOOK_FOR_ANSWER) => {}
            }
        }
    }

    /// The same after a crash, another one for each retry.
    fn attempt_id(&self, visit: &Visit<'_>) -> String {
        let position = &visit.position;
        let place =
            (&self.facts.id, &visit.branch.scope, position.entered_event, position.retries, self.facts.redrives);
        hash(&format!("{place:?}"), "SHA-256").unwrap_or_default()
    }

    fn limits(&self, visit: &Visit<'_>, task: &TaskState) -> Result<Limits, Failure> {
        Ok(Limits {
            timeout: self.seconds(visit, "TimeoutSeconds", task.timeout.as_ref())?,
            heartbeat: self.seconds(visit, "HeartbeatSeconds", task.heartbeat.as_ref())?,
        })
    }

    /// Milliseconds of a field that is given in seconds.
    fn seconds(&self, visit: &Visit<'_>, name: &str, template: Option<&Template>) -> Result<Option<i64>, Failure> {
        let Some(template) = template else { return Ok(None) };
        let value = self.field(visit, template, "number", Value::is_number)?;
        match value.as_i64() {
            Some(seconds) if seconds > 0 => Ok(Some(seconds.saturating_mul(1000))),
            _ => Err(Failure::runtime(format!("The {name} parameter is not a positive whole number: {value}"))),
        }
    }

    /// The value of a field, with `$` as the input after `InputPath`.
    pub(super) fn field(
        &self,
        visit: &Visit<'_>,
        template: &Template,
        expected: &str,
        accepts: fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        if let Some(literal) = template.literal() {
            return Ok(literal.clone());
        }
        let context = self.context(visit, None);
        let view = match visit.state.language {
            Language::JsonPath => self.view(visit)?,
            Language::Jsonata => visit.position.input.clone(),
        };
        template.evaluate_as(expected, accepts, &self.scope(visit, &view, &context))
    }

    /// There are no roles here to take; a wrong expression is found nevertheless.
    fn check_credentials(&self, visit: &Visit<'_>, task: &TaskState) -> Result<(), Failure> {
        task.credentials.as_ref().map_or(Ok(()), |template| self.field(visit, template, "object", |_| true).map(drop))
    }

    fn task_event(&self, task: &TaskState, what: &str) -> Draft {
        match &task.resource {
            Resource::Function { name: _, text } => {
                Draft::new(format!("LambdaFunction{what}")).with("resource", text.as_str())
            }
            Resource::Activity { name: _, text } => {
                Draft::new(format!("Activity{what}")).with("resource", text.as_str())
            }
            other => {
                let (service, action) = other.names();
                Draft::new(format!("Task{what}")).with("resourceType", service).with("resource", action)
            }
        }
    }
}
