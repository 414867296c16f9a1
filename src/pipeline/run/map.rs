//! Map states: items in, outputs out, in item order.

use serde_json::{Value, json};

use super::children::{Item, Outcome, Tolerance};
use super::{Engine, Halt, Run, Visit};
use crate::pipeline::definition::MapState;
use crate::pipeline::event::Draft;
use crate::pipeline::failure::{Failure, QUERY};
use crate::pipeline::path::Path;
use crate::pipeline::template::{Expression, Language, Template};

/// The service's own limit of inline Map states.
const MOST_INLINE: usize = 40;

impl Engine {
    /// Run the processor for every item.
    pub(super) async fn map(&self, visit: &mut Visit<'_>, map: &MapState) -> Run<Value> {
        let items = self.map_items(visit, map).await?;
        let at_once = self.at_once(visit, map, items.len())?;
        let tolerance = self.tolerance(visit, map)?;
        if !visit.position.started {
            visit.position.started = true;
            let mut started = vec![Draft::new("MapStateStarted").with("length", items.len())];
            if map.is_distributed {
                started.push(Draft::new("MapRunStarted").with("mapRunArn", self.run_id(visit)));
            }
            self.note(visit, started)?;
        }
        let outcome = match self.each(visit, &map.processor, items, at_once, tolerance).await {
            Ok(outcomes) => self.map_result(visit, map, outcomes).await,
            Err(halt) => Err(halt),
        };
        match outcome {
            Ok(output) => {
                let mut ended = Vec::new();
                if map.is_distributed {
                    ended.push(Draft::new("MapRunSucceeded"));
                }
                ended.push(Draft::new("MapStateSucceeded"));
                self.note(visit, ended)?;
                Ok(output)
            }
            Err(Halt::Failed(failure)) => {
                let name = if map.is_distributed { "MapRunFailed" } else { "MapStateFailed" };
                let failed = Draft::new(name).failed(failure.error.as_deref(), failure.cause.as_deref());
                self.note(visit, vec![failed])?;
                Err(Halt::Failed(failure))
            }
            Err(broken @ Halt::Broken(_)) => Err(broken),
        }
    }

    /// Identity of one run of a distributed Map state.
    pub(super) fn run_id(&self, visit: &Visit<'_>) -> String {
        let (machine, name, entered) = (&self.facts.machine, &visit.state.name, visit.position.entered_event);
        let id = format!("{}-{entered}-{}", self.facts.name, visit.position.retries);
        format!("arn:aws:states:us-east-1:000000000000:mapRun:{machine}/{name}:{id}")
    }

    async fn map_items(&self, visit: &Visit<'_>, map: &MapState) -> Run<Vec<Item>> {
        let values = match &map.reader {
            Some(reader) => self.read_items(visit, reader).await?,
            None => self.own_items(visit, map)?,
        };
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let context = json!({"Item": {"Index": index, "Value": value.clone()}});
            let input = match &map.selector {
                None => value,
                Some(selector) => self.select(visit, selector, &context)?,
            };
            items.push(Item { input, map: context });
        }
        match &map.batcher {
            Some(batcher) => self.batch(visit, batcher, items),
            None => Ok(items),
        }
    }

    fn select(&self, visit: &Visit<'_>, selector: &Template, map: &Value) -> Result<Value, Failure> {
        let mut context = self.context(visit, None);
        context["Map"] = map.clone();
        let view = self.map_view(visit)?;
        selector.evaluate(&self.scope(visit, &view, &context))
    }

    pub(super) fn map_view(&self, visit: &Visit<'_>) -> Result<Value, Failure> {
        match visit.state.language {
            Language::JsonPath => self.view(visit),
            Language::Jsonata => Ok(visit.position.input.clone()),
        }
    }

    /// The items that the state's input holds.
    fn own_items(&self, visit: &Visit<'_>, map: &MapState) -> Result<Vec<Value>, Failure> {
        let found = match &map.items {
            Some(template) => self.field(visit, template, "array", Value::is_array)?,
            None => self.map_view(visit)?,
        };
        match (found, &map.items) {
            (Value::Array(items), _) => Ok(items),
            (other, None) if visit.state.language == Language::Jsonata => {
                Err(Failure::engine(QUERY, format!("Map state input must be an array but was: {other}")))
            }
            (_, Some(Template::Expression { field: _, expression: Expression::Path(path) })) => Err(not_array(path)),
            (other, Some(_)) => {
                Err(Failure::engine(QUERY, format!("Map state items must be an array but was: {other}")))
            }
            (_, None) => Err(Failure::runtime("Reference path \"$\" must point to array.")),
        }
    }

    /// How many items run at once; a whole number that no literal can fail to be.
    fn at_once(&self, visit: &Visit<'_>, map: &MapState, items: usize) -> Result<usize, Failure> {
        let wanted = self.whole(visit, "MaxConcurrency", map.max_concurrency.as_ref())?.unwrap_or(0);
        let most = if map.is_distributed || !self.has_limits { items } else { MOST_INLINE };
        Ok(if wanted == 0 { most } else { wanted.min(most.max(1)) })
    }

    /// A field that is a whole number and not negative.
    pub(super) fn whole(
        &self,
        visit: &Visit<'_>,
        name: &str,
        template: Option<&Template>,
    ) -> Result<Option<usize>, Failure> {
        let Some(template) = template else { return Ok(None) };
        let value = self.field(visit, template, "number", Value::is_number)?;
        let whole = value.as_u64().and_then(|value| usize::try_from(value).ok());
        whole.map(Some).ok_or_else(|| {
            let field = match template {
                Template::Expression { field, expression: _ } => field.as_str(),
                _ => name,
            };
            Failure::runtime(format!(
                "The {field} field refers to value \"{value}\" which is not a valid integer: {value}"
            ))
        })
    }

    fn tolerance(&self, visit: &Visit<'_>, map: &MapState) -> Result<Tolerance, Failure> {
        if !map.is_distributed {
            return Ok(Tolerance::None);
        }
        let count = self.whole(visit, "ToleratedFailureCount", map.tolerated_count.as_ref())?;
        let Some(template) = &map.tolerated_percentage else { return Ok(Tolerance::Threshold { count, share: None }) };
        let value = self.field(visit, template, "number", Value::is_number)?;
        let percentage = value.as_f64().filter(|n| (0.0..=100.0).contains(n)).ok_or_else(|| {
            Failure::runtime(format!("The ToleratedFailurePercentage is not between 0 and 100: {value}"))
        })?;
        Ok(Tolerance::Threshold { count, share: Some(percentage / 100.0) })
    }

    async fn map_result(&self, visit: &Visit<'_>, map: &MapState, outcomes: Vec<Outcome>) -> Run<Value> {
        match &map.writer {
            Some(writer) => self.write_results(visit, writer, &outcomes).await,
            None => Ok(outcomes.into_iter().filter_map(|outcome| outcome.result.ok()).collect()),
        }
    }
}

fn not_array(path: &Path) -> Failure {
    Failure::runtime(format!("Reference path \"{}\" must point to array.", path.text()))
}
