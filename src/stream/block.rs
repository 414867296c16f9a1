//! Records on their way into a stream: data and partition keys, column by column.

use super::error::{Error, Result};

/// The most bytes of data and key together. Source: Kinesis Data Streams quotas.
pub(crate) const LARGEST_RECORD: usize = 1024 * 1024;
/// The most characters of a partition key.
const LONGEST_KEY: usize = 256;

/// A batch of records to put.
///
/// Invariant: both lists of offsets begin with 0, do not descend, have one entry more than there are records, and end
/// with the length of their bytes; keys are UTF-8.
#[derive(Clone, Debug)]
pub struct RecordBlock {
    pub(crate) data_offsets: Vec<i32>,
    pub(crate) data: Vec<u8>,
    pub(crate) key_offsets: Vec<i32>,
    pub(crate) keys: Vec<u8>,
}

impl Default for RecordBlock {
    fn default() -> Self {
        Self { data_offsets: vec![0], data: Vec::new(), key_offsets: vec![0], keys: Vec::new() }
    }
}

impl RecordBlock {
    /// An empty block.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add one record.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a key of no or more than 256 characters, a record over 1 MiB, or a block over 2 GiB.
    pub fn push(&mut self, data: &[u8], key: &str) -> Result<()> {
        check_key(key)?;
        check_size(data.len() + key.len())?;
        let too_large = |_| Error::InvalidArgument { message: "A batch of records is over 2 GiB".into() };
        let data_end = i32::try_from(self.data.len() + data.len()).map_err(too_large)?;
        let key_end = i32::try_from(self.keys.len() + key.len()).map_err(too_large)?;
        self.data.extend_from_slice(data);
        self.keys.extend_from_slice(key.as_bytes());
        self.data_offsets.push(data_end);
        self.key_offsets.push(key_end);
        Ok(())
    }

    /// A block of columns that are there already, each as offsets and bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when the offsets do not fit the bytes or each other, or a record breaks the limits.
    pub fn from_columns(data_offsets: Vec<i32>, data: Vec<u8>, key_offsets: Vec<i32>, keys: Vec<u8>) -> Result<Self> {
        let invalid = |message: &str| Err(Error::InvalidArgument { message: message.into() });
        if !well_formed(&data_offsets, data.len())
            || !well_formed(&key_offsets, keys.len())
            || data_offsets.len() != key_offsets.len()
        {
            return invalid("The offsets of a batch of records do not fit its bytes");
        }
        let Ok(text) = std::str::from_utf8(&keys) else { return invalid("A partition key is not UTF-8") };
        for (key, data) in key_offsets.windows(2).zip(data_offsets.windows(2)) {
            let (key_length, data_length) = ((key[1] - key[0]) as usize, (data[1] - data[0]) as usize);
            check_size(key_length + data_length)?;
            if key_length == 0 || key_length > LONGEST_KEY {
                check_key(text.get(key[0] as usize..key[1] as usize).unwrap_or_default())?;
            }
        }
        Ok(Self { data_offsets, data, key_offsets, keys })
    }

    /// The data and partition keys of the records.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &str)> {
        (0..self.len()).map(|record| (self.data(record), std::str::from_utf8(self.key(record)).unwrap_or_default()))
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data_offsets.len() - 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of data and keys.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.data.len() + self.keys.len()
    }

    #[inline]
    pub(crate) fn data(&self, record: usize) -> &[u8] {
        &self.data[self.data_offsets[record] as usize..self.data_offsets[record + 1] as usize]
    }

    #[inline]
    pub(crate) fn key(&self, record: usize) -> &[u8] {
        &self.keys[self.key_offsets[record] as usize..self.key_offsets[record + 1] as usize]
    }
}

fn well_formed(offsets: &[i32], bytes: usize) -> bool {
    offsets.first() == Some(&0)
        && offsets.windows(2).all(|pair| pair[0] <= pair[1])
        && offsets.last().is_some_and(|last| *last as usize == bytes)
}

fn check_key(key: &str) -> Result<()> {
    let characters = key.chars().count();
    if characters == 0 || characters > LONGEST_KEY {
        return Err(Error::InvalidArgument {
            message: format!("A partition key has 1 to {LONGEST_KEY} characters, this one has {characters}"),
        });
    }
    Ok(())
}

fn check_size(bytes: usize) -> Result<()> {
    if bytes > LARGEST_RECORD {
        return Err(Error::InvalidArgument {
            message: format!(
                "A record with its partition key has at most {LARGEST_RECORD} bytes, this one has {bytes}"
            ),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_api_hold() {
        let mut block = RecordBlock::new();
        assert!(block.push(b"x", "").is_err());
        assert!(block.push(b"x", &"ä".repeat(256)).is_ok());
        assert!(block.push(b"x", &"ä".repeat(257)).is_err());
        assert!(block.push(&vec![0; LARGEST_RECORD], "k").is_err());
        assert_eq!(block.len(), 1);
    }

    #[test]
    fn columns_must_fit_together() {
        let columns =
            |data: Vec<i32>, keys: Vec<i32>| RecordBlock::from_columns(data, b"abc".to_vec(), keys, b"xy".to_vec());
        assert_eq!(columns(vec![0, 1, 3], vec![0, 1, 2]).unwrap().data(1), b"bc");
        assert!(columns(vec![0, 1, 4], vec![0, 1, 2]).is_err());
        assert!(columns(vec![0, 3], vec![0, 1, 2]).is_err());
        assert!(columns(vec![0, 1, 3], vec![0, 0, 2]).is_err());
    }
}
