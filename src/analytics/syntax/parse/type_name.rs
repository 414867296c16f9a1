//! Types in declarations and casts, and interval qualifiers.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::ast::TypeName;
use crate::analytics::syntax::interval::{IntervalQualifier, Unit};
use crate::analytics::syntax::lex::Kind;

impl Parser<'_> {
    pub(super) fn type_name(&mut self) -> Result<TypeName> {
        let at = self.here();
        let Kind::Word { upper: mut name, .. } = self.kind(0).clone() else {
            return Err(self.expected("a type"));
        };
        self.advance();
        if name == "INTERVAL" {
            return Ok(TypeName::Interval(self.interval_qualifier()?));
        }
        for second in ["VARYING", "PRECISION"] {
            if self.take(second) {
                name = format!("{name} {second}");
            }
        }
        let arguments = if self.at_symbol("(") {
            self.parenthesised(|parser| parser.integer("a whole number"))?
        } else {
            Vec::new()
        };
        SqlType::from_name(&name, &arguments).map(TypeName::Sql).ok_or_else(|| {
            let shown: Vec<String> = arguments.iter().map(u32::to_string).collect();
            let shown = if shown.is_empty() { name.clone() } else { format!("{name}({})", shown.join(", ")) };
            at.error(self.text, format!("`{shown}` is not a type of streaming SQL"))
        })
    }

    /// Whether an interval qualifier follows.
    pub(super) fn at_unit(&self) -> bool {
        self.word(0).and_then(Unit::from_word).is_some()
    }

    pub(super) fn unit(&mut self) -> Result<Unit> {
        let unit = self
            .word(0)
            .and_then(Unit::from_word)
            .ok_or_else(|| self.expected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND"))?;
        self.advance();
        Ok(unit)
    }

    /// `DAY`, `MINUTE(3)`, `SECOND(2, 3)`, `DAY(3) TO SECOND(2)`
    pub(super) fn interval_qualifier(&mut self) -> Result<IntervalQualifier> {
        let at = self.here();
        let first = self.unit()?;
        let mut qualifier = IntervalQualifier::new(first, first);
        if self.at_symbol("(") {
            let digits = self.parenthesised(|parser| parser.integer("the number of digits"))?;
            qualifier.precision = digits.first().and_then(|digits| u8::try_from(*digits).ok());
            qualifier.fraction = digits.get(1).and_then(|digits| u8::try_from(*digits).ok());
            let most = if first == Unit::Second { 2 } else { 1 };
            if digits.len() > most || !qualifier.precision.is_some_and(|digits| (1..=10).contains(&digits)) {
                return Err(at.error(self.text, "The precision of an interval is 1 to 10 digits, as in `DAY(3)`"));
            }
        }
        // `FLOOR((a - b) SECOND TO MINUTE)` is FLOOR's TO: a smaller unit must follow for it to be the qualifier's.
        let to = self.at_word("TO") && self.word(1).and_then(Unit::from_word).is_some_and(|last| last > first);
        if to {
            self.advance();
            qualifier.last = self.unit()?;
            let same_family = first.is_year_month() == qualifier.last.is_year_month();
            if !same_family || qualifier.fraction.is_some() {
                return Err(at.error_with_hint(
                    self.text,
                    format!("{} TO {} is not an interval", first.name(), qualifier.last.name()),
                    "intervals are of YEAR TO MONTH, or of DAY, HOUR, MINUTE and SECOND",
                ));
            }
            if self.at_symbol("(") && qualifier.last == Unit::Second {
                let digits = self.parenthesised(|parser| parser.integer("the number of digits"))?;
                qualifier.fraction = digits.first().and_then(|digits| u8::try_from(*digits).ok());
                if digits.len() > 1 {
                    return Err(at.error(self.text, "SECOND as the last field has only digits of the fraction"));
                }
            }
        }
        if qualifier.fraction.is_some_and(|digits| digits > 9) {
            return Err(at.error(self.text, "The fraction of a second has at most 9 digits"));
        }
        Ok(qualifier)
    }
}
