//! IN over a longer list of constants: one look-up a row.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef};
use arrow::row::{RowConverter, SortField};

use super::{Kernel, arguments};
use crate::analytics::error::Result;
use crate::analytics::expr::Values;

/// `a IN (constants)`, all of the Arrow type of `a`.
#[derive(Debug)]
pub(crate) struct Membership {
    converter: RowConverter,
    known: HashSet<Box<[u8]>>,
    holds_null: bool,
}

impl Membership {
    /// The values of `list`.
    pub(crate) fn new(list: &ArrayRef) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(list.data_type().clone())])?;
        let rows = converter.convert_columns(std::slice::from_ref(list))?;
        let known = rows.iter().enumerate().filter(|(row, _)| list.is_valid(*row)).map(|(_, row)| row.as_ref().into());
        Ok(Self { known: known.collect(), converter, holds_null: list.null_count() > 0 })
    }
}

impl Kernel for Membership {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let keys = self.converter.convert_columns(std::slice::from_ref(&value.array))?;
        Ok(Values::collect_boolean(rows, |row| {
            let place = value.place(row);
            if value.array.is_null(place) {
                // NULL in an empty list is not there, and that is known.
                return Ok(if self.known.is_empty() && !self.holds_null { Some(false) } else { None });
            }
            let found = self.known.contains(keys.row(place).as_ref());
            Ok(if found {
                Some(true)
            } else if self.holds_null {
                None
            } else {
                Some(false)
            })
        }))
    }
}
