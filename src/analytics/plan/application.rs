//! The whole application: its streams, its pumps, and the order in which an epoch runs through them.

use std::collections::{BTreeMap, BTreeSet};

use super::lower::{Branch, QueryPlanner};
use super::names::fold;
use super::query::{PumpQuery, QueryContext, prepare};
use super::scope::{IMPLICIT, StreamColumn, StreamPlan};
use crate::analytics::assign::{self, Assignment};
use crate::analytics::error::{Error, Result};
use crate::analytics::input::InputSchema;
use crate::analytics::statement::{CreatePump, CreateStream, Name, Statement, parse_statements};
use crate::time::Timestamp;

/// A pump ready to run.
#[derive(Debug)]
pub(crate) struct PumpPlan {
    pub(crate) name: String,
    pub(crate) branches: Vec<Branch>,
    pub(crate) target: String,
    /// How each column of the target is made from the values.
    pub(crate) assignments: Vec<Assignment>,
    /// Whether the item behind the values is the row's ROWTIME.
    pub(crate) sets_rowtime: bool,
}

/// An application ready to run.
#[derive(Debug)]
pub(crate) struct ApplicationPlan {
    pub(crate) streams: BTreeMap<String, StreamPlan>,
    /// Declared streams in the order of the text.
    pub(crate) declared: Vec<String>,
    /// All streams so that each comes behind those it is fed from.
    pub(crate) order: Vec<String>,
    /// Pumps in the order of the text; stopped ones are left out.
    pub(crate) pumps: Vec<PumpPlan>,
    pub(crate) warnings: Vec<String>,
}

impl ApplicationPlan {
    /// Whether a query asks for more of an input's records than their data and arrival.
    pub(crate) fn reads_record_metadata(&self, input: &str) -> bool {
        let declared = self.streams.get(input).map_or(0, |stream| stream.columns.len());
        let branches = self.pumps.iter().flat_map(|pump| &pump.branches);
        // The two time columns come first among the implicit ones.
        branches
            .filter(|branch| branch.stream == input)
            .any(|branch| branch.columns.iter().any(|column| *column >= declared + 2))
    }
}

/// Plan the application `text` over its input streams.
///
/// # Errors
/// [`Error::Sql`] and [`Error::Unsupported`] with the place in the text.
pub(crate) fn plan_application(
    text: &str,
    inputs: &[(String, InputSchema)],
    started: Timestamp,
) -> Result<ApplicationPlan> {
    let mut streams = BTreeMap::new();
    for (name, schema) in inputs {
        schema.validate(name)?;
        let columns = schema.columns.iter().map(|column| StreamColumn {
            name: column.name.clone(),
            sql_type: column.sql_type,
            not_null: false,
        });
        streams.insert(name.clone(), StreamPlan { name: name.clone(), columns: columns.collect(), is_input: true });
    }
    let mut declared: Vec<String> = Vec::new();
    let mut pumps: Vec<CreatePump> = Vec::new();
    for statement in parse_statements(text)? {
        match statement {
            Statement::Stream(stream) => declare_stream(text, stream, &mut streams, &mut declared, &pumps)?,
            Statement::Pump(pump) => declare_pump(text, *pump, &mut pumps)?,
        }
    }
    let planner = QueryPlanner::new(&streams, started)?;
    let mut warnings = Vec::new();
    let mut plans = Vec::new();
    for pump in &pumps {
        let plan = plan_pump(text, pump, &streams, &planner, &mut warnings)?;
        if pump.started {
            plans.push(plan);
        }
    }
    let order = order(text, &streams, &plans, &pumps)?;
    Ok(ApplicationPlan { streams, declared, order, pumps: plans, warnings })
}

fn error(text: &str, name: &Name, message: String) -> Error {
    Error::sql(text, name.at.line, name.at.column, message, None)
}

fn declare_stream(
    text: &str,
    stream: CreateStream,
    streams: &mut BTreeMap<String, StreamPlan>,
    declared: &mut Vec<String>,
    pumps: &[CreatePump],
) -> Result<()> {
    let name = stream.name.value.clone();
    if let Some(existing) = streams.get(&name) {
        if existing.is_input {
            return Err(error(
                text,
                &stream.name,
                format!("`{name}` is the application's input and cannot be declared"),
            ));
        }
        if !stream.or_replace {
            return Err(error(
                text,
                &stream.name,
                format!("The stream `{name}` is declared twice; CREATE OR REPLACE would replace it"),
            ));
        }
        if pumps.iter().any(|pump| pump.target.value == name) {
            return Err(error(
                text,
                &stream.name,
                format!("The stream `{name}` is used by a pump above and cannot be replaced"),
            ));
        }
    } else {
        declared.push(name.clone());
    }
    let columns = stream.columns.into_iter().map(|column| StreamColumn {
        name: column.name.value,
        sql_type: column.sql_type,
        not_null: column.not_null,
    });
    streams.insert(name.clone(), StreamPlan { name, columns: columns.collect(), is_input: false });
    Ok(())
}

fn declare_pump(text: &str, pump: CreatePump, pumps: &mut Vec<CreatePump>) -> Result<()> {
    if let Some(place) = pumps.iter().position(|other| other.name.value == pump.name.value) {
        if !pump.or_replace {
            return Err(error(
                text,
                &pump.name,
                format!("The pump `{}` is declared twice; CREATE OR REPLACE would replace it", pump.name.value),
            ));
        }
        pumps.remove(place);
    }
    pumps.push(pump);
    Ok(())
}

fn plan_pump(
    text: &str,
    pump: &CreatePump,
    streams: &BTreeMap<String, StreamPlan>,
    planner: &QueryPlanner,
    warnings: &mut Vec<String>,
) -> Result<PumpPlan> {
    let columns: BTreeMap<String, Vec<String>> = streams
        .iter()
        .map(|(name, stream)| (name.clone(), stream.columns.iter().map(|column| column.name.clone()).collect()))
        .collect();
    let context = QueryContext { text, streams: &columns, at: pump.query_at };
    let target = find_stream(&pump.target, streams).ok_or_else(|| {
        let span = sqlparser::tokenizer::Span::new(pump.target.at, pump.target.at);
        context.unknown_stream(span, &pump.target.value)
    })?;
    if target.is_input {
        return Err(error(
            text,
            &pump.target,
            format!("`{}` is the application's input; a pump cannot insert into it", target.name),
        ));
    }
    let known: BTreeSet<String> = columns
        .iter()
        .flat_map(|(name, columns)| columns.iter().chain([name]))
        .cloned()
        .chain(IMPLICIT.map(str::to_owned))
        .collect();
    let folded = fold(&pump.query, &known);
    warnings.extend(folded.warnings);
    let PumpQuery { query, values, sets_rowtime } = prepare(folded.tokens, &context)?;
    let branches = planner.plan(&query, &context)?;
    let places = target_places(text, pump, target, values)?;
    let assignments = match branches.first() {
        Some(branch) => assign::plan(target, &places, &branch.schema)
            .map_err(|message| Error::sql(text, pump.query_at.line, pump.query_at.column, message, None))?,
        None => Vec::new(),
    };
    Ok(PumpPlan { name: pump.name.value.clone(), branches, target: target.name.clone(), assignments, sets_rowtime })
}

/// The stream that a statement names: exactly, or for an unquoted name the only one that matches ignoring case.
fn find_stream<'a>(name: &Name, streams: &'a BTreeMap<String, StreamPlan>) -> Option<&'a StreamPlan> {
    if let Some(stream) = streams.get(&name.value) {
        return Some(stream);
    }
    let mut matches = streams.values().filter(|stream| !name.quoted && stream.name.eq_ignore_ascii_case(&name.value));
    matches.next().filter(|_| matches.next().is_none())
}

/// For each column of the target, which value goes there.
fn target_places(text: &str, pump: &CreatePump, target: &StreamPlan, values: usize) -> Result<Vec<Option<usize>>> {
    let mut places = vec![None; target.columns.len()];
    let wanted = match &pump.columns {
        None => {
            let columns = target.columns.len();
            for (place, value) in places.iter_mut().zip(0..values) {
                *place = Some(value);
            }
            columns
        }
        Some(names) => {
            for (value, name) in names.iter().enumerate() {
                let exact = target.columns.iter().position(|column| column.name == name.value);
                let place = exact.or_else(|| {
                    target
                        .columns
                        .iter()
                        .position(|column| !name.quoted && column.name.eq_ignore_ascii_case(&name.value))
                });
                let Some(place) = place else {
                    return Err(error(
                        text,
                        name,
                        format!("The stream `{}` has no column `{}`", target.name, name.value),
                    ));
                };
                if places[place].replace(value).is_some() {
                    return Err(error(text, name, format!("The column `{}` is named twice", name.value)));
                }
            }
            names.len()
        }
    };
    if wanted != values {
        let message = format!("The pump `{}` gives {values} values, `{}` takes {wanted}", pump.name.value, target.name);
        return Err(Error::sql(text, pump.query_at.line, pump.query_at.column, message, None));
    }
    Ok(places)
}

/// Streams in topological order.
fn order(
    text: &str,
    streams: &BTreeMap<String, StreamPlan>,
    plans: &[PumpPlan],
    pumps: &[CreatePump],
) -> Result<Vec<String>> {
    let mut order: Vec<String> = Vec::with_capacity(streams.len());
    while order.len() < streams.len() {
        let before = order.len();
        for name in streams.keys() {
            let ready = || {
                plans
                    .iter()
                    .filter(|plan| plan.target == *name)
                    .flat_map(|plan| &plan.branches)
                    .all(|branch| order.contains(&branch.stream))
            };
            if !order.contains(name) && ready() {
                order.push(name.clone());
            }
        }
        if order.len() == before {
            let in_cycle = |pump: &&CreatePump| {
                plans.iter().any(|plan| plan.name == pump.name.value && !order.contains(&plan.target))
            };
            return match pumps.iter().find(in_cycle) {
                Some(pump) => Err(error(
                    text,
                    &pump.name,
                    format!("The pump `{}` feeds itself through other streams", pump.name.value),
                )),
                None => Err(Error::Internal("the streams have no order".into())),
            };
        }
    }
    Ok(order)
}
