//! `States.Format`: `{}` in order, values as Java would print them.

use serde_json::Value;

/// `template` with each `{}` replaced by the next value; `\{`, `\}` and `\\` stand for the character.
pub(super) fn format(template: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut values = values.iter();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| "{}\\'".contains(*next)) => out.extend(chars.next()),
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                let value = values.next().ok_or_else(|| {
                    format!("Number of arguments do not match the occurrences of {{}} in `{template}`: too few")
                })?;
                out.push_str(&plain(value));
            }
            '{' | '}' => return Err(format!("A brace that stands for itself is written `\\{c}` in `{template}`")),
            other => out.push(other),
        }
    }
    match values.len() {
        0 => Ok(out),
        _ => Err(format!("Number of arguments do not match the occurrences of {{}} in `{template}`: too many")),
    }
}

/// Text with its escapes resolved.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next) if c == '\\' && "{}\\".contains(next) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// A value as Java prints it: `{Arg1=1, Arg2=[]}`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
