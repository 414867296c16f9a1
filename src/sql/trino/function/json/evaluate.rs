//! SQL/JSON paths over values.

use std::cmp::Ordering;

use super::number::Number;
use super::path::{Method, Node, Path, Predicate};
use super::value::Json;

/// Why a path cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed(pub(super) String);

type Items = Vec<Json>;

/// What a path is evaluated over.
pub(super) struct Evaluator<'a> {
    path: &'a Path,
    context: &'a Json,
    variables: &'a [(String, Json)],
}

/// The item that `@` is, and the last place that `last` is.
#[derive(Clone, Copy)]
struct Scope<'a> {
    current: Option<&'a Json>,
    last: Option<usize>,
}

/// All items that `path` finds in `context`.
pub(super) fn evaluate(path: &Path, context: &Json, variables: &[(String, Json)]) -> Result<Items, Failed> {
    let evaluator = Evaluator { path, context, variables };
    evaluator.items(&path.root, Scope { current: None, last: None })
}

impl Evaluator<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Failed> {
        Err(Failed(message.into()))
    }

    fn items(&self, node: &Node, scope: Scope<'_>) -> Result<Items, Failed> {
        match node {
            Node::Context => Ok(vec![self.context.clone()]),
            Node::Current => match scope.current {
                Some(current) => Ok(vec![current.clone()]),
                None => self.fail("`@` outside of a filter"),
            },
            Node::Last => match scope.last {
                Some(last) => Ok(vec![Json::Number(last.to_string())]),
                None => self.fail("`last` outside of a subscript"),
            },
            Node::Variable(name) => match self.variables.iter().find(|(known, _)| known == name) {
                Some((_, value)) => Ok(vec![value.clone()]),
                None => self.fail(format!("no value passed for parameter `{name}`")),
            },
            Node::Null => Ok(vec![Json::Null]),
            Node::Boolean(value) => Ok(vec![Json::Boolean(*value)]),
            Node::Number(number) => Ok(vec![Json::Number(number.text())]),
            Node::Text(text) => Ok(vec![Json::Text(text.clone())]),
            Node::Member(base, key) => self.members(self.unwrapped(base, scope)?, key.as_deref()),
            Node::Descendant(base, key) => {
                let mut found = Vec::new();
                self.items(base, scope)?.iter().for_each(|item| descend(item, key, &mut found));
                Ok(found)
            }
            Node::Elements(base, subscripts) => self.elements(self.items(base, scope)?, subscripts, scope),
            Node::Filter(base, predicate) => {
                let mut kept = self.unwrapped(base, scope)?;
                let mut answers = kept
                    .iter()
                    .map(|item| self.holds(predicate, Scope { current: Some(item), last: scope.last }) == Some(true))
                    .collect::<Vec<_>>()
                    .into_iter();
                kept.retain(|_| answers.next().unwrap_or(false));
                Ok(kept)
            }
            Node::Method(base, method) => self.method(*method, base, scope),
            Node::Negate(base) => self.each_number(self.unwrapped(base, scope)?, Number::negated),
            Node::Plus(base) => self.each_number(self.unwrapped(base, scope)?, |number| number),
            Node::Calculate(operator, left, right) => self.calculate(*operator, left, right, scope),
        }
    }

    /// The items of `node`, the elements of arrays in their place when lax.
    fn unwrapped(&self, node: &Node, scope: Scope<'_>) -> Result<Items, Failed> {
        let items = self.items(node, scope)?;
        if !self.path.is_lax {
            return Ok(items);
        }
        Ok(items
            .into_iter()
            .flat_map(|item| match item {
                Json::Array(elements) => elements,
                other => vec![other],
            })
            .collect())
    }

    fn members(&self, items: Items, key: Option<&str>) -> Result<Items, Failed> {
        let mut found = Vec::new();
        for item in items {
            match (item, key) {
                (Json::Object(members), None) => found.extend(members.into_iter().map(|(_, value)| value)),
                (Json::Object(members), Some(key)) => match members.into_iter().find(|(known, _)| known == key) {
                    Some((_, value)) => found.push(value),
                    None if self.path.is_lax => {}
                    None => return self.fail(format!("no member `{key}` in the object")),
                },
                _ if self.path.is_lax => {}
                (_, _) => return self.fail("a member is asked of something that is no object"),
            }
        }
        Ok(found)
    }

    fn elements(&self, items: Items, subscripts: &[(Node, Option<Node>)], scope: Scope<'_>) -> Result<Items, Failed> {
        let mut found = Vec::new();
        for item in items {
            let elements = match item {
                Json::Array(elements) => elements,
                other if self.path.is_lax => vec![other],
                _ => return self.fail("an element is asked of something that is no array"),
            };
            if subscripts.is_empty() {
                found.extend(elements);
                continue;
            }
            // In an empty array there is no last place.
            let scope = Scope { current: scope.current, last: elements.len().checked_sub(1) };
            for (from, to) in subscripts {
                if self.path.is_lax && elements.is_empty() {
                    continue;
                }
                let from = self.place(from, scope)?;
                let to = to.as_ref().map_or(Ok(from), |to| self.place(to, scope))?;
                let length = elements.len() as i64;
                if !self.path.is_lax && (from > to || from < 0 || to >= length) {
                    return self.fail(format!("subscript {from} to {to} is outside of an array of {length} elements"));
                }
                let (first, end) = (from.clamp(0, length), to.saturating_add(1).clamp(0, length));
                found.extend((first..end).map(|place| elements[place as usize].clone()));
            }
        }
        Ok(found)
    }

    fn place(&self, node: &Node, scope: Scope<'_>) -> Result<i64, Failed> {
        match self.items(node, scope)?.as_slice() {
            [Json::Number(number)] => match Number::parse(number).and_then(Number::to_place) {
                Some(place) => Ok(place),
                None => self.fail(format!("{number} is no subscript")),
            },
            _ => self.fail("a subscript is no single number"),
        }
    }

    fn number(&self, item: &Json) -> Result<Number, Failed> {
        match item {
            Json::Number(text) => Number::parse(text).ok_or_else(|| Failed(format!("{text} is no number"))),
            _ => self.fail("a number is needed"),
        }
    }

    fn each_number(&self, items: Items, function: fn(Number) -> Number) -> Result<Items, Failed> {
        items.iter().map(|item| self.number(item).map(|number| Json::Number(function(number).text()))).collect()
    }

    fn calculate(&self, operator: char, left: &Node, right: &Node, scope: Scope<'_>) -> Result<Items, Failed> {
        let (left, right) = (self.unwrapped(left, scope)?, self.unwrapped(right, scope)?);
        let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
            return self.fail("arithmetic needs one number on each side");
        };
        match self.number(left)?.calculate(operator, self.number(right)?) {
            Some(result) => Ok(vec![Json::Number(result.text())]),
            None => self.fail("arithmetic failed: division by zero or overflow"),
        }
    }

    fn method(&self, method: Method, base: &Node, scope: Scope<'_>) -> Result<Items, Failed> {
        let texts = |items: Items, text: fn(&Json) -> &'static str| {
            items.iter().map(|item| Json::Text(text(item).to_owned())).collect()
        };
        match method {
            Method::Type => Ok(texts(self.items(base, scope)?, type_name)),
            Method::Size => {
                let size = |item: &Json| match item {
                    Json::Array(elements) => Ok(Json::Number(elements.len().to_string())),
                    _ if self.path.is_lax => Ok(Json::Number("1".to_owned())),
                    _ => self.fail("the size is asked of something that is no array"),
                };
                self.items(base, scope)?.iter().map(size).collect()
            }
            Method::Abs => self.each_number(self.unwrapped(base, scope)?, Number::abs),
            Method::Ceiling => self.each_number(self.unwrapped(base, scope)?, |number| number.rounded(true)),
            Method::Floor => self.each_number(self.unwrapped(base, scope)?, |number| number.rounded(false)),
            Method::Double => {
                let double = |item: &Json| match item {
                    Json::Text(text) | Json::Number(text) => match text.parse() {
                        Ok(number) => Ok(Json::Number(Number::Double(number).text())),
                        Err(_) => self.fail(format!("`{text}` is no number")),
                    },
                    _ => self.fail("a number is needed"),
                };
                self.unwrapped(base, scope)?.iter().map(double).collect()
            }
            Method::KeyValue => {
                let mut found = Vec::new();
                for (id, item) in self.unwrapped(base, scope)?.into_iter().enumerate() {
                    let Json::Object(members) = item else {
                        return self.fail("key-value pairs are asked of something that is no object");
                    };
                    found.extend(members.into_iter().map(|(key, value)| {
                        Json::Object(vec![
                            ("name".to_owned(), Json::Text(key)),
                            ("value".to_owned(), value),
                            ("id".to_owned(), Json::Number(id.to_string())),
                        ])
                    }));
                }
                Ok(found)
            }
        }
    }

    /// Whether a condition holds; `None` is unknown, also when its paths cannot be followed.
    fn holds(&self, predicate: &Predicate, scope: Scope<'_>) -> Option<bool> {
        match predicate {
            Predicate::And(left, right) => match (self.holds(left, scope), self.holds(right, scope)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Predicate::Or(left, right) => match (self.holds(left, scope), self.holds(right, scope)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Predicate::Not(inner) => self.holds(inner, scope).map(|holds| !holds),
            Predicate::IsUnknown(inner) => Some(self.holds(inner, scope).is_none()),
            Predicate::Exists(node) => self.items(node, scope).ok().map(|items| !items.is_empty()),
            Predicate::StartsWith(text, prefix) => {
                self.any_pair(text, prefix, scope, |text, prefix| match (text, prefix) {
                    (Json::Text(text), Json::Text(prefix)) => Some(text.starts_with(prefix.as_str())),
                    _ => None,
                })
            }
            Predicate::Compare(operator, left, right) => {
                self.any_pair(left, right, scope, |left, right| compare(operator, left, right))
            }
        }
    }

    /// Whether a comparison holds for a pair; one that cannot be made makes it unknown (strict: also beside a true one).
    fn any_pair(
        &self,
        left: &Node,
        right: &Node,
        scope: Scope<'_>,
        holds: impl Fn(&Json, &Json) -> Option<bool>,
    ) -> Option<bool> {
        let (left, right) = (self.unwrapped(left, scope).ok()?, self.unwrapped(right, scope).ok()?);
        let answers: Vec<_> =
            left.iter().flat_map(|left| right.iter().map(|right| holds(left, right)).collect::<Vec<_>>()).collect();
        let (is_true, is_unknown) = (answers.contains(&Some(true)), answers.contains(&None));
        match (is_true, is_unknown) {
            (true, unknown) if self.path.is_lax || !unknown => Some(true),
            (_, true) => None,
            _ => Some(false),
        }
    }
}

/// All values of members `key` at any depth.
fn descend(item: &Json, key: &str, found: &mut Items) {
    match item {
        Json::Array(elements) => elements.iter().for_each(|element| descend(element, key, found)),
        Json::Object(members) => {
            for (known, value) in members {
                if known == key {
                    found.push(value.clone());
                }
                descend(value, key, found);
            }
        }
        _ => {}
    }
}

fn type_name(item: &Json) -> &'static str {
    match item {
        Json::Null => "null",
        Json::Boolean(_) => "boolean",
        Json::Number(_) => "number",
        Json::Text(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Scalars of one type compare; null equals null and differs from every scalar; the rest is unknown.
fn compare(operator: &str, left: &Json, right: &Json) -> Option<bool> {
    let ordering = match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, other) | (other, Json::Null) if other.is_scalar() => {
            return match operator {
                "==" => Some(false),
                "!=" => Some(true),
                _ => None,
            };
        }
        (Json::Number(left), Json::Number(right)) => Number::parse(left)?.compare(Number::parse(right)?)?,
        (Json::Text(left), Json::Text(right)) => left.cmp(right),
        (Json::Boolean(left), Json::Boolean(right)) => left.cmp(right),
        _ => return None,
    };
    Some(match operator {
        "==" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}
