//! Paths: `$.a[0]`, `$$.Execution.Name`, `$variable.b`, with filters, slices and wildcards.
//!
//! RFC 9535 decides what a path selects; what is handed on follows Jayway's library, as the service does: a *definite*
//! path (names and single indices only) gives the one value it finds or fails, an *indefinite* one gives the array of
//! everything it finds, which is empty when nothing matches.

mod evaluate;
mod filter;
mod function;
mod parse;
mod reference;

pub(crate) use evaluate::Missing;
use filter::Filter;
use function::Function;
pub(crate) use parse::Cursor;

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    pub(crate) root: Root,
    segments: Vec<Segment>,
    /// What is computed of what the segments give.
    function: Option<Function>,
    text: String,
}

/// What a path starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`: the input.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Child(Vec<Selector>),
    Descendant(Vec<Selector>),
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Name(String),
    Index(i64),
    Wildcard,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Filter),
}

/// A path that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at character {at}")]
pub(crate) struct PathError {
    pub(crate) at: usize,
    pub(crate) reason: String,
}

impl Path {
    /// The text that was parsed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path names one place: only names and single indices.
    pub(crate) fn is_definite(&self) -> bool {
        self.segments.iter().all(|segment| match segment {
            Segment::Child(selectors) => matches!(&selectors[..], [Selector::Name(_) | Selector::Index(_)]),
            Segment::Descendant(_) => false,
        })
    }

    /// Whether the path is its root and nothing else.
    pub(crate) fn is_root(&self) -> bool {
        self.segments.is_empty() && self.function.is_none()
    }
}
