"""The streaming job, step by step: what `bayou demo` and `make demo` run.

Sensor records are generated into a durable stream; the two-pump application splits them at 100 degrees; two deliveries
write files by hour; a crawl finds them; SQL counts them. At the end nothing may be missing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bayou.demo_steps import Steps, fresh
from bayou.errors import BayouError

SENSOR_TEMPLATE = """{
    "sensor_id": {{random.number(50)}},
    "current_temperature": {{random.number(
        {
            "min":0,
            "max":150
        }
    )}},
    "location": "{{random.arrayElement(
        ["AUS","USA","UK"]
    )}}"
}"""

TEMPERATURE_SQL = """\
CREATE OR REPLACE STREAM "anomaly_data_stream" (
    "sensor_id" INTEGER,
    "current_temperature" INTEGER,
    "location" VARCHAR(16));

CREATE OR REPLACE PUMP "STREAM_PUMP_ANOMALY" AS INSERT INTO "anomaly_data_stream"
SELECT STREAM "sensor_id",
              "current_temperature",
              "location"
FROM "SOURCE_SQL_STREAM_001" WHERE "current_temperature" > 100;

CREATE OR REPLACE STREAM "output_data_stream" (
    "sensor_id" INTEGER,
    "current_temperature" INTEGER,
    "location" VARCHAR(16));

CREATE OR REPLACE PUMP "STREAM_PUMP_OUTPUT" AS INSERT INTO "output_data_stream"
SELECT STREAM "sensor_id",
              "current_temperature",
              "location"
FROM "SOURCE_SQL_STREAM_001" WHERE "current_temperature" < 100;
"""

_HOURLY = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
_ERRORS = "data/errors/!{firehose:error-output-type}/"


def run(
    directory: str | os.PathLike[str] = "demo-lake",
    *,
    records: int = 1_000_000,
    seconds: float = 5.0,
    seed: int = 7,
    plot: str | os.PathLike[str] | None = None,
) -> dict[str, int]:
    """Run the streaming job in a folder of its own.

    Args:
        directory: Folder of the lake; emptied first when an earlier demo made it.
        records: Records to generate.
        seconds: Seconds to spread the records over, so that there is time to plot over; 0 puts them at once.
        seed: Seed of the generator.
        plot: PNG to draw; `anomalies.png` in the folder when None.

    Returns:
        The counts: generated, anomalies, normal, exactly_100.

    Raises:
        BayouError: Something was lost, or a step failed.
    """
    import bayou

    folder = Path(directory)
    fresh(folder)
    steps = Steps()
    lake = bayou.Lake(folder)

    generator = bayou.Generator(SENSOR_TEMPLATE, seed=seed)
    sensors = lake.stream("sensors", shards=2)
    rate = records / seconds if seconds > 0 else None
    put = sensors.put(generator, count=records, partition_key="sensor_id", rate=rate)
    if put.interrupted:
        raise KeyboardInterrupt
    pace = f"at {rate:,.0f} a second" if rate else "at once"
    steps.done(f"Generate into the stream `sensors`, 2 shards, {pace}", put.records, "records")

    application = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    steps.done("Discover the schema by sampling the stream", len(application.schema or {}), "columns")

    anomalies = lake.delivery("anomaly-delivery-stream", prefix=f"data/anomaly/{_HOURLY}", error_prefix=_ERRORS)
    normal = lake.delivery("output-delivery-stream", prefix=f"data/output/{_HOURLY}", error_prefix=_ERRORS)
    application.deliver("anomaly_data_stream", anomalies)
    application.deliver("output_data_stream", normal)
    results = application.run()
    delivered = sum(delivery["records"] for delivery in application.metrics().values())
    steps.done("Run the application: two pumps, two deliveries", delivered, "rows")

    report = lake.crawl("data/", database="iot")
    steps.done("Crawl what was delivered", report.tables.num_rows, "tables")

    counts = {
        "generated": put.records,
        "anomalies": _count(lake, "iot.anomaly"),
        "normal": _count(lake, "iot.output"),
        "exactly_100": _hundreds(generator, records),
    }
    by_location = lake.sql(
        "SELECT location, count(*) AS anomalies, avg(current_temperature) AS mean_temperature, "
        "max(current_temperature) AS highest FROM iot.anomaly GROUP BY location ORDER BY location"
    )
    steps.done("Query the catalog with SQL", by_location.num_rows, "rows")

    picture = Path(plot) if plot is not None else folder / "anomalies.png"
    points = _draw(results["anomaly_data_stream"], picture)
    steps.done("Plot anomalies by location over time", points, "points")

    print()
    print(by_location.to_pandas().to_string(index=False))
    print()
    _check(counts)
    print(f"Plot: {picture}")
    print(f"Total: {steps.total():.2f} s")
    return counts


def _count(lake: Any, table: str) -> int:
    return int(lake.sql(f"SELECT count(*) AS n FROM {table}").to_pydict()["n"][0])


def _hundreds(generator: Any, records: int) -> int:
    """Records at exactly 100 degrees, which neither pump takes, counted without the stream."""
    found = 0
    for start in range(0, records, 1_000_000):
        table = generator.table(min(1_000_000, records - start), offset=start)
        found += int((table.to_pandas()["current_temperature"] == 100).sum())
    return found


def _draw(anomalies: Any, path: Path) -> int:
    """Anomalies per slice of time and location; returns the number of points."""
    from bayou.plots import over_time

    frame = anomalies.to_pandas()[["ROWTIME", "location"]]
    first = frame["ROWTIME"].min()
    slices = 50
    slice_ms = max(1, int((frame["ROWTIME"].max() - first).total_seconds() * 1000 / slices))
    frame["slice"] = (frame["ROWTIME"] - first).dt.total_seconds() * 1000 // slice_ms
    frame = frame[frame["slice"] < slices]  # the last slice is not whole
    counted = frame.groupby(["slice", "location"]).size().reset_index(name="anomalies")
    counted["seconds"] = counted["slice"] * slice_ms / 1000
    title = f"Anomalies (above 100 degrees) by location, per {slice_ms} ms"
    over_time(counted.to_dict("list"), time="seconds", title=title, path=path)
    return len(counted)


def _check(counts: dict[str, int]) -> None:
    found = counts["anomalies"] + counts["normal"] + counts["exactly_100"]
    line = (
        f"{counts['generated']:,} generated = {counts['anomalies']:,} anomalies + {counts['normal']:,} normal "
        f"+ {counts['exactly_100']:,} at exactly 100"
    )
    if found != counts["generated"]:
        raise BayouError(f"Records were lost or doubled: {line} is wrong by {found - counts['generated']:,}")
    print(f"Nothing was lost: {line}")
