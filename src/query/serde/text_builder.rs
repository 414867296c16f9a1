//! A column of text that grows by bytes, which are looked at once: when it is finished.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StringBuilder};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::error::ArrowError;

/// Texts under construction. Bytes that are no UTF-8 become replacement characters.
pub(super) struct TextBuilder {
    values: Vec<u8>,
    offsets: Vec<i32>,
    /// Whether each text is there; empty as long as all are.
    valid: Vec<bool>,
    /// Bytes of the last finished column: the next one will have about as many.
    expected: usize,
}

impl TextBuilder {
    pub(super) fn new() -> Self {
        Self { values: Vec::new(), offsets: vec![0], valid: Vec::new(), expected: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(super) fn append(&mut self, text: &[u8]) {
        self.values.extend_from_slice(text);
        if !self.valid.is_empty() {
            self.valid.push(true);
        }
        self.end();
    }

    pub(super) fn append_null(&mut self) {
        if self.valid.is_empty() {
            self.valid.resize(self.len(), true);
        }
        self.valid.push(false);
        self.end();
    }

    fn end(&mut self) {
        // More than this is an error in `finish`.
        self.offsets.push(i32::try_from(self.values.len()).unwrap_or(i32::MAX));
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.expected = self.values.len();
        let rows = self.len();
        let mut next = Self {
            values: Vec::with_capacity(self.expected + self.expected / 8),
            offsets: Vec::with_capacity(rows + 1),
            valid: Vec::new(),
            expected: self.expected,
        };
        next.offsets.push(0);
        let Self { values, offsets, valid, .. } = std::mem::replace(self, next);
        if values.len() > i32::MAX as usize {
            return Err(ArrowError::OffsetOverflowError(values.len()));
        }
        let nulls = (!valid.is_empty()).then(|| NullBuffer::from(valid));
        let values = Buffer::from_vec(values);
        let offsets = OffsetBuffer::new(offsets.into());
        match StringArray::try_new(offsets.clone(), values.clone(), nulls.clone()) {
            Ok(texts) => Ok(Arc::new(texts)),
            Err(_) => Ok(Arc::new(lossy(&offsets, &values, nulls.as_ref()))),
        }
    }
}

/// The texts with replacement characters in the place of what is no UTF-8.
fn lossy(offsets: &OffsetBuffer<i32>, values: &Buffer, nulls: Option<&NullBuffer>) -> StringArray {
    let mut texts = StringBuilder::new();
    let bounds = offsets.windows(2).filter_map(|pair| match pair {
        [start, end] => Some((usize::try_from(*start).ok()?, usize::try_from(*end).ok()?)),
        _ => None,
    });
    for (row, (start, end)) in bounds.enumerate() {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            texts.append_null();
        } else {
            texts.append_value(String::from_utf8_lossy(values.get(start..end).unwrap_or_default()));
        }
    }
    texts.finish()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn texts_and_nulls_come_out_as_they_went_in() {
        let mut builder = TextBuilder::new();
        for round in 0..2 {
            builder.append(b"a");
            builder.append("ä".as_bytes());
            if round == 1 {
                builder.append_null();
            }
            builder.append(b"");
            let column = builder.finish().unwrap();
            let texts: Vec<_> = column.as_string::<i32>().iter().collect();
            let expected = [Some("a"), Some("ä"), None, Some("")];
            assert_eq!(texts, if round == 1 { expected.to_vec() } else { vec![expected[0], expected[1], expected[3]] });
        }
        assert_eq!(builder.len(), 0);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_in_their_own_row() {
        let mut builder = TextBuilder::new();
        builder.append(b"ok");
        builder.append(b"\xffx");
        // Each half is no text, though both together are.
        builder.append(&"ä".as_bytes()[..1]);
        builder.append(&"ä".as_bytes()[1..]);
        builder.append_null();
        let column = builder.finish().unwrap();
        let texts = column.as_string::<i32>();
        assert_eq!(texts.value(0), "ok");
        assert_eq!(texts.value(1), "\u{fffd}x");
        assert_eq!((texts.value(2), texts.value(3)), ("\u{fffd}", "\u{fffd}"));
        assert!(column.is_null(4));
    }
}
