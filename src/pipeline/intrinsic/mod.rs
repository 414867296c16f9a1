//! Intrinsic functions of JSONPath states: `States.Format('{} rows', $.n)`.
//!
//! `parse` reads a call once, when the machine is made; `call` runs it.

mod arrays;
mod call;
mod format;
mod hash;
mod parse;

use serde_json::Value;

use super::path::Path;

pub(crate) use hash::hash;

/// A call of an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    function: Function,
    arguments: Vec<Argument>,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    /// Text between quotes with its escapes, which `States.Format` reads itself.
    Text(String),
    Literal(Value),
    Path(Path),
    Call(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Format,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    StringToJson,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    Uuid,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 18] = [
    ("Format", Function::Format, 1, usize::MAX),
    ("Array", Function::Array, 0, usize::MAX),
    ("ArrayPartition", Function::ArrayPartition, 2, 2),
    ("ArrayContains", Function::ArrayContains, 2, 2),
    ("ArrayRange", Function::ArrayRange, 3, 3),
    ("ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("ArrayLength", Function::ArrayLength, 1, 1),
    ("ArrayUnique", Function::ArrayUnique, 1, 1),
    ("Base64Encode", Function::Base64Encode, 1, 1),
    ("Base64Decode", Function::Base64Decode, 1, 1),
    ("Hash", Function::Hash, 2, 2),
    ("JsonMerge", Function::JsonMerge, 3, 3),
    ("StringToJson", Function::StringToJson, 1, 1),
    ("JsonToString", Function::JsonToString, 1, 1),
    ("MathAdd", Function::MathAdd, 2, 2),
    ("MathRandom", Function::MathRandom, 2, 3),
    ("StringSplit", Function::StringSplit, 2, 2),
    ("UUID", Function::Uuid, 0, 0),
];

/// How deep calls may nest.
const DEEPEST: usize = 10;

impl Call {
    /// Whether a text is meant to be a call and not a path.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.trim_start().starts_with("States.")
    }
}
