//! INSERT's assignment: what a value becomes in a declared column.
//!
//! Numbers go to numbers as by CAST, rounded half away from zero; text is cut to the declared length without a word;
//! text is never parsed. What cannot be assigned at all is refused when the application is planned.
//!
//! Source: Kinesis Data Analytics SQL Reference, "CREATE PUMP", "Data Types".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float32Type, Float64Type, SchemaRef};
use arrow::error::ArrowError;

use super::plan::StreamPlan;
use super::sql_type::SqlType;

/// How one column of a stream is made.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    /// The value's place; NULL when absent.
    value: Option<usize>,
    column: String,
    sql_type: SqlType,
    not_null: bool,
}

/// The assignments of a pump into `target`, of which column `i` takes value `places[i]`.
pub(crate) fn plan(
    target: &StreamPlan,
    places: &[Option<usize>],
    values: &SchemaRef,
) -> Result<Vec<Assignment>, String> {
    let mut assignments = Vec::with_capacity(places.len());
    for (column, &value) in target.columns.iter().zip(places) {
        if let Some(place) = value {
            let from = values.field(place).data_type();
            if !assignable(from, column.sql_type) {
                return Err(format!(
                    "A value of type {} cannot go into the column `{}` of type {}",
                    shown(from),
                    column.name,
                    column.sql_type
                ));
            }
        }
        assignments.push(Assignment {
            value,
            column: column.name.clone(),
            sql_type: column.sql_type,
            not_null: column.not_null,
        });
    }
    Ok(assignments)
}

fn assignable(from: &DataType, to: SqlType) -> bool {
    let numeric = |data_type: &DataType| data_type.is_numeric();
    match to {
        SqlType::TinyInt
        | SqlType::SmallInt
        | SqlType::Integer
        | SqlType::BigInt
        | SqlType::Decimal(..)
        | SqlType::Real
        | SqlType::Double => numeric(from) || from.is_null(),
        SqlType::Boolean => matches!(from, DataType::Boolean | DataType::Null),
        SqlType::Char(_) | SqlType::Varchar(_) => {
            is_text(from) || numeric(from) || matches!(from, DataType::Null | DataType::Boolean)
        }
        SqlType::Binary(_) | SqlType::Varbinary(_) => {
            matches!(
                from,
                DataType::Binary
                    | DataType::BinaryView
                    | DataType::LargeBinary
                    | DataType::FixedSizeBinary(_)
                    | DataType::Null
            )
        }
        SqlType::Date => matches!(from, DataType::Date32 | DataType::Date64 | DataType::Null),
        SqlType::Time => matches!(from, DataType::Time32(_) | DataType::Time64(_) | DataType::Null),
        SqlType::Timestamp => matches!(from, DataType::Timestamp(..) | DataType::Date32 | DataType::Null),
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn shown(data_type: &DataType) -> String {
    match data_type {
        text if is_text(text) => "VARCHAR".into(),
        DataType::Timestamp(..) => "TIMESTAMP".into(),
        DataType::Int32 => "INTEGER".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Date32 => "DATE".into(),
        DataType::Boolean => "BOOLEAN".into(),
        other => other.to_string().to_uppercase(),
    }
}

impl Assignment {
    /// The column out of the values' columns.
    ///
    /// # Errors
    /// When a value overflows, or is NULL for a NOT NULL column.
    pub(crate) fn apply(&self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef, ArrowError> {
        let assigned = match self.value {
            None => new_null_array(&self.sql_type.to_arrow(), rows),
            Some(place) => convert(&values[place], self.sql_type)?,
        };
        if self.not_null && assigned.null_count() > 0 {
            return Err(ArrowError::ComputeError(format!(
                "NULL cannot go into the column `{}`, which is NOT NULL",
                self.column
            )));
        }
        Ok(assigned)
    }
}

fn convert(values: &ArrayRef, to: SqlType) -> Result<ArrayRef, ArrowError> {
    let target = to.to_arrow();
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let whole = matches!(target, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64);
    let converted = match values.data_type() {
        same if *same == target => Arc::clone(values),
        DataType::Float64 if whole => cast_with_options(
            &values.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round),
            &target,
            &strict,
        )?,
        DataType::Float32 if whole => cast_with_options(
            &values.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::round),
            &target,
            &strict,
        )?,
        DataType::Decimal128(precision, scale) if whole && *scale > 0 => {
            // Arrow cuts a decimal's fraction on the way to an integer; on the way to scale 0 it rounds.
            let rounded = cast_with_options(values, &DataType::Decimal128(*precision, 0), &strict)?;
            cast_with_options(&rounded, &target, &strict)?
        }
        _ => cast_with_options(values, &target, &strict)?,
    };
    Ok(match to {
        SqlType::Varchar(limit) => cut(converted, limit as usize),
        SqlType::Char(limit) => pad(&converted, limit as usize),
        _ => converted,
    })
}

/// Text of at most `limit` characters; nothing is copied when all of it fits, as it mostly does.
fn cut(values: ArrayRef, limit: usize) -> ArrayRef {
    let texts = values.as_string::<i32>();
    let fits = texts.value_offsets().windows(2).all(|pair| (pair[1] - pair[0]) as usize <= limit);
    if fits {
        return values;
    }
    let cut = |text: &str| text.char_indices().nth(limit).map_or(text.len(), |(end, _)| end);
    Arc::new(texts.iter().map(|text| text.map(|text| &text[..cut(text)])).collect::<StringArray>())
}

fn pad(values: &ArrayRef, length: usize) -> ArrayRef {
    let padded = |text: &str| {
        let mut padded: String = text.chars().take(length).collect();
        padded.extend(std::iter::repeat_n(' ', length.saturating_sub(padded.chars().count())));
        padded
    };
    Arc::new(values.as_string::<i32>().iter().map(|text| text.map(padded)).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, Int32Array, Int64Array};
    use arrow::datatypes::{Int8Type, Int32Type};

    use super::*;

    #[test]
    fn numbers_round_half_away_from_zero_and_overflow_fails() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![2.5, -2.5, 0.4]));
        assert_eq!(convert(&values, SqlType::Integer).unwrap().as_primitive::<Int32Type>().values(), &[3, -3, 0]);
        let large: ArrayRef = Arc::new(Int64Array::from(vec![300]));
        assert!(convert(&large, SqlType::TinyInt).is_err());
        let small: ArrayRef = Arc::new(Int64Array::from(vec![100]));
        assert_eq!(convert(&small, SqlType::TinyInt).unwrap().as_primitive::<Int8Type>().value(0), 100);
    }

    #[test]
    fn text_is_cut_and_padded_by_characters() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("日本語"), None, Some("a")]));
        let cut = convert(&values, SqlType::Varchar(2)).unwrap();
        assert_eq!(cut.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("日本"), None, Some("a")]);
        assert_eq!(convert(&values, SqlType::Char(4)).unwrap().as_string::<i32>().value(2), "a   ");
        let number: ArrayRef = Arc::new(Int32Array::from(vec![12]));
        assert_eq!(convert(&number, SqlType::Varchar(8)).unwrap().as_string::<i32>().value(0), "12");
    }

    #[test]
    fn text_is_never_parsed() {
        assert!(!assignable(&DataType::Utf8, SqlType::Integer));
        assert!(!assignable(&DataType::Int64, SqlType::Timestamp));
        assert!(assignable(&DataType::Int64, SqlType::Varchar(5)));
    }
}
