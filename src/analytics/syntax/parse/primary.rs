//! The smallest expressions: literals, columns, parentheses, CASE, CAST, the clock.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Clock, Expr, ExprKind};
use crate::analytics::syntax::lex::{At, Kind};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Expr> {
        let at = self.here();
        if let Some(literal) = self.literal()? {
            return Ok(Expr { kind: ExprKind::Literal(literal), at });
        }
        if self.take_symbol("(") {
            return self.parenthesised_expr(at);
        }
        let word = self.word(0).unwrap_or_default().to_owned();
        let kind = match word.as_str() {
            "INTERVAL" => {
                self.advance();
                return self.interval(at);
            }
            "CASE" => {
                self.advance();
                self.case()?
            }
            "EXISTS" => {
                self.advance();
                self.require_symbol("(")?;
                let query = self.query()?;
                self.require_symbol(")")?;
                ExprKind::Exists(Box::new(query))
            }
            "ROW" | "PERIOD" if self.is_symbol(1, "(") => {
                self.advance();
                ExprKind::Row(self.parenthesised(Self::expr)?)
            }
            "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" => self.clock(Clock::Timestamp)?,
            "CURRENT_DATE" => self.clock(Clock::Date)?,
            "CURRENT_TIME" | "LOCALTIME" => self.clock(Clock::Time)?,
            "CURRENT_ROW_TIMESTAMP" => self.clock(Clock::RowTimestamp)?,
            _ => return self.call_or_column(at),
        };
        Ok(Expr { kind, at })
    }

    fn clock(&mut self, clock: Clock) -> Result<ExprKind> {
        self.advance();
        if self.at_symbol("(") {
            return Err(self.here().error(self.text, "The clock's functions take no parentheses"));
        }
        Ok(ExprKind::Clock(clock))
    }

    /// `(a)`, `(a, b)`; a sub-query as a value is not part of the dialect.
    fn parenthesised_expr(&mut self, at: At) -> Result<Expr> {
        if matches!(self.word(0), Some("SELECT" | "VALUES")) {
            return Err(self.here().error_with_hint(
                self.text,
                "A sub-query cannot be a value",
                "join with it in FROM, or use IN (SELECT …) on a table",
            ));
        }
        let mut list = self.list(Self::expr)?;
        if !self.take_symbol(")") {
            return Err(self.expected("an operator, `,` or `)`"));
        }
        match list.pop() {
            Some(single) if list.is_empty() => Ok(single),
            last => {
                list.extend(last);
                Ok(Expr { kind: ExprKind::Row(list), at })
            }
        }
    }

    /// `[operand] WHEN … THEN … {WHEN …} [ELSE …] END`
    fn case(&mut self) -> Result<ExprKind> {
        let operand = if self.at_word("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while self.take("WHEN") {
            let condition = self.expr()?;
            self.require("THEN")?;
            branches.push((condition, self.expr()?));
        }
        if branches.is_empty() {
            return Err(self.expected("WHEN"));
        }
        let otherwise = if self.take("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.require("END")?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    /// A function call, or a column of up to three parts.
    fn call_or_column(&mut self, at: At) -> Result<Expr> {
        if matches!(self.kind(0), Kind::Word { .. } | Kind::Quoted(_)) && self.calls_function() {
            return self.call(at);
        }
        if !matches!(self.kind(0), Kind::Word { .. } | Kind::Quoted(_)) {
            return Err(self.expected("an expression"));
        }
        let mut parts = vec![self.column_name("a column's name")?];
        while self.take_symbol(".") {
            parts.push(self.column_name("a column's name")?);
        }
        Ok(Expr { kind: ExprKind::Column(parts), at })
    }

    /// Whether `name {. name} (` follows.
    fn calls_function(&self) -> bool {
        let mut place = 1;
        while self.is_symbol(place, ".") && matches!(self.kind(place + 1), Kind::Word { .. } | Kind::Quoted(_)) {
            place += 2;
        }
        self.is_symbol(place, "(")
    }
}
