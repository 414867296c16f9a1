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

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        evaluate(text, Timestamp(1_525_870_241_337)).unwrap()
    }

    #[test]
    fn refusals_and_failures_have_markers() {
        assert_eq!(value("1 +"), "<ERROR>");
        assert_eq!(value("1 / 0"), "<NO ROW>");
        assert_eq!(value("VALUES (1 / 0)"), "<NO ROW>");
        assert_eq!(value("SELECT nothing FROM (VALUES (1)) AS t (x)"), "<ERROR>");
        assert_eq!(value("CURRENT_TIMESTAMP"), "2018-05-09 12:50:41.337");
    }

    #[test]
    fn row_values_and_queries_show_their_columns() {
        assert_eq!(value("VALUES (1, 'a'), (NULL, 'bc')"), "EXPR$0,EXPR$1: (1,a),(<NULL>,bc)");
        assert_eq!(value("SELECT x FROM (VALUES (2), (1)) AS t (x) ORDER BY x"), "X: (1),(2)");
        assert_eq!(value("VALUES 1 UNION VALUES 1 EXCEPT VALUES 2"), "EXPR$0: (1)");
        let parsed = value("FAST_REGEX_LOG_PARSE('Mary____had_a_little_lamb', '(.*)_+(<Alpha>.*)')");
        assert_eq!(parsed, "COLUMN1,COLUMN2: (Mary,had_a_little_lamb)");
        assert_eq!(value("FAST_REGEX_LOG_PARSE('x', '(a)')"), "<NO ROW>");
        assert_eq!(value("REGEX_LOG_PARSE('x', '(a)')"), "<NULL>");
        assert_eq!(value("REGEX_LOG_PARSE('x', '(')"), "<ERROR>");
    }

    #[test]
    fn tables_are_grouped_joined_and_looked_up() {
        let table = "(VALUES (1, 'a'), (2, 'b'), (3, 'a')) AS t (n, k)";
        for (text, expected) in [
            (format!("SELECT k, SUM(n) AS total FROM {table} GROUP BY k ORDER BY k"), "K,TOTAL: (a,4),(b,2)"),
            (format!("SELECT COUNT(*) FROM {table} WHERE n > 5"), "EXPR$0: (0)"),
            (format!("SELECT n FROM {table} WHERE n IN (SELECT x FROM (VALUES (2), (9)) AS u (x))"), "N: (2)"),
            (format!("SELECT n FROM {table} WHERE EXISTS (SELECT * FROM (VALUES (1)) AS u) AND n < 2"), "N: (1)"),
            (format!("SELECT n, v FROM {table} JOIN (VALUES ('b', TRUE)) AS u (k, v) ON t.k = u.k"), "N,V: (2,TRUE)"),
        ] {
            assert_eq!(value(&text), expected, "{text}");
        }
    }
}
