use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use serde_json::{Value, json};

use super::*;
use crate::generate::functions;

const SENSOR: &str = r#"{
    "id": {{random.number(50)}},
    "temp": {{random.number(
        {"min":0, "max":150}
    )}},
    "place": "{{random.arrayElement(["AUS","USA","UK"])}}"
}"#;

fn generator(template: &str) -> Generator {
    let options = GeneratorOptions {
        seed: Some(7),
        start_time: Some(Timestamp(1_798_362_307_123)),
        ..GeneratorOptions::default()
    };
    Generator::compile(template, &options).unwrap()
}

fn records(generator: &Generator, count: u64) -> Vec<String> {
    let rendered = generator.render(0..count);
    rendered
        .offsets
        .windows(2)
        .map(|pair| String::from_utf8(rendered.bytes[pair[0] as usize..pair[1] as usize].to_vec()).unwrap())
        .collect()
}

#[test]
fn records_read_exactly_as_the_template() {
    let generator = generator(SENSOR);
    for record in records(&generator, 1_000) {
        let json: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(
            record,
            format!(
                "{{    \"id\": {},    \"temp\": {},    \"place\": \"{}\"}}",
                json["id"],
                json["temp"],
                json["place"].as_str().unwrap()
            )
        );
        assert!(
            (0..=50).contains(&json["id"].as_i64().unwrap()) && (0..=150).contains(&json["temp"].as_i64().unwrap())
        );
    }
}

#[test]
fn both_ends_of_a_range_are_drawn() {
    let seen: BTreeSet<String> = records(&generator("{{random.number(50)}}"), 5_000).into_iter().collect();
    assert_eq!(seen.len(), 51);
    let seen: BTreeSet<String> =
        records(&generator(r#"{{random.number({"min":-5,"max":-1})}}"#), 5_000).into_iter().collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["-2", "-3", "-4", "-5"], "a negative max is exclusive, as there");
    let seen: BTreeSet<String> =
        records(&generator(r#"{{random.number({"min":0,"max":1,"precision":0.5})}}"#), 1_000).into_iter().collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["0", "0.5", "1"]);
}

#[test]
fn the_same_seed_gives_the_same_records_in_any_batches() {
    let generator = generator(SENSOR);
    let whole = generator.render(0..100).bytes;
    let parts: Vec<u8> = [0..1, 1..63, 63..100].into_iter().flat_map(|range| generator.render(range).bytes).collect();
    assert_eq!(whole, parts);
    let other = Generator::compile(SENSOR, &GeneratorOptions { seed: Some(8), ..GeneratorOptions::default() }).unwrap();
    assert_ne!(other.render(0..100).bytes, whole);
}

#[test]
fn tables_equal_the_records_read() {
    let template = r#"{"i":{{random.number(9)}},"f":{{random.float}},"b":{{random.boolean}},"s":"a {{name.firstName}}","c":null,"k":"x","n":1.5,
        "o":{"u":"{{random.uuid}}","w":{{random.weightedArrayElement({"weights":[1,2],"data":[1.5,2]})}}},"l":[1,{{random.number(3)}}]}"#;
    let generator = generator(template);
    let table = generator.table(0..200).unwrap();
    assert_eq!(table.schema(), generator.schema());
    for (row, record) in records(&generator, 200).iter().enumerate() {
        let json: Value = serde_json::from_str(record).unwrap();
        assert_eq!(table.column(0).as_primitive::<Int64Type>().value(row), json["i"].as_i64().unwrap());
        assert_eq!(table.column(1).as_primitive::<Float64Type>().value(row), json["f"].as_f64().unwrap());
        assert_eq!(table.column(2).as_boolean().value(row), json["b"].as_bool().unwrap());
        assert_eq!(table.column(3).as_string::<i32>().value(row), json["s"].as_str().unwrap());
        assert_eq!(table.column(6).as_primitive::<Float64Type>().value(row), 1.5);
        let object = table.column(7).as_struct();
        assert_eq!(object.column(0).as_string::<i32>().value(row), json["o"]["u"].as_str().unwrap());
        assert_eq!(object.column(1).as_primitive::<Float64Type>().value(row), json["o"]["w"].as_f64().unwrap());
        let list = table.column(8).as_list::<i32>().value(row);
        assert_eq!(json!(list.as_primitive::<Int64Type>().values().to_vec()), json["l"]);
    }
    assert_eq!(table.column(4).data_type(), &DataType::Null);
}

#[test]
fn every_function_renders_its_example() {
    let mut count = 0;
    for function in functions() {
        let generator = generator(function.example);
        let rendered = records(&generator, 50);
        assert!(rendered.iter().all(|record| !record.is_empty() && !record.contains("{{")), "{}", function.name);
        let typed = match generator.sampler(0).data_type() {
            DataType::Int64 | DataType::Float64 => rendered.iter().all(|record| record.parse::<f64>().is_ok()),
            DataType::Boolean => rendered.iter().all(|record| record == "true" || record == "false"),
            _ => function.kind == "text" || function.kind == "any",
        };
        assert!(typed, "{} {rendered:?}", function.name);
        count += 1;
    }
    assert!(count >= 19);
}

#[test]
fn texts_have_the_shapes_of_their_functions() {
    let shape = |template: &str, fits: &dyn Fn(&str) -> bool| {
        for record in records(&generator(template), 200) {
            assert!(fits(&record), "{template}: {record}");
        }
    };
    shape("{{random.uuid}}", &|text| {
        text.len() == 36 && text.as_bytes()[14] == b'4' && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b')
    });
    shape("{{internet.ip}}", &|text| text.split('.').filter(|part| part.parse::<u8>().is_ok()).count() == 4);
    shape("{{name.findName}}", &|text| (2..=5).contains(&text.split(' ').count()));
    shape("{{name.jobTitle}}", &|text| text.split(' ').count() >= 3);
    shape("{{date.utc}}", &|text| text == "2026-12-27T09:05:07Z");
    shape("{{date.now(YYYY)}}", &|text| text == "2026");
    shape("{{random.arrayElement(xyz)}}", &|text| ["x", "y", "z"].contains(&text));
}

#[test]
fn weights_are_kept() {
    let drawn = records(
        &generator(r#"{{random.weightedArrayElement({"weights":[0.001,0.999],"data":["rare","often"]})}}"#),
        100_000,
    );
    let rare = drawn.iter().filter(|record| *record == "rare").count();
    assert!((50..160).contains(&rare), "{rare}");
}

#[test]
fn errors_name_the_tag_and_its_place() {
    let error = |template: &str| Generator::compile(template, &GeneratorOptions::default()).unwrap_err();
    let unknown = error("{\n  \"a\": {{random.numbr(5)}}\n}");
    assert_eq!((unknown.line, unknown.column), (2, 8));
    let text = unknown.to_string();
    assert!(
        text.contains("`random.numbr`")
            && text.contains("hint: the nearest is `random.number`")
            && text.contains("^^^"),
        "{text}"
    );
    assert!(error("{{bogus.x}}").to_string().contains("`bogus` is not a module"));
    assert!(error("{{random.number({'min':10})}}").to_string().contains("double quotes"));
    assert!(error(r#"{{random.number("10")}}"#).to_string().contains("not a number"));
    assert!(error(r#"{{random.number({"min":10,"max":5})}}"#).to_string().contains("larger than max"));
    assert!(error(r#"{{random.number({"mim":10})}}"#).to_string().contains("`mim`"));
    assert!(error("{{random.arrayElement([])}}").to_string().contains("empty"));
    assert!(
        error(r#"{{random.weightedArrayElement({"weights":[1],"data":[1,2]})}}"#)
            .to_string()
            .contains("1 weights for 2 values")
    );
    assert!(error("  \n ").to_string().contains("The template is empty"));
}

#[test]
fn partition_keys_come_from_fields() {
    let generator = generator(r#"{"id": {{random.number(50)}}, "o": {"k": "x-{{random.number(3)}}"}}"#);
    let texts = |key: &PartitionKey| {
        let keys = generator.partition_keys(key, 0..50).unwrap();
        keys.offsets
            .windows(2)
            .map(|pair| String::from_utf8(keys.bytes[pair[0] as usize..pair[1] as usize].to_vec()).unwrap())
            .collect::<Vec<_>>()
    };
    let ids: Vec<String> = records(&generator, 50)
        .iter()
        .map(|record| serde_json::from_str::<Value>(record).unwrap()["id"].to_string())
        .collect();
    assert_eq!(texts(&PartitionKey::Field("id".into())), ids);
    assert!(texts(&PartitionKey::Field("o.k".into()))[0].starts_with("x-"));
    assert_eq!(texts(&PartitionKey::Constant("c".into()))[49], "c");
    assert!(texts(&PartitionKey::Random).iter().all(|key| key.parse::<u64>().unwrap() < 10_000_000_000));
    assert!(generator.partition_keys(&PartitionKey::Field("nope".into()), 0..1).unwrap_err().contains("`id`"));
    assert!(generator.partition_keys(&PartitionKey::Field("o".into()), 0..1).is_err());
}

#[test]
fn text_without_quotes_is_warned_about() {
    assert!(generator(r#"{"a": {{random.uuid}}}"#).warnings()[0].contains("without quotes"));
    assert!(generator("{{random.number").warnings()[0].contains("not closed"));
    assert!(generator(SENSOR).warnings().is_empty());
}

#[test]
fn deep_templates_are_text_and_end_no_thread() {
    for depth in [90, 200, 200_000] {
        let template = format!("{}{{{{random.number}}}}{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let generator = generator(&template);
        let is_object = matches!(generator.schema().field(0).data_type(), DataType::Struct(_));
        assert_eq!(is_object, depth < 100, "{depth}");
        assert_eq!(generator.table(0..2).unwrap().num_rows(), 2);
    }
}

#[test]
fn the_choice_of_a_template_and_its_values_are_independent() {
    let templates = [("a".to_owned(), "{{random.number(1)}}".to_owned()), ("b".to_owned(), "x".to_owned())];
    for seed in [0, 1, u64::MAX] {
        let options = GeneratorOptions { seed: Some(seed), ..GeneratorOptions::default() };
        let generator = Generator::compile_mixture(&templates, &[], &options).unwrap();
        let seen = records(&generator, 2_000);
        let ones = seen.iter().filter(|record| *record == "1").count();
        assert!((350..650).contains(&ones), "{seed}: {ones}");
    }
    let templates = [("a".to_owned(), "x".to_owned()), ("b".to_owned(), "{{nope.x}}".to_owned())];
    let error = Generator::compile_mixture(&templates, &[], &GeneratorOptions::default()).unwrap_err();
    assert!(error.message.starts_with("Template `b`: ") && error.column == 1, "{error}");
}

#[test]
fn arguments_beyond_reason_are_refused() {
    for (template, words) in [
        (r#"{{date.past(1e300)}}"#, "no date reaches so far"),
        (r#"{{date.between(-1e30, 1e30)}}"#, "no date"),
        (r#"{{date.event({"late_seconds":1e300,"late_share":1})}}"#, "late_seconds"),
        (r#"{{random.number({"min":-1,"max":-5})}}"#, "larger than max"),
        (
            r#"{{random.repeat({"n":100000,"of":"{{random.repeat({\"n\":100000,\"of\":\"{{random.number}}\"})}}"})}}"#,
            "would make records of about",
        ),
    ] {
        let error = Generator::compile(template, &GeneratorOptions::default()).unwrap_err();
        assert!(error.message.contains(words), "{template}: {error}");
    }
}

#[test]
fn arrays_are_lists_when_their_values_have_one_type() {
    let types = |template: &str| generator(template).schema().field(0).data_type().clone();
    let list = |item| DataType::new_list(item, true);
    for (template, found) in [
        ("{\"a\": [{{random.number}}, 2]}", list(DataType::Int64)),
        ("{\"a\": [{{random.number}}, 2.5]}", list(DataType::Float64)),
        ("{\"a\": [[1], [{{random.number}}, 3]]}", list(list(DataType::Int64))),
        ("{\"a\": [\"x\", \"{{name.firstName}}\"]}", list(DataType::Utf8)),
        ("{\"a\": [\"x\", {{random.number}}]}", DataType::Utf8),
        ("{\"a\": [{{name.firstName}}]}", DataType::Utf8),
        ("{\"a\": []}", DataType::Utf8),
        ("{\"a\": [1, {{random.number}} 2]}", DataType::Utf8),
        (r#"{"a": {{random.repeat({"of":"{{random.boolean}}"})}}}"#, list(DataType::Boolean)),
        (r#"{"a": {{random.repeat({"of":"\"{{random.word}}\""})}}}"#, list(DataType::Utf8)),
        (r#"{"a": {{random.repeat({"of":"{{random.boolean}}","separator":";"})}}}"#, DataType::Utf8),
        (r#"{"a": "{{random.repeat({"of":"{{random.boolean}}"})}}"}"#, DataType::Utf8),
    ] {
        assert_eq!(types(template), found, "{template}");
    }
}

#[test]
fn unique_numbers_do_not_repeat_before_all_came() {
    let generator = generator(r#"{{random.unique({"min":-3,"max":996})}},{{random.unique({"min":-3,"max":996})}}"#);
    let seen: BTreeSet<String> = records(&generator, 1_000).into_iter().collect();
    assert_eq!(seen.len(), 1_000);
    let both = |record: &String| record.split_once(',').is_some_and(|(one, other)| one == other);
    assert!(seen.iter().filter(|record| both(record)).count() < 10, "two tags have orders of their own");
    let ends: Vec<i64> = seen.iter().map(|record| record.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!((ends.iter().min(), ends.iter().max()), (Some(&-3), Some(&996)));
}
