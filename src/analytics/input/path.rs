//! JSONPath as input schemas use it: members, and at most one array whose elements become rows.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Working with JSONPath".

use std::fmt;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The member of this name.
    Member(String),
    /// `[0:]`: each element.
    Each,
}

/// A path from the root of a document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct JsonPath {
    pub(crate) steps: Vec<Step>,
}

impl JsonPath {
    /// Read `$`, `$.a.b`, `$['a b']`, `$.a[0:].b`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut rest = text.trim().strip_prefix('$').ok_or("must begin with `$`")?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("['") {
                let (key, after) = after.split_once("']").ok_or("has an unclosed `['`")?;
                steps.push(Step::Member(key.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (inside, after) = after.split_once(']').ok_or("has an unclosed `[`")?;
                if inside.replace(' ', "") != "0:" {
                    return Err("has an index, and only `[0:]`, all elements, is possible");
                }
                steps.push(Step::Each);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (key, after) = after.split_at(end);
                if key.is_empty() {
                    return Err("has an empty step");
                }
                steps.push(Step::Member(key.to_owned()));
                rest = after;
            } else {
                return Err("has text where `.` or `[` is expected");
            }
        }
        if steps.iter().filter(|step| **step == Step::Each).count() > 1 {
            return Err("steps into an array within an array, and only one level can be flattened");
        }
        Ok(Self { steps })
    }

    /// The path to a member.
    pub(crate) fn of_members(members: &[String]) -> Self {
        Self { steps: members.iter().cloned().map(Step::Member).collect() }
    }

    /// The members on the way, if there is no array.
    pub(crate) fn members(&self) -> Option<Vec<String>> {
        members(&self.steps)
    }

    /// The members before the array, and those behind it.
    pub(crate) fn around_each(&self) -> Option<(Vec<String>, Vec<String>)> {
        let place = self.steps.iter().position(|step| *step == Step::Each)?;
        Some((members(&self.steps[..place])?, members(&self.steps[place + 1..])?))
    }

    /// This path behind another.
    pub(crate) fn behind(&self, first: &Self) -> Self {
        Self { steps: first.steps.iter().chain(&self.steps).cloned().collect() }
    }
}

fn members(steps: &[Step]) -> Option<Vec<String>> {
    let name = |step: &Step| match step {
        Step::Member(name) => Some(name.clone()),
        Step::Each => None,
    };
    steps.iter().map(name).collect()
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.steps {
            match step {
                Step::Member(name) if name.is_empty() || name.contains(['.', '[', '\'']) => write!(f, "['{name}']")?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Each => f.write_str("[0:]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_are_read() {
        for text in ["$", "$.a.b c", "$['a.b'].c", "$.a[0:]", "$.a[0:].x.y", "$[0:]"] {
            assert_eq!(JsonPath::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            JsonPath::parse("$.a[0:].x").unwrap().around_each(),
            Some((vec!["a".to_owned()], vec!["x".to_owned()]))
        );
    }

    #[test]
    fn other_paths_are_refused() {
        for text in ["a", "$..a", "$.a[1]", "$.a[0:].b[0:]", "$x", "$['a", "$.a["] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }
}
