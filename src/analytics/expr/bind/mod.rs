//! From syntax to typed expressions.

mod call;
mod conditional;
mod literal;
mod operator;
mod predicate;
mod special;

use super::cast::cast;
use super::{Expr, ExprType, Scope, common_type};
use crate::analytics::error::{Error, Result};
use crate::analytics::function::Functions;
use crate::analytics::syntax::{self, At, ExprKind, UnaryOp};

/// The typed expression of `ast`, whose names are columns of `scope` and functions of `functions`.
///
/// # Errors
/// [`Error::Sql`] with the place in `text` and what was meant or is accepted there.
pub(crate) fn bind(ast: &syntax::Expr, scope: &Scope, functions: &Functions, text: &str) -> Result<Expr> {
    Binder { scope, functions, text, calling: Vec::new() }.expr(ast)
}

/// What binding needs to know.
pub(crate) struct Binder<'a> {
    pub(super) scope: &'a Scope,
    pub(super) functions: &'a Functions,
    pub(super) text: &'a str,
    /// Functions written in SQL whose bodies are being bound, so that none calls itself.
    pub(super) calling: Vec<usize>,
}

impl Binder<'_> {
    pub(crate) fn expr(&self, ast: &syntax::Expr) -> Result<Expr> {
        let at = ast.at;
        match &ast.kind {
            ExprKind::Literal(literal) => literal::bind(literal),
            ExprKind::Column(parts) => self.scope.resolve(parts, self.text),
            ExprKind::Place(place) => {
                let column = self.scope.columns.get(*place);
                let column = column.ok_or_else(|| Error::Internal(format!("no column {place} in scope")))?;
                Ok(Expr::column(*place, column.sql_type.clone()))
            }
            ExprKind::Unary { op: UnaryOp::Not, expr } => self.not(expr),
            ExprKind::Unary { op: UnaryOp::Minus, expr } => self.negate(expr, true, at),
            ExprKind::Unary { op: UnaryOp::Plus, expr } => self.negate(expr, false, at),
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                self.binary(*op, left, right, at)
            }
            ExprKind::And(operands) => Ok(Expr::and(self.conditions(operands)?)),
            ExprKind::Or(operands) => Ok(Expr::or(self.conditions(operands)?)),
            ExprKind::Is { expr, test, negated } => self.is(expr, *test, *negated),
            ExprKind::IsDistinct { left, right, negated } => self.is_distinct(left, right, *negated, at),
            ExprKind::Between { expr, low, high, negated } => self.between(expr, low, high, *negated, at),
            ExprKind::In { expr, list, negated } => self.in_list(expr, list, *negated),
            ExprKind::InQuery { expr, query, negated } => self.in_query(expr, query, *negated, at),
            ExprKind::Exists(query) => self.exists(query, at),
            ExprKind::Like { expr, pattern, escape, similar, negated } => {
                let like = self.like(expr, pattern, escape.as_deref(), *similar)?;
                self.negated(like, *negated)
            }
            ExprKind::Period { op, left, right } => self.period(*op, left, right, at),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), at)
            }
            ExprKind::Cast { expr, to } => self.cast(expr, ExprType::from(*to), at),
            ExprKind::Qualified { expr, qualifier } => self.qualified(expr, *qualifier, at),
            ExprKind::Row(_) => Err(at.error_with_hint(
                self.text,
                "A row cannot be a value",
                "rows stand in VALUES and in period predicates: (start, end) OVERLAPS (start, end)",
            )),
            ExprKind::Clock(clock) => Ok(Expr::clock(*clock)),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Extract { .. }
            | ExprKind::RoundTo { .. }
            | ExprKind::Step { .. }
            | ExprKind::Substring { .. }
            | ExprKind::SubstringSimilar { .. }
            | ExprKind::Position { .. }
            | ExprKind::Overlay { .. }
            | ExprKind::Trim { .. } => self.special(ast),
        }
    }

    /// A boolean: a condition, or an operand of AND, OR and NOT.
    pub(super) fn condition(&self, ast: &syntax::Expr) -> Result<Expr> {
        let expr = self.expr(ast)?;
        match expr.sql_type() {
            ExprType::Null => Ok(Expr::boolean(None)),
            other if other.is_boolean() => Ok(expr),
            other => Err(ast.at.error_with_hint(
                self.text,
                format!("A condition is expected here, not a value of type {other}"),
                "compare the value with something",
            )),
        }
    }

    fn conditions(&self, operands: &[syntax::Expr]) -> Result<Vec<Expr>> {
        operands.iter().map(|operand| self.condition(operand)).collect()
    }

    fn cast(&self, ast: &syntax::Expr, to: ExprType, at: At) -> Result<Expr> {
        let expr = self.expr(ast)?;
        let from = expr.sql_type().clone();
        cast(expr, &to)?.ok_or_else(|| {
            let hint = match (&from, &to) {
                (ExprType::Interval(_), _) if to.is_numeric() => "only an interval of one field becomes a number",
                (_, ExprType::Interval(_)) => "multiply: 5 * INTERVAL '1' MINUTE",
                _ if from.is_numeric() && to.is_datetime() => "TO_TIMESTAMP(milliseconds) makes a TIMESTAMP",
                _ if from.is_datetime() && to.is_numeric() => "UNIX_TIMESTAMP(ts) gives milliseconds",
                _ => "numbers, datetimes and booleans convert to and from text",
            };
            at.error_with_hint(self.text, format!("A value of type {from} cannot be cast to {to}"), hint)
        })
    }

    /// `expr` as a value of a type that is known to be possible.
    pub(super) fn coerce(&self, expr: Expr, to: &ExprType, at: At) -> Result<Expr> {
        let from = expr.sql_type().clone();
        cast(expr, to)?
            .ok_or_else(|| at.error(self.text, format!("A value of type {from} stands where {to} is expected")))
    }

    /// All of `exprs` in the type they have in common; `None` when there is no such type.
    pub(super) fn unify(&self, exprs: Vec<Expr>, at: At) -> Result<Option<(Vec<Expr>, ExprType)>> {
        let common = exprs.iter().try_fold(ExprType::Null, |common, expr| common_type(&common, expr.sql_type()));
        let Some(common) = common else { return Ok(None) };
        let exprs = exprs.into_iter().map(|expr| self.coerce(expr, &common, at)).collect::<Result<_>>()?;
        Ok(Some((exprs, common)))
    }
}
