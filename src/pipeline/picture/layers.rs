//! Which box lies in which layer, and in which order.
//!
//! Sugiyama's method: arrows back are turned round, each box lies below all that lead to it, arrows that pass a layer get
//! a bend in it, and layers are sorted by the mean place of their neighbours, up and down, keeping the best order found.

use super::graph::{Edge, Graph, Line, Node, Shape};

/// Sweeps over the layers; the order hardly gets better after a few.
const SWEEPS: usize = 12;

/// An arrow between neighbouring layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) line: Line,
    /// Part of an arrow with bends, which should be straight.
    pub(super) is_part: bool,
}

pub(super) struct Layered {
    pub(super) nodes: Vec<Node>,
    /// Nodes by layer, in order.
    pub(super) layers: Vec<Vec<usize>>,
    pub(super) links: Vec<Link>,
    /// For each edge its nodes from start to end, bends included.
    pub(super) routes: Vec<Vec<usize>>,
}

pub(super) fn layered(graph: &Graph) -> Layered {
    let backward = backward(graph);
    let depth = depths(graph, &backward);
    let mut nodes = graph.nodes.clone();
    let mut layers = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)];
    for at in depth_first(graph) {
        layers[depth[at]].push(at);
    }
    let (mut links, mut routes) = (Vec::new(), Vec::new());
    for (edge, is_back) in graph.edges.iter().zip(&backward) {
        let (upper, lower) = if *is_back { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let mut route = vec![upper];
        for layer in layers.iter_mut().take(depth[lower]).skip(depth[upper] + 1) {
            nodes.push(Node { name: String::new(), shape: Shape::Bend, width: 14.0, height: 0.0 });
            layer.push(nodes.len() - 1);
            route.push(nodes.len() - 1);
        }
        route.push(lower);
        let is_part = route.len() > 2;
        links.extend(route.windows(2).map(|pair| Link { upper: pair[0], lower: pair[1], line: edge.line, is_part }));
        if *is_back {
            route.reverse();
        }
        routes.push(route);
    }
    links.retain(|link| link.upper != link.lower);
    order(&mut layers, &links, nodes.len());
    Layered { nodes, layers, links, routes }
}

/// Nodes in the order in which a walk from the start meets them; unreached ones last.
fn depth_first(graph: &Graph) -> Vec<usize> {
    let mut met = Vec::new();
    let mut stack: Vec<usize> = (0..graph.nodes.len()).rev().collect();
    while let Some(at) = stack.pop() {
        if !met.contains(&at) {
            met.push(at);
            stack.extend(graph.edges.iter().rev().filter(|edge| edge.from == at).map(|edge| edge.to));
        }
    }
    met
}

/// Which edges lead back to where a walk came from.
fn backward(graph: &Graph) -> Vec<bool> {
    let mut found = vec![false; graph.edges.len()];
    let mut state = vec![0_u8; graph.nodes.len()];
    for root in 0..graph.nodes.len() {
        visit(root, graph, &mut state, &mut found);
    }
    found
}

fn visit(at: usize, graph: &Graph, state: &mut [u8], found: &mut [bool]) {
    if state[at] != 0 {
        return;
    }
    state[at] = 1;
    for (index, Edge { from, to, .. }) in graph.edges.iter().enumerate() {
        if *from != at {
            continue;
        }
        if state[*to] == 1 {
            found[index] = true;
        } else {
            visit(*to, graph, state, found);
        }
    }
    state[at] = 2;
}

/// The layer of each node: one more than the deepest that leads to it.
fn depths(graph: &Graph, backward: &[bool]) -> Vec<usize> {
    let mut depth = vec![0; graph.nodes.len()];
    for _ in 0..graph.nodes.len() {
        let mut changed = false;
        for (edge, is_back) in graph.edges.iter().zip(backward) {
            if !is_back && depth[edge.to] <= depth[edge.from] {
                depth[edge.to] = depth[edge.from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    depth
}

fn order(layers: &mut Vec<Vec<usize>>, links: &[Link], count: usize) {
    let mut best = (crossings(layers, links, count), layers.clone());
    for sweep in 0..SWEEPS {
        let downwards = sweep % 2 == 0;
        let places = 0..layers.len();
        let indices: Vec<usize> = if downwards { places.collect() } else { places.rev().collect() };
        for index in indices {
            let position = positions(layers, count);
            let mean = |node: usize| {
                let neighbours: Vec<f64> = links
                    .iter()
                    .filter_map(|link| match (downwards, link.lower == node, link.upper == node) {
                        (true, true, _) => Some(position[link.upper]),
                        (false, _, true) => Some(position[link.lower]),
                        _ => None,
                    })
                    .collect();
                #[expect(clippy::cast_precision_loss, reason = "a handful of neighbours")]
                let count = neighbours.len() as f64;
                if neighbours.is_empty() { position[node] } else { neighbours.iter().sum::<f64>() / count }
            };
            let mut keyed: Vec<(f64, usize)> = layers[index].iter().map(|node| (mean(*node), *node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[index] = keyed.into_iter().map(|(_, node)| node).collect();
        }
        let crossed = crossings(layers, links, count);
        if crossed < best.0 {
            best = (crossed, layers.clone());
        }
    }
    *layers = best.1;
}

#[expect(clippy::cast_precision_loss, reason = "places in a layer")]
fn positions(layers: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut position = vec![0.0; count];
    for layer in layers {
        for (at, node) in layer.iter().enumerate() {
            position[*node] = at as f64;
        }
    }
    position
}

fn crossings(layers: &[Vec<usize>], links: &[Link], count: usize) -> usize {
    let position = positions(layers, count);
    let mut layer_of = vec![0; count];
    for (depth, layer) in layers.iter().enumerate() {
        for node in layer {
            layer_of[*node] = depth;
        }
    }
    let mut found = 0;
    for (at, a) in links.iter().enumerate() {
        for b in links.iter().skip(at + 1).filter(|b| layer_of[b.upper] == layer_of[a.upper]) {
            let upper = position[a.upper] - position[b.upper];
            let lower = position[a.lower] - position[b.lower];
            found += usize::from(upper * lower < 0.0);
        }
    }
    found
}
