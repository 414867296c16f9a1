//! Coordinates: every box as near to the middle of its neighbours as the order of its layer allows.

use super::graph::{Graph, Line, Shape};
use super::layers::{Layered, layered};

const ROUNDS: usize = 80;
/// Room between boxes side by side, and between layers.
const BESIDE: f64 = 26.0;
const BELOW: f64 = 44.0;
/// How far to the side an arrow back is drawn.
const BACK: f64 = 18.0;
/// More room below a layer whose arrows have labels.
const LABELLED: f64 = 22.0;

/// A box with the coordinates of its middle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedNode {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An arrow through points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedEdge {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) line: Line,
    pub(super) label: String,
}

/// A picture of one flow.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) nodes: Vec<PlacedNode>,
    pub(super) edges: Vec<PlacedEdge>,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) fn place(graph: &Graph) -> Placed {
    let layered = layered(graph);
    let xs = across(&layered);
    let Rows { ys, bands, height } = down(graph, &layered);
    let left = layered.nodes.iter().zip(&xs).map(|(node, x)| x - node.width / 2.0).fold(f64::INFINITY, f64::min);
    let left = if left.is_finite() { left } else { 0.0 };
    let width = layered.nodes.iter().zip(&xs).map(|(node, x)| x + node.width / 2.0 - left).fold(0.0, f64::max);
    let at = |node: usize| (xs[node] - left, ys[node]);
    let half = |node: usize| layered.nodes[node].height / 2.0;
    let edges = graph
        .edges
        .iter()
        .zip(&layered.routes)
        .map(|(edge, route)| {
            let mut points = Vec::with_capacity(route.len() + 2);
            for node in route {
                let (x, y) = at(*node);
                match layered.nodes[*node].shape {
                    // A bend passes its layer upright, beside the boxes there.
                    Shape::Bend => points.extend([(x, y - bands[*node] / 2.0), (x, y + bands[*node] / 2.0)]),
                    Shape::Start | Shape::End | Shape::State { .. } => points.push((x, y)),
                }
            }
            if ys[edge.from] > ys[edge.to] {
                points.sort_by(|a, b| b.1.total_cmp(&a.1));
            }
            let (from, to) = (edge.from, edge.to);
            // Arrows leave below and come in above; those that lead back the other way round.
            let sign = if ys[from] <= ys[to] { 1.0 } else { -1.0 };
            if let Some(first) = points.first_mut() {
                first.1 += sign * half(from);
            }
            if let Some(last) = points.last_mut() {
                last.1 -= sign * half(to);
            }
            if ys[from] > ys[to] {
                // Beside the arrow that leads there, if there is one.
                points.iter_mut().for_each(|point| point.0 += BACK);
            }
            spread(graph, edge.from, edge.to, edge.line, &mut points);
            PlacedEdge { points, line: edge.line, label: edge.label.clone() }
        })
        .collect();
    let nodes = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| PlacedNode {
            name: node.name.clone(),
            shape: node.shape.clone(),
            x: at(index).0,
            y: at(index).1,
            width: node.width,
            height: node.height,
        })
        .collect();
    Placed { nodes, edges, width, height }
}

/// Let a dashed arrow start beside the plain one of the same box.
fn spread(graph: &Graph, from: usize, to: usize, line: Line, points: &mut [(f64, f64)]) {
    let has_next = graph.edges.iter().any(|edge| edge.from == from && edge.line == Line::Next);
    if line != Line::Catch || !has_next {
        return;
    }
    let target = points.get(1).map_or(0.0, |point| point.0);
    if let Some(first) = points.first_mut() {
        let room = (graph.nodes[from].width / 2.0 - 16.0).max(0.0);
        let shift = (target - first.0).clamp(-room, room);
        first.0 += if shift.abs() < 8.0 && from != to { room.min(24.0) } else { shift };
    }
}

fn across(layered: &Layered) -> Vec<f64> {
    let mut xs = vec![0.0; layered.nodes.len()];
    for layer in &layered.layers {
        let mut x = 0.0;
        for node in layer {
            xs[*node] = x + layered.nodes[*node].width / 2.0;
            x += layered.nodes[*node].width + BESIDE;
        }
        let middle = (x - BESIDE) / 2.0;
        for node in layer {
            xs[*node] -= middle;
        }
    }
    for round in 0..ROUNDS {
        let indices: Vec<usize> = if round % 2 == 0 {
            (0..layered.layers.len()).collect()
        } else {
            (0..layered.layers.len()).rev().collect()
        };
        for index in indices {
            settle(layered, &layered.layers[index], &mut xs);
        }
    }
    xs
}

/// Move a layer's boxes towards their neighbours, keeping order and distance: least squares by pooling.
fn settle(layered: &Layered, layer: &[usize], xs: &mut [f64]) {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(layer.len());
    for (at, node) in layer.iter().enumerate() {
        if at > 0 {
            let before = layered.nodes[layer[at - 1]].width;
            offset += (before + layered.nodes[*node].width) / 2.0 + BESIDE;
        }
        offsets.push(offset);
    }
    // Blocks of boxes that touch: sum of weighted wishes, sum of weights, number of boxes.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (node, offset) in layer.iter().zip(&offsets) {
        let (wish, weight) = wish(layered, *node, xs);
        blocks.push(((wish - offset) * weight, weight, 1));
        while let [.., (sum_a, weight_a, count_a), (sum_b, weight_b, count_b)] = blocks[..] {
            if sum_a / weight_a <= sum_b / weight_b {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push((sum_a + sum_b, weight_a + weight_b, count_a + count_b));
        }
    }
    let mut next = 0;
    for (sum, weight, count) in blocks {
        for at in next..next + count {
            xs[layer[at]] = sum / weight + offsets[at];
        }
        next += count;
    }
}

/// Where a box wants to be, and how much.
fn wish(layered: &Layered, node: usize, xs: &[f64]) -> (f64, f64) {
    let (mut sum, mut weight) = (0.0, 0.0);
    for link in &layered.links {
        let other = match (link.upper == node, link.lower == node) {
            (true, false) => link.lower,
            (false, true) => link.upper,
            _ => continue,
        };
        let pull = match link.line {
            Line::Next => 8.0,
            Line::Rule => 2.0,
            // The states that failures lead to stand aside, they do not bend the way of success.
            Line::Catch if link.upper == node => 0.0,
            Line::Catch => 0.01,
        };
        let pull = if link.is_part && pull > 0.0 { pull + 2.0 } else { pull };
        sum += pull * xs[other];
        weight += pull;
    }
    if weight == 0.0 { (xs[node], 0.1) } else { (sum / weight, weight) }
}

/// The rows of a picture.
struct Rows {
    /// The middle of each node.
    ys: Vec<f64>,
    /// The height of each node's layer.
    bands: Vec<f64>,
    height: f64,
}

fn down(graph: &Graph, layered: &Layered) -> Rows {
    let (mut ys, mut bands) = (vec![0.0; layered.nodes.len()], vec![0.0; layered.nodes.len()]);
    let mut top = 0.0;
    for (depth, layer) in layered.layers.iter().enumerate() {
        let height = layer.iter().map(|node| layered.nodes[*node].height).fold(0.0, f64::max);
        for node in layer {
            let is_bend = layered.nodes[*node].shape == Shape::Bend;
            ys[*node] = top + if is_bend { height } else { layered.nodes[*node].height } / 2.0;
            bands[*node] = height;
        }
        let is_labelled = graph.edges.iter().any(|edge| !edge.label.is_empty() && layer.contains(&edge.from));
        let is_last = depth + 1 == layered.layers.len();
        top += height + if is_last { 0.0 } else { BELOW } + if is_labelled && !is_last { LABELLED } else { 0.0 };
    }
    Rows { ys, bands, height: top }
}
