"""Streaming applications from Python: streams, pumps, errors, checkpoints, live runs."""

from __future__ import annotations

import threading

import pytest

import bayou
from bayou.demo import TEMPERATURE_SQL

RECORDS = [
    {"sensor_id": 1, "current_temperature": 120, "location": "UK"},
    {"sensor_id": 2, "current_temperature": 20, "location": "USA"},
    {"sensor_id": 3, "current_temperature": 100, "location": "AUS"},
    {"sensor_id": 4, "current_temperature": 101, "location": "AUS"},
]


@pytest.fixture
def sensors(lake: bayou.Lake) -> bayou.Stream:
    stream = lake.stream("sensors", shards=2)
    stream.put_records(RECORDS, partition_key="sensor_id")
    return stream


def column(table: bayou.Table, name: str) -> list[object]:
    return sorted(table.to_pydict()[name])


def test_two_pumps_split_the_stream(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    assert list(app.schema or {}) == ["sensor_id", "current_temperature", "location"]
    result = app.run()
    assert result.records == 4 and result.errors == 0
    anomalies = result["anomaly_data_stream"]
    assert anomalies.column_names == ["ROWTIME", "sensor_id", "current_temperature", "location"]
    assert column(anomalies, "current_temperature") == [101, 120]
    assert column(result["output_data_stream"], "current_temperature") == [20]
    assert result.rows["anomaly_data_stream"] == 2
    assert set(result) == set(result.keys()) and len(result) == len(result.items())


def test_a_second_run_goes_on_behind_the_first(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    app.run()
    sensors.put_records([RECORDS[0]])
    again = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    assert again.run().rows["anomaly_data_stream"] == 1
    fresh = lake.application("temperature", TEMPERATURE_SQL, source=sensors, reset=True)
    assert fresh.run().rows["anomaly_data_stream"] == 3


def test_another_text_under_the_same_name_is_refused(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    lake.application("temperature", TEMPERATURE_SQL, source=sensors).run()
    changed = lake.application("temperature", TEMPERATURE_SQL.replace("> 100", "> 110"), source=sensors)
    with pytest.raises(bayou.errors.CheckpointError, match="different SQL text") as caught:
        changed.run()
    assert "reset=True" in (caught.value.hint or "")


def test_malformed_records_go_to_the_error_stream_and_are_counted(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    sensors.put_records([b'{"sensor_id": ', b"not json"])
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    result = app.run()
    assert (result.records, result.errors) == (6, 2)
    assert result.rows["anomaly_data_stream"] + result.rows["output_data_stream"] == 3
    assert len(app.errors()) == 2


def test_a_given_schema_is_used_as_it_is(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    schema = {
        "sensor_id": "BIGINT",
        "current_temperature": ("DOUBLE", "$.current_temperature"),
        "location": "VARCHAR(3)",
    }
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors, schema=schema)
    assert app.schema == {"sensor_id": "BIGINT", "current_temperature": "DOUBLE", "location": "VARCHAR(3)"}
    with pytest.raises(bayou.errors.InvalidOptionError, match="`TEXT`"):
        app.set_schema({"a": "TEXT"})


def test_a_function_receives_tables(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    seen: list[object] = []
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    app.deliver("anomaly_data_stream", lambda table: seen.extend(table.to_pydict()["sensor_id"]))
    app.run()
    assert sorted(seen) == [1, 4]  # type: ignore[type-var]


def test_an_error_in_a_function_reaches_the_caller(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    def broken(table: bayou.Table) -> None:
        raise RuntimeError("no more")

    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    app.deliver("anomaly_data_stream", broken)
    with pytest.raises(bayou.errors.OperationalError, match="no more"):
        app.run()
    with pytest.raises(TypeError, match="`int` cannot be a destination"):
        app.deliver("anomaly_data_stream", 1)


def test_a_live_application_processes_what_comes(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    arrived = threading.Event()
    schema = {"sensor_id": "INTEGER", "current_temperature": "INTEGER", "location": "VARCHAR(16)"}
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors, schema=schema)
    app.deliver("anomaly_data_stream", lambda table: arrived.set() if 9 in table.to_pydict()["sensor_id"] else None)
    with app.start() as live:
        with pytest.raises(bayou.errors.ApplicationError, match="is running"):
            app.run()
        sensors.put_records([{"sensor_id": 9, "current_temperature": 150, "location": "UK"}])
        assert arrived.wait(30)
        assert live.is_running
        with pytest.raises(bayou.errors.UnknownStreamError, match="`nope`"):
            live.tail("nope")
    assert not live.is_running
    assert live.metrics()["records"] == 5
    assert 9 in live.tail("anomaly_data_stream", 20).to_pydict()["sensor_id"]
    assert app.run().records == 0


def test_broken_sql_shows_line_column_and_caret(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    broken = TEMPERATURE_SQL.replace('FROM "SOURCE_SQL_STREAM_001" WHERE', 'FORM "SOURCE_SQL_STREAM_001" WHERE', 1)
    with pytest.raises(bayou.errors.SqlError, match="line 10, column") as caught:
        lake.application("broken", broken, source=sensors)
    assert "^" in str(caught.value) and "FORM" in str(caught.value)
    unknown = TEMPERATURE_SQL.replace('"current_temperature" > 100', '"current_temprature" > 100')
    with pytest.raises(bayou.errors.SqlError, match="current_temprature"):
        lake.application("unknown", unknown, source=sensors)


def test_unknown_streams_and_names_are_named(lake: bayou.Lake, sensors: bayou.Stream) -> None:
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    with pytest.raises(bayou.errors.UnknownStreamError, match="`nope`"):
        app.deliver("nope", print)
    with pytest.raises(LookupError, match="anomaly_data_stream"):
        app.run()["nope"]
    with pytest.raises(bayou.errors.InvalidOptionError, match="cannot be a name"):
        lake.application("../x", TEMPERATURE_SQL, source=sensors)
