//! CASE, COALESCE, NULLIF: one type for all results, and values only where they are needed.

use super::Binder;
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::{Comparison, IsNull};
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::syntax::{self, At, BinaryOp};

impl Binder<'_> {
    pub(super) fn case(
        &self,
        operand: Option<&syntax::Expr>,
        branches: &[(syntax::Expr, syntax::Expr)],
        otherwise: Option<&syntax::Expr>,
        at: At,
    ) -> Result<Expr> {
        let operand = operand.map(|operand| self.expr(operand)).transpose()?;
        let mut conditions = Vec::with_capacity(branches.len());
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (condition, result) in branches {
            conditions.push(match &operand {
                None => self.condition(condition)?,
                Some(operand) => {
                    let value = self.expr(condition)?;
                    self.compare("CASE", Comparison(BinaryOp::Equal), operand.clone(), value, condition.at)?
                }
            });
            results.push(self.expr(result)?);
        }
        results.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Expr::null(ExprType::Null),
        });
        self.first_true(conditions, results, "CASE", at)
    }

    /// The first argument that is not NULL.
    pub(super) fn coalesce(&self, arguments: Vec<Expr>, at: At) -> Result<Expr> {
        let mut conditions = Vec::with_capacity(arguments.len());
        for argument in arguments.iter().take(arguments.len().saturating_sub(1)) {
            conditions.push(if argument.sql_type().is_null() {
                Expr::boolean(Some(false))
            } else {
                Expr::call(IsNull { negated: true }, vec![argument.clone()], ExprType::BOOLEAN)?
            });
        }
        self.first_true(conditions, arguments, "COALESCE", at)
    }

    /// NULL when both are equal, else the first.
    pub(super) fn nullif(&self, first: Expr, second: Expr, at: At) -> Result<Expr> {
        let equal = self.compare("NULLIF", Comparison(BinaryOp::Equal), first.clone(), second, at)?;
        let null = Expr::null(first.sql_type().clone());
        self.first_true(vec![equal], vec![null, first], "NULLIF", at)
    }

    /// The result whose condition is the first that is TRUE; one more result than conditions.
    fn first_true(&self, conditions: Vec<Expr>, results: Vec<Expr>, name: &str, at: At) -> Result<Expr> {
        let types: Vec<String> = results.iter().map(|result| result.sql_type().to_string()).collect();
        let Some((mut results, common)) = self.unify(results, at)? else {
            return Err(at.error_with_hint(
                self.text,
                format!("The results of {name} have no type in common: {}", types.join(", ")),
                "CAST them to one type",
            ));
        };
        let Some(otherwise) = results.pop() else {
            return Ok(Expr::null(ExprType::Null));
        };
        if common.is_null() || conditions.is_empty() {
            return Ok(otherwise);
        }
        Ok(Expr::case(conditions.into_iter().zip(results).collect(), otherwise, common))
    }
}
