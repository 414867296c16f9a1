//! Tasks, which whoever runs machines supplies.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use super::failure::Failure;

/// What a Task state's `Resource` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `arn:aws:lambda:<region>:<account>:function:NAME[:qualifier]`.
    Function { name: String, text: String },
    /// `arn:aws:states:<region>:<account>:activity:NAME`.
    Activity { name: String, text: String },
    /// `arn:aws:states:::SERVICE:ACTION[.sync|.waitForTaskToken]`.
    Service { service: String, action: String, pattern: Pattern, text: String },
    /// `bayou:VERB`, a verb of the lake.
    Lake { verb: String, text: String },
    /// Something else.
    Unknown(String),
}

/// How a service is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    RequestResponse,
    Sync,
    WaitForTaskToken,
}

impl Resource {
    /// Read a resource.
    pub(crate) fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        let owned = || text.to_owned();
        match &parts[..] {
            ["arn", _, "lambda", _, _, "function", name, ..] => {
                Self::Function { name: (*name).to_owned(), text: owned() }
            }
            ["arn", _, "states", _, _, "activity", name] => Self::Activity { name: (*name).to_owned(), text: owned() },
            ["arn", _, "states", _, _, rest @ ..] if rest.len() >= 2 => {
                let joined = rest[..rest.len() - 1].join(":");
                let last = rest[rest.len() - 1];
                let (action, pattern) = match last.split_once('.') {
                    None => (last, Pattern::RequestResponse),
                    Some((action, suffix)) if suffix.starts_with("sync") => (action, Pattern::Sync),
                    Some((action, "waitForTaskToken")) => (action, Pattern::WaitForTaskToken),
                    Some(_) => return Self::Unknown(owned()),
                };
                Self::Service { service: joined, action: action.to_owned(), pattern, text: owned() }
            }
            ["bayou", verb] => Self::Lake { verb: (*verb).to_owned(), text: owned() },
            _ => Self::Unknown(owned()),
        }
    }

    /// The text that was read.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Function { text, .. }
            | Self::Activity { text, .. }
            | Self::Service { text, .. }
            | Self::Lake { text, .. }
            | Self::Unknown(text) => text.clone(),
        }
    }

    /// Whether the result comes through a token, whatever the call returns.
    pub(crate) fn waits_for_token(&self) -> bool {
        matches!(self, Self::Service { pattern: Pattern::WaitForTaskToken, .. })
    }

    /// What history calls the service and the action.
    pub(crate) fn names(&self) -> (String, String) {
        match self {
            Self::Function { name, .. } => ("lambda".to_owned(), name.clone()),
            Self::Activity { name, .. } => ("activity".to_owned(), name.clone()),
            Self::Service { service, action, pattern, .. } => {
                let suffix = match pattern {
                    Pattern::RequestResponse => "",
                    Pattern::Sync => ".sync",
                    Pattern::WaitForTaskToken => ".waitForTaskToken",
                };
                (service.clone(), format!("{action}{suffix}"))
            }
            Self::Lake { verb, .. } => ("bayou".to_owned(), verb.clone()),
            Self::Unknown(text) => (text.clone(), String::new()),
        }
    }
}

/// One call of a task.
#[derive(Debug, Clone)]
pub struct TaskCall {
    /// The resource as written.
    pub resource: String,
    /// The effective input.
    pub input: Value,
    /// The context object.
    pub context: Value,
    /// Names this attempt; the same after a crash, so that a task can tell that it began once before.
    pub attempt: String,
    /// Told by the task that it is alive.
    pub heartbeat: Arc<Notify>,
}

/// Whoever runs tasks.
pub trait Tasks: Send + Sync {
    /// Run a task to its end.
    fn call(&self, call: TaskCall) -> BoxFuture<'static, Result<Value, Failure>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_told_apart() {
        let parse = Resource::parse;
        let function = parse("arn:aws:lambda:us-west-2:XXXXXXXXXXXX:function:generic-file-transfer:live");
        assert!(matches!(function, Resource::Function { name, .. } if name == "generic-file-transfer"));
        let glue = parse("arn:aws:states:::glue:startJobRun.sync");
        assert_eq!(glue.names(), ("glue".to_owned(), "startJobRun.sync".to_owned()));
        let sdk = parse("arn:aws:states:::aws-sdk:s3:getObject");
        assert_eq!(sdk.names(), ("aws-sdk:s3".to_owned(), "getObject".to_owned()));
        assert!(parse("arn:aws:states:::sqs:sendMessage.waitForTaskToken").waits_for_token());
        assert!(matches!(parse("bayou:crawl"), Resource::Lake { verb, .. } if verb == "crawl"));
        assert_eq!(parse("crawl"), Resource::Unknown("crawl".to_owned()));
    }
}
