//! Boxes and arrows as SVG text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::graph::{INSET, Line, Shape, TITLE};
use super::outcome::{Outcome, Seen};
use super::place::{Placed, PlacedEdge, PlacedNode};

const MARGIN: f64 = 24.0;
const LEGEND: f64 = 34.0;

/// Fill, border and text of a state.
struct Colours {
    fill: &'static str,
    border: &'static str,
    text: &'static str,
}

const PLAIN: Colours = Colours { fill: "#ffffff", border: "#94a3b8", text: "#1e293b" };

fn colours(outcome: Outcome) -> Colours {
    match outcome {
        Outcome::Succeeded => Colours { fill: "#dcfce7", border: "#16a34a", text: "#14532d" },
        Outcome::Caught => Colours { fill: "#ffedd5", border: "#ea580c", text: "#7c2d12" },
        Outcome::Failed => Colours { fill: "#fee2e2", border: "#dc2626", text: "#7f1d1d" },
        Outcome::Running => Colours { fill: "#dbeafe", border: "#2563eb", text: "#1e3a8a" },
        Outcome::Aborted => Colours { fill: "#e2e8f0", border: "#475569", text: "#334155" },
    }
}

const LEGENDS: [(Outcome, &str); 5] = [
    (Outcome::Succeeded, "succeeded"),
    (Outcome::Running, "running"),
    (Outcome::Caught, "caught error"),
    (Outcome::Failed, "failed"),
    (Outcome::Aborted, "aborted"),
];

/// The picture as SVG.
pub(super) fn draw(placed: &Placed, outcomes: &BTreeMap<String, Seen>) -> String {
    let shown: Vec<_> =
        LEGENDS.iter().filter(|(outcome, _)| outcomes.values().any(|seen| seen.outcome == *outcome)).collect();
    #[expect(clippy::cast_precision_loss, reason = "five entries at most")]
    let legend_width = shown.len() as f64 * 112.0;
    let width = placed.width.max(legend_width) + 2.0 * MARGIN;
    let height = placed.height + 2.0 * MARGIN + if shown.is_empty() { 0.0 } else { LEGEND };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\" \
         style=\"max-width:100%\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#f8fafc\"/>\n"
    );
    flow(&mut out, placed, (MARGIN + (width - 2.0 * MARGIN - placed.width) / 2.0, MARGIN), outcomes);
    let mut x = MARGIN;
    for (outcome, name) in shown {
        let Colours { fill, border, .. } = colours(*outcome);
        let y = height - MARGIN;
        let _ = writeln!(
            out,
            "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{fill}\" stroke=\"{border}\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"11\" fill=\"#475569\">{name}</text>",
            y - 8.0,
            x + 18.0,
            y + 2.0
        );
        x += 112.0;
    }
    out.push_str("</svg>\n");
    out
}

fn flow(out: &mut String, placed: &Placed, origin: (f64, f64), outcomes: &BTreeMap<String, Seen>) {
    for edge in &placed.edges {
        arrow(out, edge, origin);
    }
    for edge in &placed.edges {
        label(out, edge, origin);
    }
    for node in &placed.nodes {
        node_of(out, node, origin, outcomes);
    }
}

fn node_of(out: &mut String, node: &PlacedNode, origin: (f64, f64), outcomes: &BTreeMap<String, Seen>) {
    let (x, y) = (node.x + origin.0, node.y + origin.1);
    match &node.shape {
        Shape::Start => {
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"13\" fill=\"#334155\"/>\
                 <path d=\"M{:.1} {:.1}l9 5.5l-9 5.5z\" fill=\"#ffffff\"/>",
                x - 3.5,
                y - 5.5
            );
        }
        Shape::End => {
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"12\" fill=\"#ffffff\" stroke=\"#334155\" stroke-width=\"2\"/>\
                 <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7\" fill=\"#334155\"/>"
            );
        }
        Shape::State { kind, comment, inside } => {
            state(out, node, (x, y), kind, comment.as_deref(), inside, outcomes);
        }
        Shape::Bend => {}
    }
}

fn state(
    out: &mut String,
    node: &PlacedNode,
    (x, y): (f64, f64),
    kind: &str,
    comment: Option<&str>,
    inside: &[Placed],
    outcomes: &BTreeMap<String, Seen>,
) {
    let seen = outcomes.get(&node.name);
    let Colours { fill, border, text } = seen.map_or(PLAIN, |seen| colours(seen.outcome));
    let (left, top) = (x - node.width / 2.0, y - node.height / 2.0);
    let is_faded = seen.is_none() && !outcomes.is_empty();
    let dash = if is_faded { " stroke-dasharray=\"3 3\"" } else { "" };
    let radius = if kind == "Choice" { 23.0_f64.min(node.height / 2.0) } else { 8.0 };
    let _ = write!(
        out,
        "<g><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.0}\" fill=\"{fill}\" \
         stroke=\"{border}\" stroke-width=\"1.5\"{dash}/>",
        node.width, node.height
    );
    if let Some(comment) = comment {
        let _ = write!(out, "<title>{}</title>", escaped(comment));
    }
    let mut caption = kind.to_owned();
    if let Some(seen) = seen {
        if seen.visits > 1 {
            let _ = write!(caption, " · {} times", seen.visits);
        }
        if seen.retries > 0 {
            let _ = write!(caption, " · {} retried", seen.retries);
        }
    }
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"13\" font-weight=\"600\" fill=\"{text}\">{}</text>\
         <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"10\" fill=\"{text}\" opacity=\"0.75\">{caption}</text></g>",
        top + 20.0,
        escaped(&node.name),
        top + 35.0
    );
    let total: f64 = inside.iter().map(|one| one.width).sum();
    #[expect(clippy::cast_precision_loss, reason = "a handful of branches")]
    let gap = (node.width - total) / (inside.len() + 1) as f64;
    let mut start = left + gap;
    for one in inside {
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\" fill=\"#ffffff\" opacity=\"0.65\"/>",
            start - INSET / 2.5,
            top + TITLE,
            one.width + INSET / 1.25,
            node.height - TITLE - INSET / 2.0
        );
        flow(out, one, (start, top + TITLE + INSET / 4.0), outcomes);
        start += one.width + gap;
    }
}

/// An arrow: from layer to layer it leaves and comes in upright.
fn arrow(out: &mut String, edge: &PlacedEdge, origin: (f64, f64)) {
    let points: Vec<(f64, f64)> = edge.points.iter().map(|(x, y)| (x + origin.0, y + origin.1)).collect();
    let [first, .., last] = points[..] else { return };
    let mut path = format!("M{:.1} {:.1}", first.0, first.1);
    for pair in points.windows(2) {
        let [(x1, y1), (x2, y2)] = pair else { continue };
        // The tip is drawn apart, so the line ends before it.
        let y2 = if *pair.last().unwrap_or(&last) == last { y2 - (y2 - y1).signum() * 6.0 } else { *y2 };
        let middle = f64::midpoint(*y1, y2);
        let _ = write!(path, " C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {y2:.1}");
    }
    let (colour, dash) = match edge.line {
        Line::Next | Line::Rule => ("#64748b", ""),
        Line::Catch => ("#ea580c", " stroke-dasharray=\"5 4\""),
    };
    let direction = if points.len() > 1 && last.1 < first.1 { -1.0 } else { 1.0 };
    let _ = writeln!(
        out,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dash}/>\
         <path d=\"M{:.1} {:.1}l-4.5 {:.1}h9z\" fill=\"{colour}\"/>",
        last.0,
        last.1,
        -8.0 * direction
    );
}

/// What an arrow says, in the middle of its first part.
fn label(out: &mut String, edge: &PlacedEdge, origin: (f64, f64)) {
    let ([first, next, ..], false) = (&edge.points[..], edge.label.is_empty()) else { return };
    let x = f64::midpoint(first.0, next.0) + origin.0;
    let y = f64::midpoint(first.1, next.1) + origin.1 + 3.0;
    let text = escaped(&edge.label);
    // Twice, the first time as its own background: not every renderer knows `paint-order`.
    let background = "stroke=\"#f8fafc\" stroke-width=\"4\" stroke-linejoin=\"round\" fill=\"none\"";
    for paint in [background, "fill=\"#334155\""] {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"10.5\" {paint}>{text}</text>"
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
