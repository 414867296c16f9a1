//! Comparisons, BETWEEN, IN, LIKE, SIMILAR TO, IS NULL, IS DISTINCT FROM, period predicates.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{BinaryOp, Expr, ExprKind, PeriodOp, PeriodRelation, Test};
use crate::analytics::syntax::lex::{At, Kind};

impl Parser<'_> {
    pub(super) fn predicate(&mut self) -> Result<Expr> {
        let mut left = self.additive()?;
        // A chain of period predicates is a conjunction: `(a) PRECEDES (b) PRECEDES (c)`.
        let mut chained = Vec::new();
        let chain_at = self.here();
        while let Some(op) = self.period_op(&left) {
            let at = self.here();
            self.take_period_op(op);
            let right = self.additive()?;
            let kind = ExprKind::Period { op, left: Box::new(left), right: Box::new(right.clone()) };
            chained.push(Expr { kind, at });
            left = right;
        }
        if let Some(last) = chained.pop() {
            if chained.is_empty() {
                left = last;
            } else {
                chained.push(last);
                left = Expr { kind: ExprKind::And(chained), at: chain_at };
            }
        }
        loop {
            let at = self.here();
            match self.predicate_tail(left, at)? {
                (expr, true) => left = expr,
                (expr, false) => return Ok(expr),
            }
        }
    }

    /// One predicate behind `left`, and whether there was one.
    fn predicate_tail(&mut self, left: Expr, at: At) -> Result<(Expr, bool)> {
        if let Some(op) = self.comparison() {
            self.advance();
            let right = Box::new(self.additive()?);
            return Ok((Expr { kind: ExprKind::Binary { op, left: Box::new(left), right }, at }, true));
        }
        if self.at_word("IS") {
            return self.is_tail(left, at);
        }
        let negated = self.at_word("NOT") && matches!(self.word(1), Some("BETWEEN" | "IN" | "LIKE" | "SIMILAR"));
        if negated {
            self.advance();
        }
        let expr = Box::new(left);
        let kind = if self.take("BETWEEN") {
            if self.take("SYMMETRIC") {
                return Err(at.error(self.text, "BETWEEN SYMMETRIC is not part of streaming SQL"));
            }
            self.take("ASYMMETRIC");
            let low = Box::new(self.additive()?);
            self.require("AND")?;
            ExprKind::Between { expr, low, high: Box::new(self.additive()?), negated }
        } else if self.take("IN") {
            self.require_symbol("(")?;
            if matches!(self.word(0), Some("SELECT" | "VALUES")) {
                let query = Box::new(self.query()?);
                self.require_symbol(")")?;
                ExprKind::InQuery { expr, query, negated }
            } else {
                let list = self.list(Self::expr)?;
                self.require_symbol(")")?;
                ExprKind::In { expr, list, negated }
            }
        } else if self.at_word("LIKE") || self.at_word("SIMILAR") {
            let similar = self.take("SIMILAR");
            self.require(if similar { "TO" } else { "LIKE" })?;
            let pattern = Box::new(self.additive()?);
            let escape = if self.take("ESCAPE") { Some(Box::new(self.additive()?)) } else { None };
            ExprKind::Like { expr, pattern, escape, similar, negated }
        } else {
            return Ok((*expr, false));
        };
        Ok((Expr { kind, at }, true))
    }

    /// IS [NOT] NULL and IS [NOT] DISTINCT FROM; the truth tests bind looser than NOT and are left alone.
    fn is_tail(&mut self, left: Expr, at: At) -> Result<(Expr, bool)> {
        let negated = self.word(1) == Some("NOT");
        match self.word(1 + usize::from(negated)) {
            Some("NULL") => {
                (0..2 + usize::from(negated)).for_each(|_| drop(self.advance()));
                let kind = ExprKind::Is { expr: Box::new(left), test: Test::Null, negated };
                Ok((Expr { kind, at }, true))
            }
            Some("DISTINCT") => {
                (0..2 + usize::from(negated)).for_each(|_| drop(self.advance()));
                self.require("FROM")?;
                let right = Box::new(self.additive()?);
                Ok((Expr { kind: ExprKind::IsDistinct { left: Box::new(left), right, negated }, at }, true))
            }
            _ => Ok((left, false)),
        }
    }

    fn comparison(&self) -> Option<BinaryOp> {
        Some(match self.kind(0) {
            Kind::Symbol("=") => BinaryOp::Equal,
            Kind::Symbol("<>" | "!=") => BinaryOp::NotEqual,
            Kind::Symbol("<") => BinaryOp::Less,
            Kind::Symbol("<=") => BinaryOp::LessOrEqual,
            Kind::Symbol(">") => BinaryOp::Greater,
            Kind::Symbol(">=") => BinaryOp::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The period operator that follows; its words are no reserved ones, so a period must stand before it.
    fn period_op(&self, left: &Expr) -> Option<PeriodOp> {
        if !matches!(left.kind, ExprKind::Row(_)) {
            return None;
        }
        let immediately = self.word(0) == Some("IMMEDIATELY");
        let strictly = self.word(0) == Some("STRICTLY");
        let relation = match self.word(usize::from(immediately || strictly))? {
            "OVERLAPS" => PeriodRelation::Overlaps,
            "CONTAINS" => PeriodRelation::Contains,
            "EQUALS" => PeriodRelation::Equals,
            "PRECEDES" => PeriodRelation::Precedes,
            "SUCCEEDS" => PeriodRelation::Succeeds,
            "LEADS" => PeriodRelation::Leads,
            "LAGS" => PeriodRelation::Lags,
            _ => return None,
        };
        Some(PeriodOp { relation, strictly, immediately })
    }

    fn take_period_op(&mut self, op: PeriodOp) {
        if op.strictly || op.immediately {
            self.advance();
        }
        self.advance();
    }
}
