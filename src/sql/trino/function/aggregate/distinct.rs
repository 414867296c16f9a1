//! `approx_distinct`: HyperLogLog over 64-bit hashes; few values are counted exactly.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, Float64Array, Int64Array};
use hashbrown::HashSet;
use twox_hash::XxHash64;

use super::super::TrinoError;
use super::super::column::typed;
use super::super::compare::Keys;
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own("approx_distinct(T) -> bigint", BUILD, "SELECT approx_distinct(x) FROM (VALUES 'a', 'b', 'a') AS t(x)", "2"),
    own(
        "approx_distinct(T, double) -> bigint",
        BUILD,
        "SELECT approx_distinct(x, 0.05e0) FROM (VALUES 'a', 'b', 'a') AS t(x)",
        "2",
    ),
];

const BUILD: AggregateBuild = AggregateBuild::Own { state: |_| vec![TrinoType::Varbinary], start };

/// Standard errors that may be asked for, and the one that holds else.
const SMALLEST_ERROR: f64 = 0.0040625;
const LARGEST_ERROR: f64 = 0.26;
const DEFAULT_ERROR: f64 = 0.023;

/// Up to this many values are counted exactly.
const MOST_EXACT: usize = 1024;

fn start(call: &AggregateCall<'_>) -> Result<Box<dyn Aggregation>, TrinoError> {
    let data_type = call.arg_types.first().cloned().unwrap_or(TrinoType::Unknown);
    Ok(Box::new(Sketch { data_type, bits: bits(DEFAULT_ERROR), form: Form::Exact(HashSet::new()) }))
}

/// How many bits of a hash choose a register, for a standard error.
fn bits(error: f64) -> u8 {
    let registers = (1.04 / error).powi(2);
    (registers.log2().ceil() as u8).clamp(4, 16)
}

#[derive(Debug)]
struct Sketch {
    data_type: TrinoType,
    bits: u8,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Exact(HashSet<u64>),
    /// The longest run of zeros, plus one, of the hashes of each register.
    Registers(Vec<u8>),
}

impl Sketch {
    fn add(&mut self, hash: u64) {
        match &mut self.form {
            Form::Exact(hashes) => {
                hashes.insert(hash);
                if hashes.len() > MOST_EXACT {
                    let hashes = std::mem::take(hashes);
                    self.form = Form::Registers(vec![0; 1 << self.bits]);
                    hashes.into_iter().for_each(|hash| self.add(hash));
                }
            }
            Form::Registers(registers) => {
                let register = &mut registers[(hash >> (64 - self.bits)) as usize];
                let zeros = (hash << self.bits | 1 << (self.bits - 1)).leading_zeros() as u8 + 1;
                *register = (*register).max(zeros);
            }
        }
    }

    fn estimate(&self) -> i64 {
        match &self.form {
            Form::Exact(hashes) => hashes.len() as i64,
            Form::Registers(registers) => {
                let m = registers.len() as f64;
                let sum: f64 = registers.iter().map(|zeros| (-f64::from(*zeros)).exp2()).sum();
                let estimate = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
                let empty = registers.iter().filter(|zeros| **zeros == 0).count();
                // Few values leave registers empty, whose number says more.
                let result = if estimate <= 2.5 * m && empty > 0 { m * (m / empty as f64).ln() } else { estimate };
                result.round() as i64
            }
        }
    }

    /// The first byte is the number of bits; hashes of 8 bytes or registers of 1 follow, told apart by a second one.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.bits];
        match &self.form {
            Form::Exact(hashes) => {
                bytes.push(0);
                hashes.iter().for_each(|hash| bytes.extend(hash.to_le_bytes()));
            }
            Form::Registers(registers) => {
                bytes.push(1);
                bytes.extend(registers);
            }
        }
        bytes
    }

    fn take(&mut self, bytes: &[u8]) {
        let [bits, form, rest @ ..] = bytes else { return };
        self.bits = *bits;
        if *form == 0 {
            for hash in rest.chunks_exact(8) {
                self.add(hash.iter().rev().fold(0, |hash, byte| hash << 8 | u64::from(*byte)));
            }
            return;
        }
        let own = match std::mem::replace(&mut self.form, Form::Registers(rest.to_vec())) {
            Form::Exact(hashes) => {
                hashes.into_iter().for_each(|hash| self.add(hash));
                return;
            }
            Form::Registers(own) => own,
        };
        if let Form::Registers(registers) = &mut self.form {
            registers.iter_mut().zip(own).for_each(|(register, own)| *register = own.max(*register));
        }
    }
}

impl Aggregation for Sketch {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        let Some(values) = args.first() else { return Ok(()) };
        if let Some(errors) = args.get(1).filter(|errors| !errors.is_empty()) {
            let error = typed::<Float64Array>(errors)?.value(0);
            if !(SMALLEST_ERROR..=LARGEST_ERROR).contains(&error) {
                return Err(TrinoError::argument(format!(
                    "Standard error must be in [{SMALLEST_ERROR}, {LARGEST_ERROR}]: {error}"
                )));
            }
            if matches!(&self.form, Form::Exact(_)) {
                self.bits = bits(error);
            }
        }
        let keys = Keys::new(values, &self.data_type)?;
        for row in 0..values.len() {
            self.add(XxHash64::oneshot(0, keys.get(row)));
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        for state in states {
            typed::<BinaryArray>(state)?.iter().flatten().for_each(|bytes| self.take(bytes));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![Arc::new(BinaryArray::from(vec![self.encode().as_slice()]))])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::new(Int64Array::from(vec![self.estimate()])))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.form {
                Form::Exact(hashes) => hashes.len() * 16,
                Form::Registers(registers) => registers.len(),
            }
    }
}
