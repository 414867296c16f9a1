"""Schemas of inputs from Python: discovery, row paths, CSV, pre-processing, records for streams and handlers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import bayou

COPY = (
    "CREATE OR REPLACE STREAM out_stream (a INTEGER, b VARCHAR(8));"
    'CREATE OR REPLACE PUMP p AS INSERT INTO out_stream SELECT STREAM "a", "b" FROM "SOURCE_SQL_STREAM_001";'
)


def rows(result: bayou.RunResult) -> list[tuple[Any, Any]]:
    table = result["OUT_STREAM"].to_pydict()
    return list(zip(table["A"], table["B"], strict=True))


def api_schema(row_path: str, columns: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "RecordEncoding": "UTF-8",
        "RecordFormat": {
            "RecordFormatType": "JSON",
            "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": row_path}},
        },
        "RecordColumns": [{"Name": name, "SqlType": kind, "Mapping": path} for name, (kind, path) in columns.items()],
    }


def test_discovery_proposes_a_schema_that_an_application_takes(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "x", "inner": {"USER": 1.5}}, {"a": 300, "b": "yy"}])
    found = bayou.discover_schema(stream)
    assert found.schema == {"a": "SMALLINT", "b": "VARCHAR(4)", "COL_USER": ("DECIMAL(2,1)", "$.inner.USER")}
    assert found.parsed_records == [["1", "x", "1.5"], ["300", "yy", None]]
    assert len(found.raw_records) == 2
    assert found.input_schema["RecordColumns"][2]["Mapping"] == "$.inner.USER"
    app = lake.application("app", COPY, source=stream, schema=found)
    assert app.input_schema == found.input_schema
    assert rows(app.run()) == [(1, "x"), (300, "yy")]


def test_discovery_reads_files_and_refuses_empty_samples(tmp_path: Path) -> None:
    path = tmp_path / "energy.csv"
    path.write_text("year,state\n2001,AK\n2002,AL\n")
    found = bayou.discover_schema(path)
    assert found.schema == {"COL_year": "INTEGER", "state": "VARCHAR(4)"}
    assert found.parsed_records[0] == [None, "state"]
    with pytest.raises(bayou.errors.SchemaError, match="no records"):
        bayou.discover_schema([])


def test_a_schema_can_be_assigned(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "x"}])
    app = lake.application("app", COPY, source=stream)
    app.schema = {"a": "INTEGER", "b": ("VARCHAR(8)", "$.b")}
    stream.put_records([{"a": 70_000, "b": "later"}])
    assert rows(app.run()) == [(1, "x"), (70_000, "later")]
    with pytest.raises(bayou.errors.SchemaError, match="XML"):
        app.schema = {"RecordFormat": {"RecordFormatType": "XML"}, "RecordColumns": []}


def test_elements_of_an_array_become_rows(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"b": "x", "list": [{"a": 1}, {"a": 2}]}, {"b": "y", "list": []}])
    schema = api_schema("$", {"a": ("INTEGER", "$.list[0:].a"), "b": ("VARCHAR(8)", "$.b")})
    app = lake.application("app", COPY, source=stream, schema=schema)
    assert rows(app.run()) == [(1, "x"), (2, "x"), (None, "y")]


def test_csv_records_are_read_and_bad_rows_go_to_the_error_stream(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records(["1,x\n2,y\n", "oops,z\n3,w"])
    schema = {
        "RecordFormat": {"RecordFormatType": "CSV"},
        "RecordColumns": [{"Name": "a", "SqlType": "INTEGER"}, {"Name": "b", "SqlType": "VARCHAR(8)"}],
    }
    app = lake.application("app", COPY, source=stream, schema=schema)
    result = app.run()
    assert rows(result) == [(1, "x"), (2, "y"), (3, "w")]
    assert result.errors == 1
    assert "oops" in app.errors().to_pydict()["MESSAGE"][0]


def test_a_handler_gets_the_records_first(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records(["1;x", "drop me", "bad"])
    seen: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        assert context is None
        seen.append(event)
        answers = []
        for record in event["records"]:
            text = base64.b64decode(record["data"]).decode()
            a, _, b = text.partition(";")
            result = {"drop me": "Dropped", "bad": "ProcessingFailed"}.get(text, "Ok")
            data = json.dumps({"a": int(a), "b": b}) if result == "Ok" else text
            answers.append(
                {"recordId": record["recordId"], "result": result, "data": base64.b64encode(data.encode()).decode()}
            )
        return {"records": answers}

    app = lake.application("app", COPY, source=stream, process=handler)
    assert list(app.schema or {}) == ["a", "b"], "discovery sees what the handler gives"
    result = app.run()
    assert rows(result) == [(1, "x")]
    assert app.errors().to_pydict()["ERROR_NAME"] == ["PREPROCESSING_ERROR"]
    assert seen[-1]["records"][0]["kinesisStreamRecordMetadata"]["shardId"].startswith("shardId-")


def test_a_handler_that_breaks_the_contract_stops_the_run(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "x"}])
    schema = {"a": "INTEGER", "b": "VARCHAR(8)"}
    app = lake.application("app", COPY, source=stream, schema=schema, process=lambda event: {"records": []})
    with pytest.raises(bayou.BayouError, match="lacks the record"):
        app.run()


def test_streams_get_records_in_the_format_asked_for(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "x,y"}, {"a": 2, "b": None}])
    app = lake.application("app", COPY, source=stream, schema={"a": "INTEGER", "b": "VARCHAR(8)"})
    app.deliver("OUT_STREAM", lake.stream("json"))
    app.deliver("OUT_STREAM", lake.stream("csv"), format="csv")
    app.run()
    read = lake.stream("json").read().to_pydict()
    assert read["data"] == [b'{"A":1,"B":"x,y"}', b'{"A":2,"B":null}']
    assert read["partition_key"] == ["app/OUT_STREAM/0", "app/OUT_STREAM/1"]
    assert lake.stream("csv").read().to_pydict()["data"] == [b'1,"x,y"', b"2,"]
    with pytest.raises(bayou.errors.InvalidOptionError, match="parquet"):
        app.deliver("OUT_STREAM", lake.stream("json"), format="parquet")


def test_a_handler_is_called_again_for_records_it_did_not_deliver(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    calls: list[list[str]] = []

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        calls.append([record["recordId"] for record in event["records"]])
        failed = {calls[0][0]} if len(calls) == 1 else set()
        return {
            "records": [{"recordId": key, "result": "DeliveryFailed" if key in failed else "Ok"} for key in calls[-1]]
        }

    app = lake.application("app", COPY, source=stream, schema={"a": "INTEGER", "b": "VARCHAR(8)"})
    app.deliver("OUT_STREAM", handler, format="json")
    app.run()
    assert calls == [["app/OUT_STREAM/0", "app/OUT_STREAM/1"], ["app/OUT_STREAM/0"]]


JOINED = """
    CREATE OR REPLACE STREAM "joined" ("a" INTEGER, "company" VARCHAR(20));
    CREATE OR REPLACE PUMP "P" AS INSERT INTO "joined"
    SELECT STREAM s."a", c."Company"
    FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "CompanyName" AS c ON s."b" = c."Ticker";
"""


def test_reference_tables_are_joined_and_loaded_again(lake: bayou.Lake, tmp_path: Path) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 1, "b": "AMZN"}, {"a": 2, "b": "XYZ"}])
    path = tmp_path / "companies.csv"
    path.write_text("Ticker,Company,Founded\nAMZN,Amazon,1994\n")
    schema = {"a": "INTEGER", "b": "VARCHAR(8)"}
    app = lake.application("join", JOINED, source=stream, schema=schema, reference={"CompanyName": path})
    assert app.run()["joined"].to_pydict()["company"] == ["Amazon", None]
    app.set_reference("CompanyName", pyarrow.table({"Ticker": ["XYZ"], "Company": ["Some"]}))
    stream.put_records([{"a": 3, "b": "XYZ"}])
    assert app.run()["joined"].to_pydict()["company"] == ["Some"]
    with pytest.raises(bayou.errors.SchemaError, match="CompanyName"):
        app.set_reference("CompanyName", (path, {"Ticker": "VARCHAR(4)", "Company": "INTEGER"}))


def test_anomaly_scores_come_out_of_an_application(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    stream.put_records([{"a": 900 if n == 250 else n % 7} for n in range(300)])
    sql = """
        CREATE OR REPLACE STREAM "scores" ("a" INTEGER, "score" DOUBLE);
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "scores" SELECT STREAM "a", ANOMALY_SCORE
        FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 50, 100));
    """
    scores = lake.application("forest", sql, source=stream, schema={"a": "INTEGER"}).run()["scores"].to_pydict()
    assert scores["score"][:100] == [0.0] * 100
    assert max(scores["score"]) == scores["score"][scores["a"].index(900)]
