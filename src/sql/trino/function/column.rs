//! Reading the arguments of a call, and building its result row by row.
//!
//! Every kernel follows one pattern: take typed columns from the call, walk the rows in which no argument is NULL, and
//! append to one buffer. No row allocates.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, BooleanBufferBuilder, ListArray, MapArray,
    NullBufferBuilder, PrimitiveArray, StringArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt32Type};

use super::{Call, TrinoError};

/// Texts longer than this in one batch do not fit Arrow's 32-bit offsets.
const LARGEST_OFFSET: usize = i32::MAX as usize;

impl Call<'_> {
    /// Argument `index` as an array of the class the signature promises.
    pub(super) fn column<A: Array + 'static>(&self, index: usize) -> Result<&A, TrinoError> {
        let argument = self
            .args
            .get(index)
            .ok_or_else(|| TrinoError::internal(format!("argument {} of the call is missing", index + 1)))?;
        typed(argument)
    }

    /// Argument `index` as text.
    pub(super) fn text(&self, index: usize) -> Result<&StringArray, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as bytes.
    pub(super) fn binary(&self, index: usize) -> Result<&BinaryArray, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as 64-bit integers.
    pub(super) fn bigint(&self, index: usize) -> Result<&PrimitiveArray<Int64Type>, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as doubles.
    pub(super) fn double(&self, index: usize) -> Result<&PrimitiveArray<Float64Type>, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as booleans.
    pub(super) fn boolean(&self, index: usize) -> Result<&BooleanArray, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as arrays.
    pub(super) fn list(&self, index: usize) -> Result<&ListArray, TrinoError> {
        self.column(index)
    }

    /// Argument `index` as maps.
    pub(super) fn map(&self, index: usize) -> Result<&MapArray, TrinoError> {
        self.column(index)
    }

    /// The rows in which no argument is NULL.
    pub(super) fn validity(&self) -> Option<NullBuffer> {
        self.args.iter().fold(None, |all, argument| NullBuffer::union(all.as_ref(), argument.logical_nulls().as_ref()))
    }

    /// The Arrow type of the result.
    pub(super) fn result_type(&self) -> DataType {
        self.return_type.arrow()
    }
}

/// `array` as the class `A`.
pub(super) fn typed<A: Array + 'static>(array: &ArrayRef) -> Result<&A, TrinoError> {
    array.as_any().downcast_ref().ok_or_else(|| {
        TrinoError::internal(format!("a kernel got {}, which its signature does not allow", array.data_type()))
    })
}

/// Whether `row` is valid in `nulls`.
pub(super) fn is_valid(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_none_or(|nulls| nulls.is_valid(row))
}

/// A varchar column: `write` appends the text of a row and says whether there is one.
pub(super) fn text_rows(
    call: &Call<'_>,
    mut write: impl FnMut(usize, &mut String) -> Result<bool, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let mut builder = TextColumn::new(call.rows);
    for row in 0..call.rows {
        let valid = is_valid(validity.as_ref(), row) && write(row, builder.buffer())?;
        builder.close(valid)?;
    }
    Ok(builder.finish())
}

/// A varbinary column: `write` appends the bytes of a row and says whether there are any.
pub(super) fn binary_rows(
    call: &Call<'_>,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<bool, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let mut bytes = Vec::new();
    let mut offsets = Vec::with_capacity(call.rows + 1);
    let mut nulls = NullBufferBuilder::new(call.rows);
    offsets.push(0);
    for row in 0..call.rows {
        let start = bytes.len();
        let valid = is_valid(validity.as_ref(), row) && write(row, &mut bytes)?;
        if !valid {
            bytes.truncate(start);
        }
        nulls.append(valid);
        offsets.push(offset(bytes.len())?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls.finish())?))
}

/// A column of fixed-size values.
pub(super) fn primitive_rows<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    mut value: impl FnMut(usize) -> Result<Option<T::Native>, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let mut values = Vec::with_capacity(call.rows);
    let mut nulls = NullBufferBuilder::new(call.rows);
    for row in 0..call.rows {
        let found = if is_valid(validity.as_ref(), row) { value(row)? } else { None };
        nulls.append(found.is_some());
        values.push(found.unwrap_or_default());
    }
    let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(values), nulls.finish())?;
    let wanted = call.result_type();
    // Decimals and timestamps carry parameters that the primitive class does not know.
    Ok(if array.data_type() == &wanted { Arc::new(array) } else { Arc::new(array.with_data_type(wanted)) })
}

/// A bigint column.
pub(super) fn bigint_rows(
    call: &Call<'_>,
    value: impl FnMut(usize) -> Result<Option<i64>, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    primitive_rows::<Int64Type>(call, value)
}

/// A boolean column.
pub(super) fn boolean_rows(
    call: &Call<'_>,
    mut value: impl FnMut(usize) -> Result<Option<bool>, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let mut values = BooleanBufferBuilder::new(call.rows);
    let mut nulls = NullBufferBuilder::new(call.rows);
    for row in 0..call.rows {
        let found = if is_valid(validity.as_ref(), row) { value(row)? } else { None };
        nulls.append(found.is_some());
        values.append(found.unwrap_or_default());
    }
    Ok(Arc::new(BooleanArray::new(values.finish(), nulls.finish())))
}

/// A varchar column under construction.
pub(super) struct TextColumn {
    text: String,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    start: usize,
}

impl TextColumn {
    pub(super) fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { text: String::new(), offsets, nulls: NullBufferBuilder::new(rows), start: 0 }
    }

    /// Where the text of the current row goes.
    pub(super) fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// End the current row; an invalid one is NULL and loses what was written.
    pub(super) fn close(&mut self, valid: bool) -> Result<(), TrinoError> {
        if !valid {
            self.text.truncate(self.start);
        }
        self.nulls.append(valid);
        self.start = self.text.len();
        self.offsets.push(offset(self.start)?);
        Ok(())
    }

    /// Append one row.
    pub(super) fn push(&mut self, text: &str) -> Result<(), TrinoError> {
        self.text.push_str(text);
        self.close(true)
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(super) fn finish(mut self) -> ArrayRef {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        Arc::new(StringArray::new(offsets, self.text.into_bytes().into(), self.nulls.finish()))
    }
}

/// Offsets and validity of an array or map column under construction; elements are counted by the caller.
pub(super) struct ListShape {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ListShape {
    pub(super) fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: NullBufferBuilder::new(rows) }
    }

    /// End a row after which `elements` elements exist in all.
    pub(super) fn close(&mut self, elements: usize, valid: bool) -> Result<(), TrinoError> {
        self.offsets.push(offset(elements)?);
        self.nulls.append(valid);
        Ok(())
    }

    /// The array column over `values`, whose Arrow type is `data_type`.
    pub(super) fn into_list(mut self, data_type: &DataType, values: ArrayRef) -> Result<ArrayRef, TrinoError> {
        let DataType::List(field) = data_type else {
            return Err(TrinoError::internal(format!("{data_type} is not an array type")));
        };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let values = as_type(&values, field.data_type())?;
        Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, self.nulls.finish())?))
    }

    /// The map column over `keys` and `values`, whose Arrow type is `data_type`.
    pub(super) fn into_map(
        mut self,
        data_type: &DataType,
        keys: &ArrayRef,
        values: &ArrayRef,
    ) -> Result<ArrayRef, TrinoError> {
        let DataType::Map(field, sorted) = data_type else {
            return Err(TrinoError::internal(format!("{data_type} is not a map type")));
        };
        let DataType::Struct(fields) = field.data_type() else {
            return Err(TrinoError::internal(format!("{data_type} has no entries")));
        };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let (Some(key_field), Some(value_field)) = (fields.first(), fields.get(1)) else {
            return Err(TrinoError::internal(format!("{data_type} has no key and value")));
        };
        let columns = vec![as_type(keys, key_field.data_type())?, as_type(values, value_field.data_type())?];
        let entries = StructArray::try_new(fields.clone(), columns, None)?;
        Ok(Arc::new(MapArray::try_new(Arc::clone(field), offsets, entries, self.nulls.finish(), *sorted)?))
    }
}

/// `array` with the Arrow type `wanted`, from which it differs at most in names, nullability or being untyped NULLs.
pub(super) fn as_type(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, TrinoError> {
    if array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    if array.data_type() == &DataType::Null {
        return Ok(arrow::array::new_null_array(wanted, array.len()));
    }
    Ok(arrow::compute::cast(array, wanted)?)
}

/// The elements of `values` at `indices`; a missing index is NULL.
pub(super) fn gather(values: &ArrayRef, indices: Vec<Option<u32>>) -> Result<ArrayRef, TrinoError> {
    Ok(take(values.as_ref(), &PrimitiveArray::<UInt32Type>::from(indices), None)?)
}

/// The elements of `values` at `indices`.
pub(super) fn pick(values: &ArrayRef, indices: Vec<u32>) -> Result<ArrayRef, TrinoError> {
    Ok(take(values.as_ref(), &PrimitiveArray::<UInt32Type>::from(indices), None)?)
}

/// `position` as an Arrow offset.
fn offset(position: usize) -> Result<i32, TrinoError> {
    if position > LARGEST_OFFSET {
        return Err(TrinoError::new(
            "EXCEEDED_FUNCTION_MEMORY_LIMIT",
            "the result of one batch is larger than 2 GiB".to_owned(),
        ));
    }
    Ok(position as i32)
}

/// An index into a column of at most 2³¹ rows.
pub(super) fn index(position: usize) -> u32 {
    position as u32
}

/// Start and end of the elements of `row`.
pub(super) fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}
