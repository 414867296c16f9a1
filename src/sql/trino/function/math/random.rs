//! `random` and its forms; the only numbers that differ from call to call.

use arrow::array::ArrayRef;
use arrow::datatypes::Float64Type;
use uuid::Uuid;

use super::super::column::{bigint_rows, primitive_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("rand() -> double", fraction, "rand() < 1", "true").volatile(),
    entry("rand(bigint) -> bigint", below, "rand(1)", "0").volatile(),
    entry("rand(bigint, bigint) -> bigint", between, "rand(5, 6)", "5").volatile(),
    entry("random() -> double", fraction, "random() < 1", "true").volatile(),
    entry("random(bigint) -> bigint", below, "random(1)", "0").volatile(),
    entry("random(bigint, bigint) -> bigint", between, "random(5, 6)", "5").volatile(),
];

/// A fast generator (splitmix64), seeded from the system's randomness once a batch.
pub(in super::super) struct Generator(u64);

impl Generator {
    pub(in super::super) fn new() -> Self {
        Self(Uuid::new_v4().as_u64_pair().1 ^ Uuid::new_v4().as_u64_pair().0.rotate_left(32))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of `low..high`.
    pub(in super::super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.wrapping_sub(low).cast_unsigned();
        let scaled = (u128::from(self.next()) * u128::from(width)) >> 64;
        low.wrapping_add((scaled as u64).cast_signed())
    }
}

fn fraction(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let mut generator = Generator::new();
    primitive_rows::<Float64Type>(call, |_| Ok(Some((generator.next() >> 11) as f64 / (1u64 << 53) as f64)))
}

fn below(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bounds = call.bigint(0)?;
    let mut generator = Generator::new();
    bigint_rows(call, |row| match bounds.value(row) {
        bound if bound > 0 => Ok(Some(generator.between(0, bound))),
        _ => Err(TrinoError::argument("bound must be positive")),
    })
}

fn between(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, stops) = (call.bigint(0)?, call.bigint(1)?);
    let mut generator = Generator::new();
    bigint_rows(call, |row| match (starts.value(row), stops.value(row)) {
        (start, stop) if start < stop => Ok(Some(generator.between(start, stop))),
        _ => Err(TrinoError::argument("start value must be less than stop value")),
    })
}
