//! Literals.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Expr, ExprKind, Literal};
use crate::analytics::syntax::datetime::{parse_date, parse_time, parse_timestamp};
use crate::analytics::syntax::lex::{At, Kind};

impl Parser<'_> {
    /// A literal, when one follows.
    pub(super) fn literal(&mut self) -> Result<Option<Literal>> {
        let at = self.here();
        Ok(Some(match self.kind(0).clone() {
            Kind::Number(written) => {
                self.advance();
                self.number(at, &written)?
            }
            Kind::Text(text) => {
                self.advance();
                Literal::Text(text)
            }
            Kind::UnicodeText(raw) => {
                self.advance();
                Literal::Text(self.unicode_text(at, &raw)?)
            }
            Kind::Binary(digits) => {
                self.advance();
                let bytes = hexadecimal(&digits).ok_or_else(|| {
                    at.error_with_hint(
                        self.text,
                        format!("X'{digits}' is not a binary literal"),
                        "two hexadecimal digits stand for a byte: X'3F67'",
                    )
                })?;
                Literal::Binary(bytes)
            }
            Kind::Symbol("{") => self.escape_literal()?,
            Kind::Word { upper, .. } => return self.word_literal(&upper),
            _ => return Ok(None),
        }))
    }

    fn word_literal(&mut self, word: &str) -> Result<Option<Literal>> {
        let literal = match word {
            "NULL" => Literal::Null,
            "TRUE" => Literal::Boolean(Some(true)),
            "FALSE" => Literal::Boolean(Some(false)),
            "UNKNOWN" => Literal::Boolean(None),
            "DATE" | "TIME" | "TIMESTAMP" if matches!(self.kind(1), Kind::Text(_)) => {
                self.advance();
                return self.datetime(word).map(Some);
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(literal))
    }

    /// The quoted part of DATE, TIME or TIMESTAMP.
    fn datetime(&mut self, word: &str) -> Result<Literal> {
        let at = self.here();
        let text = self.text_literal("the literal's text")?;
        let (literal, form) = match word {
            "DATE" => (parse_date(&text).map(Literal::Date), "yyyy-MM-dd"),
            "TIME" => (parse_time(&text).map(Literal::Time), "HH:mm:ss[.fff]"),
            _ => (parse_timestamp(&text).map(Literal::Timestamp), "yyyy-MM-dd HH:mm:ss[.fff]"),
        };
        literal.ok_or_else(|| {
            at.error_with_hint(
                self.text,
                format!("'{text}' is not a {word}"),
                format!("the whole form is needed, without blanks around it: '{form}'"),
            )
        })
    }

    /// `{d '…'}`, `{t '…'}`, `{ts '…'}`
    fn escape_literal(&mut self) -> Result<Literal> {
        self.advance();
        let word = match self.word(0) {
            Some("D") => "DATE",
            Some("T") => "TIME",
            Some("TS") => "TIMESTAMP",
            _ => return Err(self.expected("d, t or ts")),
        };
        self.advance();
        let literal = self.datetime(word)?;
        self.require_symbol("}")?;
        Ok(literal)
    }

    /// `INTERVAL [+|-] 'value' qualifier`; INTERVAL is taken already.
    pub(super) fn interval(&mut self, at: At) -> Result<Expr> {
        let negative = self.take_symbol("-");
        if !negative {
            self.take_symbol("+");
        }
        let text_at = self.here();
        let text = match self.kind(0).clone() {
            // `INTERVAL 5 MINUTE` is a common slip; the message shows the right form.
            Kind::Number(number) => {
                return Err(text_at.error_with_hint(
                    self.text,
                    "The value of an interval stands in quotes",
                    format!("INTERVAL '{number}' MINUTE"),
                ));
            }
            _ => self.text_literal("the interval's value in single quotes")?,
        };
        let qualifier = self.interval_qualifier()?;
        let value = qualifier.parse(&text).map_err(|message| text_at.error(self.text, message))?;
        let value = if negative { -value } else { value };
        Ok(Expr { kind: ExprKind::Literal(Literal::Interval(value, qualifier)), at })
    }

    fn number(&self, at: At, written: &str) -> Result<Literal> {
        let too_long = || {
            at.error_with_hint(
                self.text,
                format!("The number {written} has too many digits"),
                "an exact number has 19 at most; a DOUBLE is written with an exponent: 1e30",
            )
        };
        if written.contains('e') {
            let value: f64 = written.parse().map_err(|_| too_long())?;
            return if value.is_finite() { Ok(Literal::Double(value)) } else { Err(too_long()) };
        }
        let (whole, fraction) = written.split_once('.').map_or((written, None), |(whole, rest)| (whole, Some(rest)));
        let digits: i128 = format!("{whole}{}", fraction.unwrap_or_default()).parse().map_err(|_| too_long())?;
        let scale = fraction.map(|fraction| u8::try_from(fraction.len()).unwrap_or(u8::MAX));
        if digits >= 10_i128.pow(19) || scale.is_some_and(|scale| scale > 18) {
            return Err(too_long());
        }
        Ok(Literal::Number { digits, scale })
    }

    /// `u&'…' [UESCAPE 'c']`
    fn unicode_text(&mut self, at: At, raw: &str) -> Result<String> {
        let mut escape = '\\';
        if self.take("UESCAPE") {
            let escape_at = self.here();
            let written = self.text_literal("the escape character in single quotes")?;
            let mut characters = written.chars();
            match (characters.next(), characters.next()) {
                (Some(c), None) if !c.is_ascii_hexdigit() && !matches!(c, '+' | '\'' | '"' | ' ') => escape = c,
                _ => {
                    return Err(escape_at.error(
                        self.text,
                        "UESCAPE takes one character that is no hexadecimal digit, plus sign, quote or blank",
                    ));
                }
            }
        }
        unescape(raw, escape).ok_or_else(|| {
            at.error_with_hint(
                self.text,
                "The escape in the text is not valid",
                format!("{escape}0041 or {escape}+000041 stands for a character, {escape}{escape} for itself"),
            )
        })
    }
}

fn unescape(raw: &str, escape: char) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = raw.chars().peekable();
    // Escapes are UTF-16 units as in Java, so a pair of them may stand for one character.
    let flush = |units: &mut Vec<u16>, out: &mut String| {
        let text = String::from_utf16(units).ok()?;
        out.push_str(&text);
        units.clear();
        Some(())
    };
    while let Some(next) = rest.next() {
        if next != escape || rest.peek() == Some(&escape) {
            if next == escape {
                rest.next();
            }
            flush(&mut units, &mut out)?;
            out.push(next);
            continue;
        }
        let long = rest.next_if_eq(&'+').is_some();
        let digits: String = rest.by_ref().take(if long { 6 } else { 4 }).collect();
        if digits.chars().count() != if long { 6 } else { 4 } || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let code = u32::from_str_radix(&digits, 16).ok()?;
        match u16::try_from(code) {
            Ok(unit) => units.push(unit),
            Err(_) => {
                flush(&mut units, &mut out)?;
                out.push(char::from_u32(code)?);
            }
        }
    }
    flush(&mut units, &mut out)?;
    Some(out)
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok()).collect()
}
