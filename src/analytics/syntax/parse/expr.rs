//! Expressions from OR down to signs, loosest binding first.
//!
//! One precedence is the dialect's own: NOT binds tighter than IS [NOT] TRUE, FALSE and UNKNOWN, so
//! `NOT UNKNOWN IS TRUE` is `(NOT UNKNOWN) IS TRUE`; it binds looser than IS NULL and comparisons.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, Test, UnaryOp};
use crate::analytics::syntax::lex::Kind;

/// Operators of one precedence that may stand in a row: the tree of a chain is as deep as it is long.
const LONGEST_CHAIN: usize = 256;

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.nested(Self::or)
    }

    fn or(&mut self) -> Result<Expr> {
        self.logical("OR", Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> Result<Expr> {
        self.logical("AND", Self::truth, ExprKind::And)
    }

    fn logical(
        &mut self,
        word: &str,
        operand: impl Fn(&mut Self) -> Result<Expr>,
        kind: impl Fn(Vec<Expr>) -> ExprKind,
    ) -> Result<Expr> {
        let at = self.here();
        let first = operand(self)?;
        if !self.at_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.take(word) {
            operands.push(operand(self)?);
        }
        Ok(Expr { kind: kind(operands), at })
    }

    /// `a IS [NOT] TRUE | FALSE | UNKNOWN`, and IS [NOT] NULL behind it.
    fn truth(&mut self) -> Result<Expr> {
        let mut expr = self.not()?;
        while self.at_word("IS") {
            let at = self.here();
            self.advance();
            let negated = self.take("NOT");
            let test = match self.word(0) {
                Some("TRUE") => Test::True,
                Some("FALSE") => Test::False,
                Some("UNKNOWN") => Test::Unknown,
                Some("NULL") => Test::Null,
                _ => return Err(self.expected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")),
            };
            self.advance();
            expr = Expr { kind: ExprKind::Is { expr: Box::new(expr), test, negated }, at };
        }
        Ok(expr)
    }

    fn not(&mut self) -> Result<Expr> {
        let at = self.here();
        if self.take("NOT") {
            let expr = Box::new(self.nested(Self::not)?);
            return Ok(Expr { kind: ExprKind::Unary { op: UnaryOp::Not, expr }, at });
        }
        self.predicate()
    }

    /// `a + b`, `a - b`, `a || b`
    pub(super) fn additive(&mut self) -> Result<Expr> {
        self.chain(Self::multiplicative, |parser| {
            Some(match parser.kind(0) {
                Kind::Symbol("+") => BinaryOp::Add,
                Kind::Symbol("-") => BinaryOp::Subtract,
                Kind::Symbol("||") => BinaryOp::Concat,
                _ => return None,
            })
        })
    }

    fn multiplicative(&mut self) -> Result<Expr> {
        self.chain(Self::signed, |parser| {
            Some(match parser.kind(0) {
                Kind::Symbol("*") => BinaryOp::Multiply,
                Kind::Symbol("/") => BinaryOp::Divide,
                _ => return None,
            })
        })
    }

    fn chain(
        &mut self,
        operand: impl Fn(&mut Self) -> Result<Expr>,
        operator: impl Fn(&Self) -> Option<BinaryOp>,
    ) -> Result<Expr> {
        let mut left = operand(self)?;
        for _ in 0..LONGEST_CHAIN {
            let Some(op) = operator(self) else {
                return Ok(left);
            };
            let at = self.here();
            self.advance();
            let right = Box::new(operand(self)?);
            left = Expr { kind: ExprKind::Binary { op, left: Box::new(left), right }, at };
        }
        Err(self.here().error_with_hint(
            self.text,
            format!("More than {LONGEST_CHAIN} operators stand in a row"),
            "put parentheses around parts of it",
        ))
    }

    fn signed(&mut self) -> Result<Expr> {
        let at = self.here();
        let op = match self.kind(0) {
            Kind::Symbol("-") => UnaryOp::Minus,
            Kind::Symbol("+") => UnaryOp::Plus,
            _ => return self.postfix(),
        };
        self.advance();
        let operand = self.nested(Self::signed)?;
        // A sign belongs to its number, so that the smallest BIGINT can be written.
        let kind = match (op, operand.kind) {
            (UnaryOp::Minus, ExprKind::Literal(Literal::Number { digits, scale })) => {
                ExprKind::Literal(Literal::Number { digits: -digits, scale })
            }
            (UnaryOp::Minus, ExprKind::Literal(Literal::Double(value))) => ExprKind::Literal(Literal::Double(-value)),
            (op, kind) => ExprKind::Unary { op, expr: Box::new(Expr { kind, at: operand.at }) },
        };
        Ok(Expr { kind, at })
    }

    /// `(a - b) qualifier`
    fn postfix(&mut self) -> Result<Expr> {
        let at = self.here();
        let parenthesised = self.at_symbol("(");
        let expr = self.primary()?;
        if parenthesised && self.at_unit() {
            let qualifier = self.interval_qualifier()?;
            return Ok(Expr { kind: ExprKind::Qualified { expr: Box::new(expr), qualifier }, at });
        }
        Ok(expr)
    }
}
