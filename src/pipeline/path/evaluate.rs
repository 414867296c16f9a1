//! What a path selects.

use serde_json::Value;

use super::{Path, Segment, Selector};

/// Why a definite path gave nothing, in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) String);

impl Path {
    /// The value of this path in `root`: the one value of a definite path, the array of all of an indefinite one.
    pub(crate) fn evaluate(&self, root: &Value) -> Result<Value, Missing> {
        let found = if self.is_definite() { self.definite(root).cloned() } else { Ok(self.all(root)) };
        match self.function {
            Some(function) => function.apply(&found?),
            None => found,
        }
    }

    /// The values that this path selects.
    pub(super) fn select<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut nodes = vec![root];
        for segment in &self.segments {
            nodes = match segment {
                Segment::Child(selectors) => {
                    nodes.into_iter().flat_map(|node| children(selectors, root, node)).collect()
                }
                Segment::Descendant(selectors) => {
                    nodes.into_iter().flat_map(descendants).flat_map(|node| children(selectors, root, node)).collect()
                }
            };
        }
        nodes
    }

    fn all(&self, root: &Value) -> Value {
        Value::Array(self.select(root).into_iter().cloned().collect())
    }

    fn definite<'a>(&self, root: &'a Value) -> Result<&'a Value, Missing> {
        let mut node = root;
        let mut shown = String::from("$");
        for (depth, segment) in self.segments.iter().enumerate() {
            let (Segment::Child(selectors) | Segment::Descendant(selectors)) = segment;
            let next = selectors.first().and_then(|selector| {
                shown.push_str(&show(selector));
                pick(selector, node)
            });
            node = match next {
                Some(next) => next,
                None if depth + 1 == self.segments.len() => {
                    return Err(Missing(format!("No results for path: {shown}")));
                }
                None => return Err(Missing(format!("Missing property in path {shown}"))),
            };
        }
        Ok(node)
    }
}

fn show(selector: &Selector) -> String {
    match selector {
        Selector::Name(name) => format!("['{name}']"),
        Selector::Index(index) => format!("[{index}]"),
        Selector::Wildcard => "[*]".to_owned(),
        Selector::Slice { .. } => "[:]".to_owned(),
        Selector::Filter(_) => "[?]".to_owned(),
    }
}

fn pick<'a>(selector: &Selector, node: &'a Value) -> Option<&'a Value> {
    match (selector, node) {
        (Selector::Name(name), Value::Object(members)) => members.get(name),
        (Selector::Index(index), Value::Array(items)) => items.get(position(*index, items.len())?),
        _ => None,
    }
}

fn position(index: i64, length: usize) -> Option<usize> {
    let from_end = i64::try_from(length).ok()?.checked_add(index)?;
    usize::try_from(if index < 0 { from_end } else { index }).ok()
}

fn children<'a>(selectors: &[Selector], root: &Value, node: &'a Value) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for selector in selectors {
        match selector {
            Selector::Name(_) | Selector::Index(_) => found.extend(pick(selector, node)),
            Selector::Wildcard => found.extend(members(node)),
            Selector::Slice { start, end, step } => {
                if let Value::Array(items) = node {
                    found.extend(slice(items, *start, *end, *step));
                }
            }
            Selector::Filter(filter) => match node {
                // Jayway applies a filter to an object itself, to an array element by element.
                Value::Object(_) => found.extend(filter.accepts(root, node).then_some(node)),
                Value::Array(items) => found.extend(items.iter().filter(|item| filter.accepts(root, item))),
                _ => {}
            },
        }
    }
    found
}

fn members(node: &Value) -> Vec<&Value> {
    match node {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

fn descendants(node: &Value) -> Vec<&Value> {
    let mut found = vec![node];
    for member in members(node) {
        found.extend(descendants(member));
    }
    found
}

/// The slice of RFC 9535, section 2.3.4.
fn slice(items: &[Value], start: Option<i64>, end: Option<i64>, step: i64) -> Vec<&Value> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let normal = |index: i64| if index >= 0 { index } else { length.saturating_add(index) };
    let at = |index: i64| usize::try_from(index).ok().and_then(|index| items.get(index));
    let mut found = Vec::new();
    if step > 0 {
        let (mut index, upper) =
            (normal(start.unwrap_or(0)).clamp(0, length), normal(end.unwrap_or(length)).clamp(0, length));
        while index < upper {
            found.extend(at(index));
            index = index.saturating_add(step);
        }
    } else if step < 0 {
        let upper = start.map_or(length - 1, normal).clamp(-1, length - 1);
        let lower = end.map_or(-1, normal).clamp(-1, length - 1);
        let mut index = upper;
        while index > lower {
            found.extend(at(index));
            index = index.saturating_add(step);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn get(path: &str, root: Value) -> Result<Value, Missing> {
        Path::parse(path).unwrap().evaluate(&root)
    }

    #[test]
    fn indefinite_paths_give_arrays_even_when_nothing_matches() {
        for path in ["$.items[*].v", "$.items[1:].v", "$[*]", "$..x", "$[?(@.a == 1)]", "$.a['x','y']"] {
            assert_eq!(get(path, json!({})).unwrap(), json!([]), "{path}");
        }
    }

    #[test]
    fn definite_paths_fail_where_the_value_is_missing() {
        assert_eq!(get("$.x", json!({})).unwrap_err().0, "No results for path: $['x']");
        assert_eq!(get("$.no.such", json!({})).unwrap_err().0, "Missing property in path $['no']");
        assert_eq!(get("$.a[-1]", json!({"a": [1, 2]})).unwrap(), json!(2));
        assert_eq!(get("$['a b']['c.d']", json!({"a b": {"c.d": null}})).unwrap(), json!(null));
    }

    #[test]
    fn slices_follow_the_rfc() {
        let items = || json!([0, 1, 2, 3, 4]);
        assert_eq!(get("$[1:3]", items()).unwrap(), json!([1, 2]));
        assert_eq!(get("$[-2:]", items()).unwrap(), json!([3, 4]));
        assert_eq!(get("$[::2]", items()).unwrap(), json!([0, 2, 4]));
        assert_eq!(get("$[::-1]", items()).unwrap(), json!([4, 3, 2, 1, 0]));
        assert_eq!(get("$[0,2]", items()).unwrap(), json!([0, 2]));
    }

    #[test]
    fn filters_compare_and_combine() {
        let rows = || json!({"limit": 2, "r": [{"q": 1, "n": "ab"}, {"q": 2, "n": "b"}, {"n": "Ac"}]});
        assert_eq!(get("$.r[?(@.q == 1.0)].n", rows()).unwrap(), json!(["ab"]));
        assert_eq!(get("$.r[?(@.q)].n", rows()).unwrap(), json!(["ab", "b"]));
        assert_eq!(get("$.r[?(!@.q)].n", rows()).unwrap(), json!(["Ac"]));
        assert_eq!(get("$.r[?(@.q < $.limit || @.n =~ /a./i)].n", rows()).unwrap(), json!(["ab", "Ac"]));
        assert_eq!(get("$.r[?(@.n in ['b', 'Ac'] && @.q != 2)].n", rows()).unwrap(), json!(["Ac"]));
        assert_eq!(get("$.r[?(@.q > 'x')].n", rows()).unwrap(), json!([]));
    }

    #[test]
    fn functions_end_a_path() {
        let root = || json!({"xs": [3, 1.5, 2], "length": 9, "o": {"a": 1, "b": 2}});
        assert_eq!(get("$.xs.length()", root()).unwrap(), json!(3));
        assert_eq!(get("$.length", root()).unwrap(), json!(9));
        assert_eq!(get("$.xs.max()", root()).unwrap(), json!(3));
        assert_eq!(get("$.xs[*].sum()", root()).unwrap(), json!(6.5));
        assert_eq!(get("$.o.keys()", root()).unwrap(), json!(["a", "b"]));
        assert!(get("$.no.length()", root()).is_err() && get("$.o.max()", root()).is_err());
    }

    #[test]
    fn descendants_are_found_at_any_depth() {
        assert_eq!(get("$..v", json!({"v": 1, "a": [{"v": 2}, {"b": {"v": 3}}]})).unwrap(), json!([1, 2, 3]));
    }

    #[test]
    fn bad_paths_say_where() {
        for (path, at) in [("a.b", 1), ("$.", 3), ("$.a[", 5), ("$.a]", 4), ("$.a['b", 7), ("$[?(@.a ==)]", 11)] {
            assert_eq!(Path::parse(path).unwrap_err().at, at, "{path}");
        }
    }
}
