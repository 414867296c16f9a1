//! Fields that hold values, paths and expressions.

use serde_json::Value;

use super::fields::Fields;
use super::model::{DataPath, ResultPath};
use super::notes::{Notes, below};
use crate::pipeline::intrinsic::Call;
use crate::pipeline::jsonata::Jsonata;
use crate::pipeline::path::Path;
use crate::pipeline::template::{Expression, Language, Template};

/// A template at `pointer`; `field` is the top field's name, as JSONata's messages give it.
pub(super) fn template(value: &Value, language: Language, field: &str, pointer: &str, notes: &mut Notes) -> Template {
    match language {
        Language::JsonPath => path_template(value, pointer, notes),
        Language::Jsonata => jsonata_template(value, field, pointer, notes),
    }
}

fn path_template(value: &Value, pointer: &str, notes: &mut Notes) -> Template {
    match value {
        Value::Object(members) => {
            let mut found = Vec::with_capacity(members.len());
            for (key, value) in members {
                let at = below(pointer, key);
                match (key.strip_suffix(".$"), value) {
                    (None, value) => found.push((key.clone(), path_template(value, &at, notes))),
                    (Some(name), Value::String(text)) => {
                        if let Some(expression) = expression(text, &at, notes) {
                            let field = key.clone();
                            found.push((name.to_owned(), Template::Expression { field, expression }));
                        }
                    }
                    (Some(_), other) => {
                        notes.problem(&at, format!("A field that ends with `.$` holds a path or a call, not {other}"));
                    }
                }
            }
            folded_object(found)
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            folded_array(items.map(|(at, item)| path_template(item, &below(pointer, &at.to_string()), notes)).collect())
        }
        other => Template::Literal(other.clone()),
    }
}

/// A path or a call of an intrinsic function.
pub(super) fn expression(text: &str, pointer: &str, notes: &mut Notes) -> Option<Expression> {
    let parsed = if Call::is_meant(text) {
        Call::parse(text).map(Expression::Intrinsic)
    } else {
        Path::parse(text).map(Expression::Path)
    };
    parsed.map_err(|error| notes.problem(pointer, format!("`{text}` is not valid: {error}"))).ok()
}

fn jsonata_template(value: &Value, field: &str, pointer: &str, notes: &mut Notes) -> Template {
    match value {
        Value::String(text) => match Jsonata::inside(text) {
            None => Template::Literal(value.clone()),
            Some(inside) => match Jsonata::parse(inside) {
                Ok(jsonata) => {
                    Template::Expression { field: field.to_owned(), expression: Expression::Jsonata(jsonata) }
                }
                Err(reason) => {
                    notes.problem(pointer, format!("`{inside}` is not valid: {reason}"));
                    Template::Literal(Value::Null)
                }
            },
        },
        Value::Object(members) => folded_object(
            members
                .iter()
                .map(|(key, value)| {
                    let inner = jsonata_template(value, &format!("{field}/{key}"), &below(pointer, key), notes);
                    (key.clone(), inner)
                })
                .collect(),
        ),
        Value::Array(items) => folded_array(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| {
                    jsonata_template(item, &format!("{field}[{at}]"), &below(pointer, &at.to_string()), notes)
                })
                .collect(),
        ),
        other => Template::Literal(other.clone()),
    }
}

/// An object without expressions is a literal, which costs one clone when it is used.
fn folded_object(members: Vec<(String, Template)>) -> Template {
    if members.iter().all(|(_, value)| value.literal().is_some()) {
        let literals = members.iter().filter_map(|(key, value)| Some((key.clone(), value.literal()?.clone())));
        return Template::Literal(Value::Object(literals.collect()));
    }
    Template::Object(members)
}

fn folded_array(items: Vec<Template>) -> Template {
    if items.iter().all(|item| item.literal().is_some()) {
        return Template::Literal(items.iter().filter_map(Template::literal).cloned().collect());
    }
    Template::Array(items)
}

/// A template in the field called `name`.
pub(super) fn field(fields: &mut Fields<'_>, name: &str, language: Language, notes: &mut Notes) -> Option<Template> {
    let value = fields.take(name)?;
    Some(template(value, language, name, &fields.at(name), notes))
}

/// What a scalar field takes.
#[derive(Clone, Copy)]
pub(super) struct Scalar {
    pub(super) expected: &'static str,
    pub(super) accepts: fn(&Value) -> bool,
}

pub(super) const TEXT: Scalar = Scalar { expected: "a string", accepts: Value::is_string };
pub(super) const POSITIVE: Scalar =
    Scalar { expected: "a positive whole number", accepts: |value| value.as_u64().is_some_and(|n| n > 0) };
pub(super) const COUNT: Scalar =
    Scalar { expected: "a whole number that is not negative", accepts: |value| value.as_u64().is_some() };
pub(super) const PERCENT: Scalar = Scalar {
    expected: "a number from 0 to 100",
    accepts: |value| value.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n)),
};

/// A literal in `name`, or an expression: in `namePath` of JSONPath, in `name` itself of JSONata.
pub(super) fn scalar(
    fields: &mut Fields<'_>,
    name: &str,
    kind: Scalar,
    language: Language,
    notes: &mut Notes,
) -> Option<Template> {
    let path_name = format!("{name}Path");
    match language {
        Language::JsonPath if fields.has(name) && fields.has(&path_name) => {
            notes.problem(&fields.pointer, format!("`{name}` and `{path_name}` exclude each other"));
        }
        Language::Jsonata => fields.refuse(&[&path_name], "belongs to JSONPath, and this state uses JSONata", notes),
        Language::JsonPath => {}
    }
    if let Some(text) = fields.text(&path_name, notes) {
        let expression = expression(text, &fields.at(&path_name), notes)?;
        return Some(Template::Expression { field: path_name, expression });
    }
    let value = fields.take(name)?;
    let found = match language {
        Language::JsonPath => Template::Literal(value.clone()),
        Language::Jsonata => template(value, language, name, &fields.at(name), notes),
    };
    if found.literal().is_some_and(|literal| !(kind.accepts)(literal)) {
        notes.problem(&fields.at(name), format!("`{name}` must be {}, not {value}", kind.expected));
    }
    Some(found)
}

/// `InputPath` or `OutputPath`.
pub(super) fn data_path(fields: &mut Fields<'_>, name: &str, notes: &mut Notes) -> DataPath {
    match fields.take(name) {
        None => DataPath::Whole,
        Some(Value::Null) => DataPath::Nothing,
        Some(Value::String(text)) => match Path::parse(text) {
            Ok(path) if path.text() == "$" => DataPath::Whole,
            Ok(path) => DataPath::Path(path),
            Err(error) => {
                notes.problem(&fields.at(name), format!("`{text}` is not valid: {error}"));
                DataPath::Whole
            }
        },
        Some(other) => {
            notes.problem(&fields.at(name), format!("`{name}` must be a path or null, not {other}"));
            DataPath::Whole
        }
    }
}

/// `ResultPath`.
pub(super) fn result_path(fields: &mut Fields<'_>, notes: &mut Notes) -> ResultPath {
    const NAME: &str = "ResultPath";
    match fields.take(NAME) {
        None => ResultPath::Replace,
        Some(Value::Null) => ResultPath::Discard,
        Some(Value::String(text)) => match Path::parse(text) {
            Ok(path) if path.is_reference() && path.is_root() => ResultPath::Replace,
            Ok(path) if path.is_reference() => ResultPath::Into(path),
            Ok(_) => {
                let message = format!("`{text}` is no reference path: names and indices below `$` only");
                notes.problem(&fields.at(NAME), message);
                ResultPath::Replace
            }
            Err(error) => {
                notes.problem(&fields.at(NAME), format!("`{text}` is not valid: {error}"));
                ResultPath::Replace
            }
        },
        Some(other) => {
            notes.problem(&fields.at(NAME), format!("`{NAME}` must be a path or null, not {other}"));
            ResultPath::Replace
        }
    }
}

/// `Assign`, whose keys are names of variables.
pub(super) fn assign(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Template> {
    const LONGEST: usize = 80;
    let value = fields.take("Assign")?;
    let pointer = fields.at("Assign");
    if !value.is_object() {
        notes.problem(&pointer, "`Assign` must be an object of variables and their values");
        return None;
    }
    let found = template(value, language, "Assign", &pointer, notes);
    for name in found.keys() {
        let mut chars = name.chars();
        let legal = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_');
        if !legal || name.chars().count() > LONGEST {
            let message = format!("`{name}` cannot be a variable: letters, digits and `_`, {LONGEST} at most");
            notes.problem(&pointer, message);
        } else if name == "states" {
            notes.problem(&pointer, "`states` is reserved and cannot be a variable");
        }
    }
    Some(found)
}
