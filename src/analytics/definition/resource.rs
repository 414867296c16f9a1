//! The resources that an application's JSON names by ARN.

use serde_json::Value;

use super::{Read, take_either};
use crate::analytics::input::SchemaFields;

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A stream.
    Stream,
    /// A delivery stream.
    Delivery,
    /// A function.
    Function,
}

impl ResourceKind {
    /// Its name in messages and in Python.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Delivery => "delivery",
            Self::Function => "function",
        }
    }
}

/// A resource that feeds an application, or is fed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its ARN.
    pub arn: String,
}

impl Resource {
    /// The last part of the ARN, by which the lake knows the resource.
    #[must_use]
    pub fn name(&self) -> &str {
        last_part(&self.arn)
    }
}

/// What stands behind the last `/` or `:` of an ARN; a function's version is no part of its name.
pub(super) fn last_part(arn: &str) -> &str {
    let unversioned = match arn.split(':').collect::<Vec<_>>().as_slice() {
        [_, _, "lambda", _, _, "function", name, ..] => name,
        _ => arn,
    };
    unversioned.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// The resource in the member `name`, if it is there.
pub(super) fn take_resource(fields: &mut SchemaFields<'_>, name: &str, kind: ResourceKind) -> Read<Option<Resource>> {
    take_either(fields, name).map(|value| read_resource(name, &value, kind)).transpose()
}

fn read_resource(name: &str, value: &Value, kind: ResourceKind) -> Read<Resource> {
    let mut fields = SchemaFields::of(name, value)?;
    fields.ignore(&["RoleARN"]);
    let arn = fields.require_text("ResourceARN")?;
    fields.end()?;
    Ok(Resource { kind, arn })
}
