"""Deliveries from Python: files by hour, each row once, and refusals that show the place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import bayou
from bayou.demo import TEMPERATURE_SQL

SCHEMA = {"sensor_id": "INTEGER", "current_temperature": "INTEGER", "location": "VARCHAR(16)"}


def deliver(lake: bayou.Lake, **options: object) -> list[Path]:
    sensors = lake.stream("sensors", shards=2)
    sensors.put_records([{"sensor_id": n, "current_temperature": n, "location": "UK"} for n in range(200)])
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors, schema=SCHEMA)
    app.deliver("anomaly_data_stream", lake.delivery("hot", **options))  # type: ignore[arg-type]
    app.run()
    assert app.metrics()["hot"]["records"] == 99
    root = Path(lake.url.removeprefix("file://"))
    return [path for path in sorted(root.rglob("*")) if path.is_file() and ".bayou" not in path.parts]


def test_json_files_hold_each_row_once(lake: bayou.Lake) -> None:
    files = deliver(lake, prefix="data/hot/")
    rows = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    assert sorted(row["sensor_id"] for row in rows) == list(range(101, 200))


def test_gzip_and_parquet(lake: bayou.Lake, tmp_path: Path) -> None:
    (path,) = deliver(lake, prefix="data/hot/", compression="gzip")
    assert path.suffix == ".gz" and len(gzip.decompress(path.read_bytes()).splitlines()) == 99
    (path,) = deliver(bayou.Lake(tmp_path / "other"), prefix="data/hot/", format="parquet")
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(path).num_rows == 99


def test_a_table_needs_no_crawl(lake: bayou.Lake) -> None:
    prefix = "data/hot/year=!{timestamp:yyyy}/"
    deliver(lake, prefix=prefix, error_prefix="errors/", table="iot.hot", format="parquet")
    assert lake.sql("SELECT count(*) AS n FROM iot.hot").to_pydict() == {"n": [99]}
    assert lake.table("iot.hot").partitions().num_rows == 1


def test_a_stream_can_be_a_destination(lake: bayou.Lake) -> None:
    sensors, hot = lake.stream("sensors"), lake.stream("hot")
    sensors.put_records([{"sensor_id": 1, "current_temperature": 120, "location": "UK"}])
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    app.deliver("anomaly_data_stream", hot)
    app.run()
    assert json.loads(hot.read().to_pydict()["data"][0]) == {
        "sensor_id": 1,
        "current_temperature": 120,
        "location": "UK",
    }


def test_the_year_of_weeks_is_warned_about(lake: bayou.Lake) -> None:
    with pytest.warns(UserWarning, match="YYYY"):
        lake.delivery("weeks", prefix="data/!{timestamp:YYYY}/", error_prefix="errors/")


def test_wrong_prefixes_and_options_are_named(lake: bayou.Lake) -> None:
    with pytest.raises(bayou.errors.PrefixError, match="character") as caught:
        lake.delivery("d", prefix="data/!{timestamp:}/", error_prefix="errors/")
    assert "^" in str(caught.value)
    for options, words in (
        ({"format": "orc"}, "`orc`"),
        ({"compression": "zip"}, "`zip`"),
        ({"buffer_mib": 0}, "buffer_mib"),
        ({"time_zone": "Mars"}, "Mars"),
    ):
        with pytest.raises(bayou.errors.InvalidOptionError, match=words):
            lake.delivery("d", prefix="data/", **options)  # type: ignore[arg-type]
