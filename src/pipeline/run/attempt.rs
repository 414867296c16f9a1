//! One attempt at a state's work, by its type.

use serde_json::{Value, json};

use super::{Engine, Leave, Run, Visit};
use crate::pipeline::definition::{DataPath, Kind};
use crate::pipeline::failure::{Failure, Origin};
use crate::pipeline::template::{Language, Template};

impl Engine {
    /// Do the state's work once.
    pub(super) async fn attempt(&self, visit: &mut Visit<'_>) -> Run<Leave> {
        match &visit.state.kind {
            Kind::Task(task) => {
                let result = self.task(visit, task).await?;
                self.leave_with_result(visit, &result)
            }
            Kind::Parallel(branches) => {
                let result = self.parallel(visit, branches).await?;
                self.leave_with_result(visit, &result)
            }
            Kind::Map(map) => {
                let result = self.map(visit, map).await?;
                self.leave_with_result(visit, &result)
            }
            Kind::Pass { result } => self.pass(visit, result.as_ref()),
            Kind::Wait(wait_for) => {
                self.wait(visit, wait_for).await?;
                self.leave_with_input(visit)
            }
            Kind::Succeed => self.leave_with_input(visit),
            Kind::Choice { rules, default } => self.choose(visit, rules, default.as_deref()),
            Kind::Fail { error, cause } => self.fail(visit, error.as_ref(), cause.as_ref()),
        }
    }

    fn pass(&self, visit: &mut Visit<'_>, result: Option<&Value>) -> Run<Leave> {
        if visit.state.language == Language::Jsonata {
            return self.leave_with_input(visit);
        }
        let result = match result {
            Some(result) => result.clone(),
            None => self.effective_input(visit, None)?,
        };
        self.leave_with_result(visit, &result)
    }

    fn fail(&self, visit: &Visit<'_>, error: Option<&Template>, cause: Option<&Template>) -> Run<Leave> {
        let context = self.context(visit, None);
        let scope = self.scope(visit, &visit.position.input, &context);
        let text = |name: &str, template: Option<&Template>| -> Result<Option<String>, Failure> {
            let Some(template) = template else { return Ok(None) };
            match template.evaluate_as("string", Value::is_string, &scope)? {
                Value::String(text) => Ok(Some(text)),
                other => Err(Failure::runtime(format!("The {name} parameter does not reference a string: {other}"))),
            }
        };
        let (error, cause) = (text("ErrorPath", error)?, text("CausePath", cause)?);
        Err(Failure::of(error, cause, Origin::Fail).into())
    }

    /// The input after `InputPath`.
    pub(super) fn view(&self, visit: &Visit<'_>) -> Result<Value, Failure> {
        let raw = &visit.position.input;
        match &visit.state.input_path {
            DataPath::Whole => Ok(raw.clone()),
            DataPath::Nothing => Ok(json!({})),
            DataPath::Path(path) => {
                let context = self.context(visit, None);
                self.scope(visit, raw, &context).path(path).map_err(|missing| super::data::invalid(path, &missing))
            }
        }
    }

    /// The input after `InputPath` and `Parameters`, or `Arguments`; the same for every attempt of a visit.
    pub(super) fn effective_input(&self, visit: &mut Visit<'_>, token: Option<&str>) -> Result<Value, Failure> {
        if let Some(effective) = &visit.effective {
            return Ok(effective.clone());
        }
        let view = self.view(visit)?;
        let effective = match &visit.state.arguments {
            None => view,
            Some(template) => {
                let context = self.context(visit, token);
                template.evaluate(&self.scope(visit, &view, &context))?
            }
        };
        // A token belongs to one attempt.
        if token.is_none() {
            visit.effective = Some(effective.clone());
        }
        Ok(effective)
    }
}
