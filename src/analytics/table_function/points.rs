//! The numeric columns of a cursor as points.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::argument::{ArgumentError, Arguments};
use super::{Column, FailedRow};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

/// The most numeric columns that a cursor may have.
const MOST_COLUMNS: usize = 30;

/// Which columns of the cursor are the coordinates.
#[derive(Clone, Debug)]
pub(super) struct Coordinates {
    places: Vec<usize>,
    names: Vec<String>,
}

/// The points of a batch: coordinates one behind the other, and the rows that they are of.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) values: Vec<f64>,
    pub(super) rows: Vec<usize>,
    pub(super) failed: Vec<FailedRow>,
}

impl Coordinates {
    /// All numeric columns. DECIMAL is refused, as on the service; other types take no part.
    pub(super) fn of(arguments: &Arguments<'_>, input: &[Column]) -> std::result::Result<Self, ArgumentError> {
        let (mut places, mut names) = (Vec::new(), Vec::new());
        for (place, column) in input.iter().enumerate() {
            match column.sql_type {
                SqlType::TinyInt
                | SqlType::SmallInt
                | SqlType::Integer
                | SqlType::BigInt
                | SqlType::Real
                | SqlType::Double => {
                    places.push(place);
                    names.push(column.name.clone());
                }
                SqlType::Decimal(..) => {
                    return arguments.refuse_cursor(format_args!(
                        "has the column `{}` of type {}, which is not supported; CAST it to DOUBLE",
                        column.name, column.sql_type
                    ));
                }
                SqlType::Boolean
                | SqlType::Char(_)
                | SqlType::Varchar(_)
                | SqlType::Binary(_)
                | SqlType::Varbinary(_)
                | SqlType::Date
                | SqlType::Time
                | SqlType::Timestamp => {}
            }
        }
        match places.len() {
            0 => arguments.refuse_cursor("has no numeric column"),
            1..=MOST_COLUMNS => Ok(Self { places, names }),
            more => {
                arguments.refuse_cursor(format_args!("has {more} numeric columns, at most {MOST_COLUMNS} are allowed"))
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The points of `rows`. A row without a finite number in each coordinate fails.
    pub(super) fn points(&self, rows: &RecordBatch) -> Result<Points> {
        let columns: Vec<_> =
            self.places.iter().map(|place| cast(rows.column(*place), &DataType::Float64)).collect::<Result<_, _>>()?;
        let columns: Vec<_> = columns.iter().map(|column| column.as_primitive::<Float64Type>()).collect();
        let mut points = Points { values: Vec::with_capacity(rows.num_rows() * columns.len()), ..Points::default() };
        for row in 0..rows.num_rows() {
            match columns.iter().position(|column| column.is_null(row) || !column.value(row).is_finite()) {
                None => {
                    points.values.extend(columns.iter().map(|column| column.value(row)));
                    points.rows.push(row);
                }
                Some(place) => points.failed.push(FailedRow {
                    row,
                    message: format!("the numeric column `{}` holds no finite number", self.names[place]),
                }),
            }
        }
        Ok(points)
    }
}
