//! The whole application: its streams, its pumps, and the order in which an epoch runs through them.

use std::collections::BTreeMap;

use super::planner::{Catalog, PlanNode, Planner};
use super::relation::{IMPLICIT, Origin, StreamColumn, StreamPlan};
use crate::analytics::ERROR_STREAM;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;
use crate::analytics::function::Functions;
use crate::analytics::operator::Union;
use crate::analytics::reference::ReferenceTable;
use crate::analytics::syntax::{
    CreatePump, CreateStream, CreateView, Insert, Name, ObjectKind, Query, QueryBody, Statement, TableArgument,
    TableKind, TableRef, parse_statements,
};
use crate::time::Timestamp;

/// One step of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Run the node at the place.
    Node(usize),
    /// Collect the stream at the place.
    Stream(usize),
}

/// An application ready to run.
#[derive(Debug)]
pub(crate) struct ApplicationPlan {
    pub(crate) streams: Vec<StreamPlan>,
    /// Operators; those that nothing reads are never run.
    pub(crate) nodes: Vec<PlanNode>,
    /// For each stream the node that feeds it.
    pub(crate) feeders: Vec<Option<Origin>>,
    /// Everything that runs, each behind what it reads.
    pub(crate) order: Vec<Step>,
    /// Declared streams in the order of the text.
    pub(crate) declared: Vec<String>,
    /// Whether rows of inputs carry where they come from.
    pub(crate) with_origin: bool,
    pub(crate) env: EvalEnv,
    pub(crate) warnings: Vec<String>,
}

/// What the application reads besides its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Input streams with their columns.
    pub(crate) inputs: Vec<(String, Vec<StreamColumn>)>,
    pub(crate) tables: Vec<ReferenceTable>,
}

/// A pump, or an INSERT without one.
struct Feed {
    name: Name,
    started: bool,
    insert: Insert,
}

/// The objects of the text.
#[derive(Default)]
struct Objects {
    streams: Vec<StreamPlan>,
    declared: Vec<String>,
    feeds: Vec<Feed>,
    views: BTreeMap<String, Query>,
    functions: Functions,
    alterations: Vec<(Name, bool)>,
}

/// Plan the application `text`.
///
/// # Errors
/// [`Error::Sql`] with the place in the text.
pub(crate) fn plan_application(text: &str, sources: &Sources, started: Timestamp) -> Result<ApplicationPlan> {
    let mut objects = Objects::default();
    for (name, columns) in &sources.inputs {
        objects.streams.push(StreamPlan { name: name.clone(), columns: columns.clone(), is_input: true });
    }
    for statement in parse_statements(text)? {
        objects.take(text, statement, &sources.tables)?;
    }
    for (name, start) in std::mem::take(&mut objects.alterations) {
        let found = objects.feeds.iter_mut().find(|feed| feed.name == name);
        found.ok_or_else(|| name.at.error(text, format!("There is no pump `{}`", name.value)))?.started = start;
    }
    let upper = text.to_ascii_uppercase();
    let catalog = Catalog {
        streams: objects.streams,
        tables: sources.tables.clone(),
        views: objects.views,
        functions: objects.functions,
        // The first implicit column comes with every row.
        with_origin: IMPLICIT.iter().skip(1).any(|name| upper.contains(name)),
        env: EvalEnv { started: started.millis(), row_clock: started.millis() },
    };
    let mut planner = Planner::new(text, &catalog);
    check_views(&mut planner)?;
    let mut inputs: Vec<Vec<Origin>> = vec![Vec::new(); catalog.streams.len()];
    for feed in &objects.feeds {
        planner.pump.clone_from(&feed.name.value);
        let target = target_of(&mut planner, &feed.insert.target)?;
        let origin = planner.insert(&feed.insert, &catalog.streams[target])?;
        if feed.started {
            inputs[target].push(origin);
        }
    }
    planner.pump.clear();
    let feeders = feeders(&mut planner, inputs);
    let (mut nodes, warnings) = (planner.nodes, planner.warnings);
    narrow(&mut nodes, &feeders);
    let order = order(text, &nodes, &feeders, &objects.feeds)?;
    let (declared, env, with_origin) = (objects.declared, catalog.env, catalog.with_origin);
    Ok(ApplicationPlan { streams: catalog.streams, nodes, feeders, order, declared, with_origin, env, warnings })
}

/// Views that nothing reads are checked as well.
fn check_views(planner: &mut Planner<'_>) -> Result<()> {
    let catalog = planner.catalog;
    for (name, query) in &catalog.views {
        planner.within.push(name.clone());
        planner.query(query)?;
        planner.within.pop();
    }
    Ok(())
}

/// The node that feeds each stream; several pumps are merged.
fn feeders(planner: &mut Planner<'_>, inputs: Vec<Vec<Origin>>) -> Vec<Option<Origin>> {
    let catalog = planner.catalog;
    let feeders = inputs.into_iter().zip(&catalog.streams).map(|(mut inputs, stream)| match inputs.len() {
        0 => None,
        1 => inputs.pop(),
        count => Some(planner.node("merge", inputs, Union::new(count, stream.schema()))),
    });
    feeders.collect()
}

fn target_of(planner: &mut Planner<'_>, name: &Name) -> Result<usize> {
    let catalog = planner.catalog;
    let Some(stored) = super::from::find_name(name, catalog.streams.iter().map(|stream| stream.name.as_str())) else {
        let known: Vec<String> = catalog.streams.iter().map(|stream| format!("`{}`", stream.name)).collect();
        let message = format!("There is no stream `{}`", name.value);
        return Err(planner.refuse(name.at, message, format!("there is {}", known.join(", "))));
    };
    if stored != name.value {
        planner.warn(name, "stream", stored);
    }
    let place = catalog.streams.iter().position(|stream| stream.name == stored).unwrap_or_default();
    if catalog.streams[place].is_input {
        let message = format!("`{stored}` is the application's input; a pump cannot insert into it");
        return Err(planner.error(name.at, message));
    }
    Ok(place)
}

impl Objects {
    fn take(&mut self, text: &str, statement: Statement, tables: &[ReferenceTable]) -> Result<()> {
        match statement {
            Statement::Stream(stream) => self.declare_stream(text, stream, tables),
            Statement::Pump(pump) => self.declare_pump(text, *pump),
            Statement::View(view) => self.declare_view(text, *view, tables),
            Statement::Function(function) => self.functions.define(&function, text),
            Statement::Insert(insert) => {
                let name = Name { value: format!("INSERT in line {}", insert.at.line), quoted: true, at: insert.at };
                self.feeds.push(Feed { name, started: true, insert: *insert });
                Ok(())
            }
            Statement::AlterPump { name, start } => {
                self.alterations.push((name, start));
                Ok(())
            }
            Statement::Drop { object, name } => self.drop(text, object, &name),
        }
    }

    fn declare_stream(&mut self, text: &str, stream: CreateStream, tables: &[ReferenceTable]) -> Result<()> {
        let at = stream.name.at;
        let name = stream.name.value;
        if name.eq_ignore_ascii_case(ERROR_STREAM) {
            return Err(at.error_with_hint(
                text,
                format!("`{name}` is the application's error stream"),
                "choose another name",
            ));
        }
        if self.views.contains_key(&name) || tables.iter().any(|table| table.name == name) {
            return Err(at.error(text, format!("`{name}` is the name of a view or table already")));
        }
        let columns: Vec<StreamColumn> = stream
            .columns
            .into_iter()
            .map(|column| StreamColumn {
                name: column.name.value,
                sql_type: column.sql_type,
                not_null: column.not_null,
            })
            .collect();
        let Some(existing) = self.streams.iter_mut().find(|existing| existing.name == name) else {
            self.declared.push(name.clone());
            self.streams.push(StreamPlan { name, columns, is_input: false });
            return Ok(());
        };
        if existing.is_input {
            return Err(at.error(text, format!("`{name}` is the application's input and cannot be declared")));
        }
        if !stream.or_replace {
            let message = format!("The stream `{name}` is declared twice; CREATE OR REPLACE would replace it");
            return Err(at.error(text, message));
        }
        if self.feeds.iter().any(|feed| feed.insert.target.value == name || reads(&feed.insert.query, &name)) {
            let message = format!("The stream `{name}` is used by a pump above and cannot be replaced");
            return Err(at.error(text, message));
        }
        existing.columns = columns;
        Ok(())
    }

    fn declare_pump(&mut self, text: &str, pump: CreatePump) -> Result<()> {
        if let Some(place) = self.feeds.iter().position(|feed| feed.name == pump.name) {
            if !pump.or_replace {
                let message =
                    format!("The pump `{}` is declared twice; CREATE OR REPLACE would replace it", pump.name.value);
                return Err(pump.name.at.error(text, message));
            }
            self.feeds.remove(place);
        }
        self.feeds.push(Feed { name: pump.name, started: pump.started, insert: pump.insert });
        Ok(())
    }

    fn declare_view(&mut self, text: &str, view: CreateView, tables: &[ReferenceTable]) -> Result<()> {
        let name = view.name.value;
        let taken =
            self.streams.iter().any(|stream| stream.name == name) || tables.iter().any(|table| table.name == name);
        if taken || (self.views.contains_key(&name) && !view.or_replace) {
            return Err(view.name.at.error(text, format!("There is a stream, table or view `{name}` already")));
        }
        self.views.insert(name, view.query);
        Ok(())
    }

    fn drop(&mut self, text: &str, object: ObjectKind, name: &Name) -> Result<()> {
        let (kind, found) = match object {
            ObjectKind::Stream => {
                if self.streams.iter().any(|stream| stream.is_input && stream.name == name.value) {
                    return Err(name.at.error(text, format!("`{}` is the application's input", name.value)));
                }
                if let Some(feed) =
                    self.feeds.iter().find(|feed| feed.insert.target == *name || reads(&feed.insert.query, &name.value))
                {
                    let message = format!("The stream `{}` is used by the pump `{}`", name.value, feed.name.value);
                    return Err(name.at.error_with_hint(text, message, "DROP the pump first"));
                }
                self.declared.retain(|declared| *declared != name.value);
                ("stream", removed(&mut self.streams, |stream| stream.name == name.value))
            }
            ObjectKind::Pump => ("pump", removed(&mut self.feeds, |feed| feed.name == *name)),
            ObjectKind::View => ("view", self.views.remove(&name.value).is_some()),
            ObjectKind::Function => ("function", self.functions.remove(name)),
        };
        if found { Ok(()) } else { Err(name.at.error(text, format!("There is no {kind} `{}`", name.value))) }
    }
}

fn removed<T>(all: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let before = all.len();
    all.retain(|one| !is_it(one));
    all.len() < before
}

/// Whether a query reads the stream `name`.
fn reads(query: &Query, name: &str) -> bool {
    match &query.body {
        QueryBody::Select(select) => select.from.iter().any(|table| table_reads(table, name)),
        QueryBody::Values(_) => false,
        QueryBody::Set { left, right, .. } => reads(left, name) || reads(right, name),
    }
}

fn table_reads(table: &TableRef, name: &str) -> bool {
    match &table.kind {
        TableKind::Named(stream) => stream.value == name,
        TableKind::Query(query) => reads(query, name),
        TableKind::Function(call) => call.arguments.iter().any(|argument| match argument {
            TableArgument::Cursor(query) => reads(query, name),
            TableArgument::Expr(_) => false,
        }),
        TableKind::Join(join) => table_reads(&join.left, name) || table_reads(&join.right, name),
    }
}

/// Tell every node which of its columns are read, where all readers know.
fn narrow(nodes: &mut [PlanNode], feeders: &[Option<Origin>]) {
    for place in 0..nodes.len() {
        let origin = Origin::Node(place);
        let readers: Vec<&PlanNode> = nodes.iter().filter(|node| node.inputs.contains(&origin)).collect();
        if readers.is_empty() || feeders.contains(&Some(origin)) {
            continue;
        }
        let Some(reads) = readers.iter().map(|node| node.operator.reads()).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let width = reads.iter().map(|reads| reads.len()).max().unwrap_or_default();
        let read: Vec<bool> =
            (0..width).map(|column| reads.iter().any(|reads| reads.get(column) == Some(&true))).collect();
        nodes[place].operator.narrow(&read);
    }
}

/// Everything that runs, each behind what it reads.
fn order(text: &str, nodes: &[PlanNode], feeders: &[Option<Origin>], feeds: &[Feed]) -> Result<Vec<Step>> {
    let mut sorting = Sorting { nodes, feeders, order: Vec::new(), entered: Vec::new() };
    for stream in 0..feeders.len() {
        if let Err(pump) = sorting.visit(Origin::Stream(stream)) {
            let at = feeds.iter().find(|feed| feed.name.value == pump).map(|feed| feed.name.at).unwrap_or_default();
            return Err(at.error(text, format!("The pump `{pump}` feeds itself through other streams")));
        }
    }
    if sorting.order.len() > nodes.len() + feeders.len() {
        return Err(Error::Internal("a node runs twice in an epoch".into()));
    }
    Ok(sorting.order)
}

struct Sorting<'a> {
    nodes: &'a [PlanNode],
    feeders: &'a [Option<Origin>],
    order: Vec<Step>,
    /// What is being visited, outermost first.
    entered: Vec<Origin>,
}

impl Sorting<'_> {
    /// Put `origin` behind everything that it reads; the error is the name of a pump that reads itself.
    fn visit(&mut self, origin: Origin) -> Result<(), String> {
        let step = match origin {
            Origin::Node(node) => Step::Node(node),
            Origin::Stream(stream) => Step::Stream(stream),
        };
        if self.order.contains(&step) {
            return Ok(());
        }
        if self.entered.contains(&origin) {
            let pump = self.entered.iter().rev().find_map(|entered| match entered {
                Origin::Node(node) => {
                    self.nodes.get(*node).map(|node| node.pump.clone()).filter(|pump| !pump.is_empty())
                }
                Origin::Stream(_) => None,
            });
            return Err(pump.unwrap_or_default());
        }
        self.entered.push(origin);
        match origin {
            Origin::Node(node) => {
                let inputs = self.nodes.get(node).map(|node| node.inputs.clone()).unwrap_or_default();
                inputs.into_iter().try_for_each(|input| self.visit(input))?;
            }
            Origin::Stream(stream) => {
                if let Some(Some(feeder)) = self.feeders.get(stream) {
                    self.visit(*feeder)?;
                }
            }
        }
        self.entered.pop();
        self.order.push(step);
        Ok(())
    }
}
