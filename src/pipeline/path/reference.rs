//! Writing to a place that a reference path names.

use serde_json::{Map, Value};

use super::{Path, Root, Segment, Selector};
use crate::pipeline::failure::{Failure, RESULT_PATH};

impl Path {
    /// Whether a result may be written here: below `$`, names and indices only.
    pub(crate) fn is_reference(&self) -> bool {
        self.root == Root::Input && self.is_definite() && self.function.is_none()
    }

    /// `target` with `value` at this place; objects that are missing are made.
    pub(crate) fn write(&self, mut target: Value, value: Value) -> Result<Value, Failure> {
        let mut node = &mut target;
        for segment in &self.segments {
            let (Segment::Child(selectors) | Segment::Descendant(selectors)) = segment;
            node = match (selectors.first(), node) {
                (Some(Selector::Name(name)), Value::Object(members)) => {
                    members.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()))
                }
                (Some(Selector::Index(index)), Value::Array(items)) => {
                    let at = usize::try_from(*index).ok();
                    match at.and_then(|at| items.get_mut(at)) {
                        Some(item) => item,
                        None => return Err(self.mismatch()),
                    }
                }
                _ => return Err(self.mismatch()),
            };
        }
        *node = value;
        Ok(target)
    }

    fn mismatch(&self) -> Failure {
        let cause = format!("Unable to apply ReferencePath {} to the state input", self.text);
        Failure::engine(RESULT_PATH, cause)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_objects_are_made_and_the_rest_stays() {
        let path = Path::parse("$.a.b.c").unwrap();
        assert_eq!(path.write(json!({"a": {"z": 1}}), json!(7)).unwrap(), json!({"a": {"z": 1, "b": {"c": 7}}}));
        assert_eq!(Path::parse("$.a[1]").unwrap().write(json!({"a": [1, 2]}), json!(9)).unwrap(), json!({"a": [1, 9]}));
    }

    #[test]
    fn a_place_inside_a_number_does_not_exist() {
        let error = Path::parse("$.a.b").unwrap().write(json!({"a": 1}), json!(2)).unwrap_err();
        assert_eq!(error.error.as_deref(), Some("States.ResultPathMatchFailure"));
        assert!(Path::parse("$.a[3]").unwrap().write(json!({"a": [1]}), json!(2)).is_err());
    }
}
