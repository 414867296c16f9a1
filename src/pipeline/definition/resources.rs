//! The resources that a definition names.

use super::model::{Flow, Kind};
use crate::pipeline::task::Resource;
use crate::pipeline::template::Template;

/// A resource, where it is named, and the function that it stands for if the text says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUse {
    /// JSON pointer to the state.
    pub pointer: String,
    /// The resource as written.
    pub resource: String,
    /// Name of the function that a function's ARN, or a literal `FunctionName`, gives.
    pub function: Option<String>,
}

pub(super) fn of(flow: &Flow) -> Vec<ResourceUse> {
    let mut found = Vec::new();
    for state in &flow.states {
        if let Kind::Task(task) = &state.kind {
            let function = match &task.resource {
                Resource::Function { name, .. } => Some(name.clone()),
                Resource::Service { service, .. } if service == "lambda" => {
                    let name = state.arguments.as_ref().and_then(|arguments| arguments.member("FunctionName"));
                    name.as_ref().and_then(Template::literal).and_then(|name| name.as_str()).map(function_name)
                }
                Resource::Service { .. } | Resource::Activity { .. } | Resource::Lake { .. } | Resource::Unknown(_) => {
                    None
                }
            };
            found.push(ResourceUse { pointer: state.pointer.clone(), resource: task.resource.text(), function });
        }
        found.extend(state.kind.flows().into_iter().flat_map(of));
    }
    found
}

/// The name in a function's name or ARN.
fn function_name(text: &str) -> String {
    match Resource::parse(text) {
        Resource::Function { name, .. } => name,
        _ => text.split(':').next().unwrap_or(text).to_owned(),
    }
}
