//! Literals: the type of each, and its one value.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
    Time32MillisecondArray, TimestampMillisecondArray,
};

use crate::analytics::error::Result;
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::Literal;

pub(super) fn bind(literal: &Literal) -> Result<Expr> {
    let (value, sql_type): (ArrayRef, ExprType) = match literal {
        Literal::Null => return Ok(Expr::null(ExprType::Null)),
        Literal::Boolean(value) => return Ok(Expr::boolean(*value)),
        Literal::Number { digits, scale: None } => {
            if let Ok(value) = i32::try_from(*digits) {
                (Arc::new(Int32Array::from(vec![value])), ExprType::INTEGER)
            } else if let Ok(value) = i64::try_from(*digits) {
                (Arc::new(Int64Array::from(vec![value])), ExprType::BIGINT)
            } else {
                decimal(*digits, 0)?
            }
        }
        Literal::Number { digits, scale: Some(scale) } => decimal(*digits, *scale)?,
        Literal::Double(value) => (Arc::new(Float64Array::from(vec![*value])), ExprType::DOUBLE),
        Literal::Text(text) => {
            let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            (Arc::new(StringArray::from(vec![text.as_str()])), ExprType::varchar(length))
        }
        Literal::Binary(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).clamp(1, 65_535);
            (Arc::new(BinaryArray::from(vec![bytes.as_slice()])), SqlType::Varbinary(length).into())
        }
        Literal::Date(days) => (Arc::new(Date32Array::from(vec![*days])), SqlType::Date.into()),
        Literal::Time(millis) => (Arc::new(Time32MillisecondArray::from(vec![*millis])), SqlType::Time.into()),
        Literal::Timestamp(millis) => (Arc::new(TimestampMillisecondArray::from(vec![*millis])), ExprType::TIMESTAMP),
        Literal::Interval(value, qualifier) if qualifier.is_year_month() => {
            (Arc::new(Int32Array::from(vec![i32::try_from(*value).ok()])), ExprType::Interval(*qualifier))
        }
        Literal::Interval(value, qualifier) => {
            (Arc::new(Int64Array::from(vec![*value])), ExprType::Interval(*qualifier))
        }
    };
    Ok(Expr::constant(value, sql_type))
}

fn decimal(digits: i128, scale: u8) -> Result<(ArrayRef, ExprType)> {
    let written = u8::try_from(digits.unsigned_abs().to_string().len()).unwrap_or(19);
    let precision = written.max(scale).clamp(1, 19);
    let scale = i8::try_from(scale).unwrap_or(18);
    let value = Decimal128Array::from(vec![digits]).with_precision_and_scale(precision, scale)?;
    Ok((Arc::new(value), SqlType::Decimal(precision, scale).into()))
}
