//! Operators and predicates, by precedence: OR, AND, NOT, predicates, `||`, `+ -`, `* / %`, signs, AT TIME ZONE.

use super::ast::{Arithmetic, Comparison, Expr, ExprKind, Quantifier};
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::{Place, SqlError};

pub(super) fn expr(kind: ExprKind, at: Place) -> Expr {
    Expr { kind, at }
}

impl Parser {
    /// An expression.
    ///
    /// # Errors
    /// `SYNTAX_ERROR`.
    pub(crate) fn expression(&mut self) -> Result<Expr, SqlError> {
        self.deeper(Self::disjunction)
    }

    fn disjunction(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        let mut terms = vec![self.conjunction()?];
        while self.keyword(&["or"]) {
            terms.push(self.conjunction()?);
        }
        Ok(single(terms, at, ExprKind::Or))
    }

    fn conjunction(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        let mut terms = vec![self.negation()?];
        while self.keyword(&["and"]) {
            terms.push(self.negation()?);
        }
        Ok(single(terms, at, ExprKind::And))
    }

    fn negation(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        if self.keyword(&["not"]) {
            let value = self.deeper(Self::negation)?;
            return Ok(expr(ExprKind::Not(Box::new(value)), at));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Expr, SqlError> {
        let value = self.value()?;
        let at = self.at();
        if let Some(operator) = self.comparison() {
            return self.compared(value, operator, at);
        }
        if self.keyword(&["is"]) {
            return self.is_something(value, at);
        }
        let is_negated = self.is_keyword_at(0, "not")
            && ["between", "in", "like"].iter().any(|keyword| self.is_keyword_at(1, keyword));
        if is_negated {
            self.skip();
        }
        let value_box = Box::new(value);
        if self.keyword(&["between"]) {
            let low = Box::new(self.value()?);
            self.expect_keyword(&["and"])?;
            let high = Box::new(self.value()?);
            return Ok(expr(ExprKind::Between { value: value_box, low, high, is_negated }, at));
        }
        if self.keyword(&["in"]) {
            self.expect("(")?;
            if self.begins_query() {
                let mark = self.mark();
                let query = self.query();
                if let (Ok(query), true) = (query, self.take(")")) {
                    return Ok(expr(ExprKind::InQuery { value: value_box, query: Box::new(query), is_negated }, at));
                }
                self.reset(mark);
            }
            let list = self.list(Self::expression)?;
            self.expect(")")?;
            return Ok(expr(ExprKind::InList { value: value_box, list, is_negated }, at));
        }
        if self.keyword(&["like"]) {
            let pattern = Box::new(self.value()?);
            let escape = if self.keyword(&["escape"]) { Some(Box::new(self.value()?)) } else { None };
            return Ok(expr(ExprKind::Like { value: value_box, pattern, escape, is_negated }, at));
        }
        Ok(*value_box)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let operator = match self.peek() {
            Token::Symbol("=") => Comparison::Equal,
            Token::Symbol("<>") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.skip();
        Some(operator)
    }

    fn compared(&mut self, value: Expr, operator: Comparison, at: Place) -> Result<Expr, SqlError> {
        let quantifier = self.one_of(&["all", "any", "some"]).filter(|_| matches!(self.peek(), Token::Symbol("(")));
        if let Some(quantifier) = quantifier {
            let quantifier = if quantifier == "all" { Quantifier::All } else { Quantifier::Any };
            self.expect("(")?;
            let query = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(expr(ExprKind::Quantified { operator, quantifier, value: Box::new(value), query }, at));
        }
        let right = Box::new(self.value()?);
        Ok(expr(ExprKind::Comparison { operator, left: Box::new(value), right }, at))
    }

    /// Behind IS.
    fn is_something(&mut self, value: Expr, at: Place) -> Result<Expr, SqlError> {
        let is_negated = self.keyword(&["not"]);
        if self.keyword(&["null"]) {
            return Ok(expr(ExprKind::IsNull { value: Box::new(value), is_negated }, at));
        }
        if self.keyword(&["distinct", "from"]) {
            let right = Box::new(self.value()?);
            return Ok(expr(ExprKind::IsDistinct { left: Box::new(value), right, is_negated }, at));
        }
        Err(self.unexpected("'NULL', 'DISTINCT FROM'"))
    }

    /// A value: everything that binds tighter than a predicate.
    pub(super) fn value(&mut self) -> Result<Expr, SqlError> {
        let mut left = self.sum()?;
        loop {
            let at = self.at();
            if !self.take("||") {
                return Ok(left);
            }
            let right = Box::new(self.sum()?);
            left = expr(ExprKind::Concat { left: Box::new(left), right }, at);
        }
    }

    fn sum(&mut self) -> Result<Expr, SqlError> {
        let mut left = self.product()?;
        loop {
            let at = self.at();
            let operator = match self.peek() {
                Token::Symbol("+") => Arithmetic::Add,
                Token::Symbol("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.skip();
            let right = Box::new(self.product()?);
            left = expr(ExprKind::Arithmetic { operator, left: Box::new(left), right }, at);
        }
    }

    fn product(&mut self) -> Result<Expr, SqlError> {
        let mut left = self.signed()?;
        loop {
            let at = self.at();
            let operator = match self.peek() {
                Token::Symbol("*") => Arithmetic::Multiply,
                Token::Symbol("/") => Arithmetic::Divide,
                Token::Symbol("%") => Arithmetic::Modulus,
                _ => return Ok(left),
            };
            self.skip();
            let right = Box::new(self.signed()?);
            left = expr(ExprKind::Arithmetic { operator, left: Box::new(left), right }, at);
        }
    }

    fn signed(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        if self.take("-") {
            let value = self.deeper(Self::signed)?;
            return Ok(expr(ExprKind::Negative(Box::new(value)), at));
        }
        if self.take("+") {
            let value = self.deeper(Self::signed)?;
            return Ok(expr(ExprKind::Positive(Box::new(value)), at));
        }
        let mut value = self.primary()?;
        loop {
            let at = self.at();
            if !self.keyword(&["at", "time", "zone"]) {
                return Ok(value);
            }
            let zone = Box::new(self.primary()?);
            value = expr(ExprKind::AtTimeZone { value: Box::new(value), zone }, at);
        }
    }
}

fn single(mut terms: Vec<Expr>, at: Place, several: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        last => {
            terms.extend(last);
            expr(several(terms), at)
        }
    }
}
