//! Whole applications over real streams: results, errors, restarts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMillisecondType};

use super::*;
use crate::deliver::{OutputRows, Sink, SinkMetrics, SinkSnapshot};
use crate::stream::{Durability, RecordBlock, StartPosition, Stream, StreamStore};
use crate::time::{Clock, ManualClock, Timestamp};

const TWO_PUMPS: &str = r#"
CREATE OR REPLACE STREAM "hot" ("id" INTEGER, "temp" INTEGER, "place" VARCHAR(16));
CREATE OR REPLACE PUMP "HOT" AS INSERT INTO "hot" SELECT STREAM "id", "temp", "place" FROM "SOURCE_SQL_STREAM_001" WHERE "temp" > 100;
CREATE OR REPLACE STREAM "cold" ("id" INTEGER, "temp" INTEGER, "place" VARCHAR(16));
CREATE OR REPLACE PUMP "COLD" AS INSERT INTO "cold" SELECT STREAM "id", "temp", "place" FROM "SOURCE_SQL_STREAM_001" WHERE "temp" < 100;
"#;

struct Fixture {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    stream: Stream,
}

impl Fixture {
    fn new(shards: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_000)));
        let store = StreamStore::new(folder.path().join("streams"), Arc::clone(&clock) as Arc<dyn Clock>);
        let stream = store.open_or_create("s", Some(shards), Durability::Os).unwrap();
        Self { folder, clock, stream }
    }

    fn put(&self, records: &[&str]) {
        let mut block = RecordBlock::new();
        for (number, record) in records.iter().enumerate() {
            block.push(record.as_bytes(), &format!("key-{number}")).unwrap();
        }
        self.stream.put_block(&block).unwrap();
    }

    fn config(&self, sql: &str) -> ApplicationConfig {
        ApplicationConfig {
            name: "app".into(),
            sql: sql.into(),
            folder: self.folder.path().join("app"),
            inputs: vec![ApplicationInput {
                name: DEFAULT_INPUT.into(),
                stream: self.stream.clone(),
                shards: None,
                schema: None,
                preprocess: None,
                start: StartPosition::TrimHorizon,
            }],
            tables: Vec::new(),
            reset: false,
            epoch_records: 65_536,
            checkpoint_every: Duration::from_secs(3_600),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        }
    }

    fn application(&self, sql: &str) -> Application {
        Application::new(self.config(sql)).unwrap()
    }

    fn run(&self, sql: &str) -> RunResult {
        self.application(sql).run(&Control::default(), Collect::Auto, None).unwrap()
    }
}

fn integers(result: &RunResult, stream: &str, column: &str) -> Vec<Option<i32>> {
    let batches = result.streams[stream].batches.as_ref().unwrap();
    batches
        .iter()
        .flat_map(|batch| batch.column_by_name(column).unwrap().as_primitive::<Int32Type>().iter().collect::<Vec<_>>())
        .collect()
}

fn texts(batches: &[RecordBatch], column: &str) -> Vec<String> {
    let all = batches.iter().map(|batch| batch.column_by_name(column).unwrap());
    all.flat_map(|column| {
        column.as_string::<i32>().iter().map(|text| text.unwrap_or("NULL").to_owned()).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn two_pumps_part_the_records() {
    let fixture = Fixture::new(2);
    fixture.put(&[
        r#"{"id":1,"temp":101,"place":"UK"}"#,
        r#"{"id":2,"temp":100,"place":"UK"}"#,
        r#"{"id":3,"temp":99,"place":"USA"}"#,
    ]);
    let result = fixture.run(TWO_PUMPS);
    assert_eq!((integers(&result, "hot", "id"), integers(&result, "cold", "id")), (vec![Some(1)], vec![Some(3)]));
    assert_eq!((result.records, result.errors), (3, 0));
    let rowtime = result.streams["hot"].batches.as_ref().unwrap()[0]
        .column(0)
        .as_primitive::<TimestampMillisecondType>()
        .value(0);
    assert_eq!(rowtime, 1_000);
}

#[test]
fn a_second_run_takes_only_what_is_new() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"id":1,"temp":101,"place":"UK"}"#]);
    assert_eq!(fixture.run(TWO_PUMPS).records, 1);
    assert_eq!(fixture.run(TWO_PUMPS).records, 0);
    fixture.clock.advance(5);
    fixture.put(&[r#"{"id":7,"temp":120,"place":"UK"}"#]);
    let result = fixture.run(TWO_PUMPS);
    assert_eq!((result.records, integers(&result, "hot", "id")), (1, vec![Some(7)]));
}

#[test]
fn bad_records_go_to_the_error_stream_and_nothing_else_is_lost() {
    let fixture = Fixture::new(1);
    fixture.put(&[
        r#"{"id":1,"temp":101,"place":"UK"}"#,
        "not json",
        r#"{"id":2,"temp":"warm","place":"UK"}"#,
        r#"{"id":3,"temp":102,"place":"UK"}"#,
    ]);
    let mut config = fixture.config(TWO_PUMPS);
    let column = |name: &str, sql_type| InputColumn { name: name.into(), sql_type, mapping: None };
    config.inputs[0].schema = Some(InputSchema::json(vec![
        column("id", SqlType::Integer),
        column("temp", SqlType::Integer),
        column("place", SqlType::Varchar(16)),
    ]));
    let mut application = Application::new(config).unwrap();
    let result = application.run(&Control::default(), Collect::Auto, None).unwrap();
    assert_eq!((result.errors, integers(&result, "hot", "id")), (2, vec![Some(1), Some(3)]));
    let errors = application.errors().unwrap();
    let messages = texts(&errors, "MESSAGE");
    assert!(messages[0].contains("not json") && messages[1].contains("does not fit INTEGER"), "{messages:?}");
    assert_eq!(texts(&errors, "DATA_ROW")[0], "6E6F74206A736F6E");
}

#[test]
fn a_row_that_fails_in_a_pump_fails_alone() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"a":6,"b":2}"#, r#"{"a":1,"b":0}"#, r#"{"a":9,"b":3}"#]);
    let sql = r#"CREATE STREAM quotients (q INTEGER NOT NULL); CREATE PUMP p AS INSERT INTO quotients SELECT STREAM "a" / "b" FROM SOURCE_SQL_STREAM_001;"#;
    let mut application = fixture.application(sql);
    let result = application.run(&Control::default(), Collect::Auto, None).unwrap();
    assert_eq!(integers(&result, "QUOTIENTS", "Q"), [Some(3), Some(3)]);
    let errors = application.errors().unwrap();
    assert_eq!(
        (texts(&errors, "MESSAGE"), texts(&errors, "PUMP_NAME")),
        (vec!["Division by zero".to_owned()], vec!["P".to_owned()])
    );
}

#[test]
fn pumps_chain_fan_out_and_fan_in() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#]);
    let sql = r#"
        CREATE STREAM doubled (v INTEGER);
        CREATE PUMP d AS INSERT INTO doubled SELECT STREAM "a" * 2 AS v FROM SOURCE_SQL_STREAM_001;
        CREATE STREAM all_of_it (v INTEGER, at TIMESTAMP, w VARCHAR(8));
        CREATE PUMP one AS INSERT INTO all_of_it (v, w) SELECT STREAM t.v + 1, 'd' || CAST(t.v AS VARCHAR) FROM (SELECT STREAM v FROM doubled WHERE v > 2) AS t;
        CREATE PUMP two AS INSERT INTO all_of_it SELECT STREAM *, ROWTIME, NULL FROM doubled;
        CREATE PUMP off STOPPED AS INSERT INTO all_of_it (v) SELECT STREAM v FROM doubled;
        CREATE STREAM both_sides (v INTEGER);
        CREATE PUMP u AS INSERT INTO both_sides SELECT STREAM v FROM doubled WHERE v = 2 UNION ALL SELECT STREAM "a" FROM SOURCE_SQL_STREAM_001;"#;
    let sql = sql.replace("at TIMESTAMP", "\"at\" TIMESTAMP");
    let result = fixture.run(&sql);
    assert_eq!(integers(&result, "DOUBLED", "V"), [Some(2), Some(4), Some(6)]);
    let mut all = integers(&result, "ALL_OF_IT", "V");
    all.sort_unstable();
    assert_eq!(all, [Some(2), Some(4), Some(5), Some(6), Some(7)]);
    let mut both = integers(&result, "BOTH_SIDES", "V");
    both.sort_unstable();
    assert_eq!(both, [Some(1), Some(2), Some(2), Some(3)]);
}

#[test]
fn unquoted_names_find_the_columns_of_the_records_with_a_warning() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"temp":1}"#]);
    let sql = "CREATE STREAM o (t INTEGER); CREATE PUMP p AS INSERT INTO o SELECT STREAM temp FROM source_sql_stream_001 WHERE temp < 5;";
    let mut application = fixture.application(sql);
    assert_eq!(application.warnings().unwrap().len(), 1);
    let result = application.run(&Control::default(), Collect::Auto, None).unwrap();
    assert_eq!(integers(&result, "O", "T"), [Some(1)]);
}

#[test]
fn implicit_columns_tell_where_a_record_came_from() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"temp":1}"#]);
    let sql = "CREATE STREAM o (k VARCHAR(32), s VARCHAR(32), n VARCHAR(64));
               CREATE PUMP p AS INSERT INTO o SELECT STREAM PARTITION_KEY, SHARD_ID, SEQUENCE_NUMBER FROM SOURCE_SQL_STREAM_001;";
    let result = fixture.run(sql);
    let batches = result.streams["O"].batches.as_ref().unwrap();
    assert_eq!(
        (texts(batches, "K"), texts(batches, "S")),
        (vec!["key-0".to_owned()], vec!["shardId-000000000000".to_owned()])
    );
    assert_eq!(texts(batches, "N")[0].len(), 56);
}

#[test]
fn a_pump_may_set_rowtime_but_not_back() {
    let fixture = Fixture::new(1);
    fixture.put(&[
        r#"{"t":"2026-01-01 00:00:05","v":1}"#,
        r#"{"t":"2026-01-01 00:00:04","v":2}"#,
        r#"{"t":"2026-01-01 00:00:06","v":3}"#,
    ]);
    let sql = "CREATE STREAM o (v INTEGER); CREATE PUMP p AS INSERT INTO o SELECT STREAM \"v\", \"t\" AS ROWTIME FROM SOURCE_SQL_STREAM_001;";
    let mut config = fixture.config(sql);
    let column = |name: &str, sql_type| InputColumn { name: name.into(), sql_type, mapping: None };
    config.inputs[0].schema =
        Some(InputSchema::json(vec![column("t", SqlType::Timestamp), column("v", SqlType::Integer)]));
    let mut application = Application::new(config).unwrap();
    let result = application.run(&Control::default(), Collect::Auto, None).unwrap();
    assert_eq!(integers(&result, "O", "V"), [Some(1), Some(3)]);
    assert_eq!(texts(&application.errors().unwrap(), "ERROR_NAME"), ["ROW_OUT_OF_ORDER"]);
}

fn refusal(sql: &str) -> String {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"id":1,"temp":101,"place":"UK"}"#]);
    match Application::new(fixture.config(sql)) {
        Ok(_) => panic!("{sql} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn errors_point_into_the_text() {
    let pump =
        |query: &str| refusal(&format!("CREATE STREAM o (v INTEGER);\nCREATE PUMP p AS INSERT INTO o\n{query};"));
    let message = pump("SELECT STREAM \"tempp\" FROM SOURCE_SQL_STREAM_001");
    assert!(message.contains("line 3, column 15") && message.contains("hint: did you mean `temp`?"), "{message}");
    let message = pump("SELECT STREAM \"temp\" FROM nowhere");
    assert!(message.contains("There is no stream `NOWHERE`") && message.contains("line 3, column 27"), "{message}");
    let message = pump("SELECT STREAM \"temp\" FROM SOURCE_SQL_STREAM_001 WHERE");
    assert!(message.contains("line 3") && message.contains('^'), "{message}");
    let message = pump("SELECT STREAM \"temp\", \"id\" FROM SOURCE_SQL_STREAM_001");
    assert!(message.contains("gives 2 values, `O` takes 1"), "{message}");
    let message = pump("SELECT STREAM \"place\" FROM SOURCE_SQL_STREAM_001");
    assert!(
        message.contains("cannot go into the column `V` of type INTEGER") && message.contains("column 15"),
        "{message}"
    );
    let cycle = refusal(
        "CREATE STREAM a (v INT); CREATE STREAM b (v INT); CREATE PUMP p AS INSERT INTO a SELECT STREAM v FROM b; CREATE PUMP q AS INSERT INTO b SELECT STREAM v FROM a",
    );
    assert!(cycle.contains("feeds itself"), "{cycle}");
}

/// A sink that keeps what it was given, committed and not.
#[derive(Default)]
struct Memory {
    open: Vec<i32>,
    prepared: usize,
    committed: Arc<Mutex<Vec<i32>>>,
    fail_after: Option<usize>,
}

impl Sink for Memory {
    fn write(&mut self, rows: &OutputRows) -> crate::deliver::Result<()> {
        let values = rows.batch.column(0).as_primitive::<Int32Type>();
        if self.fail_after.is_some_and(|limit| self.open.len() + values.len() > limit) {
            return Err(crate::deliver::Error::Destination { destination: "memory".into(), source: "full".into() });
        }
        self.open.extend(values.values());
        Ok(())
    }

    fn advance(&mut self, _now: Timestamp) -> crate::deliver::Result<()> {
        Ok(())
    }

    fn snapshot(&mut self) -> crate::deliver::Result<SinkSnapshot> {
        self.prepared = self.open.len();
        Ok(SinkSnapshot(self.open.iter().flat_map(|value| value.to_le_bytes()).collect()))
    }

    fn commit(&mut self) -> crate::deliver::Result<()> {
        self.committed.lock().unwrap().extend(self.open.drain(..self.prepared));
        Ok(())
    }

    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> crate::deliver::Result<()> {
        self.open.clear();
        assert!(snapshot.is_none_or(|snapshot| snapshot.0.len() % 4 == 0));
        Ok(())
    }

    fn metrics(&self) -> SinkMetrics {
        SinkMetrics::default()
    }
}

#[test]
fn a_failed_destination_loses_nothing() {
    let fixture = Fixture::new(2);
    fixture.put(&[
        r#"{"id":1,"temp":101,"place":"UK"}"#,
        r#"{"id":2,"temp":102,"place":"UK"}"#,
        r#"{"id":3,"temp":103,"place":"UK"}"#,
    ]);
    let committed = Arc::new(Mutex::new(Vec::new()));
    let mut failing = fixture.application(TWO_PUMPS);
    failing
        .deliver(
            "hot",
            "memory",
            Box::new(Memory { fail_after: Some(1), committed: Arc::clone(&committed), ..Memory::default() }),
        )
        .unwrap();
    assert!(failing.run(&Control::default(), Collect::Auto, None).is_err());
    assert!(committed.lock().unwrap().is_empty());
    let mut working = fixture.application(TWO_PUMPS);
    working
        .deliver("hot", "memory", Box::new(Memory { committed: Arc::clone(&committed), ..Memory::default() }))
        .unwrap();
    working.run(&Control::default(), Collect::Auto, None).unwrap();
    let mut values = committed.lock().unwrap().clone();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn a_checkpoint_belongs_to_its_text_and_destinations() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"id":1,"temp":101,"place":"UK"}"#]);
    let mut application = fixture.application(TWO_PUMPS);
    assert!(matches!(application.deliver("warm", "m", Box::new(Memory::default())), Err(Error::UnknownStream { .. })));
    application.deliver("hot", "memory", Box::new(Memory::default())).unwrap();
    application.run(&Control::default(), Collect::Auto, None).unwrap();
    let changed = TWO_PUMPS.replace("> 100", "> 101");
    assert!(matches!(
        fixture.application(&changed).run(&Control::default(), Collect::Auto, None),
        Err(Error::ChangedApplication { .. })
    ));
    assert!(matches!(
        fixture.application(TWO_PUMPS).run(&Control::default(), Collect::Auto, None),
        Err(Error::MissingSink { .. })
    ));
    let mut config = fixture.config(&changed);
    config.reset = true;
    assert_eq!(Application::new(config).unwrap().run(&Control::default(), Collect::Auto, None).unwrap().records, 1);
}

#[test]
fn a_live_application_stops_with_everything_processed() {
    let fixture = Fixture::new(1);
    fixture.put(&[r#"{"id":1,"temp":101,"place":"UK"}"#]);
    let committed = Arc::new(Mutex::new(Vec::new()));
    let mut application = fixture.application(TWO_PUMPS);
    application
        .deliver("hot", "memory", Box::new(Memory { committed: Arc::clone(&committed), ..Memory::default() }))
        .unwrap();
    let live = application.start().unwrap();
    assert!(matches!(
        fixture.application(TWO_PUMPS).run(&Control::default(), Collect::Auto, None),
        Err(Error::AlreadyRunning { .. })
    ));
    fixture.clock.advance(10);
    fixture.put(&[r#"{"id":2,"temp":102,"place":"UK"}"#]);
    fixture.clock.advance(10);
    while live.control().records() < 2 && live.is_running() {
        std::thread::yield_now();
    }
    assert_eq!(live.tail("hot", 1).iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    let application = live.stop().unwrap().unwrap();
    assert!(live.stop().unwrap().is_none());
    assert_eq!(*committed.lock().unwrap(), [1, 2]);
    assert_eq!(application.name(), "app");
}
