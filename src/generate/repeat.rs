//! Arrays of what a template gives, as text and as lists.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, new_null_array};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field};

use super::column;
use super::draw::{Draw, Record, Slot};
use super::generator::Generator;
use super::shape::Source;

/// Between `least` and `most` values of a template, with brackets around and separators between them.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) of: Generator,
    pub(crate) least: u64,
    pub(crate) most: u64,
    pub(crate) separator: String,
}

impl Repeat {
    /// The values and their type, when what is written is an array of JSON values of one type.
    pub(crate) fn item(&self) -> Option<(&Source, DataType)> {
        let value = self.of.value().filter(|_| self.separator.trim() == ",")?;
        Some((value, column::item_type(value, &self.of)?))
    }

    /// A list, or text when it cannot be one.
    pub(crate) fn data_type(&self) -> DataType {
        self.item().map_or(DataType::Utf8, |(_, item)| DataType::new_list(item, true))
    }

    /// Append the array.
    pub(crate) fn render(&self, draw: &mut Draw, record: &Record, out: &mut Vec<u8>) {
        out.push(b'[');
        for place in 0..draw.between(self.least, self.most) {
            if place > 0 {
                out.extend_from_slice(self.separator.as_bytes());
            }
            self.of.render_seeded(draw.bits(), record, out);
        }
        out.push(b']');
    }

    /// The same arrays as lists.
    pub(crate) fn column(&self, item: &Source, draws: impl Iterator<Item = (Draw, Record)>) -> ArrayRef {
        let (mut slots, mut offsets) = (Vec::new(), vec![0i32]);
        for (mut draw, record) in draws {
            let count = draw.between(self.least, self.most);
            slots.extend((0..count).map(|_| Slot { seed: draw.bits(), index: 0, record }));
            offsets.push(i32::try_from(slots.len()).unwrap_or(i32::MAX));
        }
        let rows = offsets.len() - 1;
        let values = column::values(item, &self.of, slots.iter().copied());
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        match ListArray::try_new(field, OffsetBuffer::new(ScalarBuffer::from(offsets)), values, None) {
            Ok(list) => Arc::new(list),
            Err(_) => new_null_array(&self.data_type(), rows),
        }
    }
}
