//! Text to call.

use serde_json::Value;

use super::{Argument, Call, DEEPEST, FUNCTIONS};
use crate::pipeline::path::{Cursor, PathError};

impl Call {
    /// Parse a call that stands for itself.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let mut cursor = Cursor::new(text);
        cursor.skip_blanks();
        let call = call(&mut cursor, 1, text)?;
        cursor.skip_blanks();
        if cursor.peek().is_some() {
            return Err(cursor.error("Unexpected text after the call"));
        }
        Ok(call)
    }
}

fn call(cursor: &mut Cursor, depth: usize, text: &str) -> Result<Call, PathError> {
    if depth > DEEPEST {
        return Err(cursor.error("Calls nest deeper than 10"));
    }
    let unknown = |cursor: &Cursor, name: &str| {
        let known: Vec<_> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
        cursor.error(&format!("There is no function `States.{name}` (there are {})", known.join(", ")))
    };
    if cursor.word() != "States" || !cursor.eat('.') {
        return Err(cursor.error("Expected `States.`"));
    }
    let name = cursor.word();
    let Some(&(_, function, fewest, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(unknown(cursor, &name));
    };
    cursor.skip_blanks();
    cursor.expect_char('(')?;
    let mut arguments = Vec::new();
    cursor.skip_blanks();
    if !cursor.eat(')') {
        loop {
            cursor.skip_blanks();
            arguments.push(argument(cursor, depth, text)?);
            cursor.skip_blanks();
            if cursor.eat(')') {
                break;
            }
            cursor.expect_char(',')?;
        }
    }
    if arguments.len() < fewest || arguments.len() > most {
        let wanted = if most == fewest { format!("{fewest}") } else { format!("at least {fewest}") };
        return Err(cursor.error(&format!("`States.{name}` takes {wanted} arguments, not {}", arguments.len())));
    }
    Ok(Call { function, arguments, text: text.to_owned() })
}

fn argument(cursor: &mut Cursor, depth: usize, text: &str) -> Result<Argument, PathError> {
    match cursor.peek() {
        Some('\'') => quoted(cursor).map(Argument::Text),
        Some('$') => cursor.path(false).map(Argument::Path),
        Some('S') => call(cursor, depth + 1, text).map(Argument::Call),
        _ => match cursor.number_or_word()? {
            literal @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Ok(Argument::Literal(literal)),
            Value::String(_) | Value::Array(_) | Value::Object(_) => Err(cursor.error("Expected a literal")),
        },
    }
}

/// Text between quotes; only the quote's own escape is resolved here.
fn quoted(cursor: &mut Cursor) -> Result<String, PathError> {
    cursor.expect_char('\'')?;
    let mut text = String::new();
    loop {
        match cursor.next() {
            None => return Err(cursor.error("A quote is missing")),
            Some('\\') => match cursor.next() {
                Some('\'') => text.push('\''),
                Some(escaped @ ('{' | '}' | '\\')) => text.extend(['\\', escaped]),
                Some(other) => return Err(cursor.error(&format!("`\\{other}` is no escape (\\' \\{{ \\}} \\\\ are)"))),
                None => return Err(cursor.error("A quote is missing")),
            },
            Some('\'') => return Ok(text),
            Some(c) => text.push(c),
        }
    }
}
