//! One expression, one value: how the conformance cases of the streaming dialect look at it.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;

use super::error::{Error, Result};
use super::expr::{EvalEnv, Expr, ExprType, Scope, bind, render};
use super::function::Functions;
use super::plan::{Catalog, run_table_query};
use super::syntax::{parse_expression, parse_query};
use crate::time::Timestamp;

/// What the text was accepted for, but a row of it failed.
const NO_ROW: &str = "<NO ROW>";
/// What the text was refused for.
const ERROR: &str = "<ERROR>";

/// The value of an expression, or the rows of a query over VALUES, as text. `now` is the clock's reading.
///
/// What is refused is `<ERROR>`; what fails while it is computed is `<NO ROW>`.
///
/// # Errors
/// [`Error::Internal`] only.
pub fn evaluate(text: &str, now: Timestamp) -> Result<String> {
    let env = EvalEnv { started: now.millis(), row_clock: now.millis() };
    let first = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_query = first.eq_ignore_ascii_case("SELECT") || first.eq_ignore_ascii_case("VALUES");
    match if is_query { query(text, env) } else { expression(text, env) } {
        Ok(shown) => Ok(shown),
        Err(Error::Internal(message)) => Err(Error::Internal(message)),
        Err(Error::TableRow { .. }) => Ok(NO_ROW.to_owned()),
        Err(_) => Ok(ERROR.to_owned()),
    }
}

fn expression(text: &str, env: EvalEnv) -> Result<String> {
    let expr: Expr = bind(&parse_expression(text)?, &Scope::default(), &Functions::default(), text)?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let one_row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
    let evaluated = expr.evaluate(&one_row, &env)?;
    if evaluated.failed.is_some() {
        return Ok(NO_ROW.to_owned());
    }
    let value = render(&evaluated.values, 0, expr.sql_type());
    Ok(match expr.sql_type() {
        ExprType::Row(fields) if evaluated.values.is_valid(0) => {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            format!("{}: {value}", names.join(","))
        }
        _ => value,
    })
}

fn query(text: &str, env: EvalEnv) -> Result<String> {
    let catalog = Catalog { env, ..Catalog::default() };
    let (rows, columns) = run_table_query(&parse_query(text)?, text, &catalog)?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let shown = (0..rows.num_rows()).map(|row| {
        let values = rows.columns().iter().zip(&columns);
        let values: Vec<String> = values.map(|(array, (_, sql_type))| render(array, row, sql_type)).collect();
        format!("({})", values.join(","))
    });
    Ok(format!("{}: {}", names.join(","), shown.collect::<Vec<_>>().join(",")))
}
