"""The template language: every function, the generator's traps, options, named templates, the command."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.errors import InvalidOptionError, ObjectNotFoundError, TemplateError, TemplateWarning

START = 1_798_362_307_123  # Sunday 2026-12-27 09:05:07.123 UTC
TUTORIAL = Path(__file__).resolve().parents[2] / "shared" / "tutorial" / "sensor_template.txt"


def texts(template: str, count: int = 200, **options: Any) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TemplateWarning)
        generator = bayou.Generator(template, seed=7, start_time=START, **options)
    return [record.decode() for record in generator.records(count)]


def test_there_are_the_modules_and_functions_of_the_generator() -> None:
    functions = bayou.Generator.functions()
    names = functions.to_pydict()["name"]
    counts = Counter(name.split(".")[0] for name in names)
    theirs = {
        "helpers": 10, "name": 10, "address": 17, "company": 11, "finance": 9, "commerce": 7, "internet": 15,
        "phone": 3, "lorem": 8, "hacker": 6, "image": 16, "system": 10,
    }  # fmt: skip
    assert {module: counts[module] for module in theirs} == theirs
    assert counts["random"] == 11 + 6 and counts["date"] == 9 + 1 and counts["sequence"] == 2
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", bayou.Generator.functions().to_pylist(), ids=lambda row: row["name"])
def test_every_function_is_the_same_as_text_and_as_a_column(row: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TemplateWarning)
        quoted = bayou.Generator(f'{{"v": "{row["example"]}"}}', seed=3, start_time=START, json_escape=True)
        assert quoted.table(300).to_pylist() == [json.loads(record) for record in quoted.records(300)]
        alone = bayou.Generator(f'{{"v": {row["example"]}}}', seed=3, start_time=START)
    if alone.schema["v"] != "varchar":
        assert alone.table(300).to_pylist() == [json.loads(record) for record in alone.records(300)]
    assert quoted.records(10) == quoted.records(300)[:10] == quoted.records(5) + quoted.records(5, offset=5)


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("{{ random.uuid }}", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("{{random.number()}}", r"\d{1,5}"),
        ("{{random.number (5)}}", r"[0-5]"),
        ('{"a":{"b":1}},{{random.number(3)}}', r'\{"a":\{"b":1\}\},[0-3]'),
        ('{"a":{"b":{{random.number(3)}}}}', r'\{"a":\{"b":[0-3]\}\}'),
        ("{{{random.number(3)}}}", r"\{[0-3]\}"),
        ('{{random.arrayElement(["a(b)","c"])}}', r"a\(b\)|c"),
        ('{{random.objectElement({"x":{"y":1}})}}', r'\{"y":1\}'),
        ('{{random.objectElement({"x":1,"z":2}, "key")}}', r"x|z"),
        ('{{phone.phoneNumber("(###) ###-####")}}', r"\(\d{3}\) \d{3}-\d{4}"),
        ("{{phone.phoneNumber(###-####)}}", r"\d{3}-\d{4}"),
        ('{{date.now("HH (Z)")}}', r"09 \(\+00:00\)"),
        ("{{date.now(YYYY)}}", r"2026"),
        ("{{date.now(2026)}}", r"2026"),
        ("{{date.now.foo}}", r"2026-12-27T09:05:07\+00:00"),
        ("{{current.timestamp}} {{current.timestamp}}", r"(2026-12-27T09:05:07\+00:00 ?){2}"),
        ("{{date.utc}}", r"2026-12-27T09:05:07Z"),
        ("{{finance.amount(10,20,2)}}", r"1\d\.\d\d|20\.00"),
        ('{{finance.amount(1,2,1,"$")}}', r"\$[12]\.\d"),
        ("{{finance.amount}}", r"\d{1,4}\.00"),
        ("{{commerce.price(-1)}}", r"0"),
        ('{{date.between("2020-01-01","2020-02-01")}}', r"... (Jan|Feb) \d\d 2020 [\d:]{8} GMT\+0000 \(Coord.* Time\)"),
        ('{{date.past({"years":2,"format":"YYYY"})}}', r"202[456]"),
        ("{{date.future}}", r"... ... \d\d 202[67] .*"),
        ("{{random.number", r"\{\{random.number"),
        ("{{random.arrayElement(xyz)}}", r"[xyz]"),
        ("{{random.alphaNumeric(5)}}", r"[0-9a-z]"),
        ('{{random.alphaNumeric({"count":5})}}', r"[0-9a-z]{5}"),
        ("{{helpers.slugify(a b's c)}}", r"a-bs-c"),
        ("{{helpers.replaceSymbols(??-##)}}", r"[A-Z]{2}-\d\d"),
        ("{{address.latitude}},{{address.longitude}}", r"-?\d{1,2}\.\d{4},-?\d{1,3}\.\d{4}"),
        ("{{address.zipCode}}", r"\d{5}(-\d{4})?"),
        ("{{address.zipCode(##-??)}}", r"\d\d-[A-Z]{2}"),
        ("{{internet.password(0)}}", r"\w{15}"),
        ("{{helpers.shuffle}}", r"[abc],[abc],[abc]"),
        ("{{address.city(1)}}", r"(North|East|West|South|New|Lake|Port) \S+"),
        ("{{internet.mac}}", r"[0-9a-f]{2}(:[0-9a-f]{2}){5}"),
        ("{{internet.color}}", r"#[0-8][0-9a-f][0-8][0-9a-f][0-8][0-9a-f]"),
        ("{{internet.password(7)}}", r"\w{7}"),
        ("{{finance.bitcoinAddress}}", r"[13][0-9A-Z]{26,33}"),
        ("{{image.cats}}", r"http://lorempixel.com/640/480/cats"),
        ("{{system.semver}}", r"\d\.\d\.\d"),
        ("{{system.fileExt(application/pdf)}}", r"pdf"),
        ('{{sequence.padded({"width":6,"prefix":"S-"})}}', r"S-000\d{3}"),
        ('{{random.pool({"size":100,"prefix":"sensor-"})}}', r"sensor-([1-9]\d?|100)"),
        ('{{random.repeat({"n":[1,4],"of":"{{random.number(9)}}"})}}', r"\[\d(,\d){0,3}\]"),
        ('{{date.event({"format":"mm","late_share":0.5,"late_seconds":60})}}', r"0[45]"),
    ],
)  # fmt: skip
def test_values_have_their_shapes(template: str, pattern: str) -> None:
    for text in texts(template):
        assert re.fullmatch(pattern, text), text


def test_numbers_come_by_the_generators_formula() -> None:
    assert set(texts('{{random.number({"min":10,"max":13})}}')) == {"10", "11", "12", "13"}
    assert set(texts("{{random.number(-3)}}")) <= {"-3", "-2", "-1"}
    assert set(texts('{{random.number({"min":-5,"max":-1})}}', 2_000)) == {"-5", "-4", "-3", "-2"}
    assert set(texts('{{random.number({"min":0,"max":2.5})}}', 2_000)) == {"0", "1", "2", "3"}
    assert "0.8300000000000001" in texts('{{random.number({"min":0,"max":1,"precision":0.01})}}', 5_000)
    with pytest.warns(TemplateWarning, match="max below 0"):
        bayou.Generator("{{random.number(-3)}}")
    with pytest.warns(TemplateWarning, match="outside of the range"):
        bayou.Generator('{{random.number({"min":10.5,"max":12})}}')


def test_distributions_have_their_means() -> None:
    def mean(template: str) -> float:
        values = [float(text) for text in texts(template, 20_000)]
        return sum(values) / len(values)

    assert abs(mean('{{random.gaussian({"mean":20,"stddev":2})}}') - 20) < 0.1
    assert abs(mean('{{random.exponential({"mean":5})}}') - 5) < 0.2
    assert abs(mean('{{random.float({"min":1,"max":3})}}') - 2) < 0.05


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{name.bogus}}", "`name.bogus` is not a function"),
        ("{{bogus.x}}", "`bogus` is not a module"),
        ("{{random.number({'min':10})}}", "double quotes"),
        ('{{random.number("10")}}', "not a number"),
        ('{{random.number({"min":10,"max":5})}}', "larger than max"),
        ("{{random.arrayElement([])}}", "empty"),
        ("{{address.city(7)}}", "0 to 3"),
        ("{{phone.phoneNumberFormat(99)}}", "from 0 to 19"),
        ('{{date.between("2020-01-01")}}', "second is missing"),
        ('{{date.between("soon","later")}}', "not a date"),
        ('{{random.repeat({"n":2,"of":"{{random.numbr}}"})}}', "random.numbr"),
        ('{{random.weightedArrayElement({"weights":[0,0],"data":[1,2]})}}', "all 0"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_constructor(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        bayou.Generator(template)


def test_strict_gives_the_generators_nonsense() -> None:
    assert texts("{{finance.amount(10,20,2)}}", 1, strict=True) == ["NaN"]
    assert texts('{{date.between("2020-01-01","2020-02-01")}}', 1, strict=True) == ["Invalid Date"]
    assert texts('{{random.number("10")}}', 1, strict=True) == ["NaN"]
    assert texts("{{helpers.userCard}}", 1, strict=True) == ["[object Object]"]
    assert texts("{{system.filePath}}", 1, strict=True) == ["undefined"]
    assert texts("{{random.arrayElement([])}}", 1, strict=True) == ["undefined"]
    small = '{{random.weightedArrayElement({"weights":[0.001,0.5],"data":["rare","often"]})}}'
    assert set(texts(small, 2_000, strict=True)) == {"often", "undefined"}
    assert set(texts(small, 5_000)) == {"often", "rare"}
    for template in (
        "{{ random.uuid }}",
        "{{random.number()}}",
        '{"a":{"b":1}},{{random.number}}',
        "{{{random.uuid}}}",
    ):
        with pytest.raises(TemplateError, match="Invalid m"):
            bayou.Generator(template, strict=True)


def test_csv_lines_have_typed_columns() -> None:
    generator = bayou.Generator('{{name.firstName}},{{random.number(70)}},"{{internet.ip}}",x', seed=1)
    assert generator.schema == {"c0": "varchar", "c1": "bigint", "c2": "varchar", "c3": "varchar"}
    row = generator.table(1).to_pylist()[0]
    assert generator.records(1)[0].decode() == f'{row["c0"]},{row["c1"]},"{row["c2"]}",x'
    named = bayou.Generator("{{random.number(7)}},{{random.boolean}}", columns=["n", "b"])
    assert named.schema == {"n": "bigint", "b": "boolean"}
    with pytest.raises(TemplateError, match="names 1 columns"):
        bayou.Generator("{{random.number(7)}},{{random.boolean}}", columns=["n"])
    with pytest.warns(TemplateWarning, match="comma"):
        bayou.Generator("{{company.companyName}},{{random.number(7)}}")


def test_text_of_another_kind_is_one_column() -> None:
    log = '{{internet.ip}} - [{{date.now("DD/MMM/YYYY:HH:mm:ss ZZ")}}] "GET /x" 200 {{random.number(5000)}}'
    generator = bayou.Generator(log, seed=1, start_time=START)
    assert generator.schema == {"record": "varchar"}
    assert "[27/Dec/2026:09:05:07 +0000]" in generator.records(1)[0].decode()
    assert generator.table(5).to_pydict()["record"] == [record.decode() for record in generator.records(5)]


def test_values_that_break_json_are_warned_about_and_can_be_escaped() -> None:
    template = '{"t": "{{lorem.paragraphs(2)}}", "n": {{random.number(3)}}}'
    with pytest.warns(TemplateWarning, match="json_escape"):
        bayou.Generator(template)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        escaped = bayou.Generator(template, seed=1, json_escape=True)
    for record, row in zip(escaped.records(20), escaped.table(20).to_pylist(), strict=True):
        assert json.loads(record) == row and "\n \r" in row["t"]
    with pytest.warns(TemplateWarning, match="without quotes"):
        bayou.Generator('{"a": {{random.uuid}}}')
    with pytest.warns(TemplateWarning, match="YYYY"):
        bayou.Generator("{{date.now(yyyy-MM-DD)}}")


def test_several_templates_come_as_often_as_their_weights_say(lake: bayou.Lake) -> None:
    templates = {"a": '{"k": "a", "n": {{random.number(9)}}}', "b": '{"k": "b"}'}
    generator = bayou.Generator(templates, weights={"a": 1, "b": 3}, seed=5)
    rows = generator.table(8_000).to_pydict()
    assert rows["record"] == [record.decode() for record in generator.records(8_000)]
    assert [json.loads(record)["k"] for record in rows["record"]] == rows["template"]
    assert 1_800 < rows["template"].count("a") < 2_200
    put = lake.stream("mixed").put(generator, count=50, partition_key="k")
    assert put.records == 50 and set(lake.open_stream("mixed").read().to_pydict()["partition_key"]) == {"a", "b"}
    with pytest.raises(InvalidOptionError, match="weights"):
        bayou.Generator(templates, weights={"a": 1})
    with pytest.raises(TemplateError, match="1 weights for 2"):
        bayou.Generator(templates, weights=[1])


def test_schedules_say_how_many_records_come_when() -> None:
    schedule = bayou.Schedule
    assert schedule.steps([(2, 10), (1, 5)]).counts(4) == [10, 10, 5, 0]
    assert sum(schedule.ramp(0, 100, 10).counts(10)) == 500
    assert schedule.burst(1, 50, every=5, length=1).counts(6) == [50, 1, 1, 1, 1, 50]
    periodic = schedule.periodic(100, 10)
    assert periodic.counts(1_000, start=START, seed=1) == periodic.counts(1_000, start=START, seed=1)
    assert 99 < sum(periodic.counts(1_000, start=START)) / 1_000 < 102
    assert set(schedule.periodic(-5, 0).counts(50)) == {0}
    for wrong in (lambda: schedule.steps([]), lambda: schedule.ramp(1, 2, 0), lambda: schedule.periodic([[1.0]], 1)):
        with pytest.raises(InvalidOptionError):
            wrong()


def test_a_schedule_can_be_followed_in_simulated_time(lake: bayou.Lake) -> None:
    generator = bayou.Generator('{"t": {{date.simTime("x")}}, "i": {{sequence.next}}}', seed=1, start_time=START)
    stream = lake.stream("simulated")
    put = stream.put(generator, schedule=[(60, 10), (60, 20)], realtime=False)
    assert (put.records, put.accepted, put.generated, put.retried, put.rejected) == (1_800, 1_800, 1_800, 0, [])
    rows = [json.loads(data) for data in stream.read().to_pydict()["data"]]
    seconds = Counter((row["t"] - START) // 1_000 for row in rows)
    assert seconds[0] == 10 and seconds[59] == 10 and seconds[60] == 20 and max(seconds) == 119
    assert sorted(row["i"] for row in rows) == list(range(1, 1_801))
    with pytest.raises(InvalidOptionError, match="simulated time"):
        stream.put(generator, count=1, realtime=False)


def test_the_report_names_shards_and_sequence_numbers(lake: bayou.Lake) -> None:
    stream = lake.stream("reported", shards=2)
    put = stream.put(bayou.Generator("{{random.number}}", seed=1), count=1_000)
    assert put.requested == put.generated == put.accepted == sum(put.shards.values()) == 1_000
    rows = stream.read().to_pylist()
    for shard, (first, last) in put.sequence_numbers.items():
        numbers = [row["sequence_number"] for row in rows if row["shard_id"] == shard]
        assert (numbers[0], numbers[-1]) == (first, last)
    assert put.records_per_second > 0 and not put.interrupted and put.lateness == 0
    late = stream.put(bayou.Generator("x{{random.number}}"), rate=500, seconds=0.2)
    assert late.records == 100 and 0 <= late.lateness < 60


def test_records_are_put_with_delimiters_keys_and_compression(lake: bayou.Lake) -> None:
    generator = bayou.Generator('{"n": {{sequence.next}}}', seed=1)
    stream = lake.stream("forms")
    stream.put(generator, count=1)
    stream.put(generator, count=1, delimiter=None, constant_key="same")
    stream.put(generator, count=1, compress="gzip", partition_key=lambda record: str(len(record)))
    columns = stream.read().to_pydict()
    assert columns["data"][:2] == [b'{"n": 1}\n', b'{"n": 1}'] and gzip.decompress(columns["data"][2]) == b'{"n": 1}'
    assert columns["partition_key"][0].isdigit() and columns["partition_key"][1:] == ["same", "8"]
    with pytest.raises(InvalidOptionError, match="compress"):
        stream.put(generator, count=1, compress="zip")  # type: ignore[arg-type]


def test_a_preview_shows_itself() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TemplateWarning)
        preview = bayou.Generator('{"a": {{random.uuid}}, "b": "<i>"}', seed=1).preview(3)
    assert len(preview) == len(preview.records) == 3 and "without quotes" in repr(preview)
    html = preview._repr_html_()
    assert "&lt;i&gt;" in html and "without quotes" in html


def test_templates_are_kept_under_names(lake: bayou.Lake) -> None:
    saved = lake.generators.save("sensors", '{"n": {{random.number(9)}}}', timezone="Europe/London")
    assert lake.generators.load("sensors", seed=saved.seed).records(5) == saved.records(5)
    lake.generators.save("mixed", {"a": "{{random.number}}", "b": "x"}, weights=[1, 2])
    assert lake.generators.list() == ["mixed", "sensors"] and "mixed" in lake.generators
    assert lake.generators.load("mixed").schema == {"template": "varchar", "record": "varchar"}
    with pytest.raises(TemplateError):
        lake.generators.save("sensors", "{{bogus.x}}")
    assert lake.generators.describe("sensors")["timezone"] == "Europe/London"
    lake.generators.delete("mixed")
    for call in (lake.generators.load, lake.generators.delete):
        with pytest.raises(ObjectNotFoundError, match="`sensors`"):
            call("mixed")
    with pytest.raises(InvalidOptionError):
        lake.generators.save("../x", "y")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bayou", "generate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_writes_to_streams_files_and_pipes(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text('{"n": {{random.number(9)}}, "i": {{sequence.next}}}')
    expected = [record.decode() for record in bayou.Generator(template.read_text(), seed=4).records(30)]
    assert run(template, "--seed", 4, "--count", 30).stdout.splitlines() == expected
    assert run(template, "--seed", 4, "--count", 30, "--to", tmp_path / "out.json").returncode == 0
    assert (tmp_path / "out.json").read_text().splitlines() == expected
    paced = run(template, "--seed", 4, "--rate", 200, "--seconds", 0.15)
    assert paced.stdout.splitlines() == expected
    told = run(template, "--seed", 4, "--count", 30, "--lake", tmp_path / "lake", "--to", "s", "--partition-key", "n")
    assert told.returncode == 0 and "PutSummary(30 records" in told.stderr
    stream = bayou.Lake(tmp_path / "lake").open_stream("s")
    assert sorted(data.decode().strip() for data in stream.read().to_pydict()["data"]) == sorted(expected)
    missing = run(tmp_path / "nope.json")
    assert missing.returncode != 0 and "There is no template file" in missing.stderr


def test_the_tutorials_template_works_unchanged() -> None:
    if not TUTORIAL.is_file():
        pytest.skip("the tutorial's artefacts are not here")
    generator = bayou.Generator(TUTORIAL.read_text(), seed=1)
    for record in generator.records(500):
        assert isinstance(json.loads(record), dict)
    assert generator.table(500).to_pylist() == [json.loads(record) for record in generator.records(500)]


def test_the_clock_can_be_set_later_unless_it_is_fixed() -> None:
    template = '{{date.now("x")}} {{random.number}}'
    floating = bayou.Generator(template, seed=1)
    later = floating.at(START)
    assert later.records(1)[0].split()[0] == str(START).encode()
    assert later.records(1)[0].split()[1] == floating.records(1)[0].split()[1]
    fixed = bayou.Generator(template, seed=1, start_time=START)
    assert fixed.at(0).records(3) == fixed.records(3)
    for seed in (-1, 2**64, "x"):
        with pytest.raises(InvalidOptionError, match="`seed`"):
            bayou.Generator(template, seed=seed)  # type: ignore[arg-type]
    for wrong in ("2020-01-01", 2**62):
        with pytest.raises(InvalidOptionError, match="not an instant"):
            floating.at(wrong)  # type: ignore[arg-type]


def test_arrays_are_lists() -> None:
    reading = json.dumps('{"at":{{random.number(9)}},"tags":["{{random.word}}","x"]}')
    readings = '{{random.repeat({"n":[0,3],"of":' + reading + "})}}"
    template = '{"readings": ' + readings + ', "pair": [{{random.number(9)}}, 0.5], "none": []}'
    generator = bayou.Generator(template, seed=5)
    assert generator.schema["pair"] == "array(double)"
    assert generator.schema["readings"].startswith("array(")
    assert generator.schema["none"] == "varchar"
    table, records = generator.table(500).to_pylist(), [json.loads(record) for record in generator.records(500)]
    for key in ("readings", "pair"):
        assert [row[key] for row in table] == [record[key] for record in records]
    assert {len(record["readings"]) for record in records} == {0, 1, 2, 3}


def test_unique_numbers() -> None:
    numbers = texts('{{random.unique({"min":1,"max":500})}}', 500)
    assert sorted(map(int, numbers)) == list(range(1, 501)) and numbers != sorted(numbers, key=int)


@pytest.mark.parametrize(
    ("option", "value"), [("--count", "-1"), ("--seconds", "-1"), ("--rate", "0"), ("--rate", "inf"), ("--seed", "-1")]
)
def test_the_command_names_a_wrong_number(
    tmp_path: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from bayou.cli import main

    template = tmp_path / "t.txt"
    template.write_text("{{random.number}}")
    assert main(["generate", str(template), f"{option}={value}"]) == 1
    assert option in capsys.readouterr().err
