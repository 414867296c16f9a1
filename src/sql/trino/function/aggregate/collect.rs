//! Groups that keep their rows until the end.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat;

use super::super::TrinoError;
use super::super::column::{range, typed};
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::types::TrinoType;

/// Pieces of a column that are joined when there are more.
const MOST_PIECES: usize = 64;

/// What a group makes of its columns.
pub(super) type Finish = fn(&Columns) -> Result<ArrayRef, TrinoError>;

/// The rows of a group, and what is known about them.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) arrays: Vec<ArrayRef>,
    pub(super) types: Vec<TrinoType>,
    pub(super) return_type: TrinoType,
}

impl Columns {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.arrays.first().map_or(0, |array| array.len())
    }

    pub(super) fn column<A: Array + 'static>(&self, place: usize) -> Result<&A, TrinoError> {
        typed(self.array(place)?)
    }

    pub(super) fn array(&self, place: usize) -> Result<&ArrayRef, TrinoError> {
        self.arrays.get(place).ok_or_else(|| TrinoError::internal("a column of an aggregate is missing"))
    }

    /// The result of a group without rows.
    pub(super) fn null(&self) -> ArrayRef {
        arrow::array::new_null_array(&self.return_type.arrow(), 1)
    }
}

/// A group that keeps its rows.
#[derive(Debug)]
pub(super) struct Collected {
    pieces: Vec<Vec<ArrayRef>>,
    types: Vec<TrinoType>,
    return_type: TrinoType,
    finish: Finish,
}

/// The types of the state of a group that keeps its rows.
pub(super) fn state(call: &AggregateCall<'_>) -> Vec<TrinoType> {
    call.arg_types.iter().cloned().map(TrinoType::array).collect()
}

impl Collected {
    pub(super) fn start(call: &AggregateCall<'_>, finish: Finish) -> Result<Box<dyn Aggregation>, TrinoError> {
        Ok(Box::new(Self {
            pieces: vec![Vec::new(); call.arg_types.len()],
            types: call.arg_types.to_vec(),
            return_type: call.return_type.clone(),
            finish,
        }))
    }

    /// The pieces of each column as one.
    fn join(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        let mut columns = Vec::with_capacity(self.pieces.len());
        for (pieces, data_type) in self.pieces.iter_mut().zip(&self.types) {
            let arrays: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
            let joined = match arrays.as_slice() {
                [] => new_empty_array(&data_type.arrow()),
                [_] => Arc::clone(&pieces[0]),
                many => concat(many)?,
            };
            *pieces = vec![Arc::clone(&joined)];
            columns.push(joined);
        }
        Ok(columns)
    }
}

impl Aggregation for Collected {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        for (pieces, array) in self.pieces.iter_mut().zip(args) {
            pieces.push(Arc::clone(array));
        }
        if self.pieces.first().is_some_and(|pieces| pieces.len() > MOST_PIECES) {
            self.join()?;
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        for (pieces, state) in self.pieces.iter_mut().zip(states) {
            let lists = typed::<ListArray>(state)?;
            for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
                let places = range(lists.value_offsets(), row);
                pieces.push(lists.values().slice(places.start, places.len()));
            }
        }
        self.join().map(drop)
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        let columns = self.join()?;
        let lists = columns.into_iter().zip(&self.types).map(|(column, data_type)| {
            let offsets = OffsetBuffer::from_lengths([column.len()]);
            Ok(Arc::new(ListArray::try_new(data_type.item_field(), offsets, column, None)?) as ArrayRef)
        });
        lists.collect()
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        let columns =
            Columns { arrays: self.join()?, types: self.types.clone(), return_type: self.return_type.clone() };
        if columns.rows() == 0 { Ok(columns.null()) } else { (self.finish)(&columns) }
    }

    fn bytes(&self) -> usize {
        let pieces = self.pieces.iter().flatten().map(|piece| piece.get_array_memory_size());
        size_of::<Self>() + pieces.sum::<usize>()
    }
}
