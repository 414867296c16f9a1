//! Types of predicates: IS, BETWEEN, IN, EXISTS, LIKE, SIMILAR TO, periods.

use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;

use super::Binder;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::kernel::{Comparison, IsNull, Membership, Truth};
use crate::analytics::expr::{EvalEnv, Expr, ExprType, common_type};
use crate::analytics::function::{Like, period};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, BinaryOp, ExprKind, PeriodOp, Query, Test};

/// Constants in an IN list from which on they are looked up rather than compared one by one.
const LONG_LIST: usize = 5;

impl Binder<'_> {
    pub(super) fn is(&self, ast: &syntax::Expr, test: Test, negated: bool) -> Result<Expr> {
        match test {
            Test::Null => {
                let expr = self.expr(ast)?;
                // A bare NULL has no validity of its own in Arrow.
                let expr = if expr.sql_type().is_null() { Expr::boolean(None) } else { expr };
                Expr::call(IsNull { negated }, vec![expr], ExprType::BOOLEAN)
            }
            Test::Unknown => Expr::call(IsNull { negated }, vec![self.condition(ast)?], ExprType::BOOLEAN),
            Test::True | Test::False => {
                let kernel = Truth { wanted: test == Test::True, negated };
                Expr::call(kernel, vec![self.condition(ast)?], ExprType::BOOLEAN)
            }
        }
    }

    pub(super) fn between(
        &self,
        expr: &syntax::Expr,
        low: &syntax::Expr,
        high: &syntax::Expr,
        negated: bool,
        at: At,
    ) -> Result<Expr> {
        let (expr, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
        let above = self.compare("BETWEEN", Comparison(BinaryOp::GreaterOrEqual), expr.clone(), low, at)?;
        let below = self.compare("BETWEEN", Comparison(BinaryOp::LessOrEqual), expr, high, at)?;
        self.negated(Expr::and(vec![above, below]), negated)
    }

    pub(super) fn in_list(&self, expr: &syntax::Expr, list: &[syntax::Expr], negated: bool) -> Result<Expr> {
        let expr = self.expr(expr)?;
        let list = list.iter().map(|item| Ok((self.expr(item)?, item.at))).collect::<Result<Vec<_>>>()?;
        if let Some(known) = long_constants(&expr, &list) {
            let membership = Membership::new(&concat(&known)?)?;
            return self.negated(Expr::call(membership, vec![expr], ExprType::BOOLEAN)?, negated);
        }
        let equal = list
            .into_iter()
            .map(|(item, item_at)| self.compare("IN", Comparison(BinaryOp::Equal), expr.clone(), item, item_at));
        self.negated(Expr::or(equal.collect::<Result<_>>()?), negated)
    }

    /// `a IN (query)`: the query's rows are read once, now.
    pub(super) fn in_query(&self, expr: &syntax::Expr, query: &Query, negated: bool, at: At) -> Result<Expr> {
        let expr = self.expr(expr)?;
        let (rows, types) = self.sub_query(query, at)?;
        let [sql_type] = types.as_slice() else {
            return Err(query.at.error(self.text, format!("IN takes a query of one column, not of {}", types.len())));
        };
        let Some(common) = common_type(expr.sql_type(), sql_type) else {
            let message = format!("IN cannot compare {} with {sql_type}", expr.sql_type());
            return Err(at.error_with_hint(self.text, message, "CAST one of them"));
        };
        let column = cast(Expr::column(0, sql_type.clone()), &common)?;
        let column = column.ok_or_else(|| Error::Internal(format!("{sql_type} as {common}")))?;
        let list: ArrayRef = column.evaluate(&rows, &EvalEnv::default())?.values;
        let expr = self.coerce(expr, &common, at)?;
        let membership = Membership::new(&list)?;
        self.negated(Expr::call(membership, vec![expr], ExprType::BOOLEAN)?, negated)
    }

    pub(super) fn exists(&self, query: &Query, at: At) -> Result<Expr> {
        let (rows, _) = self.sub_query(query, at)?;
        Ok(Expr::boolean(Some(rows.num_rows() > 0)))
    }

    fn sub_query(&self, query: &Query, at: At) -> Result<(arrow::array::RecordBatch, Vec<ExprType>)> {
        match &self.scope.tables {
            Some(tables) => tables.run(query, self.text),
            None => Err(at.error_with_hint(
                self.text,
                "A sub-query cannot stand in this condition",
                "IN (query) and EXISTS read tables, in WHERE and in the select list; streams are joined",
            )),
        }
    }

    pub(super) fn like(
        &self,
        expr: &syntax::Expr,
        pattern: &syntax::Expr,
        escape: Option<&syntax::Expr>,
        similar: bool,
    ) -> Result<Expr> {
        let name = if similar { "SIMILAR TO" } else { "LIKE" };
        let mut arguments = vec![self.text_operand(expr, name)?, self.text_operand(pattern, name)?];
        if let Some(escape) = escape {
            arguments.push(self.text_operand(escape, "ESCAPE")?);
        }
        let constant = |place: usize| arguments.get(place).map(|argument: &Expr| argument.constant_text());
        let known = (constant(1).flatten(), constant(2));
        let kernel = match known {
            (Some(pattern_text), None) => Like::compiled(similar, pattern_text, None),
            (Some(pattern_text), Some(Some(escape_text))) => Like::compiled(similar, pattern_text, Some(escape_text)),
            _ => Ok(Like::by_row(similar)),
        };
        let kernel = kernel.map_err(|message| {
            pattern.at.error_with_hint(
                self.text,
                message,
                if similar {
                    "`%` any text, `_` any character, | * + ? {n,m} ( ) [a-z] [^a-z]; others with ESCAPE"
                } else {
                    "ESCAPE is one character and stands before `%`, `_` or itself"
                },
            )
        })?;
        Expr::call(kernel, arguments, ExprType::BOOLEAN)
    }

    /// Text, or a NULL as text.
    pub(super) fn text_operand(&self, ast: &syntax::Expr, name: &str) -> Result<Expr> {
        let expr = self.expr(ast)?;
        match expr.sql_type() {
            ExprType::Null => Ok(Expr::null(ExprType::varchar(1))),
            other if other.is_text() => Ok(expr),
            other => Err(ast.at.error_with_hint(
                self.text,
                format!("{name} works on text, not on {other}"),
                "CAST(value AS VARCHAR(20)) makes text of it",
            )),
        }
    }

    pub(super) fn period(&self, op: PeriodOp, left: &syntax::Expr, right: &syntax::Expr, at: At) -> Result<Expr> {
        let left = self.ends(left)?;
        let right = match &right.kind {
            ExprKind::Row(_) => self.ends(right)?,
            _ => {
                let instant = self.expr(right)?;
                (instant, None)
            }
        };
        let (start, Some(end)) = left else {
            return Err(at.error(self.text, "A period stands before a period predicate: (start, end)"));
        };
        let compare = |op: BinaryOp, left: &Expr, right: &Expr| {
            self.compare(op.symbol(), Comparison(op), left.clone(), right.clone(), at)
        };
        let conditions = period(op, (&start, &end), (&right.0, right.1.as_ref()), &compare)?;
        conditions.ok_or_else(|| {
            at.error_with_hint(
                self.text,
                "These periods cannot be compared like that",
                "both sides are (start, end); an instant may stand behind CONTAINS; IMMEDIATELY goes with PRECEDES, SUCCEEDS, LEADS and LAGS",
            )
        })
    }

    /// Start and end of a period; an interval as its second part is a length.
    fn ends(&self, ast: &syntax::Expr) -> Result<(Expr, Option<Expr>)> {
        let ExprKind::Row(parts) = &ast.kind else {
            return Err(ast.at.error(self.text, "A period is expected: (start, end)"));
        };
        let [start, end] = parts.as_slice() else {
            return Err(ast.at.error(self.text, format!("A period has a start and an end, not {} parts", parts.len())));
        };
        let (start, end) = (self.expr(start)?, self.expr(end)?);
        if end.sql_type().interval().is_some() {
            let end = self.binary(BinaryOp::Add, start.clone(), end, ast.at)?;
            return Ok((start, Some(end)));
        }
        Ok((start, Some(end)))
    }
}

/// The values of a long list of constants that can be looked up as they are: of the type of `expr`, and no CHAR, whose
/// blanks do not count.
fn long_constants<'a>(expr: &Expr, list: &'a [(Expr, At)]) -> Option<Vec<&'a dyn Array>> {
    let wanted = expr.sql_type();
    let plain = |sql_type: &ExprType| !matches!(sql_type, ExprType::Sql(SqlType::Char(_) | SqlType::Decimal(..)));
    if list.len() < LONG_LIST || !plain(wanted) {
        return None;
    }
    let same =
        |sql_type: &ExprType| plain(sql_type) && (sql_type == wanted || (sql_type.is_text() && wanted.is_text()));
    list.iter().map(|(item, _)| item.value().filter(|_| same(item.sql_type())).map(AsRef::as_ref)).collect()
}
