//! A value as the conformance cases write it.

use arrow::array::{Array, AsArray};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::ExprType;
use super::cast::write_value;
use crate::analytics::sql_type::SqlType;

/// The value in `row`: NULL as `<NULL>` or `UNKNOWN`, an interval as its literal, a time without milliseconds.
pub(crate) fn render(array: &dyn Array, row: usize, sql_type: &ExprType) -> String {
    if array.is_null(row) || sql_type.is_null() {
        return if sql_type.is_boolean() { "UNKNOWN" } else { "<NULL>" }.to_owned();
    }
    let mut out = String::new();
    match sql_type {
        ExprType::Row(fields) => {
            let values = fields.iter().zip(array.as_struct().columns());
            let rendered: Vec<_> = values.map(|((_, field), column)| render(column, row, field)).collect();
            out = format!("({})", rendered.join(","));
        }
        ExprType::Interval(qualifier) => {
            out.push_str("INTERVAL '");
            write_value(&mut out, array, row, sql_type);
            out.push_str("' ");
            out.push_str(qualifier.first.name());
            if qualifier.last != qualifier.first {
                out.push_str(" TO ");
                out.push_str(qualifier.last.name());
            }
        }
        ExprType::Sql(SqlType::Time) => {
            write_value(&mut out, array, row, sql_type);
            out.truncate("HH:mm:ss".len());
        }
        ExprType::Sql(SqlType::Binary(_) | SqlType::Varbinary(_)) => {
            out = BASE64_STANDARD.encode(array.as_binary::<i32>().value(row));
        }
        ExprType::Sql(_) | ExprType::Null => write_value(&mut out, array, row, sql_type),
    }
    out
}
