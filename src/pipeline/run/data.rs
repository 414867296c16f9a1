//! What leaves a state: results, outputs and variables.

use serde_json::{Value, json};

use super::{Engine, Leave, Run, Visit};
use crate::pipeline::definition::{DataPath, ResultPath};
use crate::pipeline::failure::{DATA_LIMIT, Failure};
use crate::pipeline::path::{Missing, Path};
use crate::pipeline::template::{Language, Scope, Template, Variables};

/// The failure of `InputPath` and `OutputPath`.
pub(super) fn invalid(path: &Path, missing: &Missing) -> Failure {
    Failure::runtime(format!("Invalid path '{}' : {}", path.text(), missing.0))
}

impl Engine {
    /// What expressions see in a visit, with `$` as given.
    pub(super) fn scope<'b>(&'b self, visit: &'b Visit<'_>, input: &'b Value, context: &'b Value) -> Scope<'b> {
        Scope {
            input,
            states_input: Some(&visit.position.input),
            context,
            variables: &visit.variables,
            result: None,
            error_output: None,
            random: &self.random,
        }
    }

    /// Leave a state that has a result of its own.
    pub(super) fn leave_with_result(&self, visit: &Visit<'_>, result: &Value) -> Run<Leave> {
        let context = self.context(visit, None);
        let next = visit.state.next.clone();
        if visit.state.language == Language::Jsonata {
            let scope = Scope { result: Some(result), ..self.scope(visit, &visit.position.input, &context) };
            return self.leave_jsonata(visit, &scope, result, next);
        }
        let scope = self.scope(visit, result, &context);
        let selected = match &visit.state.result_selector {
            Some(selector) => selector.evaluate(&scope)?,
            None => result.clone(),
        };
        let assigned = assigned(visit.state.assign.as_ref(), &scope)?;
        let raw = visit.position.input.clone();
        let written = place(&visit.state.result_path, raw, selected)?;
        let output = self.output_path(visit, written, &context)?;
        self.check_size(visit, &output, |cause| Failure::engine(DATA_LIMIT, cause))?;
        Ok(Leave { output, assigned, next })
    }

    /// Leave a state that hands its input on.
    pub(super) fn leave_with_input(&self, visit: &Visit<'_>) -> Run<Leave> {
        let context = self.context(visit, None);
        let next = visit.state.next.clone();
        if visit.state.language == Language::Jsonata {
            let input = &visit.position.input;
            return self.leave_jsonata(visit, &self.scope(visit, input, &context), input, next);
        }
        let view = self.view(visit)?;
        let assigned = assigned(visit.state.assign.as_ref(), &self.scope(visit, &view, &context))?;
        let output = self.output_path(visit, view, &context)?;
        Ok(Leave { output, assigned, next })
    }

    fn leave_jsonata(&self, visit: &Visit<'_>, scope: &Scope<'_>, default: &Value, next: Option<String>) -> Run<Leave> {
        let output = match &visit.state.output {
            Some(template) => template.evaluate(scope)?,
            None => default.clone(),
        };
        let assigned = assigned(visit.state.assign.as_ref(), scope)?;
        self.check_size(visit, &output, |cause| Failure::engine(DATA_LIMIT, cause))?;
        Ok(Leave { output, assigned, next })
    }

    pub(super) fn output_path(&self, visit: &Visit<'_>, output: Value, context: &Value) -> Result<Value, Failure> {
        match &visit.state.output_path {
            DataPath::Whole => Ok(output),
            DataPath::Nothing => Ok(json!({})),
            DataPath::Path(path) => {
                self.scope(visit, &output, context).path(path).map_err(|missing| invalid(path, &missing))
            }
        }
    }
}

/// The variables that `Assign` sets, all evaluated with the old ones.
pub(super) fn assigned(template: Option<&Template>, scope: &Scope<'_>) -> Result<Variables, Failure> {
    match template.map(|template| template.evaluate(scope)).transpose()? {
        Some(Value::Object(members)) => Ok(members.into_iter().collect()),
        _ => Ok(Variables::new()),
    }
}

/// `ResultPath`: the result put into the raw input.
pub(super) fn place(result_path: &ResultPath, raw: Value, result: Value) -> Result<Value, Failure> {
    match result_path {
        ResultPath::Replace => Ok(result),
        ResultPath::Discard => Ok(raw),
        ResultPath::Into(path) => path.write(raw, result),
    }
}
