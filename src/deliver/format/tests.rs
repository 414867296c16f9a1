use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, SchemaRef};

use super::*;

fn encode(format: Format, batch: &RecordBatch) -> String {
    let encoder = TextEncoder::new(format, &batch.schema()).unwrap();
    let mut out = Vec::new();
    encoder.rows(batch).unwrap().encode(0, batch.num_rows(), &mut out);
    String::from_utf8(out).unwrap()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// 2018-08-27 10:30:00.337
const MILLIS: i64 = 1_535_365_800_337;

fn all_types() -> RecordBatch {
    let dictionary: DictionaryArray<Int32Type> = [Some("AUS"), None].into_iter().collect();
    batch(vec![
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("tiny", Arc::new(Int8Array::from(vec![Some(-128), None]))),
        ("int", Arc::new(Int32Array::from(vec![Some(i32::MIN), None]))),
        ("big", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("real", Arc::new(Float32Array::from(vec![Some(0.1), None]))),
        ("double", Arc::new(Float64Array::from(vec![Some(35.0), None]))),
        ("nan", Arc::new(Float64Array::from(vec![f64::NAN, f64::INFINITY]))),
        ("decimal", Arc::new(Decimal128Array::from(vec![Some(-12345), None]).with_precision_and_scale(10, 2).unwrap())),
        ("text", Arc::new(StringArray::from(vec![Some("a\"b"), None]))),
        ("view", Arc::new(StringViewArray::from(vec![Some("Grüße, Welt"), None]))),
        ("large", Arc::new(LargeStringArray::from(vec![Some(""), None]))),
        ("dictionary", Arc::new(dictionary)),
        ("binary", Arc::new(BinaryArray::from(vec![Some(b"{\"a\":1}".as_slice()), None]))),
        ("date", Arc::new(Date32Array::from(vec![Some(17_770), None]))),
        ("time", Arc::new(Time64MicrosecondArray::from(vec![Some(37_800_337_000), None]))),
        ("ms", Arc::new(TimestampMillisecondArray::from(vec![Some(MILLIS), None]))),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![Some(MILLIS * 1_000_000 + 5), None]).with_timezone("UTC"))),
        ("null", Arc::new(NullArray::new(2))),
    ])
}

#[test]
fn json_has_columns_in_order_and_null_for_null() {
    assert_eq!(
        encode(Format::Json, &all_types()),
        concat!(
            r#"{"boolean":true,"tiny":-128,"int":-2147483648,"big":-9223372036854775808,"unsigned":18446744073709551615,"#,
            r#""real":0.1,"double":35.0,"nan":null,"decimal":-123.45,"text":"a\"b","view":"Grüße, Welt","large":"","#,
            r#""dictionary":"AUS","binary":"eyJhIjoxfQ==","date":"2018-08-27","time":"10:30:00.337","#,
            r#""ms":"2018-08-27 10:30:00.337","ns":"2018-08-27 10:30:00.337","null":null}"#,
            "\n",
            r#"{"boolean":null,"tiny":null,"int":null,"big":null,"unsigned":null,"real":null,"double":null,"nan":null,"#,
            r#""decimal":null,"text":null,"view":null,"large":null,"dictionary":null,"binary":null,"date":null,"#,
            r#""time":null,"ms":null,"ns":null,"null":null}"#,
            "\n",
        )
    );
}

#[test]
fn csv_quotes_what_needs_it_and_leaves_null_empty() {
    assert_eq!(
        encode(Format::Csv, &all_types()),
        "true,-128,-2147483648,-9223372036854775808,18446744073709551615,0.1,35.0,NaN,-123.45,\"a\"\"b\",\
         \"Grüße, Welt\",\"\",AUS,eyJhIjoxfQ==,2018-08-27,10:30:00.337,2018-08-27 10:30:00.337,2018-08-27 10:30:00.337,\n\
         ,,,,,,,Infinity,,,,,,,,,,,\n"
    );
    let lines = batch(vec![("a", Arc::new(StringArray::from(vec!["two\nlines", "carriage\rreturn", " plain "])))]);
    assert_eq!(encode(Format::Csv, &lines), "\"two\nlines\"\n\"carriage\rreturn\"\n plain \n");
}

#[test]
fn every_character_comes_back_from_json() {
    // Each character at each place of the eight-byte words that are looked at together.
    let mut texts = Vec::new();
    for character in (0..0x100_u32).chain([0x2028, 0x1f600]).filter_map(char::from_u32) {
        for before in 0..17 {
            texts.push(format!("{}{character}{}", "x".repeat(before), "ÿ".repeat(16 - before)));
        }
    }
    let rows = batch(vec![("t", Arc::new(StringArray::from(texts.clone())))]);
    let lines = encode(Format::Json, &rows);
    let read: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["t"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(read, texts);
}

#[test]
fn keys_are_escaped_and_case_is_kept() {
    let rows = batch(vec![("Ein \"Name\"", Arc::new(Int32Array::from(vec![1])) as ArrayRef)]);
    assert_eq!(encode(Format::Json, &rows), "{\"Ein \\\"Name\\\"\":1}\n");
}

#[test]
fn slices_are_encoded_alone() {
    let rows = batch(vec![("n", Arc::new(Int32Array::from_iter(0..10)))]).slice(3, 4);
    let encoder = TextEncoder::new(Format::Csv, &rows.schema()).unwrap();
    let mut out = Vec::new();
    encoder.rows(&rows).unwrap().encode(1, 3, &mut out);
    assert_eq!(out, b"4\n5\n");
}

#[test]
fn columns_that_a_format_cannot_hold_are_refused_by_name() {
    let list = DataType::List(Arc::new(Field::new("item", DataType::Int32, true)));
    let schema = Schema::new(vec![Field::new("ok", DataType::Int32, true), Field::new("many", list, true)]);
    for format in [Format::Json, Format::Csv] {
        let error = check_schema(format, &schema).unwrap_err();
        assert!(matches!(&error, Error::UnsupportedColumn { column, .. } if column == "many"), "{error}");
    }
    check_schema(Format::Parquet, &schema).unwrap();
    let interval = DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano);
    let schema = Schema::new(vec![Field::new("i", interval, true)]);
    assert!(check_schema(Format::Parquet, &schema).is_err());
}

#[test]
fn parquet_files_read_back_the_same() {
    let rows = all_types().project(&[0, 2, 3, 6, 9, 14, 16]).unwrap();
    let mut bytes = Vec::new();
    let schema: SchemaRef = rows.schema();
    parquet::encode(&schema, &[rows.slice(0, 1), rows.slice(1, 1)], &mut bytes).unwrap();
    let reader =
        ::parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes::Bytes::from(bytes), 10).unwrap();
    let read: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
    assert_eq!(read, [rows]);
}

/// Run with `cargo test --no-default-features --lib deliver::format -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn speed_of_three_columns() {
    let rows = 8192;
    let sensor = Int32Array::from_iter((0..rows).map(|i| i % 50));
    let temperature = Int32Array::from_iter((0..rows).map(|i| i * 7 % 151));
    let location = StringArray::from_iter_values((0..rows).map(|i| ["AUS", "USA", "UK"][i as usize % 3]));
    let rows = batch(vec![
        ("sensor_id", Arc::new(sensor)),
        ("current_temperature", Arc::new(temperature)),
        ("location", Arc::new(location)),
    ]);
    for format in [Format::Json, Format::Csv] {
        let encoder = TextEncoder::new(format, &rows.schema()).unwrap();
        let mut out = Vec::new();
        let started = std::time::Instant::now();
        for _ in 0..1000 {
            out.clear();
            encoder.rows(&rows).unwrap().encode(0, rows.num_rows(), &mut out);
        }
        let rate = 1000.0 * rows.num_rows() as f64 / started.elapsed().as_secs_f64() / 1e6;
        println!("{}: {rate:.1} M rows/s, {} bytes a row", format.as_str(), out.len() / rows.num_rows());
    }
}
