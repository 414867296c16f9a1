use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array};
use arrow::datatypes::DataType;

use super::*;

fn aggregate(function: AggregateFunction, argument_type: DataType, distinct: bool) -> Aggregate {
    let result_type = function.result_type(&argument_type).unwrap();
    Aggregate { function, argument: Some(0), default: None, distinct, ignore_nulls: false, argument_type, result_type }
}

fn grouped(aggregate: &Aggregate, values: &ArrayRef) -> Value {
    let mut accumulator = GroupAccumulator::new(aggregate.clone());
    accumulator.reserve(1);
    let argument = Argument::new(values).unwrap();
    let rowtimes: Vec<i64> = (0..values.len() as i64).map(|row| row * 10_000).collect();
    accumulator.update(&vec![0; values.len()], 0, Some(&argument), &rowtimes);
    let mut writer = Writer::default();
    writer.partial(&accumulator.partial(0));
    let bytes = writer.into_bytes();
    let mut restored = GroupAccumulator::new(aggregate.clone());
    restored.reserve(1);
    restored.set_partial(0, Reader::new(&bytes).partial().unwrap());
    let (column, failed) = restored.take(&[0], 60_000).unwrap();
    assert!(failed.is_empty());
    assert_eq!(&accumulator.take(&[0], 60_000).unwrap().0, &column);
    Argument::new(&column).unwrap().value(0)
}

fn slid(aggregate: &Aggregate, values: &ArrayRef, width: usize) -> Vec<Value> {
    let argument = Argument::new(values).unwrap();
    let mut rows = WindowRows { columns: vec![Default::default()], ..WindowRows::default() };
    let mut state = SlidingState::new(aggregate);
    let mut first = 0;
    let mut results = Vec::new();
    for row in 0..values.len() {
        if rows.times.len() == width {
            state.remove(aggregate, first, rows.columns.first());
            rows.times.pop_front();
            rows.columns[0].pop_front();
            first += 1;
        }
        let value = argument.value(row);
        rows.times.push_back(row as i64 * 10_000);
        rows.columns[0].push_back(value.clone());
        state.add(aggregate, row as u64, &value);
        let found = state.value(aggregate, &rows, row as i64 * 10_000, &Value::Int(-1)).unwrap();
        let mut rebuilt = SlidingState::new(aggregate);
        rebuilt.rebuild(aggregate, first, &rows, state.older_rows());
        assert_eq!(rebuilt.value(aggregate, &rows, row as i64 * 10_000, &Value::Int(-1)).unwrap(), found);
        results.push(found);
    }
    results
}

#[test]
fn a_window_that_slides_gives_what_a_group_of_the_same_rows_gives() {
    use AggregateFunction as F;
    let integers: ArrayRef = Arc::new(Int32Array::from(vec![Some(5), None, Some(-2), Some(7), Some(7), Some(1), None]));
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(1e20), Some(0.25), None, Some(3.0), Some(0.5)]));
    for values in [&integers, &floats] {
        for function in [
            F::Count,
            F::Sum,
            F::Avg,
            F::Min,
            F::Max,
            F::VarPop,
            F::VarSamp,
            F::StddevPop,
            F::StddevSamp,
            F::FirstValue,
            F::LastValue,
        ] {
            for distinct in [false, true] {
                let aggregate = aggregate(function, values.data_type().clone(), distinct);
                for (row, found) in slid(&aggregate, values, 3).into_iter().enumerate() {
                    let start = (row + 1).saturating_sub(3);
                    let expected = grouped(&aggregate, &values.slice(start, row + 1 - start));
                    match (&found, &expected) {
                        (Value::Float(a), Value::Float(b)) => {
                            assert!((a - b).abs() <= 1e-9 * b.abs(), "{function:?} {row}: {a} {b}")
                        }
                        _ => assert_eq!(found, expected, "{function:?} distinct {distinct} row {row}"),
                    }
                }
            }
        }
    }
}

#[test]
fn a_large_number_that_has_left_is_not_felt() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1e20, 0.25, 0.5, 0.125]));
    let sums = slid(&aggregate(AggregateFunction::Sum, DataType::Float64, false), &values, 2);
    assert_eq!(sums[3], Value::Float(0.625));
}

#[test]
fn averages_of_integers_truncate_and_of_exact_numbers_round() {
    let integers: ArrayRef = Arc::new(Int32Array::from(vec![-3, -4]));
    assert_eq!(grouped(&aggregate(AggregateFunction::Avg, DataType::Int32, false), &integers), Value::Int(-3));
    let exact: ArrayRef =
        Arc::new(arrow::array::Decimal128Array::from(vec![100, 101, 101]).with_precision_and_scale(5, 2).unwrap());
    let average = grouped(&aggregate(AggregateFunction::Avg, DataType::Decimal128(5, 2), false), &exact);
    assert_eq!(average, Value::Int(101));
}

#[test]
fn lag_counts_rows_or_known_values_and_falls_back_to_its_default() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3), None]));
    let respect = aggregate(AggregateFunction::Lag(1), DataType::Int32, false);
    assert_eq!(slid(&respect, &values, 9), [Value::Int(-1), Value::Int(1), Value::Null, Value::Int(3)]);
    let ignore = Aggregate { ignore_nulls: true, ..respect };
    assert_eq!(slid(&ignore, &values, 9), [Value::Int(-1), Value::Int(1), Value::Int(1), Value::Int(3)]);
}

#[test]
fn nth_value_counts_from_both_ends() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let nth = |from_last| {
        let aggregate = aggregate(AggregateFunction::NthValue { n: 2, from_last }, DataType::Int32, false);
        slid(&aggregate, &values, 3)
    };
    assert_eq!(nth(false), [Value::Null, Value::Int(2), Value::Int(2)]);
    assert_eq!(nth(true), [Value::Null, Value::Int(1), Value::Int(2)]);
}

#[test]
fn a_sum_that_does_not_fit_fails_its_row_only() {
    let values: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![i64::MAX, 1, 2]));
    let aggregate = aggregate(AggregateFunction::Sum, DataType::Int64, false);
    let mut accumulator = GroupAccumulator::new(aggregate);
    accumulator.reserve(2);
    accumulator.update(&[0, 0, 1], 0, Some(&Argument::new(&values).unwrap()), &[0, 0, 0]);
    let (column, failed) = accumulator.take(&[0, 1], 0).unwrap();
    assert_eq!((column.is_null(0), failed.len(), failed[0].0), (true, 1, 0));
}

#[test]
fn exponential_averages_halve_the_weight_every_full_interval() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 20.0, 40.0, 80.0]));
    let averages = slid(&aggregate(AggregateFunction::ExpAvg(10_000), DataType::Float64, false), &values, 4);
    assert_eq!(averages[1], Value::Float(50.0 / 3.0));
    assert_eq!(averages[3], Value::Float((10.0 / 8.0 + 20.0 / 4.0 + 40.0 / 2.0 + 80.0) / 1.875));
}
