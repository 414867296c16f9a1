//! Maps. Keys are compared as bytes ([`Keys`]); a key is never NULL and occurs once.

mod access;
mod build;
mod lambda;

use hashbrown::HashSet;

use super::TrinoError;
use super::compare::Keys;
use crate::sql::trino::types::TrinoType;

pub(super) use access::ENTRIES as ACCESS;
pub(super) use build::ENTRIES as BUILD;
pub(super) use lambda::ENTRIES as LAMBDA;

/// The key type of a map type.
fn key_type(data_type: &TrinoType) -> &TrinoType {
    match data_type {
        TrinoType::Map(key, _) => key,
        _ => &TrinoType::Unknown,
    }
}

/// The Arrow types of the keys and values of a map type.
fn entry_types(data_type: &TrinoType) -> Result<(arrow::datatypes::DataType, arrow::datatypes::DataType), TrinoError> {
    match data_type {
        TrinoType::Map(key, value) => Ok((key.arrow(), value.arrow())),
        other => Err(TrinoError::internal(format!("{other} is not a map"))),
    }
}

/// The keys of one map, each of which may be added once.
#[derive(Default)]
struct Unique<'a>(HashSet<&'a [u8]>);

impl<'a> Unique<'a> {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn add(&mut self, keys: &'a Keys, place: usize, text: impl Fn(usize) -> String) -> Result<(), TrinoError> {
        if self.0.insert(keys.get(place)) {
            return Ok(());
        }
        Err(TrinoError::argument(format!("Duplicate map keys ({}) are not allowed", text(place))))
    }
}

/// The text of a key for messages.
fn key_text(keys: &arrow::array::ArrayRef, data_type: &TrinoType, place: usize) -> String {
    let mut text = String::new();
    match super::print::Printer::new(keys, data_type).and_then(|printer| printer.print(place, &mut text)) {
        Ok(()) => text,
        Err(_) => data_type.to_string(),
    }
}
