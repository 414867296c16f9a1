//! Columns under construction: one builder a Hive type, nested ones with builders of their own.

use std::sync::Arc;

use arrow::array::builder::{BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, FieldRef, Fields, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::text_builder::TextBuilder;
use crate::catalog::HiveType;

/// A column that grows row by row.
pub(super) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    TinyInt(PrimitiveBuilder<Int8Type>),
    SmallInt(PrimitiveBuilder<Int16Type>),
    Int(PrimitiveBuilder<Int32Type>),
    BigInt(PrimitiveBuilder<Int64Type>),
    Float(PrimitiveBuilder<Float32Type>),
    Double(PrimitiveBuilder<Float64Type>),
    Decimal(PrimitiveBuilder<Decimal128Type>, u8, i8),
    /// `string` and `varchar(n)`: with the most characters.
    Text(TextBuilder, Option<usize>),
    /// `char(n)`, padded.
    Char(StringBuilder, usize),
    Binary(BinaryBuilder),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    Array(Box<ListColumn>),
    Map(Box<MapColumn>),
    Struct(Box<StructColumn>),
}

/// Where the lists of a column begin and end, and which of them are NULL.
#[derive(Default)]
pub(super) struct Lists {
    offsets: Vec<i32>,
    valid: Vec<bool>,
}

impl Lists {
    fn offsets(&mut self) -> &mut Vec<i32> {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        &mut self.offsets
    }

    /// The next list ends behind `items`.
    pub(super) fn end(&mut self, items: usize) {
        self.offsets().push(i32::try_from(items).unwrap_or(i32::MAX));
        self.valid.push(true);
    }

    pub(super) fn null(&mut self) {
        let last = self.offsets().last().copied().unwrap_or_default();
        self.offsets().push(last);
        self.valid.push(false);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        self.offsets();
        let offsets = OffsetBuffer::new(std::mem::take(&mut self.offsets).into());
        (offsets, nulls(std::mem::take(&mut self.valid)))
    }
}

/// `array<…>`
pub(super) struct ListColumn {
    pub(super) lists: Lists,
    field: FieldRef,
    pub(super) items: ColumnBuilder,
}

/// `map<…,…>`
pub(super) struct MapColumn {
    pub(super) lists: Lists,
    entries: FieldRef,
    pub(super) keys: ColumnBuilder,
    pub(super) values: ColumnBuilder,
}

/// `struct<…>`
pub(super) struct StructColumn {
    pub(super) valid: Vec<bool>,
    fields: Fields,
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<ColumnBuilder>,
}

fn nulls(valid: Vec<bool>) -> Option<NullBuffer> {
    let nulls = NullBuffer::from(valid);
    (nulls.null_count() > 0).then_some(nulls)
}

impl ColumnBuilder {
    pub(super) fn new(data_type: &HiveType) -> Self {
        match data_type {
            HiveType::Boolean => Self::Boolean(BooleanBuilder::new()),
            HiveType::TinyInt => Self::TinyInt(PrimitiveBuilder::new()),
            HiveType::SmallInt => Self::SmallInt(PrimitiveBuilder::new()),
            HiveType::Int => Self::Int(PrimitiveBuilder::new()),
            HiveType::BigInt => Self::BigInt(PrimitiveBuilder::new()),
            HiveType::Float => Self::Float(PrimitiveBuilder::new()),
            HiveType::Double => Self::Double(PrimitiveBuilder::new()),
            HiveType::Decimal(precision, scale) => {
                let builder = PrimitiveBuilder::new().with_data_type(DataType::Decimal128(*precision, *scale));
                Self::Decimal(builder, *precision, *scale)
            }
            HiveType::String => Self::Text(TextBuilder::new(), None),
            HiveType::Varchar(length) => Self::Text(TextBuilder::new(), Some(*length as usize)),
            HiveType::Char(length) => Self::Char(StringBuilder::new(), *length as usize),
            HiveType::Binary => Self::Binary(BinaryBuilder::new()),
            HiveType::Date => Self::Date(PrimitiveBuilder::new()),
            HiveType::Timestamp => Self::Timestamp(PrimitiveBuilder::new()),
            HiveType::Array(element) => Self::Array(Box::new(ListColumn {
                lists: Lists::default(),
                field: Arc::new(Field::new("item", element.to_arrow(), true)),
                items: Self::new(element),
            })),
            HiveType::Map(key, value) => {
                let entry = vec![Field::new("key", key.to_arrow(), false), Field::new("value", value.to_arrow(), true)];
                Self::Map(Box::new(MapColumn {
                    lists: Lists::default(),
                    entries: Arc::new(Field::new("entries", DataType::Struct(entry.into()), false)),
                    keys: Self::new(key),
                    values: Self::new(value),
                }))
            }
            HiveType::Struct(fields) => Self::Struct(Box::new(StructColumn {
                valid: Vec::new(),
                fields: fields.iter().map(|(name, of)| Field::new(name, of.to_arrow(), true)).collect(),
                names: fields.iter().map(|(name, _)| name.to_lowercase()).collect(),
                columns: fields.iter().map(|(_, of)| Self::new(of)).collect(),
            })),
        }
    }

    pub(super) fn len(&self) -> usize {
        use arrow::array::ArrayBuilder as _;
        match self {
            Self::Boolean(builder) => builder.len(),
            Self::TinyInt(builder) => builder.len(),
            Self::SmallInt(builder) => builder.len(),
            Self::Int(builder) => builder.len(),
            Self::BigInt(builder) => builder.len(),
            Self::Float(builder) => builder.len(),
            Self::Double(builder) => builder.len(),
            Self::Decimal(builder, ..) => builder.len(),
            Self::Text(builder, _) => builder.len(),
            Self::Char(builder, _) => builder.len(),
            Self::Binary(builder) => builder.len(),
            Self::Date(builder) => builder.len(),
            Self::Timestamp(builder) => builder.len(),
            Self::Array(column) => column.lists.valid.len(),
            Self::Map(column) => column.lists.valid.len(),
            Self::Struct(column) => column.valid.len(),
        }
    }

    pub(super) fn append_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::TinyInt(builder) => builder.append_null(),
            Self::SmallInt(builder) => builder.append_null(),
            Self::Int(builder) => builder.append_null(),
            Self::BigInt(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Double(builder) => builder.append_null(),
            Self::Decimal(builder, ..) => builder.append_null(),
            Self::Text(builder, _) => builder.append_null(),
            Self::Char(builder, _) => builder.append_null(),
            Self::Binary(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Array(column) => column.lists.null(),
            Self::Map(column) => column.lists.null(),
            Self::Struct(column) => {
                column.valid.push(false);
                column.columns.iter_mut().for_each(Self::append_null);
            }
        }
    }

    /// Text into a column of text, cut or padded to the type's length; false for a column of another type.
    pub(super) fn append_str(&mut self, text: &str) -> bool {
        match self {
            Self::Text(builder, None) => builder.append(text.as_bytes()),
            Self::Text(builder, Some(length)) => {
                let end = text.char_indices().nth(*length).map_or(text.len(), |(end, _)| end);
                builder.append(text.get(..end).unwrap_or(text).as_bytes());
            }
            Self::Char(builder, length) => {
                let text = text.trim_end_matches(' ');
                builder.append_value(text.chars().chain(std::iter::repeat(' ')).take(*length).collect::<String>());
            }
            _ => return false,
        }
        true
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::TinyInt(builder) => Arc::new(builder.finish()),
            Self::SmallInt(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::BigInt(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, ..) => Arc::new(builder.finish()),
            Self::Text(builder, _) => builder.finish()?,
            Self::Char(builder, _) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Array(column) => {
                let (offsets, nulls) = column.lists.finish();
                let items = column.items.finish()?;
                Arc::new(ListArray::try_new(Arc::clone(&column.field), offsets, items, nulls)?)
            }
            Self::Map(column) => {
                let (offsets, nulls) = column.lists.finish();
                let columns = vec![column.keys.finish()?, column.values.finish()?];
                let DataType::Struct(fields) = column.entries.data_type() else {
                    return Err(ArrowError::SchemaError("the entries of a map are no struct".into()));
                };
                let entries = StructArray::try_new(fields.clone(), columns, None)?;
                Arc::new(MapArray::try_new(Arc::clone(&column.entries), offsets, entries, nulls, false)?)
            }
            Self::Struct(column) => {
                let valid = std::mem::take(&mut column.valid);
                let rows = valid.len();
                let nulls = nulls(valid);
                let columns = column.columns.iter_mut().map(Self::finish).collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new_with_length(column.fields.clone(), columns, nulls, rows)?)
            }
        })
    }
}
