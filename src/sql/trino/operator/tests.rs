//! Result types and values of operators.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use chrono::DateTime;

use super::*;
use crate::sql::trino::call::{Call, SessionInfo};
use crate::sql::trino::parse::ast::{Arithmetic, Comparison};
use crate::sql::trino::types::TrinoType;

fn result(operator: Arithmetic, left: TrinoType, right: TrinoType) -> Option<String> {
    arithmetic(operator, &left, &right).map(|operation| operation.result.to_string())
}

#[test]
fn decimals_widen_by_trinos_rules() {
    use TrinoType::{Date, Decimal, Integer, Timestamp};
    assert_eq!(result(Arithmetic::Add, Decimal(2, 1), Decimal(3, 2)).unwrap(), "decimal(4,2)");
    assert_eq!(result(Arithmetic::Multiply, Decimal(2, 1), Decimal(2, 1)).unwrap(), "decimal(4,2)");
    assert_eq!(result(Arithmetic::Divide, Decimal(4, 2), Decimal(3, 2)).unwrap(), "decimal(6,2)");
    assert_eq!(result(Arithmetic::Divide, Integer, Decimal(2, 1)).unwrap(), "decimal(12,1)");
    assert_eq!(result(Arithmetic::Divide, Decimal(2, 1), Integer).unwrap(), "decimal(2,1)");
    assert_eq!(result(Arithmetic::Subtract, Date, Date).unwrap(), "interval day to second");
    assert_eq!(result(Arithmetic::Add, Timestamp(3), TrinoType::IntervalYearToMonth).unwrap(), "timestamp(3)");
    assert_eq!(result(Arithmetic::Add, TrinoType::VARCHAR, Integer), None);
}

fn session() -> SessionInfo {
    SessionInfo::at(DateTime::from_timestamp(0, 0).unwrap())
}

#[test]
fn nan_equals_nothing() {
    let nan: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 1.0]));
    let call = Call {
        args: &[Arc::clone(&nan), nan],
        arg_types: &[TrinoType::Double, TrinoType::Double],
        constant: &[false, false],
        return_type: &TrinoType::Boolean,
        rows: 2,
        session: &session(),
        lambdas: &[],
    };
    let equal = comparison(Comparison::Equal)(&call).unwrap();
    assert_eq!(equal.as_ref(), &arrow::array::BooleanArray::from(vec![false, true]) as &dyn arrow::array::Array);
    let distinct = distinct(&call).unwrap();
    assert_eq!(distinct.as_ref(), &arrow::array::BooleanArray::from(vec![false, false]) as &dyn arrow::array::Array);
}

#[test]
fn like_has_no_escape_of_its_own() {
    let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    let matches = |value: &str, pattern: &str, escape: Option<&str>| {
        let mut args = vec![text(vec![value]), text(vec![pattern])];
        args.extend(escape.map(|escape| text(vec![escape])));
        let types = vec![TrinoType::VARCHAR; args.len()];
        let session = session();
        let call = Call {
            args: &args,
            arg_types: &types,
            constant: &[false, true, true],
            return_type: &TrinoType::Boolean,
            rows: 1,
            session: &session,
            lambdas: &[],
        };
        if escape.is_some() { like_escape(&call) } else { like(&call) }
    };
    let is = |value, pattern, escape| {
        let result = matches(value, pattern, escape).unwrap();
        arrow::array::AsArray::as_boolean(&result).value(0)
    };
    assert!(!is("a_b", "a\\_b", None));
    assert!(is("a_b", "a\\_b", Some("\\")));
    assert!(is("aXbXc", "a%X_", None) && !is("abc", "a%d", None) && is("", "%", None));
    assert!(matches("a", "a#", Some("#")).is_err());
}
