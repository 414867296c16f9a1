"""Generators: exact text, the same records in every form, errors that show the tag."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bayou
from bayou.demo import SENSOR_TEMPLATE


def test_text_and_columns_are_the_same_records() -> None:
    generator = bayou.Generator(SENSOR_TEMPLATE, seed=7)
    records = generator.records(1_000)
    assert [json.loads(record) for record in records] == generator.table(1_000).to_pylist()
    assert {record["location"] for record in map(json.loads, records)} == {"AUS", "USA", "UK"}
    temperatures = generator.table(100_000).to_pydict()["current_temperature"]
    assert (min(temperatures), max(temperatures)) == (0, 150)


def test_literal_text_is_kept_as_it_is() -> None:
    assert (
        bayou.Generator('{ "a" :  [1,2] , "b": {{random.number(0)}} }').records(2) == [b'{ "a" :  [1,2] , "b": 0 }'] * 2
    )


def test_a_seed_repeats_and_an_offset_goes_on() -> None:
    first, again = (bayou.Generator(SENSOR_TEMPLATE, seed=3) for _ in range(2))
    other = bayou.Generator(SENSOR_TEMPLATE, seed=4)
    assert first.records(100) == again.records(100) != other.records(100)
    assert first.records(60) + first.records(40, offset=60) == again.records(100)
    assert bayou.Generator(SENSOR_TEMPLATE).seed != bayou.Generator(SENSOR_TEMPLATE).seed


def test_a_file_has_one_record_a_line(tmp_path: Path) -> None:
    generator = bayou.Generator(SENSOR_TEMPLATE, seed=7)
    written = generator.write(tmp_path / "sensors.json", 50_000)
    data = (tmp_path / "sensors.json").read_bytes()
    assert len(data) == written
    assert data.splitlines() == generator.records(50_000)
    with pytest.raises(bayou.errors.ObjectNotFoundError, match="cannot be used"):
        generator.write(tmp_path / "no" / "folder", 1)


def test_put_writes_exactly_the_records_in_key_order(lake: bayou.Lake) -> None:
    generator = bayou.Generator(SENSOR_TEMPLATE, seed=7)
    stream = lake.stream("sensors", shards=2)
    put = stream.put(generator, count=70_000, partition_key="sensor_id")
    assert put.records == 70_000 == sum(put.shards.values())
    columns = stream.read().to_pydict()
    assert sorted(columns["data"]) == sorted(record + b"\n" for record in generator.records(70_000))
    keys = [str(json.loads(data)["sensor_id"]) for data in columns["data"]]
    assert keys == columns["partition_key"]


def test_put_keeps_to_its_rate(lake: bayou.Lake) -> None:
    stream = lake.stream("paced")
    put = stream.put(bayou.Generator(SENSOR_TEMPLATE), rate=2_000, seconds=0.5)
    assert put.records == 1_000 and put.seconds >= 0.45
    assert stream.put(bayou.Generator(SENSOR_TEMPLATE), seconds=0.1).records > 0


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{"a": {{random.numbr(5)}}}', "random.numbr"),
        ('{"a": {{nope.number(5)}}}', "nope"),
        ("", "empty"),
    ],
)
def test_template_errors_name_the_tag_and_its_place(template: str, words: str) -> None:
    with pytest.raises(bayou.errors.TemplateError, match=words) as caught:
        bayou.Generator(template)
    assert isinstance(caught.value, ValueError) and "line 1" in str(caught.value)


def test_wrong_options_are_named(lake: bayou.Lake) -> None:
    stream, generator = lake.stream("s"), bayou.Generator(SENSOR_TEMPLATE)
    for options, words in (
        ({"count": 1, "partition_key": "nope"}, "`nope`"),
        ({}, "how many records"),
        ({"count": 1, "rate": 0}, "`rate`"),
        ({"count": 1, "seconds": -1}, "`seconds`"),
        ({"count": -1}, "`count` is -1"),
        ({"count": 1, "offset": -2}, "`offset` is -2"),
    ):
        with pytest.raises(bayou.errors.InvalidOptionError, match=words):
            stream.put(generator, **options)  # type: ignore[arg-type]
    for make in (generator.table, generator.records, generator.preview):
        with pytest.raises(bayou.errors.InvalidOptionError, match="`count` is -1"):
            make(-1)
    with pytest.raises(bayou.errors.InvalidOptionError, match="`offset` is -2"):
        generator.records(1, offset=-2)
    with pytest.raises(bayou.errors.InvalidOptionError, match="time zone"):
        bayou.Generator("x", timezone="Mars/Olympus")


def test_ctrl_c_stops_a_put_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    code = (
        "import bayou, sys\n"
        "from bayou.demo import SENSOR_TEMPLATE\n"
        f"stream = bayou.Lake({str(tmp_path / 'lake')!r}).stream('s')\n"
        "print('ready', flush=True)\n"
        "put = stream.put(bayou.Generator(SENSOR_TEMPLATE), seconds=60, rate=10_000)\n"
        "print(put.interrupted, put.records, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    lake = bayou.Lake(tmp_path / "lake")
    while lake.open_stream("s").read(limit=1).num_rows == 0:
        time.sleep(0.01)
    interrupted = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    told = process.stdout.read().split()
    assert process.wait(30) == 0 and time.monotonic() - interrupted < 10
    assert told == ["True", str(lake.open_stream("s").read().num_rows)]
