//! Placeholders of CloudFormation templates, `${Name}`, that nothing has replaced.

use serde_json::Value;

/// Every placeholder in the texts of a document, once each, in order.
pub(super) fn find(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(document, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, behind)) = rest.split_once("${") {
                let Some((name, behind)) = behind.split_once('}') else { return };
                let placeholder = format!("${{{name}}}");
                if !found.contains(&placeholder) {
                    found.push(placeholder);
                }
                rest = behind;
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
