//! Assignment: what a value becomes in a column of a stream.
//!
//! Numbers go to numbers as by CAST; text is cut to the declared length without a word; text is never parsed, and
//! nothing but numbers and booleans becomes text by itself. What cannot be assigned at all is refused by its types.
//!
//! Source: Kinesis Data Analytics SQL Reference, "CREATE PUMP", "Data Types".

use std::sync::Arc;

use arrow::array::Array;

use super::cast::{Fit, cast, fit_binary, fit_text, format_text};
use super::kernel::{Kernel, arguments};
use super::{Expr, ExprType, Message, RowFailures, Values};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

/// `expr` as the value of a column; the inner error is a sentence with a hint on a second line.
///
/// A NULL in a NOT NULL column fails its row.
pub(crate) fn assign(expr: Expr, column: &str, to: SqlType, not_null: bool) -> Result<Result<Expr, String>> {
    let from = expr.sql_type().clone();
    let target = ExprType::Sql(to);
    let assigned = if from.is_text() && target.is_text() {
        fit_text(expr, to, Fit::Cut)?
    } else if from.is_binary() && target.is_binary() {
        fit_binary(expr, to)?
    } else if (from.is_numeric() || from.is_boolean()) && target.is_text() {
        format_text(expr, to, Fit::Strict)?
    } else if from == target
        || from.is_null()
        || (from.is_numeric() && target.is_numeric())
        || (from == ExprType::Sql(SqlType::Date) && to == SqlType::Timestamp)
    {
        match cast(expr, &target)? {
            Some(assigned) => assigned,
            None => return Ok(Err(refusal(&from, column, to))),
        }
    } else {
        return Ok(Err(refusal(&from, column, to)));
    };
    if not_null {
        let kernel = NotNull { column: column.to_owned() };
        return Expr::call(kernel, vec![assigned], target).map(Ok);
    }
    Ok(Ok(assigned))
}

fn refusal(from: &ExprType, column: &str, to: SqlType) -> String {
    let conversion = match (from, to) {
        (ExprType::Sql(SqlType::Timestamp), SqlType::BigInt) => "UNIX_TIMESTAMP(value)".to_owned(),
        (ExprType::Sql(SqlType::BigInt), SqlType::Timestamp) => "TO_TIMESTAMP(value)".to_owned(),
        (ExprType::Row(_), _) => "name a column of the row value, as in `t.r.COLUMN1`".to_owned(),
        _ => format!("CAST(value AS {to})"),
    };
    format!("A value of type {from} cannot go into the column `{column}` of type {to}\nhint: {conversion}")
}

/// Fails the rows whose value is NULL.
#[derive(Clone, Debug)]
struct NotNull {
    column: String,
}

impl Kernel for NotNull {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let mut failed = RowFailures::default();
        if value.array.null_count() > 0 {
            let message = format!("NULL cannot go into the column `{}`, which is NOT NULL", self.column);
            for row in (0..rows).filter(|row| value.is_null(*row)) {
                failed.push(row, Message::Owned(message.clone()));
            }
        }
        Ok(Values::rows(Arc::clone(&value.array)).with_failures(failed.some()))
    }
}
