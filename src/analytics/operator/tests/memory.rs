//! State is bounded by the windows: what many keys took comes back when their windows have closed.

use super::*;
use crate::analytics::sql_type::SqlType;
use crate::analytics::table_function::{Argument, Column, create};

const MINUTE: i64 = 60_000;
/// A million keys of eight bytes take more than this in any operator.
const MUCH: usize = 8_000_000;
/// What may be left of it: room for some thousands of keys with their windows.
const LITTLE: usize = 8_000_000;

type Make = fn() -> Box<dyn Operator>;

/// Aggregates over the value, the third column.
fn aggregates() -> Vec<Aggregate> {
    vec![
        call(AggregateFunction::CountRows, None),
        call(AggregateFunction::Avg, Some(2)),
        call(AggregateFunction::Max, Some(2)),
        call(AggregateFunction::LastValue, Some(2)),
    ]
}

fn results(width: usize) -> SchemaRef {
    let mut fields: Vec<Field> =
        (0..width).map(|place| Field::new(format!("k{place}"), DataType::Int64, true)).collect();
    fields.extend(
        aggregates().iter().enumerate().map(|(n, call)| Field::new(format!("a{n}"), call.result_type.clone(), true)),
    );
    Arc::new(Schema::new(fields))
}

fn tumbling_by(keys: Vec<usize>) -> Box<dyn Operator> {
    let schema = results(1 + keys.len());
    let spec =
        TumblingSpec { terms: vec![0], keys, aggregates: aggregates(), periods: minutes(), by_rows: false, schema };
    Box::new(Tumbling::new(spec, &super::schema(3)).unwrap())
}

fn stagger() -> Box<dyn Operator> {
    let spec = StaggerSpec { keys: vec![1], width: MINUTE, aggregates: aggregates(), schema: results(1) };
    Box::new(Stagger::new(spec, &super::schema(3)).unwrap())
}

fn sliding_minute() -> Box<dyn Operator> {
    let mut fields = super::schema(3).fields().to_vec();
    fields.extend(results(0).fields().iter().cloned());
    let spec = SlidingSpec {
        keys: vec![1],
        frame: Frame::Range(MINUTE),
        aggregates: aggregates(),
        schema: Arc::new(Schema::new(fields)),
    };
    Box::new(Sliding::new(spec, &super::schema(3)).unwrap())
}

fn distinct() -> Box<dyn Operator> {
    Box::new(Distinct::new(vec![0], vec![0, 1], minutes(), &super::schema(3)).unwrap())
}

fn join_minute() -> Box<dyn Operator> {
    let side = || JoinSide { keys: vec![1], window: JoinWindow::Range(MINUTE), outer: true, schema: super::schema(3) };
    let mut fields = super::schema(3).fields().to_vec();
    fields.extend(super::schema(3).fields().iter().cloned());
    let spec = JoinSpec { left: side(), right: side(), condition: None, schema: Arc::new(Schema::new(fields)) };
    Box::new(StreamJoin::new(spec).unwrap())
}

fn sort() -> Box<dyn Operator> {
    let spec = SortSpec { lead: Some(0), by: vec![(1, true)], periods: minutes(), keeps_last: false };
    Box::new(Sort::new(spec, &super::schema(3)))
}

fn time_sort() -> Box<dyn Operator> {
    Box::new(TimeSort::new(TimeSortSpec { time: 3, within: MINUTE, by: vec![(1, false)] }, &super::schema(3)).unwrap())
}

fn function(name: &str, arguments: &[Argument]) -> Box<dyn Operator> {
    let mut columns: Vec<Column> = (0..3).map(|place| Column::new(format!("c{place}"), SqlType::BigInt)).collect();
    columns.push(Column::new("ROWTIME", SqlType::Timestamp));
    Box::new(FunctionHost::new(create(name, &columns, arguments, 7).unwrap().unwrap()))
}

fn top_k() -> Box<dyn Operator> {
    function("TOP_K_ITEMS_TUMBLING", &[Argument::Text("c1".to_owned()), Argument::Integer(10), Argument::Integer(60)])
}

fn count_distinct() -> Box<dyn Operator> {
    function("COUNT_DISTINCT_ITEMS_TUMBLING", &[Argument::Text("c1".to_owned()), Argument::Integer(60)])
}

fn group_rank() -> Box<dyn Operator> {
    function("GROUP_RANK", &[Argument::Text("c1".to_owned()), Argument::Text("rank".to_owned())])
}

/// All that have state, with the number of their inputs.
const OPERATORS: [(&str, Make, usize); 12] = [
    ("tumbling", || tumbling_by(vec![1]), 1),
    ("tumbling by two keys", || tumbling_by(vec![1, 2]), 1),
    ("stagger", stagger, 1),
    ("sliding", sliding_minute, 1),
    ("distinct", distinct, 1),
    ("join", join_minute, 2),
    ("sort", sort, 1),
    ("time sort", time_sort, 1),
    ("top k", top_k, 1),
    ("count distinct", count_distinct, 1),
    ("group rank", group_rank, 1),
    ("union", || Box::new(Union::new(2, super::schema(3))), 2),
];

/// Give each input the keys, at times that rise from `time` on and stay within a minute; one input lags a minute behind.
fn push(operator: &mut dyn Operator, inputs: usize, keys: std::ops::Range<i64>, time: i64) {
    let (first, count) = (keys.start, keys.end - keys.start);
    let at = |key: i64| time + (key - first) * (MINUTE - 1) / count;
    let rows: Vec<_> = keys.map(|key| (at(key), vec![Some(at(key) / MINUTE), Some(key), Some(1)])).collect();
    let rows = batch(&super::schema(3), &rows);
    let delta = Delta { bound: time + MINUTE - 1, rows: vec![rows] };
    let late = Delta { bound: time - 1, rows: Vec::new() };
    let deltas = [&delta, &late];
    operator.process(&deltas[..inputs], &EvalEnv::default(), &mut Output::new()).unwrap();
}

#[test]
fn a_million_keys_over_time_take_the_room_of_those_in_a_window() {
    for (name, make, inputs) in OPERATORS {
        let mut operator = make();
        let mut most = 0;
        for part in 0..100 {
            push(&mut *operator, inputs, part * 10_000..(part + 1) * 10_000, (part + 1) * MINUTE);
            most = most.max(operator.state_bytes());
        }
        // The bound lets every rank go.
        assert!(most > 0 || name == "group rank", "{name} tells nothing of its state");
        assert!(most < 20_000 * 800, "{name} took {most} bytes for 20,000 keys at a time");
    }
}

#[test]
fn a_million_keys_in_one_window_give_their_room_back_while_others_go_on() {
    for (name, make, inputs) in OPERATORS {
        let mut operator = make();
        // A hundred batches in one minute; the operators that hold no keys hold rows.
        for part in 0..100 {
            let keys: Vec<_> = (part * 10_000..(part + 1) * 10_000).collect();
            let time = MINUTE + part;
            let rows: Vec<_> = keys.iter().map(|key| (time, vec![Some(1), Some(*key), Some(1)])).collect();
            let delta = Delta { bound: time, rows: vec![batch(&super::schema(3), &rows)] };
            let late = Delta { bound: 0, rows: Vec::new() };
            operator.process(&[&delta, &late][..inputs], &EvalEnv::default(), &mut Output::new()).unwrap();
        }
        let most = operator.state_bytes();
        // Distinct counts become estimates, and only the rows of one instant wait for their rank.
        if !matches!(name, "count distinct" | "group rank") {
            assert!(most > MUCH, "{name} tells of {most} bytes only");
        }
        for part in 0..10 {
            push(&mut *operator, inputs, 2_000_000 + part * 1_000..2_001_000 + part * 1_000, (part + 3) * MINUTE);
        }
        let left = operator.state_bytes();
        assert!(left < LITTLE, "{name} keeps {left} of {most} bytes for 2,000 keys");
    }
}
