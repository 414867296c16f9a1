//! JSON as a tree, for what needs more than one look at a value.

use super::scan::{Kind, Malformed, Scanner, unescaped, write_number, write_string};

/// A JSON value. Numbers keep their text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Array(Vec<Self>),
    /// Members in the order of the text; of equal keys the last one is there.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The one value that `text` is.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut scanner = Scanner::new(text);
        let value = Self::read(&mut scanner)?;
        scanner.end()?;
        Ok(value)
    }

    /// The value that comes next.
    pub(super) fn read(scanner: &mut Scanner<'_>) -> Result<Self, Malformed> {
        Ok(match scanner.kind()? {
            Kind::Null => scanner.skip().map(|()| Self::Null)?,
            Kind::True => scanner.skip().map(|()| Self::Boolean(true))?,
            Kind::False => scanner.skip().map(|()| Self::Boolean(false))?,
            Kind::Number => Self::Number(scanner.number()?.0.to_owned()),
            Kind::Text => Self::Text(unescaped(scanner.raw_string()?).into_owned()),
            Kind::Array => {
                let mut elements = Vec::new();
                let mut more = scanner.open(Kind::Array)?;
                while more {
                    elements.push(Self::read(scanner)?);
                    more = scanner.more(Kind::Array)?;
                }
                Self::Array(elements)
            }
            Kind::Object => {
                let mut members: Vec<(String, Self)> = Vec::new();
                let mut more = scanner.open(Kind::Object)?;
                while more {
                    let key = unescaped(scanner.key()?).into_owned();
                    let value = Self::read(scanner)?;
                    match members.iter_mut().find(|(known, _)| *known == key) {
                        Some(member) => member.1 = value,
                        None => members.push((key, value)),
                    }
                    more = scanner.more(Kind::Object)?;
                }
                Self::Object(members)
            }
        })
    }

    /// The same value with the members of all objects in the order of their keys.
    pub(super) fn sorted(self) -> Self {
        match self {
            Self::Array(elements) => Self::Array(elements.into_iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, value.sorted())).collect();
                members.sort_by(|left, right| left.0.encode_utf16().cmp(right.0.encode_utf16()));
                Self::Object(members)
            }
            other => other,
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// The text of a scalar as SQL has it: strings without quotes; null, arrays and objects have none.
    pub(super) fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Null | Self::Array(_) | Self::Object(_) => None,
            Self::Text(text) => Some(text.clone()),
            Self::Boolean(_) | Self::Number(_) => {
                let mut text = String::new();
                self.write(&mut text);
                Some(text)
            }
        }
    }

    /// Append the compact text.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => write_number(number, is_whole(number), out),
            Self::Text(text) => write_string(text, out),
            Self::Array(elements) => {
                out.push('[');
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (place, (key, value)) in members.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Whether a number is written without fraction and exponent.
pub(super) fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}
