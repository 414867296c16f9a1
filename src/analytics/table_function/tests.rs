use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, StringArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use super::anomaly::arrow_schema;
use super::*;

fn integer(value: i64) -> Argument {
    Argument::Integer(value)
}

fn text(value: &str) -> Argument {
    Argument::Text(value.to_owned())
}

fn made(name: &str, input: &[Column], arguments: &[Argument]) -> Box<dyn TableFunction> {
    create(name, input, arguments, 42).unwrap().unwrap_or_else(|error| panic!("{error}"))
}

fn refused(name: &str, input: &[Column], arguments: &[Argument]) -> (Option<usize>, String) {
    match create(name, input, arguments, 42).unwrap() {
        Ok(_) => panic!("{name} takes {arguments:?}"),
        Err(ArgumentError { place, message }) => (place, message),
    }
}

fn readings() -> Vec<Column> {
    vec![Column::new("SENSOR", SqlType::Varchar(4)), Column::new("READING", SqlType::Double)]
}

fn batch(columns: &[Column], values: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(arrow_schema(columns), values).unwrap()
}

fn reading_batch(values: &[Option<f64>]) -> RecordBatch {
    let sensors: StringArray = (0..values.len()).map(|row| Some(format!("s{}", row % 3))).collect();
    batch(&readings(), vec![Arc::new(sensors), Arc::new(Float64Array::from(values.to_vec()))])
}

fn times(times: &[i64]) -> TimestampMillisecondArray {
    times.to_vec().into()
}

fn shown(emitted: &Emitted) -> Vec<String> {
    let options = arrow::util::display::FormatOptions::default().with_null("NULL");
    let row = |row: usize| {
        let values = emitted.rows.columns().iter().map(|column| {
            arrow::util::display::ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string()
        });
        format!("{} {}", emitted.rowtime.value(row), values.collect::<Vec<_>>().join(","))
    };
    (0..emitted.rows.num_rows()).map(row).collect()
}

#[test]
fn anomaly_scores_are_zero_for_as_many_rows_as_the_sample_has() {
    let mut forest = made("random_cut_forest", &readings(), &[integer(20), integer(10), integer(1_000), integer(1)]);
    assert_eq!(forest.columns().last().unwrap().name, "ANOMALY_SCORE");
    let values: Vec<_> = (0..30).map(|n| Some(f64::from(n * 7 % 5))).collect();
    let emitted = forest.push(&reading_batch(&values), &times(&(0..30).collect::<Vec<_>>())).unwrap();
    let scores = emitted.rows.column(2).as_primitive::<Float64Type>();
    assert!(scores.values()[..10].iter().all(|score| *score == 0.0));
    assert!(scores.values()[10..].iter().all(|score| *score > 0.0));
    assert_eq!(emitted.rowtime.value(29), 29);
}

#[test]
fn a_row_without_a_number_fails_and_the_others_go_on() {
    let mut forest = made("RANDOM_CUT_FOREST", &readings(), &[]);
    let emitted = forest.push(&reading_batch(&[Some(1.0), None, Some(2.0)]), &times(&[1, 2, 3])).unwrap();
    assert_eq!(emitted.rows.num_rows(), 2);
    assert_eq!(emitted.rowtime.values(), &[1, 3]);
    assert_eq!(emitted.failed[0].row, 1);
    assert!(emitted.failed[0].message.contains("READING"));
}

#[test]
fn shingles_and_explanations_survive_a_restart_at_any_row() {
    let input = readings();
    let arguments = [integer(10), integer(16), integer(500), integer(3), Argument::Boolean(true)];
    let make = || made("RANDOM_CUT_FOREST_WITH_EXPLANATION", &input, &arguments);
    let values: Vec<_> = (0..60).map(|n| Some(if n == 50 { 900.0 } else { f64::from(n % 7) })).collect();
    let at: Vec<i64> = (0..60).collect();
    let mut whole = make();
    let expected = shown(&whole.push(&reading_batch(&values), &times(&at)).unwrap());
    assert!(expected[50].contains(r#""DIRECTION":"HIGH""#), "{}", expected[50]);
    assert!(
        expected[3]
            .ends_with(r#",0.0,{"READING":{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"0.0000"}}"#)
    );
    let mut pieces = Vec::new();
    let mut state = make().snapshot().unwrap();
    for row in 0..60 {
        let mut function = make();
        function.restore(&state).unwrap();
        let emitted = function.push(&reading_batch(&values).slice(row, 1), &times(&at[row..=row])).unwrap();
        pieces.extend(shown(&emitted));
        state = function.snapshot().unwrap();
    }
    assert_eq!(pieces, expected);
    assert!(make().restore(&state[..state.len() - 1]).is_err());
}

#[test]
fn arguments_outside_of_their_ranges_are_refused_by_name() {
    for (arguments, place, word) in [
        (vec![integer(0)], 0, "numberOfTrees"),
        (vec![integer(1_001)], 0, "numberOfTrees"),
        (vec![integer(10), integer(9)], 1, "subSampleSize"),
        (vec![integer(10), integer(100), integer(100)], 2, "timeDecay"),
        (vec![integer(10), integer(100), integer(1_000), integer(31)], 3, "shingleSize"),
        (vec![integer(10), integer(100), integer(1_000), integer(1), Argument::Boolean(true)], 4, "4 arguments"),
        (vec![text("10")], 0, "numberOfTrees"),
    ] {
        let (at, message) = refused("RANDOM_CUT_FOREST", &readings(), &arguments);
        assert!(at == Some(place) && message.contains(word), "{arguments:?}: {at:?} {message}");
    }
    let hotspots = |arguments: &[Argument]| refused("HOTSPOTS", &readings(), arguments).1;
    assert!(hotspots(&[integer(100), integer(1)]).contains("minimumNumberOfPointsInAHotspot"));
    assert!(hotspots(&[integer(99), integer(1), integer(2)]).contains("windowSize"));
    assert!(hotspots(&[integer(100), integer(0), integer(2)]).contains("scanRadius"));
    assert!(hotspots(&[integer(100), integer(1), integer(101)]).contains("from 2 to 100"));
    let unknown = refused("TOP_K_ITEMS_TUMBLING", &readings(), &[text("X"), integer(1), integer(60)]).1;
    assert!(unknown.contains("`SENSOR`, `READING`"), "{unknown}");
    assert!(
        refused("COUNT_DISTINCT_ITEMS_TUMBLING", &readings(), &[text("SENSOR"), integer(3_601)]).1.contains("3600")
    );
    let rank =
        |out: &str, order: &str| refused("GROUP_RANK", &readings(), &[text("READING"), text(out), text(order)]).1;
    assert!(rank("SENSOR", "asc").contains("rankOutColumnName"));
    assert!(rank("R", "up").contains("'asc' or 'desc'"));
    assert!(create("NO_SUCH", &readings(), &[], 1).is_none());
}

#[test]
fn cursors_without_usable_numbers_are_refused() {
    let decimal = [Column::new("PRICE", SqlType::Decimal(10, 2)), Column::new("X", SqlType::Double)];
    let (place, message) = refused("RANDOM_CUT_FOREST", &decimal, &[]);
    assert!(place.is_none() && message.contains("PRICE") && message.contains("DOUBLE"), "{message}");
    assert!(refused("RANDOM_CUT_FOREST", &readings()[..1], &[]).1.contains("no numeric column"));
    let many: Vec<_> = (0..31).map(|n| Column::new(format!("C{n}"), SqlType::Real)).collect();
    assert!(refused("RANDOM_CUT_FOREST", &many, &[]).1.contains("31 numeric columns"));
}

#[test]
fn top_items_come_in_order_of_count_then_arrival_at_the_end_of_the_window() {
    let input = readings();
    let arguments = [text("SENSOR"), integer(2), integer(60)];
    let mut top = made("TOP_K_ITEMS_TUMBLING", &input, &arguments);
    let names = StringArray::from(vec![Some("b"), Some("a"), Some("c"), Some("a"), None, Some("c"), Some("z")]);
    let rows = batch(&input, vec![Arc::new(names), Arc::new(Float64Array::from(vec![0.0; 7]))]);
    let at = [1, 2, 3, 4, 5, 59_999, 60_000];
    let first = top.push(&rows, &times(&at)).unwrap();
    assert_eq!(shown(&first), ["60000 a,2", "60000 c,2"]);
    let mut restored = made("TOP_K_ITEMS_TUMBLING", &input, &arguments);
    restored.restore(&top.snapshot().unwrap()).unwrap();
    assert!(shown(&restored.on_time(119_999).unwrap()).is_empty());
    assert_eq!(shown(&restored.on_time(120_000).unwrap()), ["120000 z,1"]);
    assert!(shown(&restored.on_time(900_000).unwrap()).is_empty(), "empty windows give nothing");
}

#[test]
fn distinct_items_are_counted_without_null() {
    let input = readings();
    let mut count = made("COUNT_DISTINCT_ITEMS_TUMBLING", &input, &[text("sensor"), integer(1)]);
    let names = StringArray::from(vec![Some("a"), Some("b"), None, Some("a"), None]);
    let rows = batch(&input, vec![Arc::new(names), Arc::new(Float64Array::from(vec![0.0; 5]))]);
    let emitted = count.push(&rows, &times(&[0, 500, 999, 2_500, 3_000])).unwrap();
    assert_eq!(emitted.rows.column(0).as_primitive::<Int64Type>().values(), &[2, 1]);
    assert_eq!(emitted.rowtime.values(), &[1_000, 3_000]);
    assert!(shown(&count.on_time(10_000).unwrap()).is_empty(), "only NULL is nothing");
}

#[test]
fn ranks_have_gaps_and_are_cut_after_ranking() {
    let input = [Column::new("N", SqlType::Integer)];
    let arguments = [text("N"), text("R"), text("desc"), text("desc"), integer(0), integer(4)];
    let mut rank = made("GROUP_RANK", &input, &arguments);
    let numbers = Int32Array::from(vec![Some(5), Some(9), Some(9), None, Some(1), Some(7)]);
    let first = rank.push(&batch(&input, vec![Arc::new(numbers)]), &times(&[1, 1, 1, 1, 1, 2])).unwrap();
    assert_eq!(shown(&first), ["1 1,4", "1 5,3", "1 9,1", "1 9,1"]);
    let mut restored = made("GROUP_RANK", &input, &arguments);
    restored.restore(&rank.snapshot().unwrap()).unwrap();
    assert!(shown(&restored.on_time(2).unwrap()).is_empty());
    let last = restored.on_time(3).unwrap();
    assert_eq!(last.rows.column(1).as_primitive::<Int32Type>().values(), &[1]);
    assert_eq!(last.rowtime.values(), &[2]);
}

#[test]
fn hotspots_name_the_box_around_a_dense_place() {
    let input = [Column::new("X", SqlType::Double), Column::new("Y", SqlType::Integer)];
    let mut hotspots = made("HOTSPOTS", &input, &[integer(100), integer(2), integer(4)]);
    let x = [0.0, 1.0, 0.0, 1.5, 80.0, 0.5];
    let y = [0, 0, 1, 1, 90, 1];
    let rows = batch(&input, vec![Arc::new(Float64Array::from(x.to_vec())), Arc::new(Int32Array::from(y.to_vec()))]);
    let emitted = hotspots.push(&rows, &times(&[0; 6])).unwrap();
    let texts: Vec<_> = emitted.rows.column(2).as_string::<i32>().iter().flatten().collect();
    assert_eq!(texts[2], r#"{"hotspots":[]}"#);
    // Four points in a box of 2 (for 1.5) by 2 (for 1).
    assert_eq!(texts[3], r#"{"hotspots":[{"density":1.0,"minValues":[0.0,0.0],"maxValues":[1.5,1.0]}]}"#);
    assert_eq!(texts[4], r#"{"hotspots":[]}"#);
    let mut restored = made("HOTSPOTS", &input, &[integer(100), integer(2), integer(4)]);
    restored.restore(&hotspots.snapshot().unwrap()).unwrap();
    let again = rows.slice(5, 1);
    assert_eq!(
        shown(&restored.push(&again, &times(&[1])).unwrap()),
        shown(&hotspots.push(&again, &times(&[1])).unwrap())
    );
}
