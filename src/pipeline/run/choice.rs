//! Choice states: the first rule that is true decides.

use std::cmp::Ordering;

use serde_json::Value;

use super::data::assigned;
use super::{Engine, Leave, Run, Visit};
use crate::pipeline::definition::{Condition, Is, Order, Rule, TestKind};
use crate::pipeline::failure::{Failure, NO_CHOICE};
use crate::pipeline::json::compare_numbers;
use crate::pipeline::path::Path;
use crate::pipeline::template::{Expression, Language, Scope, Template};
use crate::pipeline::timestamp::instant;

impl Engine {
    /// Leave by the first rule that is true, or by the default.
    pub(super) fn choose(&self, visit: &Visit<'_>, rules: &[Rule], default: Option<&str>) -> Run<Leave> {
        let context = self.context(visit, None);
        let is_jsonata = visit.state.language == Language::Jsonata;
        let view = if is_jsonata { visit.position.input.clone() } else { self.view(visit)? };
        let scope = self.scope(visit, &view, &context);
        let mut taken = None;
        for rule in rules {
            if holds(&rule.condition, &scope)? {
                taken = Some(rule);
                break;
            }
        }
        let (next, assign, output) = match (taken, default) {
            (Some(rule), _) => (rule.next.clone(), rule.assign.as_ref(), rule.output.as_ref()),
            (None, Some(default)) => (default.to_owned(), visit.state.assign.as_ref(), visit.state.output.as_ref()),
            (None, None) => {
                let cause = format!(
                    "Failed to transition out of the state. The state '{}' does not point to a next state.",
                    visit.state.name
                );
                return Err(Failure::engine(NO_CHOICE, cause).into());
            }
        };
        let assigned = assigned(assign, &scope)?;
        let output = match output {
            Some(template) => template.evaluate(&scope)?,
            None if is_jsonata => view,
            None => self.output_path(visit, view.clone(), &context)?,
        };
        Ok(Leave { output, assigned, next: Some(next) })
    }
}

fn holds(condition: &Condition, scope: &Scope<'_>) -> Result<bool, Failure> {
    match condition {
        Condition::And(all) => {
            for one in all {
                if !holds(one, scope)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(all) => {
            for one in all {
                if holds(one, scope)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(one) => Ok(!holds(one, scope)?),
        Condition::Compare { variable, kind, order, operand } => {
            let left = value(variable, scope)?;
            let right = match operand {
                Template::Literal(literal) => literal.clone(),
                Template::Expression { field: _, expression: Expression::Path(path) } => value(path, scope)?,
                other => other.evaluate(scope)?,
            };
            Ok(compare(*kind, &left, &right).is_some_and(|found| fits(*order, found)))
        }
        Condition::Matches { variable, pattern } => {
            let found = value(variable, scope)?;
            Ok(found.as_str().is_some_and(|text| matches(pattern, text)))
        }
        Condition::Is { variable, is: Is::Present, expected } => Ok(scope.path(variable).is_ok() == *expected),
        Condition::Is { variable, is, expected } => Ok(has_type(*is, &value(variable, scope)?) == *expected),
        Condition::Jsonata(template) => match template.evaluate_as("boolean", Value::is_boolean, scope)? {
            Value::Bool(decided) => Ok(decided),
            other => Err(Failure::runtime(format!("A Condition must be true or false, not {other}"))),
        },
    }
}

fn value(path: &Path, scope: &Scope<'_>) -> Result<Value, Failure> {
    scope.path(path).map_err(|_| {
        Failure::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.text()
        ))
    })
}

/// The order of two values of one kind; None when either is of another.
fn compare(kind: TestKind, left: &Value, right: &Value) -> Option<Ordering> {
    match (kind, left, right) {
        (TestKind::Numeric, Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (TestKind::Boolean, Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (TestKind::String, Value::String(left), Value::String(right)) => {
            Some(left.encode_utf16().cmp(right.encode_utf16()))
        }
        (TestKind::Timestamp, Value::String(left), Value::String(right)) => Some(instant(left)?.cmp(&instant(right)?)),
        _ => None,
    }
}

fn fits(order: Order, found: Ordering) -> bool {
    match order {
        Order::Equals => found.is_eq(),
        Order::LessThan => found.is_lt(),
        Order::GreaterThan => found.is_gt(),
        Order::LessThanEquals => found.is_le(),
        Order::GreaterThanEquals => found.is_ge(),
    }
}

fn has_type(is: Is, value: &Value) -> bool {
    match is {
        Is::Null => value.is_null(),
        Is::Present => true,
        Is::Numeric => value.is_number(),
        Is::String => value.is_string(),
        Is::Boolean => value.is_boolean(),
        Is::Timestamp => value.as_str().is_some_and(|text| instant(text).is_some()),
    }
}

/// Whether a text is as a pattern says, in which `*` is any run of characters and `\` takes the next one literally.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => pieces.push(String::new()),
            '\\' => pieces.iter_mut().last().into_iter().for_each(|piece| piece.extend(chars.next())),
            other => pieces.iter_mut().last().into_iter().for_each(|piece| piece.push(other)),
        }
    }
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match left.find(piece.as_str()) {
            Some(at) => left = left.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn star_is_any_run_and_a_backslash_takes_it_literally() {
        assert!(matches("landing/*_2019*.csv", "landing/customers_20190821.csv"));
        assert!(matches("*", "") && matches("a*", "a") && matches("*a*a*", "xaya"));
        assert!(!matches("a*b*b", "ab") && !matches("a", "ab") && !matches("*x", "xy"));
        assert!(matches(r"a\*b", "a*b") && !matches(r"a\*b", "axb"));
    }

    #[test]
    fn values_of_other_types_have_no_order() {
        assert_eq!(compare(TestKind::Numeric, &json!("42"), &json!(42)), None);
        assert_eq!(compare(TestKind::Boolean, &json!(1), &json!(true)), None);
        assert_eq!(compare(TestKind::Numeric, &json!(1), &json!(1.0)), Some(Ordering::Equal));
        let (early, late) = (json!("2016-03-14T01:59:00+02:00"), json!("2016-03-14T01:59:00Z"));
        assert_eq!(compare(TestKind::Timestamp, &early, &late), Some(Ordering::Less));
        assert_eq!(compare(TestKind::Timestamp, &json!("2016-03-14"), &late), None);
    }
}
