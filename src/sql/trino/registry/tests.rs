//! Signatures are read, and calls find their overloads.

use std::convert::Infallible;
use std::sync::Arc;

use arrow::array::{ArrayRef, NullArray};

use super::*;
use crate::sql::trino::call::Call;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

fn nothing(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(NullArray::new(call.rows)))
}

macro_rules! entry {
    ($signature:literal) => {{
        static ENTRY: FunctionEntry = FunctionEntry::new($signature, nothing, ("", ""));
        Overload::new($signature, &ENTRY).unwrap()
    }};
}

fn call(
    overloads: &[Overload<FunctionEntry>],
    arguments: &[Argument],
    lambda: TrinoType,
) -> Option<(String, Vec<String>, String)> {
    let found =
        resolve(overloads, arguments, |entry| entry.derive, |_, _| Ok::<_, Infallible>(lambda.clone())).unwrap();
    found.map(|found| {
        let arguments = found.arguments.iter().map(ToString::to_string).collect();
        (found.entry.signature.to_owned(), arguments, found.return_type.to_string())
    })
}

fn values(types: &[TrinoType]) -> Vec<Argument> {
    types.iter().cloned().map(Argument::Value).collect()
}

#[test]
fn every_signature_of_the_library_is_read() {
    let mut read = 0;
    for entry in function::scalar_families().flatten() {
        Overload::new(entry.signature, entry).unwrap();
        read += 1;
    }
    for entry in function::aggregate_families().flatten() {
        Overload::new(entry.signature, entry).unwrap();
        read += 1;
    }
    assert!(read > 0);
}

#[test]
fn the_nearest_overload_is_taken() {
    let abs =
        [entry!("abs(double) -> double"), entry!("abs(bigint) -> bigint"), entry!("abs(decimal(p,s)) -> decimal(p,s)")];
    let (signature, arguments, result) = call(&abs, &values(&[TrinoType::Integer]), TrinoType::Unknown).unwrap();
    assert_eq!(
        (signature.as_str(), arguments[0].as_str(), result.as_str()),
        ("abs(bigint) -> bigint", "bigint", "bigint")
    );
    assert_eq!(call(&abs, &values(&[TrinoType::Decimal(3, 2)]), TrinoType::Unknown).unwrap().2, "decimal(3,2)");
    assert_eq!(call(&abs, &values(&[TrinoType::Real]), TrinoType::Unknown).unwrap().2, "double");
    assert!(call(&abs, &values(&[TrinoType::VARCHAR]), TrinoType::Unknown).is_none());
}

#[test]
fn type_variables_widen_over_all_arguments() {
    let position = [entry!("array_position(array(T), T) -> bigint")];
    let arguments = values(&[TrinoType::array(TrinoType::Integer), TrinoType::Bigint]);
    assert_eq!(call(&position, &arguments, TrinoType::Unknown).unwrap().1, ["array(bigint)", "bigint"]);
}

#[test]
fn lambdas_are_typed_after_the_values() {
    let reduce = [entry!("reduce(array(T), S, function(S,T,S), function(S,R)) -> R")];
    let arguments = [
        Argument::Value(TrinoType::array(TrinoType::Integer)),
        Argument::Value(TrinoType::Bigint),
        Argument::Lambda(2),
        Argument::Lambda(1),
    ];
    assert_eq!(call(&reduce, &arguments, TrinoType::Bigint).unwrap().2, "bigint");
    let transform = [entry!("transform(array(T), function(T,U)) -> array(U)")];
    let arguments = [Argument::Value(TrinoType::array(TrinoType::Integer)), Argument::Lambda(1)];
    assert_eq!(call(&transform, &arguments, TrinoType::VARCHAR).unwrap().2, "array(varchar)");
}

#[test]
fn variadic_parameters_take_any_number() {
    let concat = [entry!("concat(varchar...) -> varchar")];
    assert_eq!(call(&concat, &values(&vec![TrinoType::Varchar(Some(1)); 3]), TrinoType::Unknown).unwrap().1.len(), 3);
    assert!(call(&concat, &[], TrinoType::Unknown).is_some());
    let zoned = [entry!("hour(timestamp(p) with time zone) -> bigint")];
    assert_eq!(
        call(&zoned, &values(&[TrinoType::Timestamp(6)]), TrinoType::Unknown).unwrap().1,
        ["timestamp(6) with time zone"]
    );
}
