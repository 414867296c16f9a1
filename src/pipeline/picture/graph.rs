//! A flow as boxes and arrows.

use super::place::{Placed, place};
use crate::pipeline::definition::{Condition, Flow, Is, Kind, Order, State, TestKind};
use crate::pipeline::path::Path;
use crate::pipeline::template::{Expression, Template};

/// Width of one character of a name, about.
const CHARACTER: f64 = 8.2;
const HEIGHT: f64 = 46.0;
/// Room inside a box that holds other boxes.
pub(super) const INSET: f64 = 16.0;
pub(super) const TITLE: f64 = 40.0;

/// What a box is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Start,
    End,
    State {
        kind: &'static str,
        comment: Option<String>,
        inside: Vec<Placed>,
    },
    /// A bend of an arrow that passes a layer.
    Bend,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How an arrow is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Next,
    Rule,
    Catch,
}

#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: Line,
    pub(super) label: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// The graph of a flow, from its start to its end.
pub(super) fn graph(flow: &Flow) -> Graph {
    let dot = |shape| Node { name: String::new(), shape, width: 28.0, height: 28.0 };
    let mut graph = Graph { nodes: vec![dot(Shape::Start)], edges: Vec::new() };
    graph.nodes.extend(flow.states.iter().map(node));
    graph.nodes.push(dot(Shape::End));
    let end = graph.nodes.len() - 1;
    let index = |name: &str| flow.states.iter().position(|state| state.name == name).map(|at| at + 1);
    let mut edge = |from: usize, to: Option<usize>, line: Line, label: String| {
        if let Some(to) = to {
            graph.edges.push(Edge { from, to, line, label });
        }
    };
    edge(0, index(&flow.start_at), Line::Next, String::new());
    for (at, state) in flow.states.iter().enumerate() {
        let from = at + 1;
        if let Kind::Choice { rules, default } = &state.kind {
            for rule in rules {
                edge(from, index(&rule.next), Line::Rule, shorten(&said(&rule.condition)));
            }
            if let Some(default) = default {
                edge(from, index(default), Line::Rule, "default".to_owned());
            }
        }
        match &state.next {
            Some(next) => edge(from, index(next), Line::Next, String::new()),
            // A Fail state is an end of its own.
            None if state.is_terminal() && !matches!(state.kind, Kind::Fail { .. }) => {
                edge(from, Some(end), Line::Next, String::new());
            }
            None => {}
        }
        let mut caught: Vec<&str> = Vec::new();
        for catcher in &state.catch {
            if !caught.contains(&catcher.next.as_str()) {
                caught.push(&catcher.next);
                edge(from, index(&catcher.next), Line::Catch, String::new());
            }
        }
    }
    if graph.edges.iter().all(|edge| edge.to != end) {
        graph.nodes.pop();
    }
    graph
}

fn node(state: &State) -> Node {
    let inside: Vec<Placed> = state.kind.flows().into_iter().map(|flow| place(&graph(flow))).collect();
    #[expect(clippy::cast_precision_loss, reason = "lengths of names")]
    let text = |length: usize| length as f64 * CHARACTER + 28.0;
    let (mut width, mut height) = (text(state.name.chars().count()).max(118.0), HEIGHT);
    if !inside.is_empty() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of branches")]
        let gaps = (inside.len() + 1) as f64 * INSET;
        width = width.max(inside.iter().map(|one| one.width).sum::<f64>() + gaps);
        height = inside.iter().map(|one| one.height).fold(0.0, f64::max) + TITLE + INSET;
    }
    let shape = Shape::State { kind: state.kind.name(), comment: state.comment.clone(), inside };
    Node { name: state.name.clone(), shape, width, height }
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 26;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(LONGEST - 1).collect::<String>())
}

/// A condition in few words.
fn said(condition: &Condition) -> String {
    let joined = |all: &[Condition], word: &str| all.iter().map(said).collect::<Vec<_>>().join(word);
    let place = |path: &Path| path.text().to_owned();
    match condition {
        Condition::And(all) => joined(all, " and "),
        Condition::Or(all) => joined(all, " or "),
        Condition::Not(one) => format!("not {}", said(one)),
        Condition::Compare { variable, kind: TestKind::Boolean, order: _, operand: Template::Literal(value) } => {
            format!("{} is {value}", place(variable))
        }
        Condition::Compare { variable, kind: _, order, operand } => {
            let sign = match order {
                Order::Equals => "=",
                Order::LessThan => "<",
                Order::GreaterThan => ">",
                Order::LessThanEquals => "≤",
                Order::GreaterThanEquals => "≥",
            };
            let operand = match operand {
                Template::Literal(value) => value.to_string(),
                Template::Expression { field: _, expression: Expression::Path(path) } => place(path),
                _ => "…".to_owned(),
            };
            format!("{} {sign} {operand}", place(variable))
        }
        Condition::Matches { variable, pattern } => format!("{} like {pattern}", place(variable)),
        Condition::Is { variable, is, expected } => {
            let what = match is {
                Is::Null => "null",
                Is::Present => "present",
                Is::Numeric => "a number",
                Is::String => "a string",
                Is::Boolean => "a boolean",
                Is::Timestamp => "a timestamp",
            };
            format!("{} is {}{what}", place(variable), if *expected { "" } else { "not " })
        }
        Condition::Jsonata(template) => match template {
            Template::Expression { field: _, expression: Expression::Jsonata(jsonata) } => jsonata.text().to_owned(),
            other => other.literal().map(ToString::to_string).unwrap_or_default(),
        },
    }
}
