//! The streams and columns that a query can name.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::analytics::sql_type::SqlType;

/// The time column of every stream.
pub(crate) const ROWTIME: &str = "ROWTIME";

/// The columns that a stream has beside the declared ones; none of them is part of `*`.
///
/// The last three are NULL but for streams that an input feeds.
pub(crate) const IMPLICIT: [&str; 5] =
    [ROWTIME, "APPROXIMATE_ARRIVAL_TIME", "PARTITION_KEY", "SHARD_ID", "SEQUENCE_NUMBER"];

/// A column of an in-application stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamColumn {
    pub(crate) name: String,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
}

/// An in-application stream: fed by an input, or declared and fed by pumps.
#[derive(Clone, Debug)]
pub(crate) struct StreamPlan {
    pub(crate) name: String,
    pub(crate) columns: Vec<StreamColumn>,
    pub(crate) is_input: bool,
}

impl StreamPlan {
    /// The declared columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.fields()))
    }

    /// The declared columns and behind them the implicit ones.
    pub(crate) fn scan_schema(&self) -> SchemaRef {
        let mut fields = self.fields();
        for name in IMPLICIT {
            fields.push(Field::new(name, implicit_type(name), true));
        }
        Arc::new(Schema::new(fields))
    }

    fn fields(&self) -> Vec<Field> {
        self.columns.iter().map(|column| Field::new(&column.name, column.sql_type.to_arrow(), true)).collect()
    }
}

fn implicit_type(name: &str) -> DataType {
    match name {
        ROWTIME | "APPROXIMATE_ARRIVAL_TIME" => DataType::Timestamp(TimeUnit::Millisecond, None),
        _ => DataType::Utf8,
    }
}
