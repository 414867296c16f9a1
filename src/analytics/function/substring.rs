//! SUBSTRING in its forms: by places, by regular expression, by SIMILAR pattern.

use arrow::datatypes::Int64Type;

use super::pattern::Compiled;
use super::{Arguments, JavaRegex, characters, similar};
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::arguments;
use crate::analytics::expr::{Expr, Kernel, Message, Values};

/// `SUBSTRING(s, a [, n])`
pub(super) fn with_commas(call: Arguments<'_>) -> Result<Expr> {
    let forms =
        "SUBSTRING(text, from [, length]), SUBSTRING(text FROM from [FOR length]), SUBSTRING(text FROM 'regex')";
    let mut values = call.values.iter().map(|(value, _)| value.clone());
    let (Some(text), Some(from), length, None) = (values.next(), values.next(), values.next(), values.next()) else {
        return Err(call.wrong(forms));
    };
    let text = call.as_text(text, forms)?;
    let from = call.as_integer(from, forms)?;
    let length = length.map(|length| call.as_integer(length, forms)).transpose()?;
    substring(text, from, length, true)
}

/// The call; places are BIGINT already.
pub(crate) fn substring(text: Expr, from: Expr, length: Option<Expr>, commas: bool) -> Result<Expr> {
    let sql_type = super::super::expr::ExprType::varchar(text.sql_type().text_length().unwrap_or(1));
    let arguments = [Some(text), Some(from), length].into_iter().flatten().collect();
    Expr::call(Substring { commas }, arguments, sql_type)
}

/// `s[a … a + n - 1]`; past the end the form with commas gives NULL, the other one an empty text.
#[derive(Clone, Copy, Debug)]
struct Substring {
    commas: bool,
}

impl Kernel for Substring {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let ([text, from], length) = match values {
            [text, from] => ([text, from], None),
            _ => {
                let [text, from, length] = arguments(values)?;
                ([text, from], Some(length.primitive::<Int64Type>()?))
            }
        };
        let (texts, from) = (text.texts()?, from.primitive::<Int64Type>()?);
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let (Some(text), Some(from)) = (texts.get(row), from.get(row)) else { return Ok(false) };
            let end = match &length {
                None => i64::MAX,
                Some(length) => match length.get(row) {
                    None => return Ok(false),
                    Some(length) if length < 0 => {
                        return Err(Message::Owned(format!("SUBSTRING: the length {length} is negative")));
                    }
                    Some(length) => from.saturating_add(length),
                },
            };
            // Places before the text count, so a start below 1 shortens what is taken.
            let start = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
            let length = usize::try_from(end.saturating_sub(from.max(1))).unwrap_or(0);
            if self.commas && length > 0 && start >= characters::count(text) && !(start == 0 && text.is_empty()) {
                return Ok(false);
            }
            out.push_str(characters::slice(text, start, length));
            Ok(true)
        })
    }
}

/// `SUBSTRING(s FROM 'regex')`: the first match, NULL without one.
#[derive(Debug)]
pub(crate) struct SubstringRegex {
    compiled: Option<JavaRegex>,
}

impl SubstringRegex {
    /// With a pattern that is known, or one for each row.
    pub(crate) fn new(pattern: Option<&str>) -> Result<Self, String> {
        Ok(Self { compiled: pattern.map(JavaRegex::new).transpose()? })
    }
}

impl Kernel for SubstringRegex {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text, pattern] = arguments(values)?;
        let (texts, patterns) = (text.texts()?, pattern.texts()?);
        let mut compiled = Compiled::new(JavaRegex::new);
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let (Some(text), Some(pattern)) = (texts.get(row), patterns.get(row)) else { return Ok(false) };
            let regex = match &self.compiled {
                Some(regex) => regex,
                None => compiled.get(pattern)?,
            };
            let Some((start, end)) = regex.find(text, 0)? else { return Ok(false) };
            out.push_str(text.get(start..end).unwrap_or_default());
            Ok(true)
        })
    }
}

/// `SUBSTRING(s SIMILAR 'a#"b#"c' ESCAPE '#')`: what matches b, NULL when s does not match.
#[derive(Debug)]
pub(crate) struct SubstringSimilar {
    compiled: Option<JavaRegex>,
}

impl SubstringSimilar {
    /// With a pattern that is known, or one for each row.
    pub(crate) fn new(pattern: Option<(&str, &str)>) -> Result<Self, String> {
        Ok(Self { compiled: pattern.map(|(pattern, escape)| similar::middle(pattern, escape)).transpose()? })
    }
}

impl Kernel for SubstringSimilar {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text, pattern, escape] = arguments(values)?;
        let (texts, patterns, escapes) = (text.texts()?, pattern.texts()?, escape.texts()?);
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let (Some(text), Some(pattern), Some(escape)) = (texts.get(row), patterns.get(row), escapes.get(row))
            else {
                return Ok(false);
            };
            let by_row;
            let regex = match &self.compiled {
                Some(regex) => regex,
                None => {
                    by_row = similar::middle(pattern, escape).map_err(Message::Owned)?;
                    &by_row
                }
            };
            let Some(groups) = regex.captures(text, 0)? else { return Ok(false) };
            let Some((start, end)) = groups.get(1).copied().flatten() else { return Ok(false) };
            out.push_str(text.get(start..end).unwrap_or_default());
            Ok(true)
        })
    }
}
