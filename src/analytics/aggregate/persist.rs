//! The bytes of states inside of a checkpoint: little-endian, each value behind a byte that tells its kind.

use std::collections::BTreeSet;

use super::partial::Partial;
use super::value::Value;
use crate::analytics::error::{Error, Result};

/// Writes states.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

/// Reads what a [`Writer`] wrote.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn int(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn count(&mut self, value: usize) {
        self.0.extend_from_slice(&(value as u64).to_le_bytes());
    }

    pub(crate) fn wide(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn float(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.0.extend_from_slice(value);
    }

    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.byte(0),
            Value::Int(value) => {
                self.byte(1);
                self.int(*value);
            }
            Value::Wide(value) => {
                self.byte(2);
                self.wide(*value);
            }
            Value::Float(value) => {
                self.byte(3);
                self.float(*value);
            }
            Value::Text(value) => {
                self.byte(4);
                self.bytes(value.as_bytes());
            }
            Value::Bytes(value) => {
                self.byte(5);
                self.bytes(value);
            }
        }
    }

    pub(crate) fn partial(&mut self, partial: &Partial) {
        match partial {
            Partial::Count(count) => {
                self.byte(0);
                self.int(*count);
            }
            Partial::Exact { sum, count } => {
                self.byte(1);
                self.wide(*sum);
                self.int(*count);
            }
            Partial::Float { sum, count } => {
                self.byte(2);
                self.float(*sum);
                self.int(*count);
            }
            Partial::Extreme(value) => {
                self.byte(3);
                self.value(value);
            }
            Partial::Moments { count, mean, squares } => {
                self.byte(4);
                self.float(*count);
                self.float(*mean);
                self.float(*squares);
            }
            Partial::Truths { truths, lies } => {
                self.byte(5);
                self.int(*truths);
                self.int(*lies);
            }
            Partial::Weighted(rows) => {
                self.byte(6);
                self.count(rows.len());
                for (rowtime, value) in rows {
                    self.int(*rowtime);
                    self.float(*value);
                }
            }
            Partial::End(None) => self.byte(7),
            Partial::End(Some(value)) => {
                self.byte(8);
                self.value(value);
            }
            Partial::Distinct(values) => {
                self.byte(9);
                self.count(values.len());
                values.iter().for_each(|value| self.value(value));
            }
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.0.split_at_checked(length) else {
            return Err(Error::Internal("the state of an operator ends too early".into()));
        };
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn count(&mut self) -> Result<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?))
            .map_err(|_| Error::Internal("the state of an operator is too large for this machine".into()))
    }

    pub(crate) fn wide(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    pub(crate) fn float(&mut self) -> Result<f64> {
        Ok(f64::from_bits(u64::from_le_bytes(self.array()?)))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.count()?;
        self.take(length)
    }

    pub(crate) fn value(&mut self) -> Result<Value> {
        Ok(match self.byte()? {
            0 => Value::Null,
            1 => Value::Int(self.int()?),
            2 => Value::Wide(self.wide()?),
            3 => Value::Float(self.float()?),
            4 => Value::Text(
                std::str::from_utf8(self.bytes()?)
                    .map_err(|error| Error::Internal(format!("the state of an operator holds bad text: {error}")))?
                    .into(),
            ),
            5 => Value::Bytes(self.bytes()?.into()),
            kind => return Err(unknown(kind)),
        })
    }

    pub(crate) fn partial(&mut self) -> Result<Partial> {
        Ok(match self.byte()? {
            0 => Partial::Count(self.int()?),
            1 => Partial::Exact { sum: self.wide()?, count: self.int()? },
            2 => Partial::Float { sum: self.float()?, count: self.int()? },
            3 => Partial::Extreme(self.value()?),
            4 => Partial::Moments { count: self.float()?, mean: self.float()?, squares: self.float()? },
            5 => Partial::Truths { truths: self.int()?, lies: self.int()? },
            6 => {
                let rows = self.count()?;
                Partial::Weighted((0..rows).map(|_| Ok((self.int()?, self.float()?))).collect::<Result<_>>()?)
            }
            7 => Partial::End(None),
            8 => Partial::End(Some(self.value()?)),
            9 => {
                let values = self.count()?;
                Partial::Distinct((0..values).map(|_| self.value()).collect::<Result<BTreeSet<_>>>()?)
            }
            kind => return Err(unknown(kind)),
        })
    }
}

fn unknown(kind: u8) -> Error {
    Error::Internal(format!("the state of an operator holds a value of the unknown kind {kind}"))
}
