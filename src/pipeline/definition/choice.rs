//! Conditions of Choice rules, as they are written; `run::choice` decides them.

use serde_json::Value;

use super::fields::Fields;
use super::notes::{Notes, below};
use super::values;
use crate::pipeline::path::Path;
use crate::pipeline::template::{Expression, Language, Template};
use crate::pipeline::timestamp::instant;

/// A condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    /// A comparison of a variable with a value or with what a path gives.
    Compare {
        variable: Path,
        kind: Kind,
        order: Order,
        operand: Template,
    },
    Matches {
        variable: Path,
        pattern: String,
    },
    Is {
        variable: Path,
        is: Is,
        expected: bool,
    },
    /// `Condition` of JSONata.
    Jsonata(Template),
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

/// What is asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

const KINDS: [(&str, Kind); 4] =
    [("String", Kind::String), ("Numeric", Kind::Numeric), ("Boolean", Kind::Boolean), ("Timestamp", Kind::Timestamp)];

const ORDERS: [(&str, Order); 5] = [
    ("Equals", Order::Equals),
    ("LessThan", Order::LessThan),
    ("GreaterThan", Order::GreaterThan),
    ("LessThanEquals", Order::LessThanEquals),
    ("GreaterThanEquals", Order::GreaterThanEquals),
];

const QUESTIONS: [(&str, Is); 6] = [
    ("IsNull", Is::Null),
    ("IsPresent", Is::Present),
    ("IsNumeric", Is::Numeric),
    ("IsString", Is::String),
    ("IsBoolean", Is::Boolean),
    ("IsTimestamp", Is::Timestamp),
];

/// The condition in the fields of a rule.
pub(super) fn condition(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Condition> {
    if language == Language::Jsonata {
        fields.require("Condition", notes);
        return values::field(fields, "Condition", language, notes).map(Condition::Jsonata);
    }
    fields.refuse(&["Condition"], "belongs to JSONata, and this state uses JSONPath", notes);
    let mut found = Vec::new();
    for name in ["And", "Or"] {
        if let Some(operands) = fields.list(name, notes) {
            let pointer = fields.at(name);
            if operands.is_empty() {
                notes.problem(&pointer, format!("`{name}` needs one condition at least"));
            }
            let all = operands
                .iter()
                .enumerate()
                .filter_map(|(at, operand)| nested(operand, &below(&pointer, &at.to_string()), notes))
                .collect();
            found.push(if name == "And" { Condition::And(all) } else { Condition::Or(all) });
        }
    }
    if let Some(operand) = fields.take("Not") {
        let pointer = fields.at("Not");
        found.extend(nested(operand, &pointer, notes).map(|inner| Condition::Not(Box::new(inner))));
    }
    found.extend(test(fields, notes));
    match found.len() {
        1 => found.pop(),
        0 => {
            notes.problem(&fields.pointer, "There is no condition: an operator such as `StringEquals` is missing");
            None
        }
        _ => {
            notes.problem(&fields.pointer, "There are several conditions; join them with `And` or `Or`");
            None
        }
    }
}

fn nested(value: &Value, pointer: &str, notes: &mut Notes) -> Option<Condition> {
    let mut fields = Fields::of(value, pointer, notes)?;
    fields.refuse(&["Next"], "is legal in top-level rules only", notes);
    fields.take("Comment");
    let condition = condition(&mut fields, Language::JsonPath, notes);
    fields.finish(notes);
    condition
}

fn test(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Condition> {
    let had_variable = fields.has("Variable");
    let variable = variable(fields, notes);
    let mut found = Vec::new();
    for (name, kind) in KINDS {
        for (suffix, order) in ORDERS {
            if kind == Kind::Boolean && order != Order::Equals {
                continue;
            }
            found.extend(comparison(fields, &format!("{name}{suffix}"), kind, notes).map(|operand| {
                let variable = variable.clone();
                (variable, kind, order, operand)
            }));
        }
    }
    let is_asked = !found.is_empty()
        || ["StringMatches"].iter().chain(QUESTIONS.iter().map(|(name, _)| name)).any(|name| fields.has(name));
    if is_asked && !had_variable {
        fields.require("Variable", notes);
    }
    let mut conditions: Vec<Condition> = found
        .into_iter()
        .filter_map(|(variable, kind, order, operand)| {
            Some(Condition::Compare { variable: variable?, kind, order, operand })
        })
        .collect();
    if let Some(pattern) = fields.text("StringMatches", notes) {
        conditions
            .extend(variable.clone().map(|variable| Condition::Matches { variable, pattern: pattern.to_owned() }));
    }
    for (name, is) in QUESTIONS {
        if let Some(expected) = fields.boolean(name, notes) {
            conditions.extend(variable.clone().map(|variable| Condition::Is { variable, is, expected }));
        }
    }
    if conditions.len() > 1 {
        notes.problem(&fields.pointer, "A rule has one operator");
    }
    conditions.pop()
}

fn variable(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Path> {
    let text = fields.text("Variable", notes)?;
    let parsed = Path::parse(text);
    parsed.map_err(|error| notes.problem(&fields.at("Variable"), format!("`{text}` is not valid: {error}"))).ok()
}

/// The operand of `name`, a literal, or of `namePath`.
fn comparison(fields: &mut Fields<'_>, name: &str, kind: Kind, notes: &mut Notes) -> Option<Template> {
    let path_name = format!("{name}Path");
    if let Some(text) = fields.text(&path_name, notes) {
        let expression = values::expression(text, &fields.at(&path_name), notes)?;
        if matches!(expression, Expression::Intrinsic(_)) {
            notes.problem(&fields.at(&path_name), "A comparison takes a path, not a call");
        }
        return Some(Template::Expression { field: path_name, expression });
    }
    let value = fields.take(name)?;
    let fits = match kind {
        Kind::String => value.is_string(),
        Kind::Numeric => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::Timestamp => value.as_str().is_some_and(|text| instant(text).is_some()),
    };
    if !fits {
        let expected = match kind {
            Kind::String => "a string",
            Kind::Numeric => "a number",
            Kind::Boolean => "true or false",
            Kind::Timestamp => "a timestamp such as 2016-03-14T01:59:00Z",
        };
        notes.problem(&fields.at(name), format!("`{name}` must be {expected}, not {value}"));
    }
    Some(Template::Literal(value.clone()))
}
