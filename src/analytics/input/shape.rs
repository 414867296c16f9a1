//! The shape of a stream's records: the text that stands around their values.
//!
//! A producer writes one record like the other, with the same keys in the same order and the same white space. So a record
//! is first held against the shape of an earlier one, and only its values are parsed. What does not match goes the general
//! way, which alone decides what is an error; a shape is never more than a short cut.

use super::column::ColumnBuilder;
use super::cursor::{Cursor, Malformed, Text};
use super::json::{MAX_DEPTH, ObjectNode};

/// Misses in a row until the shape is learned anew; one odd record does not replace it.
const MISSES: u32 = 2;
/// Misses in a row until records are taken to have no common shape.
const MANY_MISSES: u32 = 8;
/// Records that then go the general way at once.
const PAUSE: u32 = 512;

/// The shape that records are expected to have, if one is known.
#[derive(Debug, Default)]
pub(super) struct Expected {
    shape: Option<Shape>,
    misses: u32,
    /// Records left that are not tried.
    pause: u32,
}

impl Expected {
    /// Whether `record` had the expected shape; its values are in the columns then. Otherwise the columns may hold some of
    /// them, for the caller to roll back.
    #[inline]
    pub(super) fn take(&mut self, record: &[u8], columns: &mut [ColumnBuilder]) -> bool {
        let Some(shape) = &self.shape else { return false };
        if self.pause > 0 {
            self.pause -= 1;
            return false;
        }
        let matches = shape.take(record, columns);
        self.misses = if matches { 0 } else { self.misses + 1 };
        matches
    }

    /// Learn from a record that went the general way and is sound.
    #[inline]
    pub(super) fn learn(&mut self, record: &[u8], root: &ObjectNode, columns: usize) {
        if self.pause > 0 || (self.shape.is_some() && self.misses < MISSES) {
            return;
        }
        if self.misses >= MANY_MISSES {
            (self.misses, self.pause) = (0, PAUSE);
        }
        self.learn_now(record, root, columns);
    }

    #[cold]
    fn learn_now(&mut self, record: &[u8], root: &ObjectNode, columns: usize) {
        match Shape::of(record, root, columns) {
            Ok(Some(shape)) => self.shape = Some(shape),
            // Nothing to learn here, and probably not from the next ones either.
            Ok(None) | Err(_) => {
                self.shape.get_or_insert_default();
                self.pause = PAUSE;
            }
        }
    }
}

/// The text around the values of one flat object.
#[derive(Debug, Default)]
struct Shape {
    members: Vec<Member>,
    /// The text behind the last value.
    tail: Box<[u8]>,
    /// Columns that the object has no value for.
    absent: Vec<usize>,
}

#[derive(Debug)]
struct Member {
    /// The text between the value before and this one: comma, key, colon, white space.
    before: Box<[u8]>,
    /// The column of the value; `None` passes over it.
    column: Option<usize>,
}

impl Shape {
    /// The shape of `record`; `None` when it is not one object whose values go to one column each at most.
    fn of(record: &[u8], root: &ObjectNode, columns: usize) -> Result<Option<Self>, Malformed> {
        let mut cursor = Cursor::new(record);
        let mut shape = Self { absent: (0..columns).collect(), ..Self::default() };
        cursor.skip_whitespace();
        cursor.expect(b'{', "a JSON object is expected")?;
        let mut end = 0;
        loop {
            cursor.skip_whitespace();
            let Some(b'"') = cursor.peek() else { return Ok(None) };
            let Some(column) = root.only_column(&cursor.key()?) else { return Ok(None) };
            cursor.skip_whitespace();
            cursor.expect(b':', "`:` is expected after a key")?;
            cursor.skip_whitespace();
            if let Some(column) = column {
                let Some(place) = shape.absent.iter().position(|absent| *absent == column) else { return Ok(None) };
                shape.absent.swap_remove(place);
            }
            shape.members.push(Member { before: cursor.slice(end).into(), column });
            cursor.skip_value(MAX_DEPTH)?;
            end = cursor.position();
            cursor.skip_whitespace();
            match cursor.peek() {
                Some(b',') => cursor.advance(1),
                _ => break,
            }
        }
        cursor.expect(b'}', "`,` or `}` is expected")?;
        cursor.skip_whitespace();
        shape.tail = cursor.slice(end).into();
        Ok(cursor.at_end().then_some(shape))
    }

    #[inline]
    fn take(&self, record: &[u8], columns: &mut [ColumnBuilder]) -> bool {
        let mut cursor = Cursor::new(record);
        for member in &self.members {
            if !cursor.rest().get(..member.before.len()).is_some_and(|text| same(text, &member.before)) {
                return false;
            }
            cursor.advance(member.before.len());
            let taken = match member.column {
                Some(column) => columns[column].append(&mut cursor, MAX_DEPTH - 1).is_ok(),
                None => cursor.skip_value(MAX_DEPTH - 1).is_ok(),
            };
            if !taken {
                return false;
            }
        }
        if *cursor.rest() != *self.tail {
            return false;
        }
        self.absent.iter().for_each(|column| columns[*column].append_null());
        !self.members.is_empty()
    }
}

/// Whether two texts of one length are the same: they are short, so calling `memcmp` costs more than comparing.
#[inline]
fn same(left: &[u8], right: &[u8]) -> bool {
    let (left_words, left_rest) = left.as_chunks::<8>();
    let (right_words, right_rest) = right.as_chunks::<8>();
    let words =
        left_words.iter().zip(right_words).all(|(left, right)| u64::from_ne_bytes(*left) == u64::from_ne_bytes(*right));
    words && left_rest.iter().zip(right_rest).all(|(left, right)| left == right)
}

impl ObjectNode {
    /// The column that takes the value of a key as it is, if there is one; `None` when its value goes to several places.
    fn only_column(&self, key: &Text<'_>) -> Option<Option<usize>> {
        let key = match key {
            Text::Plain(key) => key,
            Text::Escaped(key) => key.as_bytes(),
        };
        match self.member(key) {
            None => Some(None),
            Some((&[column], None)) => Some(Some(column)),
            Some(_) => None,
        }
    }
}
