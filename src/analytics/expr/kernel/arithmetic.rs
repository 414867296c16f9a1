//! `+ - * /` and the minus sign over integers and floats.
//!
//! Arrow's checked kernels do the work; only a batch in which a row overflows or divides by zero is gone through row by row,
//! to find which.

use arrow::array::{ArrowNativeTypeOp, ArrowPrimitiveType, AsArray};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::{Kernel, arguments};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{Message, Values};
use crate::analytics::syntax::BinaryOp;

pub(crate) const OVERFLOW: &str = "The result is out of range";
pub(crate) const DIVISION_BY_ZERO: &str = "Division by zero";

/// An operation on two numbers of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arithmetic(pub(crate) BinaryOp);

impl Kernel for Arithmetic {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        match left.array.data_type() {
            DataType::Float64 => self.floats::<Float64Type>(left, right, rows, f64::is_finite),
            DataType::Float32 => self.floats::<Float32Type>(left, right, rows, f32::is_finite),
            DataType::Int8 => self.integers::<Int8Type>(left, right, rows),
            DataType::Int16 => self.integers::<Int16Type>(left, right, rows),
            DataType::Int32 => self.integers::<Int32Type>(left, right, rows),
            DataType::Int64 => self.integers::<Int64Type>(left, right, rows),
            other => Err(Error::Internal(format!("arithmetic over {other}"))),
        }
    }
}

impl Arithmetic {
    fn integers<T: ArrowPrimitiveType>(&self, left: &Values, right: &Values, rows: usize) -> Result<Values> {
        let computed = match self.0 {
            BinaryOp::Add => numeric::add(left, right),
            BinaryOp::Subtract => numeric::sub(left, right),
            BinaryOp::Multiply => numeric::mul(left, right),
            _ => numeric::div(left, right),
        };
        match computed {
            Ok(array) => Ok(Values::rows(array)),
            Err(_) => self.by_row::<T>(left, right, rows, |_| true),
        }
    }

    /// Floats do not fail in Arrow; zero divisors and infinities are looked for afterwards.
    fn floats<T: ArrowPrimitiveType>(
        &self,
        left: &Values,
        right: &Values,
        rows: usize,
        is_finite: impl Fn(T::Native) -> bool,
    ) -> Result<Values> {
        let array = match self.0 {
            BinaryOp::Add => numeric::add(left, right),
            BinaryOp::Subtract => numeric::sub(left, right),
            BinaryOp::Multiply => numeric::mul(left, right),
            _ => numeric::div(left, right),
        }?;
        // A division by zero gives an infinity or no number at all, so one look finds both.
        let values = array.as_primitive::<T>().values();
        if values.iter().fold(true, |all, value| all & is_finite(*value)) {
            return Ok(Values::rows(array));
        }
        self.by_row::<T>(left, right, rows, is_finite)
    }

    fn by_row<T: ArrowPrimitiveType>(
        &self,
        left: &Values,
        right: &Values,
        rows: usize,
        is_finite: impl Fn(T::Native) -> bool,
    ) -> Result<Values> {
        let (left, right) = (left.primitive::<T>()?, right.primitive::<T>()?);
        Ok(Values::collect_primitive::<T>(rows, &T::DATA_TYPE, |row| {
            let (Some(a), Some(b)) = (left.get(row), right.get(row)) else {
                return Ok(None);
            };
            let computed = match self.0 {
                BinaryOp::Add => a.add_checked(b),
                BinaryOp::Subtract => a.sub_checked(b),
                BinaryOp::Multiply => a.mul_checked(b),
                _ if b.is_zero() => return Err(Message::Borrowed(DIVISION_BY_ZERO)),
                _ => a.div_checked(b),
            };
            computed.ok().filter(|value| is_finite(*value)).map(Some).ok_or(Message::Borrowed(OVERFLOW))
        }))
    }
}

/// `-a` of any number or interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Negate;

impl Kernel for Negate {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        if let Ok(array) = numeric::neg(&value.array) {
            return Ok(Values::rows(array));
        }
        match value.array.data_type() {
            DataType::Int8 => negate_by_row::<Int8Type>(value, rows),
            DataType::Int16 => negate_by_row::<Int16Type>(value, rows),
            DataType::Int32 => negate_by_row::<Int32Type>(value, rows),
            DataType::Int64 => negate_by_row::<Int64Type>(value, rows),
            DataType::Decimal128(..) => negate_by_row::<Decimal128Type>(value, rows),
            other => Err(Error::Internal(format!("a minus sign before {other}"))),
        }
    }
}

fn negate_by_row<T: ArrowPrimitiveType>(value: &Values, rows: usize) -> Result<Values> {
    let numbers = value.primitive::<T>()?;
    Ok(Values::collect_primitive::<T>(rows, value.array.data_type(), |row| {
        numbers.get(row).map(|number| number.neg_checked().map_err(|_| Message::Borrowed(OVERFLOW))).transpose()
    }))
}
