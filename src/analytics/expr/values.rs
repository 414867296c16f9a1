//! Values of an expression while it is computed: one for each row, or one for all.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBuilder, Datum, PrimitiveArray,
    PrimitiveBuilder, StringArray, UInt32Array, new_null_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::take;
use arrow::datatypes::DataType;

use super::{Message, RowFailures};
use crate::analytics::error::{Error, Result};

/// Values and the rows that failed.
///
/// When `constant`, the array has one value, which stands for every row, and so does a failure.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub(crate) array: ArrayRef,
    pub(crate) constant: bool,
    pub(crate) failed: Option<RowFailures>,
}

impl Datum for Values {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.constant)
    }
}

impl Values {
    /// A value for each row.
    pub(crate) fn rows(array: ArrayRef) -> Self {
        Self { array, constant: false, failed: None }
    }

    /// One value for all rows.
    pub(crate) fn constant(array: ArrayRef) -> Self {
        Self { array, constant: true, failed: None }
    }

    /// NULL for all rows.
    pub(crate) fn null(data_type: &DataType) -> Self {
        Self::constant(new_null_array(data_type, 1))
    }

    pub(crate) fn with_failures(mut self, failed: Option<RowFailures>) -> Self {
        self.failed = failed;
        self
    }

    /// The place in the array of row `row`.
    pub(crate) fn place(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(self.place(row))
    }

    /// One value for each of `rows` rows, as array.
    pub(crate) fn expand(self, rows: usize) -> Result<Self> {
        if !self.constant {
            return Ok(self);
        }
        let array = if self.array.is_null(0) {
            new_null_array(self.array.data_type(), rows)
        } else {
            take(&self.array, &UInt32Array::from_value(0, rows), None)?
        };
        Ok(Self { array, constant: false, failed: self.failed.map(|failed| failed.everywhere(rows)) })
    }

    /// The value of a constant or row as a number.
    pub(crate) fn primitive<T: ArrowPrimitiveType>(&self) -> Result<Primitives<'_, T>> {
        let array = self.array.as_primitive_opt::<T>().ok_or_else(|| unexpected(self.array.data_type()))?;
        Ok(Primitives { array, constant: self.constant })
    }

    pub(crate) fn texts(&self) -> Result<Texts<'_>> {
        let array = self.array.as_string_opt::<i32>().ok_or_else(|| unexpected(self.array.data_type()))?;
        Ok(Texts { array, constant: self.constant })
    }

    pub(crate) fn booleans(&self) -> Result<&BooleanArray> {
        self.array.as_boolean_opt().ok_or_else(|| unexpected(self.array.data_type()))
    }

    /// A number for each of `rows` rows; `compute` gives NULL as `None`.
    pub(crate) fn collect_primitive<T: ArrowPrimitiveType>(
        rows: usize,
        data_type: &DataType,
        mut compute: impl FnMut(usize) -> Result<Option<T::Native>, Message>,
    ) -> Self {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(rows).with_data_type(data_type.clone());
        let mut failed = RowFailures::default();
        for row in 0..rows {
            match compute(row) {
                Ok(value) => builder.append_option(value),
                Err(message) => {
                    failed.push(row, message);
                    builder.append_null();
                }
            }
        }
        Self::rows(Arc::new(builder.finish())).with_failures(failed.some())
    }

    /// A boolean for each of `rows` rows; `compute` gives UNKNOWN as `None`.
    pub(crate) fn collect_boolean(
        rows: usize,
        mut compute: impl FnMut(usize) -> Result<Option<bool>, Message>,
    ) -> Self {
        let mut builder = BooleanBuilder::with_capacity(rows);
        let mut failed = RowFailures::default();
        for row in 0..rows {
            match compute(row) {
                Ok(value) => builder.append_option(value),
                Err(message) => {
                    failed.push(row, message);
                    builder.append_null();
                }
            }
        }
        Self::rows(Arc::new(builder.finish())).with_failures(failed.some())
    }

    /// A text for each of `rows` rows: `compute` appends it, or says `false` for NULL.
    pub(crate) fn collect_text(
        rows: usize,
        capacity: usize,
        mut compute: impl FnMut(usize, &mut String) -> Result<bool, Message>,
    ) -> Result<Self> {
        let mut text = String::with_capacity(capacity);
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0_i32);
        let mut valid = Vec::new();
        let mut failed = RowFailures::default();
        for row in 0..rows {
            let start = text.len();
            let present = compute(row, &mut text).unwrap_or_else(|message| {
                failed.push(row, message);
                false
            });
            if !present {
                text.truncate(start);
                valid.resize(row, true);
                valid.push(false);
            }
            let end = i32::try_from(text.len());
            offsets.push(end.map_err(|_| Error::Internal("more than 2 GiB of text in one batch".to_owned()))?);
        }
        let nulls = if valid.is_empty() {
            None
        } else {
            valid.resize(rows, true);
            Some(NullBuffer::from(valid))
        };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let array = StringArray::try_new(offsets, Buffer::from(text.into_bytes()), nulls)?;
        Ok(Self::rows(Arc::new(array)).with_failures(failed.some()))
    }
}

fn unexpected(data_type: &DataType) -> Error {
    Error::Internal(format!("values of type {data_type} where another type was planned"))
}

/// Numbers by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Primitives<'a, T: ArrowPrimitiveType> {
    pub(crate) array: &'a PrimitiveArray<T>,
    constant: bool,
}

impl<T: ArrowPrimitiveType> Primitives<'_, T> {
    pub(crate) fn get(&self, row: usize) -> Option<T::Native> {
        let place = if self.constant { 0 } else { row };
        self.array.is_valid(place).then(|| self.array.value(place))
    }
}

/// Texts by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    array: &'a StringArray,
    constant: bool,
}

impl<'a> Texts<'a> {
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        let place = if self.constant { 0 } else { row };
        self.array.is_valid(place).then(|| self.array.value(place))
    }

    /// The text, when it is the same for all rows.
    pub(crate) fn constant(&self) -> Option<&'a str> {
        if self.constant { self.get(0) } else { None }
    }

    /// Bytes of all texts, a guess for the size of what is made of them.
    pub(crate) fn bytes(&self) -> usize {
        self.array.value_data().len()
    }
}
