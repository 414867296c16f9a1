mod memory;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMillisecondType};

use super::*;
use crate::analytics::aggregate::{Aggregate, AggregateFunction};

/// What happens at an input.
#[derive(Clone, Debug)]
enum Event {
    Row(usize, i64, Vec<Option<i64>>),
    Bound(usize, i64),
}
use Event::{Bound, Row};

/// `width` columns of integers, and behind them ROWTIME.
fn schema(width: usize) -> SchemaRef {
    let mut fields: Vec<Field> =
        (0..width).map(|place| Field::new(format!("c{place}"), DataType::Int64, true)).collect();
    fields.push(Field::new("ROWTIME", DataType::Timestamp(TimeUnit::Millisecond, None), true));
    Arc::new(Schema::new(fields))
}

fn batch(schema: &SchemaRef, rows: &[(i64, Vec<Option<i64>>)]) -> Rows {
    let width = schema.fields().len() - 1;
    let mut columns: Vec<ArrayRef> = (0..width)
        .map(|place| Arc::new(rows.iter().map(|(_, values)| values[place]).collect::<Int64Array>()) as ArrayRef)
        .collect();
    let times: TimestampMillisecondArray = rows.iter().map(|(time, _)| Some(*time)).collect();
    columns.push(Arc::new(times.clone()));
    Rows { batch: RecordBatch::try_new(Arc::clone(schema), columns).unwrap(), rowtime: times }
}

type Found = Vec<(i64, Vec<Option<i64>>)>;

fn values(rows: &Rows) -> Found {
    let cell = |column: &ArrayRef, row: usize| {
        if column.is_null(row) || column.data_type() == &DataType::Null {
            return None;
        }
        Some(match column.data_type() {
            DataType::Int64 => column.as_primitive::<Int64Type>().value(row),
            _ => column.as_primitive::<TimestampMillisecondType>().value(row),
        })
    };
    (0..rows.rowtime.len())
        .map(|row| (rows.rowtime.value(row), rows.batch.columns().iter().map(|column| cell(column, row)).collect()))
        .collect()
}

/// Feed the events in epochs of `size`, going through a snapshot behind each epoch when `restores`.
fn feed(
    make: &dyn Fn() -> Box<dyn Operator>,
    schemas: &[SchemaRef],
    events: &[Event],
    size: usize,
    restores: bool,
) -> (Found, usize) {
    let mut operator = make();
    let mut found = Vec::new();
    let mut failures = 0;
    let mut bounds = vec![i64::MIN; schemas.len()];
    for epoch in events.chunks(size) {
        let mut rows: Vec<Vec<(i64, Vec<Option<i64>>)>> = vec![Vec::new(); schemas.len()];
        for event in epoch {
            match event {
                Row(input, time, values) => {
                    rows[*input].push((*time, values.clone()));
                    bounds[*input] = bounds[*input].max(*time);
                }
                Bound(input, time) => bounds[*input] = bounds[*input].max(*time),
            }
        }
        let deltas: Vec<Delta> = rows
            .iter()
            .zip(schemas)
            .zip(&bounds)
            .map(|((rows, schema), bound)| Delta {
                rows: if rows.is_empty() { Vec::new() } else { vec![batch(schema, rows)] },
                bound: *bound,
            })
            .collect();
        let mut output = Output::new();
        operator.process(&deltas.iter().collect::<Vec<_>>(), &EvalEnv::default(), &mut output).unwrap();
        found.extend(output.rows.iter().flat_map(values));
        failures += output.failures.len();
        if restores {
            let state = OperatorState::decode(&operator.snapshot().unwrap().encode().unwrap()).unwrap();
            operator = make();
            operator.restore(&state).unwrap();
        }
    }
    assert!(found.is_sorted_by_key(|(time, _)| *time), "ROWTIME goes back: {found:?}");
    (found, failures)
}

/// The rows that come out, whichever way the events are cut into epochs and the operator is restored.
fn run(make: &dyn Fn() -> Box<dyn Operator>, schemas: &[SchemaRef], events: &[Event]) -> (Found, usize) {
    let (whole, failures) = feed(make, schemas, events, events.len().max(1), false);
    let mut expected = whole.clone();
    expected.sort();
    for size in 1..events.len() {
        for restores in [false, true] {
            let (mut found, failed) = feed(make, schemas, events, size, restores);
            found.sort();
            assert_eq!((&found, failed), (&expected, failures), "epochs of {size}, restored: {restores}");
        }
    }
    (whole, failures)
}

fn row(time: i64, values: &[i64]) -> Event {
    Row(0, time, values.iter().copied().map(Some).collect())
}

fn minutes() -> Periods {
    Periods::Functions(Box::new(|times| {
        Ok(vec![Arc::new(times.iter().map(|time| time.div_euclid(60_000)).collect::<Int64Array>())])
    }))
}

fn call(function: AggregateFunction, argument: Option<usize>) -> Aggregate {
    let argument_type = DataType::Int64;
    let result_type = function.result_type(&argument_type).unwrap();
    Aggregate { function, argument, default: None, distinct: false, ignore_nulls: false, argument_type, result_type }
}

fn integers(names: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect::<Vec<_>>()))
}

/// Columns: minute, key, value.
fn tumbling() -> Box<dyn Operator> {
    let spec = TumblingSpec {
        terms: vec![0],
        keys: vec![1],
        aggregates: vec![call(AggregateFunction::CountRows, None), call(AggregateFunction::Sum, Some(2))],
        periods: minutes(),
        by_rows: false,
        schema: integers(&["minute", "key", "count", "sum"]),
    };
    Box::new(Tumbling::new(spec, &schema(3)).unwrap())
}

#[test]
fn tumbling_windows_close_by_a_row_or_by_a_bound_and_carry_their_end() {
    let at = |time: i64, key: i64, value: i64| row(time, &[time / 60_000, key, value]);
    let events = [
        at(1_000, 7, 1),
        at(2_000, 8, 2),
        at(59_999, 7, 3),
        at(60_000, 7, 10),
        Bound(0, 119_999),
        Bound(0, 120_000),
        at(200_000, 9, 5),
    ];
    let (found, _) = run(&tumbling, &[schema(3)], &events);
    let rows = |time: i64, values: [i64; 4]| (time, values.iter().copied().map(Some).collect::<Vec<_>>());
    assert_eq!(found, [rows(60_000, [0, 7, 2, 4]), rows(60_000, [0, 8, 1, 2]), rows(120_000, [1, 7, 1, 10])]);
}

#[test]
fn a_window_tells_those_behind_it_that_nothing_comes_before_its_end() {
    let mut operator = tumbling();
    let mut bound_at = |time: i64| {
        let mut output = Output::new();
        operator.process(&[&Delta { rows: Vec::new(), bound: time }], &EvalEnv::default(), &mut output).unwrap();
        output.bound
    };
    assert_eq!([bound_at(5), bound_at(59_999), bound_at(60_000)], [60_000, 60_000, 120_000]);
}

#[test]
fn grouping_by_a_changing_column_closes_by_rows_with_the_rowtime_of_the_change() {
    let make = || -> Box<dyn Operator> {
        let spec = TumblingSpec {
            terms: vec![0],
            keys: Vec::new(),
            aggregates: vec![call(AggregateFunction::CountRows, None)],
            periods: Periods::Rows,
            by_rows: true,
            schema: integers(&["term", "count"]),
        };
        Box::new(Tumbling::new(spec, &schema(1)).unwrap())
    };
    let events = [row(5, &[1]), row(6, &[1]), Bound(0, 1_000_000), row(1_000_000, &[2])];
    assert_eq!(run(&make, &[schema(1)], &events).0, [(1_000_000, vec![Some(1), Some(2)])]);
}

#[test]
fn stagger_windows_open_with_their_first_row_and_close_by_deadline() {
    let make = || -> Box<dyn Operator> {
        let spec = StaggerSpec {
            keys: vec![0],
            width: 60_000,
            aggregates: vec![call(AggregateFunction::CountRows, None), call(AggregateFunction::Max, Some(1))],
            schema: integers(&["key", "count", "max"]),
        };
        Box::new(Stagger::new(spec, &schema(2)).unwrap())
    };
    let events = [
        row(20_000, &[1, 5]),
        row(30_000, &[2, 6]),
        row(79_999, &[1, 9]),
        row(80_000, &[1, 4]),
        Bound(0, 90_000),
        Row(0, 95_000, vec![None, Some(1)]),
        Bound(0, 200_000),
    ];
    let (found, _) = run(&make, &[schema(2)], &events);
    let expected: Found = vec![
        (80_000, vec![Some(1), Some(2), Some(9)]),
        (90_000, vec![Some(2), Some(1), Some(6)]),
        (140_000, vec![Some(1), Some(1), Some(4)]),
        (155_000, vec![None, Some(1), Some(1)]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn distinct_rows_leave_at_their_first_occurrence_in_each_period() {
    let make = || -> Box<dyn Operator> { Box::new(Distinct::new(vec![0], vec![0, 1], minutes(), &schema(2)).unwrap()) };
    let at = |time: i64, value| Row(0, time, vec![Some(time / 60_000), value]);
    let events = [
        at(1, Some(5)),
        at(2, None),
        at(3, Some(5)),
        at(4, None),
        at(60_000, Some(5)),
        Bound(0, 130_000),
        at(130_000, Some(5)),
    ];
    let times: Vec<i64> = run(&make, &[schema(2)], &events).0.iter().map(|found| found.0).collect();
    assert_eq!(times, [1, 2, 60_000, 130_000]);
}

fn sliding(frame: Frame) -> impl Fn() -> Box<dyn Operator> {
    move || {
        let mut fields = schema(2).fields().to_vec();
        fields.push(Arc::new(Field::new("sum", DataType::Int64, true)));
        fields.push(Arc::new(Field::new("min", DataType::Int64, true)));
        let spec = SlidingSpec {
            keys: vec![0],
            frame,
            aggregates: vec![call(AggregateFunction::Sum, Some(1)), call(AggregateFunction::Min, Some(1))],
            schema: Arc::new(Schema::new(fields)),
        };
        Box::new(Sliding::new(spec, &schema(2)).unwrap())
    }
}

#[test]
fn a_range_window_includes_its_lower_edge_and_no_later_row_of_the_same_time() {
    let events =
        [row(1_000, &[1, 1]), row(6_000, &[1, 2]), row(6_000, &[1, 4]), row(6_001, &[1, 8]), row(6_001, &[2, 3])];
    let (found, _) = run(&sliding(Frame::Range(5_000)), &[schema(2)], &events);
    let sums: Vec<_> = found.iter().map(|(_, values)| (values[3].unwrap(), values[4].unwrap())).collect();
    assert_eq!(sums, [(1, 1), (3, 1), (7, 1), (14, 2), (3, 3)]);
}

#[test]
fn a_rows_window_holds_the_rows_before_and_the_current_one() {
    let events = [row(1, &[1, 1]), row(2, &[1, 2]), row(3, &[1, 4]), row(4, &[1, 8])];
    let (found, _) = run(&sliding(Frame::Rows(2)), &[schema(2)], &events);
    assert_eq!(found.iter().map(|(_, values)| values[3].unwrap()).collect::<Vec<_>>(), [1, 3, 7, 14]);
}

#[test]
fn sorted_rows_leave_together_with_the_end_of_their_period() {
    let make = || -> Box<dyn Operator> {
        Box::new(Sort::new(
            SortSpec { lead: Some(0), by: vec![(1, true)], periods: minutes(), keeps_last: false },
            &schema(2),
        ))
    };
    let at = |time: i64, value| Row(0, time, vec![Some(time / 60_000), value]);
    let events =
        [at(1, Some(5)), at(2, None), at(3, Some(7)), at(60_001, Some(1)), Bound(0, 120_000), at(130_000, Some(9))];
    let (found, _) = run(&make, &[schema(2)], &events);
    let order: Vec<_> = found.iter().map(|(time, values)| (*time, values[1])).collect();
    assert_eq!(order, [(60_000, Some(7)), (60_000, Some(5)), (60_000, None), (120_000, Some(1))]);
}

#[test]
fn time_sorted_rows_wait_for_a_later_row_and_not_for_bounds() {
    let fields = vec![
        Field::new("id", DataType::Int64, true),
        Field::new("ROWTIME", DataType::Timestamp(TimeUnit::Millisecond, None), true),
    ];
    let input: SchemaRef = Arc::new(Schema::new(fields));
    let make = || -> Box<dyn Operator> {
        let spec = TimeSortSpec { time: 1, within: 5_000, by: vec![(0, false)] };
        Box::new(TimeSort::new(spec, &schema(1)).unwrap())
    };
    // The helper's ROWTIME column serves as the event time.
    let ids = |times: &[(i64, i64)]| -> (Found, usize) {
        let mut whole = None;
        for size in 1..=times.len() {
            let mut operator = make();
            let (mut found, mut failures) = (Vec::new(), 0);
            for part in times.chunks(size) {
                let rows: Vec<_> = part.iter().map(|(id, time)| (*time, vec![Some(*id)])).collect();
                let mut rows = batch(&input, &rows);
                rows.rowtime = vec![0; part.len()].into();
                let mut output = Output::new();
                let delta = Delta { rows: vec![rows], bound: i64::MAX };
                operator.process(&[&delta], &EvalEnv::default(), &mut output).unwrap();
                found.extend(output.rows.iter().flat_map(values));
                failures += output.failures.len();
                let state = OperatorState::decode(&operator.snapshot().unwrap().encode().unwrap()).unwrap();
                operator = make();
                operator.restore(&state).unwrap();
            }
            let result = (found, failures);
            assert_eq!(whole.get_or_insert_with(|| result.clone()), &result, "epochs of {size}");
        }
        whole.unwrap()
    };
    let (found, late) =
        ids(&[(1, 3_000), (2, 1_000), (3, 5_000), (5, 4_000), (6, 10_000), (7, 2_000), (8, 7_000), (9, 16_000)]);
    let order: Vec<_> = found.iter().map(|(time, values)| (values[0].unwrap(), *time)).collect();
    assert_eq!(order, [(2, 1_000), (1, 3_000), (5, 4_000), (3, 5_000), (8, 7_000), (6, 10_000)]);
    assert_eq!(late, 1);
}

#[test]
fn a_union_waits_for_its_slowest_input_and_keeps_the_order_of_inputs() {
    let make = || -> Box<dyn Operator> { Box::new(Union::new(2, schema(1))) };
    let at = |input, time, value| Row(input, time, vec![Some(value)]);
    let events = [at(1, 5, 50), at(0, 5, 51), at(1, 7, 52), at(1, 9, 53), Bound(0, 8)];
    let schemas = [schema(1), schema(1)];
    let (found, _) = run(&make, &schemas, &events);
    let order: Vec<_> = found.iter().map(|(_, values)| values[0].unwrap()).collect();
    assert_eq!(order, [51, 50, 52]);
}

fn join(left: JoinWindow, right: JoinWindow, outer: [bool; 2], condition: bool) -> impl Fn() -> Box<dyn Operator> {
    move || {
        let side = |window, outer| JoinSide { keys: vec![0], window, outer, schema: schema(2) };
        let mut fields = schema(2).fields().to_vec();
        fields.extend(schema(2).fields().iter().cloned());
        let less: Condition = Box::new(|batch, _| {
            let column = |place: usize| batch.column(place).as_primitive::<Int64Type>().clone();
            let (left, right) = (column(1), column(4));
            Ok((left.iter().zip(&right).map(|(a, b)| Some(a? < b?)).collect::<BooleanArray>(), Vec::new()))
        });
        let spec = JoinSpec {
            left: side(left, outer[0]),
            right: side(right, outer[1]),
            condition: condition.then_some(less),
            schema: Arc::new(Schema::new(fields)),
        };
        Box::new(StreamJoin::new(spec).unwrap())
    }
}

/// (ROWTIME, left value, right value)
fn pairs(make: &dyn Fn() -> Box<dyn Operator>, events: &[Event]) -> Vec<(i64, Option<i64>, Option<i64>)> {
    let (found, _) = run(make, &[schema(2), schema(2)], events);
    found.iter().map(|(time, values)| (*time, values[1], values[4])).collect()
}

#[test]
fn a_join_meets_inside_of_both_windows_edges_included() {
    let at = |input, time, key, value| Row(input, time, vec![Some(key), Some(value)]);
    let events = [
        at(0, 0, 1, 1),
        at(1, 0, 1, 2),
        at(0, 40_000, 2, 3),
        at(1, 50_000, 1, 4),
        at(1, 60_000, 1, 5),
        at(1, 60_001, 1, 6),
        at(0, 60_001, 1, 7),
        Bound(0, 200_000),
        Bound(1, 200_000),
    ];
    let inner = join(JoinWindow::Range(60_000), JoinWindow::Range(0), [false, false], false);
    let expected =
        [(0, Some(1), Some(2)), (50_000, Some(1), Some(4)), (60_000, Some(1), Some(5)), (60_001, Some(7), Some(6))];
    assert_eq!(pairs(&inner, &events), expected);
    let full = join(JoinWindow::Range(60_000), JoinWindow::Range(0), [true, true], false);
    assert_eq!(pairs(&full, &events), [&expected[..], &[(100_000, Some(3), None)]].concat());
}

#[test]
fn columns_that_nobody_reads_are_not_kept() {
    let narrowed = || {
        let mut operator = join(JoinWindow::Range(10), JoinWindow::Range(0), [true, false], false)();
        operator.narrow(&[false, true, false, false, false, false]);
        operator
    };
    let at = |input, time, key, value| Row(input, time, vec![Some(key), Some(value)]);
    let events = [at(0, 1, 1, 5), at(0, 2, 2, 6), at(1, 3, 1, 7), Bound(0, 100), Bound(1, 100)];
    let (found, _) = run(&narrowed, &[schema(2), schema(2)], &events);
    let values: Vec<_> = found.iter().map(|(time, values)| (*time, values[1], values[4])).collect();
    assert_eq!(values, [(3, Some(5), None), (12, Some(6), None)]);
}

#[test]
fn null_keys_meet_nothing_and_leave_alone_when_their_window_is_over() {
    let events = [
        Row(0, 5, vec![None, Some(1)]),
        Row(1, 5, vec![None, Some(2)]),
        Bound(0, 6),
        Bound(1, 6),
        Row(1, 15, vec![Some(1), Some(3)]),
        Bound(0, 16),
    ];
    let full = join(JoinWindow::Range(10), JoinWindow::Range(0), [true, true], false);
    assert_eq!(pairs(&full, &events), [(5, None, Some(2))]);
    let more = [&events[..], &[Bound(1, 16)]].concat();
    assert_eq!(pairs(&full, &more), [(5, None, Some(2)), (15, Some(1), None), (15, None, Some(3))]);
}

#[test]
fn a_condition_decides_among_rows_of_one_key() {
    let at = |input, time, value| Row(input, time, vec![Some(1), Some(value)]);
    let events = [at(0, 1, 5), at(0, 2, 6), at(1, 3, 6), at(1, 4, 4), Bound(0, 100), Bound(1, 100)];
    let left = join(JoinWindow::Range(10), JoinWindow::Range(0), [true, false], true);
    assert_eq!(pairs(&left, &events), [(3, Some(5), Some(6)), (12, Some(6), None)]);
}

#[test]
fn a_rows_window_offers_the_latest_rows() {
    let at = |input, time, value| Row(input, time, vec![Some(1), Some(value)]);
    let events = [
        at(0, 1, 10),
        at(0, 2, 20),
        at(0, 3, 30),
        at(1, 50, 1),
        Bound(0, 60),
        Bound(1, 60),
        at(0, 61, 40),
        Bound(1, 99),
    ];
    let left = join(JoinWindow::Rows(2), JoinWindow::Range(0), [true, false], false);
    assert_eq!(pairs(&left, &events), [(3, Some(10), None), (50, Some(20), Some(1)), (50, Some(30), Some(1))]);
}

#[test]
fn joins_forget_keys_and_rows_whose_window_is_over() {
    let mut operator = join(JoinWindow::Range(1_000), JoinWindow::Range(1_000), [false, false], false)();
    let rows: Vec<(i64, Vec<Option<i64>>)> = (0..20_000).map(|key| (key, vec![Some(key), Some(1)])).collect();
    let delta = Delta { rows: vec![batch(&schema(2), &rows)], bound: 20_000 };
    let mut output = Output::new();
    operator.process(&[&delta, &delta], &EvalEnv::default(), &mut output).unwrap();
    assert_eq!(output.rows.iter().map(|rows| rows.rowtime.len()).sum::<usize>(), 20_000);
    let kept: usize = operator.snapshot().unwrap().batches.iter().map(RecordBatch::num_rows).sum();
    assert!(kept <= 2_004, "{kept}");
}

#[test]
fn a_lookup_gives_all_partners_and_keeps_rows_without_one() {
    let table_schema =
        Arc::new(Schema::new(vec![Field::new("key", DataType::Int64, true), Field::new("name", DataType::Utf8, true)]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(1), None])),
        Arc::new(StringArray::from(vec!["a", "b", "c", "n"])),
    ];
    let table = RecordBatch::try_new(Arc::clone(&table_schema), columns).unwrap();
    let mut fields = schema(1).fields().to_vec();
    fields.extend(table_schema.fields().iter().cloned());
    let spec = LookupSpec {
        table,
        keys: vec![0],
        table_keys: vec![0],
        condition: None,
        outer: true,
        table_first: false,
        schema: Arc::new(Schema::new(fields)),
    };
    let mut operator = Lookup::new(spec).unwrap();
    let rows = [(1, vec![Some(3)]), (2, vec![Some(1)]), (3, vec![None])];
    let delta = Delta { rows: vec![batch(&schema(1), &rows)], bound: 3 };
    let mut output = Output::new();
    operator.process(&[&delta], &EvalEnv::default(), &mut output).unwrap();
    let names = output.rows[0].batch.column(3).as_string::<i32>().iter().collect::<Vec<_>>();
    assert_eq!(names, [None, Some("a"), Some("c"), None]);
    assert_eq!(output.rows[0].rowtime.values(), &[1, 2, 2, 3]);
}

#[test]
fn a_row_whose_new_rowtime_goes_back_is_an_error_and_one_without_is_dropped() {
    let make = || -> Box<dyn Operator> { Box::new(SetRowtime::new(1)) };
    let mut operator = make();
    let mut rows = batch(&schema(1), &[(5, vec![Some(1)]), (4, vec![Some(2)]), (6, vec![Some(3)])]);
    rows.rowtime = vec![1, 2, 3].into();
    let mut output = Output::new();
    operator.process(&[&Delta { rows: vec![rows], bound: 3 }], &EvalEnv::default(), &mut output).unwrap();
    assert_eq!(output.rows[0].rowtime.values(), &[5, 6]);
    assert_eq!((output.failures.len(), output.bound), (1, 6));
}
