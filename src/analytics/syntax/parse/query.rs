//! Queries: set operations, VALUES, ORDER BY.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Expr, ExprKind, OrderItem, Query, QueryBody, SetOp};

impl Parser<'_> {
    /// A query with its ORDER BY.
    pub(super) fn query(&mut self) -> Result<Query> {
        self.nested(|parser| {
            let mut query = parser.union()?;
            if parser.at_words(&["ORDER", "BY"]) {
                // Of `(query ORDER BY a) ORDER BY b` the outer order holds.
                query.order_by = parser.order_by()?;
            }
            Ok(query)
        })
    }

    /// UNION and EXCEPT: left-associative.
    fn union(&mut self) -> Result<Query> {
        let mut left = self.intersect()?;
        loop {
            let op = match self.word(0) {
                Some("UNION") => SetOp::Union,
                Some("EXCEPT") => SetOp::Except,
                _ => return Ok(left),
            };
            left = self.set_operation(op, left, Self::intersect)?;
        }
    }

    /// INTERSECT binds tighter.
    fn intersect(&mut self) -> Result<Query> {
        let mut left = self.query_term()?;
        while self.at_word("INTERSECT") {
            left = self.set_operation(SetOp::Intersect, left, Self::query_term)?;
        }
        Ok(left)
    }

    fn set_operation(
        &mut self,
        op: SetOp,
        left: Query,
        right: impl FnOnce(&mut Self) -> Result<Query>,
    ) -> Result<Query> {
        let at = self.here();
        self.advance();
        let all = self.take("ALL");
        if !all {
            self.take("DISTINCT");
        }
        let right = self.nested(right)?;
        let body = QueryBody::Set { op, all, left: Box::new(left), right: Box::new(right) };
        Ok(Query { body, order_by: Vec::new(), at })
    }

    fn query_term(&mut self) -> Result<Query> {
        let at = self.here();
        if self.take_symbol("(") {
            let query = self.query()?;
            self.require_symbol(")")?;
            return Ok(query);
        }
        if self.take("VALUES") {
            let body = QueryBody::Values(self.list(Self::values_row)?);
            return Ok(Query { body, order_by: Vec::new(), at });
        }
        if self.at_word("SELECT") {
            let body = QueryBody::Select(Box::new(self.select()?));
            return Ok(Query { body, order_by: Vec::new(), at });
        }
        if self.at_word("WITH") {
            return Err(at.error_with_hint(
                self.text,
                "WITH is not part of streaming SQL",
                "put the sub-query in FROM, or make it a view",
            ));
        }
        Err(self.expected("SELECT or VALUES"))
    }

    fn values_row(&mut self) -> Result<Vec<Expr>> {
        let row = self.expr()?;
        Ok(match row.kind {
            ExprKind::Row(values) => values,
            _ => vec![row],
        })
    }

    /// `ORDER BY e [ASC|DESC] [WITHIN interval] {, …}`
    pub(super) fn order_by(&mut self) -> Result<Vec<OrderItem>> {
        self.require("ORDER")?;
        self.require("BY")?;
        self.list(|parser| {
            let expr = parser.expr()?;
            let descending = parser.take("DESC");
            if !descending {
                parser.take("ASC");
            }
            let within = if parser.take("WITHIN") { Some(parser.additive()?) } else { None };
            if parser.at_word("NULLS") {
                return Err(parser.here().error_with_hint(
                    parser.text,
                    "NULLS FIRST and NULLS LAST are not part of streaming SQL",
                    "NULLs sort last",
                ));
            }
            Ok(OrderItem { expr, descending, within })
        })
    }
}
