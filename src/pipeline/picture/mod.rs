//! The picture of a machine: a layered drawing as SVG, its states coloured by what became of them.
//!
//! `graph` turns a flow into boxes and arrows, `layers` puts boxes below one another and orders them so that few arrows
//! cross, `place` gives them coordinates, `svg` draws. A Parallel or Map state is a box around pictures of its own.

mod graph;
mod layers;
mod outcome;
mod place;
mod svg;

use super::definition::Definition;
use super::event::Event;

/// The picture of a machine as SVG; with the events of an execution, its states have colours.
#[must_use]
pub fn picture(definition: &Definition, events: &[Event]) -> String {
    let outcomes = outcome::outcomes(events);
    svg::draw(&place::place(&graph::graph(&definition.flow)), &outcomes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(definition: &serde_json::Value, events: &[Event]) -> String {
        picture(&Definition::parse(&definition.to_string()).unwrap(), events)
    }

    #[test]
    fn every_state_is_drawn_once_with_its_name_escaped() {
        let definition = json!({"StartAt": "A<1>", "States": {
            "A<1>": {"Type": "Parallel", "Next": "C", "Branches": [
                {"StartAt": "B1", "States": {"B1": {"Type": "Pass", "End": true}}},
                {"StartAt": "B2", "States": {"B2": {"Type": "Pass", "End": true}}}]},
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": true, "Next": "A<1>"}], "Default": "D"},
            "D": {"Type": "Succeed"}}});
        let svg = drawn(&definition, &[]);
        for name in ["A&lt;1&gt;", "B1", "B2", "C", "D"] {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 1, "{name}");
        }
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn boxes_of_one_flow_do_not_overlap() {
        let mut states = serde_json::Map::new();
        for n in 0..8 {
            let next = format!("S{}", n + 1);
            states.insert(
                format!("S{n}"),
                json!({"Type": "Task", "Resource": "arn:aws:lambda:r:a:function:f", "Next": next,
                       "Catch": [{"ErrorEquals": ["States.ALL"], "Next": format!("F{n}")}]}),
            );
            states.insert(format!("F{n}"), json!({"Type": "Fail"}));
        }
        states.insert("S8".to_owned(), json!({"Type": "Succeed"}));
        let definition = Definition::parse(&json!({"StartAt": "S0", "States": states}).to_string()).unwrap();
        let placed = place::place(&graph::graph(&definition.flow));
        assert!(placed.nodes.len() >= 17);
        for (at, a) in placed.nodes.iter().enumerate() {
            for b in placed.nodes.iter().skip(at + 1) {
                let apart = |a: f64, size_a: f64, b: f64, size_b: f64| (a - b).abs() >= (size_a + size_b) / 2.0;
                assert!(apart(a.x, a.width, b.x, b.width) || apart(a.y, a.height, b.y, b.height), "{at}");
            }
        }
    }
}
