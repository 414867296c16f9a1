//! Values with expressions in them: `{"day.$": "$.day"}` or `{"day": "{% $states.input.day %}"}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::intrinsic::Call;
use super::jsonata::Jsonata;
use super::path::{Missing, Path, Root};
use super::random::Random;

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, Value>;

/// The language of a state's expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// `$` of a path, `$states.input` of JSONata unless `states_input` says otherwise.
    pub(crate) input: &'a Value,
    /// `$states.input` when `$` is something else.
    pub(crate) states_input: Option<&'a Value>,
    pub(crate) context: &'a Value,
    pub(crate) variables: &'a Variables,
    pub(crate) result: Option<&'a Value>,
    pub(crate) error_output: Option<&'a Value>,
    pub(crate) random: &'a Random,
}

impl<'a> Scope<'a> {
    #[cfg(test)]
    pub(crate) fn of_input(input: &'a Value, random: &'a Random) -> Self {
        static NONE: Variables = Variables::new();
        Self {
            input,
            states_input: None,
            context: &Value::Null,
            variables: &NONE,
            result: None,
            error_output: None,
            random,
        }
    }

    /// The value of a path.
    pub(crate) fn path(&self, path: &Path) -> Result<Value, Missing> {
        match &path.root {
            Root::Input => path.evaluate(self.input),
            Root::Context => path.evaluate(self.context),
            Root::Variable(name) => match self.variables.get(name) {
                Some(value) => path.evaluate(value),
                None => Err(Missing(format!("The variable ${name} has no value"))),
            },
        }
    }

    /// What a path starts from, to be shown.
    pub(crate) fn root(&self, path: &Path) -> Value {
        match &path.root {
            Root::Input => self.input.clone(),
            Root::Context => self.context.clone(),
            Root::Variable(name) => self.variables.get(name).cloned().unwrap_or(Value::Null),
        }
    }

    /// `$states` of JSONata.
    pub(crate) fn states(&self) -> Value {
        let mut states = Map::new();
        states.insert("input".to_owned(), self.states_input.unwrap_or(self.input).clone());
        states.insert("context".to_owned(), self.context.clone());
        states.extend(self.result.map(|value| ("result".to_owned(), value.clone())));
        states.extend(self.error_output.map(|value| ("errorOutput".to_owned(), value.clone())));
        Value::Object(states)
    }
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Path(Path),
    Intrinsic(Call),
    Jsonata(Jsonata),
}

/// A JSON value that may hold expressions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Literal(Value),
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    /// An expression and the field that it stands in, as messages name it.
    Expression {
        field: String,
        expression: Expression,
    },
}

impl Template {
    /// The value, with every expression evaluated.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Array(items) => items.iter().map(|item| item.evaluate(scope)).collect(),
            Self::Object(members) => {
                let evaluated = members.iter().map(|(key, value)| Ok((key.clone(), value.evaluate(scope)?)));
                evaluated.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
            Self::Expression { field, expression } => expression.evaluate(field, scope),
        }
    }

    /// The value of a field that takes one type only; `accepts` says whether it is that.
    pub(crate) fn evaluate_as(
        &self,
        expected: &str,
        accepts: fn(&Value) -> bool,
        scope: &Scope<'_>,
    ) -> Result<Value, Failure> {
        let value = self.evaluate(scope)?;
        match self {
            Self::Expression { field, expression: Expression::Jsonata(jsonata) } if !accepts(&value) => {
                Err(jsonata.unexpected(field, expected, &value))
            }
            _ => Ok(value),
        }
    }

    /// The literal that this is, if it holds no expression.
    pub(crate) fn literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Object(_) | Self::Array(_) | Self::Expression { .. } => None,
        }
    }

    /// The template of a member.
    pub(crate) fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
            Self::Literal(value) => value.get(name).cloned().map(Self::Literal),
            Self::Array(_) | Self::Expression { .. } => None,
        }
    }

    /// The keys of an object.
    pub(crate) fn keys(&self) -> Vec<&str> {
        match self {
            Self::Object(members) => members.iter().map(|(key, _)| key.as_str()).collect(),
            Self::Literal(Value::Object(members)) => members.keys().map(String::as_str).collect(),
            Self::Literal(_) | Self::Array(_) | Self::Expression { .. } => Vec::new(),
        }
    }
}

impl Expression {
    /// The value for the field called `field`.
    pub(crate) fn evaluate(&self, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Path(path) => scope.path(path).map_err(|_| {
                let (text, input) = (path.text(), scope.root(path));
                Failure::runtime(format!(
                    "The JSONPath '{text}' specified for the field '{field}' could not be found in the input '{input}'"
                ))
            }),
            Self::Intrinsic(call) => call.evaluate(scope),
            Self::Jsonata(jsonata) => jsonata.evaluate(field, scope),
        }
    }
}
