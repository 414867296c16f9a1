//! Wait states.

use serde_json::Value;

use super::{Engine, Run, Visit};
use crate::pipeline::definition::WaitFor;
use crate::pipeline::failure::Failure;
use crate::pipeline::template::{Expression, Language, Scope, Template};
use crate::pipeline::timestamp::millis;
use crate::time::Timestamp;

/// The longest wait in seconds.
const LONGEST: i64 = 1 << 31;

impl Engine {
    /// Wait until the moment that the state names; after a crash, until that same moment.
    pub(super) async fn wait(&self, visit: &Visit<'_>, wait_for: &WaitFor) -> Run<()> {
        let at = {
            let context = self.context(visit, None);
            let view = if visit.state.language == Language::Jsonata {
                visit.position.input.clone()
            } else {
                self.view(visit)?
            };
            let scope = self.scope(visit, &view, &context);
            match wait_for {
                WaitFor::Seconds(template) => until_seconds(template, &scope, visit.position.entered)?,
                WaitFor::Timestamp(template) => until_timestamp(template, &scope)?,
            }
        };
        let seconds = at.millis().saturating_sub(visit.position.entered.millis()) / 1000;
        if seconds > LONGEST {
            return Err(Failure::runtime("Wait state delay is too long.").into());
        }
        self.timer.sleep_until(at).await;
        Ok(())
    }
}

fn until_seconds(template: &Template, scope: &Scope<'_>, entered: Timestamp) -> Result<Timestamp, Failure> {
    let value = template.evaluate_as("number", Value::is_number, scope)?;
    let name = if is_jsonata(template) { "Seconds" } else { "SecondsPath" };
    let Some(seconds) = value.as_i64() else {
        let place = place(template);
        return Err(Failure::runtime(format!(
            "The {name} parameter cannot be parsed as a long value: {place} == {value}"
        )));
    };
    if seconds < 0 {
        return Err(Failure::runtime(format!("The {name} parameter references a negative value: {seconds}")));
    }
    Ok(entered.plus_millis(seconds.saturating_mul(1000)))
}

fn until_timestamp(template: &Template, scope: &Scope<'_>) -> Result<Timestamp, Failure> {
    let value = template.evaluate_as("string", Value::is_string, scope)?;
    let name = if is_jsonata(template) { "Timestamp" } else { "TimestampPath" };
    value.as_str().and_then(millis).ok_or_else(|| {
        Failure::runtime(format!(
            "The {name} parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {}",
            place(template),
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        ))
    })
}

fn is_jsonata(template: &Template) -> bool {
    matches!(template, Template::Expression { field: _, expression: Expression::Jsonata(_) })
}

fn place(template: &Template) -> String {
    match template {
        Template::Expression { field: _, expression: Expression::Path(path) } => path.text().to_owned(),
        Template::Expression { field, expression: _ } => field.clone(),
        other => other.literal().map(ToString::to_string).unwrap_or_default(),
    }
}
