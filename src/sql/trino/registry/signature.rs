//! Signatures as text: `transform(array(T), function(T,U)) -> array(U)`.

use super::pattern::{Number, Pattern};
use crate::sql::trino::types::TrinoType;

/// A signature that was read.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) parameters: Vec<Pattern>,
    /// Whether the last parameter may stand any number of times, also not at all.
    pub(crate) is_variadic: bool,
    pub(crate) result: Pattern,
}

impl Signature {
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &'static str) -> Result<Self, String> {
        let open = text.find('(').ok_or_else(|| format!("`{text}` has no parentheses"))?;
        let name = text[..open].trim();
        let mut reader = Reader { text, rest: &text[open..] };
        reader.expect("(")?;
        let mut parameters = Vec::new();
        let mut is_variadic = false;
        if !reader.take(")") {
            loop {
                parameters.push(reader.pattern()?);
                is_variadic = reader.take("...");
                if is_variadic || !reader.take(",") {
                    break;
                }
            }
            reader.expect(")")?;
        }
        reader.expect("->")?;
        let result = reader.pattern()?;
        match reader.rest.trim() {
            "" => Ok(Self { name, parameters, is_variadic, result }),
            rest => Err(format!("`{text}` has `{rest}` behind its end")),
        }
    }
}

struct Reader {
    text: &'static str,
    rest: &'static str,
}

impl Reader {
    fn take(&mut self, symbol: &str) -> bool {
        match self.rest.trim_start().strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.take(symbol) { Ok(()) } else { Err(format!("`{}`: `{symbol}` before `{}`", self.text, self.rest)) }
    }

    fn word(&mut self) -> Result<&'static str, String> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("`{}`: a word before `{rest}`", self.text));
        }
        self.rest = &rest[end..];
        Ok(&rest[..end])
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        if self.take("(") {
            loop {
                items.push(item(self)?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        Ok(items)
    }

    fn number(&mut self) -> Result<Number, String> {
        let word = self.word()?;
        Ok(word.parse().map_or(Number::Variable(word), Number::Fixed))
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        let word = self.word()?;
        if is_variable(word) {
            return Ok(Pattern::Variable(word));
        }
        match word {
            "any" => Ok(Pattern::Any),
            "array" | "map" | "function" => {
                let mut parts = self.list(Self::pattern)?;
                let last = parts.pop().ok_or_else(|| format!("`{}`: `{word}` without types", self.text))?;
                match (word, parts.pop()) {
                    ("array", None) => Ok(Pattern::Array(Box::new(last))),
                    ("map", Some(key)) if parts.is_empty() => Ok(Pattern::Map(Box::new(key), Box::new(last))),
                    ("function", parameter) => {
                        parts.extend(parameter);
                        Ok(Pattern::Function(parts, Box::new(last)))
                    }
                    _ => Err(format!("`{}`: wrong number of types in `{word}`", self.text)),
                }
            }
            "row" => self.list(Self::field).map(Pattern::Row),
            "interval" => {
                let rest = format!("interval {} {} {}", self.word()?, self.word()?, self.word()?);
                TrinoType::named(&rest, &[]).map(Pattern::Exact)
            }
            _ => self.simple(word),
        }
    }

    /// A field of a row: a type, or a name and a type.
    fn field(&mut self) -> Result<(Option<&'static str>, Pattern), String> {
        let before = self.rest;
        let word = self.word()?;
        let next = self.rest.trim_start().chars().next();
        if next.is_some_and(|c| c.is_ascii_alphabetic()) && !self.rest.trim_start().starts_with("with ") {
            return Ok((Some(word), self.pattern()?));
        }
        self.rest = before;
        Ok((None, self.pattern()?))
    }

    fn simple(&mut self, word: &'static str) -> Result<Pattern, String> {
        let numbers = self.list(Self::number)?;
        let is_zoned = matches!(word, "time" | "timestamp") && self.take("with time zone");
        match (word, numbers.as_slice()) {
            ("decimal", [precision, scale]) => Ok(Pattern::Decimal(*precision, *scale)),
            ("varchar", [length]) => Ok(Pattern::Varchar(*length)),
            ("char", [length]) => Ok(Pattern::Char(*length)),
            ("time", [precision]) if is_zoned => Ok(Pattern::TimeWithTimeZone(*precision)),
            ("time", [precision]) => Ok(Pattern::Time(*precision)),
            ("timestamp", [precision]) if is_zoned => Ok(Pattern::TimestampWithTimeZone(*precision)),
            ("timestamp", [precision]) => Ok(Pattern::Timestamp(*precision)),
            (_, []) if is_zoned => Err(format!("`{}`: give `{word}` its precision, as `(p)` or `(3)`", self.text)),
            (_, []) => TrinoType::named(word, &[]).map(Pattern::Exact),
            _ => Err(format!("`{}`: parameters of `{word}`", self.text)),
        }
    }
}

/// Single upper-case letters, also with digits behind.
fn is_variable(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| first.is_ascii_uppercase()) && characters.all(|c| c.is_ascii_digit())
}
