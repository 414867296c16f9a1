"""Applications from the JSON of the service's API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.demo import TEMPERATURE_SQL

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/sensors"
COLUMNS = {"sensor_id": "INTEGER", "current_temperature": "INTEGER", "status": "VARCHAR(8)", "location": "VARCHAR(16)"}


@pytest.fixture
def definition() -> dict[str, Any]:
    columns = [{"Name": name, "SqlType": kind, "Mapping": f"$.{name}"} for name, kind in COLUMNS.items()]
    return {
        "ApplicationName": "temperature",
        "ApplicationCode": TEMPERATURE_SQL,
        "Inputs": [
            {
                "NamePrefix": "SOURCE_SQL_STREAM",
                "KinesisStreamsInput": {"ResourceARN": ARN, "RoleARN": "arn:aws:iam::1:role/r"},
                "InputSchema": {"RecordFormat": {"RecordFormatType": "JSON"}, "RecordColumns": columns},
            }
        ],
        "Outputs": [
            {
                "Name": "anomaly_data_stream",
                "KinesisStreamsOutput": {"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/anomalies"},
                "DestinationSchema": {"RecordFormatType": "CSV"},
            }
        ],
    }


@pytest.fixture
def sensors(lake: bayou.Lake) -> bayou.Stream:
    stream = lake.stream("sensors")
    stream.put_records([{"sensor_id": 1, "current_temperature": 120, "status": "OK", "location": "UK"}])
    return stream


@pytest.mark.usefixtures("sensors")
def test_streams_are_found_by_the_last_part_of_their_arn(
    lake: bayou.Lake, definition: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "application.json"
    path.write_text(json.dumps(definition))
    for given in (definition, json.dumps(definition), path):
        app = lake.application_from_json(given, reset=True)
        assert app.name == "temperature"
        assert list(app.schema or {}) == list(COLUMNS)
        app.run()
    records = lake.stream("anomalies").read().to_pydict()["data"]
    assert len(records) == 3 and records[0].startswith(b"1,120")


def test_resources_are_mapped_by_arn_or_name(
    lake: bayou.Lake, definition: dict[str, Any], sensors: bayou.Stream
) -> None:
    tables: list[bayou.Table] = []
    definition["Outputs"][0]["KinesisFirehoseOutput"] = {"ResourceARN": "arn:aws:firehose:a:1:deliverystream/files"}
    del definition["Outputs"][0]["KinesisStreamsOutput"]
    other = lake.stream("recorded")
    other.put_records([{"sensor_id": 9, "current_temperature": 300, "status": "OK", "location": "UK"}])
    app = lake.application_from_json(definition, resources={ARN: other, "files": tables.append}, name="copy")
    assert app.run().rows["anomaly_data_stream"] == 1
    assert tables[0].to_pydict()["sensor_id"] == [9]
    with pytest.raises(bayou.errors.UnknownStreamError, match="deliverystream/files"):
        lake.application_from_json(definition, name="third")
    lake.delivery("files", prefix="data/anomaly/")
    lake.application_from_json(definition, name="third").run()
    assert sensors.name == "sensors"


def test_placeholders_of_cloudformation_are_named(lake: bayou.Lake, definition: dict[str, Any]) -> None:
    definition["Outputs"][0]["KinesisStreamsOutput"]["ResourceARN"] = "arn:aws:kinesis:${AWS::Region}:1:stream/${Name}"
    with pytest.raises(bayou.errors.InvalidOptionError, match=r"\$\{AWS::Region\}, \$\{Name\}"):
        lake.application_from_json(definition)


@pytest.mark.usefixtures("sensors")
def test_functions_must_be_given(lake: bayou.Lake, definition: dict[str, Any]) -> None:
    function = {"ResourceARN": "arn:aws:lambda:eu-west-1:1:function:alarm"}
    definition["Outputs"] = [{"Name": "error_stream", "LambdaOutput": function}]
    with pytest.raises(bayou.errors.InvalidOptionError, match="function:alarm"):
        lake.application_from_json(definition)


def test_reference_tables_and_parallel_inputs_are_taken_over(lake: bayou.Lake, definition: dict[str, Any]) -> None:
    definition["ApplicationCode"] = """
        CREATE OR REPLACE STREAM "named" ("sensor_id" INTEGER, "country" VARCHAR(20));
        CREATE OR REPLACE PUMP "P1" AS INSERT INTO "named"
        SELECT STREAM s."sensor_id", c."Name"
        FROM "SOURCE_SQL_STREAM_001" AS s JOIN "Country" AS c ON s."location" = c."Code";
        CREATE OR REPLACE PUMP "P2" AS INSERT INTO "named"
        SELECT STREAM s."sensor_id", c."Name"
        FROM "SOURCE_SQL_STREAM_002" AS s JOIN "Country" AS c ON s."location" = c."Code";
    """
    definition["Outputs"] = []
    definition["Inputs"][0]["InputParallelism"] = {"Count": 2}
    definition["ReferenceDataSources"] = [
        {
            "TableName": "Country",
            "S3ReferenceDataSource": {"BucketARN": "arn:aws:s3:::bucket", "FileKey": "data/ref/country.csv"},
            "ReferenceSchema": {
                "RecordFormat": {"RecordFormatType": "CSV"},
                "RecordColumns": [
                    {"Name": "Code", "SqlType": "VARCHAR(4)"},
                    {"Name": "Name", "SqlType": "VARCHAR(20)"},
                ],
            },
        }
    ]
    stream = lake.stream("sensors", shards=2)
    stream.put_records(
        [
            {"sensor_id": n, "current_temperature": 1, "status": "OK", "location": "UK" if n % 2 else "FR"}
            for n in range(8)
        ]
    )
    folder = Path(lake.url.removeprefix("file://")) / "data" / "ref"
    folder.mkdir(parents=True)
    (folder / "country.csv").write_text("UK,Kingdom\n")
    app = lake.application_from_json(definition)
    named = app.run()["named"].to_pydict()
    assert sorted(named["sensor_id"]) == [1, 3, 5, 7] and set(named["country"]) == {"Kingdom"}
    (folder / "country.csv").write_text("UK,Kingdom\nFR,France\n")
    again = lake.application_from_json(definition, reset=True)
    assert len(again.run()["named"].to_pydict()["sensor_id"]) == 8
