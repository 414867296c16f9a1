//! Function calls, those with a syntax of their own first.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Call, Expr, ExprKind, FromEnd, Name, NullTreatment, TrimSide};
use crate::analytics::syntax::lex::{At, Kind};

impl Parser<'_> {
    pub(super) fn call(&mut self, at: At) -> Result<Expr> {
        let name = self.function_name()?;
        let special = !name.quoted;
        self.require_symbol("(")?;
        let kind = match name.value.as_str() {
            "CAST" if special => self.cast()?,
            "EXTRACT" if special => {
                let unit = self.unit()?;
                self.require("FROM")?;
                ExprKind::Extract { unit, from: Box::new(self.expr()?) }
            }
            "SUBSTRING" if special => self.substring(name)?,
            "POSITION" if special => {
                let needle = Box::new(self.additive()?);
                self.require("IN")?;
                ExprKind::Position { needle, text: Box::new(self.expr()?) }
            }
            "OVERLAY" if special => self.overlay()?,
            "TRIM" if special => self.trim()?,
            "FLOOR" | "CEIL" | "CEILING" if special => self.round(name)?,
            "STEP" if special => {
                let expr = Box::new(self.expr()?);
                self.require("BY")?;
                ExprKind::Step { expr, by: Box::new(self.expr()?) }
            }
            _ => return self.plain_call(at, name),
        };
        if !self.take_symbol(")") {
            return Err(self.expected("`)`"));
        }
        Ok(Expr { kind, at })
    }

    /// The last part of a function's name; reserved words may be functions.
    fn function_name(&mut self) -> Result<Name> {
        loop {
            let at = self.here();
            let name = match self.kind(0).clone() {
                Kind::Word { upper, .. } => Name { value: upper, quoted: false, at },
                Kind::Quoted(value) => Name { value, quoted: true, at },
                _ => return Err(self.expected("a function's name")),
            };
            self.advance();
            if !self.take_symbol(".") {
                return Ok(name);
            }
        }
    }

    fn cast(&mut self) -> Result<ExprKind> {
        let expr = Box::new(self.expr()?);
        self.require("AS")?;
        Ok(ExprKind::Cast { expr, to: self.type_name()? })
    }

    /// `FROM a [FOR b]`, `SIMILAR p ESCAPE e`, or with commas.
    fn substring(&mut self, name: Name) -> Result<ExprKind> {
        let text = Box::new(self.additive()?);
        if self.take("FROM") {
            let from = Box::new(self.additive()?);
            let length = if self.take("FOR") { Some(Box::new(self.additive()?)) } else { None };
            return Ok(ExprKind::Substring { text, from, length });
        }
        if self.take("SIMILAR") {
            let pattern = Box::new(self.additive()?);
            self.require("ESCAPE")?;
            return Ok(ExprKind::SubstringSimilar { text, pattern, escape: Box::new(self.additive()?) });
        }
        if !self.take_symbol(",") {
            return Err(self.expected("FROM, SIMILAR or `,`"));
        }
        let mut arguments = vec![*text];
        arguments.extend(self.list(Self::expr)?);
        Ok(ExprKind::Call(Box::new(plain(name, arguments))))
    }

    fn overlay(&mut self) -> Result<ExprKind> {
        let text = Box::new(self.additive()?);
        self.require("PLACING")?;
        let placing = Box::new(self.additive()?);
        self.require("FROM")?;
        let from = Box::new(self.additive()?);
        let length = if self.take("FOR") { Some(Box::new(self.additive()?)) } else { None };
        Ok(ExprKind::Overlay { text, placing, from, length })
    }

    /// `[LEADING|TRAILING|BOTH] [c] FROM s`, `c FROM s`, `s`
    fn trim(&mut self) -> Result<ExprKind> {
        let side = match self.word(0) {
            Some("LEADING") => Some(TrimSide::Leading),
            Some("TRAILING") => Some(TrimSide::Trailing),
            Some("BOTH") => Some(TrimSide::Both),
            _ => None,
        };
        if side.is_some() {
            self.advance();
            if self.take("FROM") {
                let text = Box::new(self.expr()?);
                return Ok(ExprKind::Trim { side: side.unwrap_or(TrimSide::Both), what: None, text });
            }
        }
        let first = Box::new(self.additive()?);
        if side.is_none() && !self.at_word("FROM") {
            return Ok(ExprKind::Trim { side: TrimSide::Both, what: None, text: first });
        }
        self.require("FROM")?;
        let text = Box::new(self.expr()?);
        Ok(ExprKind::Trim { side: side.unwrap_or(TrimSide::Both), what: Some(first), text })
    }

    /// `FLOOR(a)`, `FLOOR(a TO unit)`
    fn round(&mut self, name: Name) -> Result<ExprKind> {
        let up = name.value != "FLOOR";
        let expr = self.expr()?;
        if self.take("TO") {
            return Ok(ExprKind::RoundTo { up, expr: Box::new(expr), unit: self.unit()? });
        }
        Ok(ExprKind::Call(Box::new(plain(name, vec![expr]))))
    }

    /// `([DISTINCT|ALL] args [clauses]) [clauses]`; the parenthesis is taken already.
    fn plain_call(&mut self, at: At, name: Name) -> Result<Expr> {
        let mut call = plain(name, Vec::new());
        call.star = self.at_symbol("*") && self.is_symbol(1, ")");
        if call.star {
            self.advance();
        } else if !self.at_symbol(")") {
            call.distinct = self.take("DISTINCT");
            if !call.distinct {
                self.take("ALL");
            }
            call.arguments = self.list(Self::expr)?;
            self.analytic_clauses(&mut call)?;
        }
        if !self.take_symbol(")") {
            return Err(self.expected("`,` or `)`"));
        }
        self.analytic_clauses(&mut call)?;
        if self.at_word("FILTER") {
            self.advance();
            self.require_symbol("(")?;
            self.require("WHERE")?;
            call.filter = Some(Box::new(self.expr()?));
            self.require_symbol(")")?;
        }
        if self.at_word("OVER") {
            call.over = Some(self.over()?);
        }
        Ok(Expr { kind: ExprKind::Call(Box::new(call)), at })
    }

    /// IGNORE or RESPECT NULLS, FROM FIRST or LAST.
    fn analytic_clauses(&mut self, call: &mut Call) -> Result<()> {
        loop {
            if self.take("IGNORE") {
                self.require("NULLS")?;
                call.nulls = Some(NullTreatment::Ignore);
            } else if self.take("RESPECT") {
                self.require("NULLS")?;
                call.nulls = Some(NullTreatment::Respect);
            } else if self.take_words(&["FROM", "FIRST"]) {
                call.from_end = Some(FromEnd::First);
            } else if self.take_words(&["FROM", "LAST"]) {
                call.from_end = Some(FromEnd::Last);
            } else {
                return Ok(());
            }
        }
    }
}

fn plain(name: Name, arguments: Vec<Expr>) -> Call {
    Call { name, arguments, star: false, distinct: false, filter: None, nulls: None, from_end: None, over: None }
}
