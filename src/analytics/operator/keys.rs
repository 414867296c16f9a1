//! Key tuples and the small numbers that stand for them while they are in use.
//!
//! A slot is given out at a key's first row and can be given back, so state that is held by slot shrinks as keys go out
//! of use. NULL is a key like any other. One integer or one text column is hashed as it is; other tuples by the bytes of
//! Arrow's row format.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::row::{RowConverter, Rows as KeyRows, SortField};
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::analytics::aggregate::{Argument, Value, Values, to_array};
use crate::analytics::error::{Error, Result};

/// Slots whose memory is kept for the next keys.
pub(super) const MANY: usize = 4_096;

/// Integer keys from 0 to here are found by their value, without hashing.
const DENSE: usize = 65_536;

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Int(Option<i64>),
    Text(Option<Box<str>>),
    Row(Box<[u8]>),
}

/// Key tuples of one operator, by slot.
pub(crate) struct KeyTable {
    types: Vec<DataType>,
    form: Form,
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    slots: Vec<Option<Key>>,
    /// Slots given back, the lowest in front: keys gather there, and the end runs out of use.
    free: BinaryHeap<Reverse<u32>>,
    /// Bytes of the keys that are texts or tuples.
    heap: usize,
    /// Slots given back since unused memory was last looked for.
    released: usize,
    /// One more than the slot of each small integer key; 0 where there is none.
    dense: Vec<u32>,
}

impl Key {
    /// Bytes beside the slot.
    fn heap(&self) -> usize {
        match self {
            Self::Text(Some(text)) => text.len(),
            Self::Row(bytes) => bytes.len(),
            Self::Int(_) | Self::Text(None) => 0,
        }
    }
}

enum Form {
    Int,
    Text,
    Rows(RowConverter),
}

/// The columns of a batch in the form in which they are looked up.
pub(crate) enum Encoded {
    Int(Argument),
    Text(StringArray),
    Rows(KeyRows),
}

impl std::fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyTable").field("types", &self.types).field("keys", &self.len()).finish_non_exhaustive()
    }
}

impl KeyTable {
    /// A table for tuples of `types`.
    pub(crate) fn new(types: Vec<DataType>) -> Result<Self> {
        let form = match &types[..] {
            [
                DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Date32
                | DataType::Timestamp(TimeUnit::Millisecond, None),
            ] => Form::Int,
            [DataType::Utf8] => Form::Text,
            all => Form::Rows(RowConverter::new(all.iter().cloned().map(SortField::new).collect())?),
        };
        Ok(Self {
            types,
            form,
            hasher: DefaultHashBuilder::default(),
            table: HashTable::new(),
            slots: Vec::new(),
            free: BinaryHeap::new(),
            heap: 0,
            released: 0,
            dense: Vec::new(),
        })
    }

    /// Keys in use.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// One more than the largest slot ever given out.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.table.allocation_size()
            + self.slots.capacity() * size_of::<Option<Key>>()
            + (self.free.capacity() + self.dense.capacity()) * size_of::<u32>()
            + self.heap
    }

    /// The columns of a batch, ready to be looked up row by row.
    pub(crate) fn encode(&self, columns: &[ArrayRef]) -> Result<Encoded> {
        match (&self.form, columns) {
            (Form::Int, [column]) => Ok(Encoded::Int(Argument::new(column)?)),
            (Form::Text, [column]) => Ok(Encoded::Text(column.as_string::<i32>().clone())),
            (Form::Rows(converter), columns) => Ok(Encoded::Rows(converter.convert_columns(columns)?)),
            _ => Err(Error::Internal("a key has another number of columns than its table".into())),
        }
    }

    /// The slot of a row's key, and whether it is new.
    #[inline]
    pub(crate) fn slot(&mut self, keys: &Encoded, row: usize) -> (u32, bool) {
        let Some(place) = dense_place(keys, row) else { return self.hashed_slot(keys, row) };
        if let Some(slot) = self.dense.get(place).and_then(|known| known.checked_sub(1)) {
            return (slot, false);
        }
        let found = self.hashed_slot(keys, row);
        if self.dense.len() <= place {
            self.dense.resize((place + 1).next_power_of_two(), 0);
        }
        self.dense[place] = found.0 + 1;
        found
    }

    fn hashed_slot(&mut self, keys: &Encoded, row: usize) -> (u32, bool) {
        let Self { hasher, table, slots, free, heap, .. } = self;
        let hash = hash_of(hasher, keys, row);
        let entry = table.entry(
            hash,
            |slot| slots[*slot as usize].as_ref().is_some_and(|key| is_at(key, keys, row)),
            |slot| slots[*slot as usize].as_ref().map_or(0, |key| hash_key(hasher, key)),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(found) => (*found.get(), false),
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                let key = key_at(keys, row);
                let slot = free.pop().map(|Reverse(slot)| slot).unwrap_or_else(|| {
                    slots.push(None);
                    u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
                });
                vacant.insert(slot);
                *heap += key.heap();
                slots[slot as usize] = Some(key);
                (slot, true)
            }
        }
    }

    /// The slot of a row's key, if it is in use.
    pub(crate) fn find(&self, keys: &Encoded, row: usize) -> Option<u32> {
        let hash = hash_of(&self.hasher, keys, row);
        self.table
            .find(hash, |slot| self.slots[*slot as usize].as_ref().is_some_and(|key| is_at(key, keys, row)))
            .copied()
    }

    /// Give a slot back.
    pub(crate) fn release(&mut self, slot: u32) {
        let Some(key) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return };
        if let Key::Int(Some(value)) = key
            && let Some(known) = usize::try_from(value).ok().and_then(|place| self.dense.get_mut(place))
        {
            *known = 0;
        }
        let hash = hash_key(&self.hasher, &key);
        if let Ok(found) = self.table.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
        self.heap -= key.heap();
        self.free.push(Reverse(slot));
        self.released += 1;
        self.shrink();
    }

    /// Give all slots back, and the memory of many.
    pub(crate) fn clear(&mut self) {
        self.dense.fill(0);
        (self.heap, self.released) = (0, 0);
        if self.slots.len() > MANY {
            self.table = HashTable::new();
            self.slots = Vec::new();
            self.free = BinaryHeap::new();
        } else {
            self.table.clear();
            self.slots.clear();
            self.free.clear();
        }
    }

    /// Return memory once most of a large table is unused.
    fn shrink(&mut self) {
        let Self { hasher, table, slots, free, released, .. } = self;
        if table.capacity() > MANY && table.len() < table.capacity() / 8 {
            let length = table.len() * 2;
            table.shrink_to(length, |slot| slots[*slot as usize].as_ref().map_or(0, |key| hash_key(hasher, key)));
        }
        if !table.is_empty() && *released < MANY.max(table.len()) {
            return;
        }
        // Now and then cut off what is unused at the end.
        *released = 0;
        let used = slots.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        slots.truncate(used);
        free.retain(|Reverse(slot)| (*slot as usize) < used);
        slots.shrink_to(used.max(MANY));
        free.shrink_to(used.max(MANY));
    }

    /// The key columns of `slots`, in that order.
    pub(crate) fn columns(&self, slots: &[u32]) -> Result<Vec<ArrayRef>> {
        let keys = slots.iter().filter_map(|slot| self.slots.get(*slot as usize).and_then(Option::as_ref));
        match &self.form {
            Form::Int => {
                let values: Vec<Value> = keys
                    .map(|key| if let Key::Int(Some(value)) = key { Value::Int(*value) } else { Value::Null })
                    .collect();
                Ok(vec![to_array(&values, self.types.first().unwrap_or(&DataType::Null))?])
            }
            Form::Text => {
                let texts = keys.map(|key| if let Key::Text(Some(text)) = key { Some(&**text) } else { None });
                Ok(vec![Arc::new(texts.collect::<StringArray>())])
            }
            Form::Rows(converter) => {
                let parser = converter.parser();
                let rows =
                    keys.filter_map(|key| if let Key::Row(bytes) = key { Some(parser.parse(bytes)) } else { None });
                Ok(converter.convert_rows(rows)?)
            }
        }
    }
}

/// Where the slot of a row's key stands among the dense ones, if it is a small integer.
#[inline]
fn dense_place(keys: &Encoded, row: usize) -> Option<usize> {
    let Encoded::Int(values) = keys else { return None };
    int_at(values, row).and_then(|value| usize::try_from(value).ok()).filter(|place| *place < DENSE)
}

fn hash_of(hasher: &DefaultHashBuilder, keys: &Encoded, row: usize) -> u64 {
    match keys {
        Encoded::Int(values) => hash_int(hasher, int_at(values, row)),
        Encoded::Text(values) => hash_bytes(hasher, text_at(values, row).map(str::as_bytes)),
        Encoded::Rows(rows) => hash_bytes(hasher, Some(rows.row(row).as_ref())),
    }
}

fn hash_key(hasher: &DefaultHashBuilder, key: &Key) -> u64 {
    match key {
        Key::Int(value) => hash_int(hasher, *value),
        Key::Text(text) => hash_bytes(hasher, text.as_deref().map(str::as_bytes)),
        Key::Row(bytes) => hash_bytes(hasher, Some(bytes)),
    }
}

fn hash_int(hasher: &DefaultHashBuilder, value: Option<i64>) -> u64 {
    hasher.hash_one(value.unwrap_or(i64::MIN))
}

fn hash_bytes(hasher: &DefaultHashBuilder, bytes: Option<&[u8]>) -> u64 {
    hasher.hash_one(bytes.unwrap_or(b"\0NULL"))
}

#[inline]
fn int_at(values: &Argument, row: usize) -> Option<i64> {
    match &values.values {
        Values::Int(ints) if !values.is_null(row) => Some(ints[row]),
        _ => None,
    }
}

fn text_at(values: &StringArray, row: usize) -> Option<&str> {
    values.is_valid(row).then(|| values.value(row))
}

fn is_at(key: &Key, keys: &Encoded, row: usize) -> bool {
    match (key, keys) {
        (Key::Int(key), Encoded::Int(values)) => *key == int_at(values, row),
        (Key::Text(key), Encoded::Text(values)) => key.as_deref() == text_at(values, row),
        (Key::Row(key), Encoded::Rows(rows)) => **key == *rows.row(row).as_ref(),
        _ => false,
    }
}

fn key_at(keys: &Encoded, row: usize) -> Key {
    match keys {
        Encoded::Int(values) => Key::Int(int_at(values, row)),
        Encoded::Text(values) => Key::Text(text_at(values, row).map(Into::into)),
        Encoded::Rows(rows) => Key::Row(rows.row(row).as_ref().into()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int32Array;

    use super::*;

    #[test]
    fn keys_come_back_as_they_went_in_and_slots_are_used_again() {
        let int: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None, Some(7), Some(i32::MIN)]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a"), Some("")]));
        for columns in [vec![Arc::clone(&int)], vec![Arc::clone(&text)], vec![int, text]] {
            let mut table = KeyTable::new(columns.iter().map(|column| column.data_type().clone()).collect()).unwrap();
            let keys = table.encode(&columns).unwrap();
            let slots: Vec<u32> = (0..4).map(|row| table.slot(&keys, row).0).collect();
            assert_eq!(slots, [0, 1, 0, 2]);
            assert_eq!(table.columns(&[1]).unwrap()[0].as_ref(), columns[0].slice(1, 1).as_ref());
            table.release(0);
            assert_eq!((table.len(), table.find(&keys, 0), table.find(&keys, 3)), (2, None, Some(2)));
            assert_eq!(table.slot(&keys, 2), (0, true));
        }
    }
}
