"""Polars: FILE FOLDER COUNT. Two lazy sinks of JSON lines, collected together."""

import sys

import polars as pl
from tell import tell

source, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
SCHEMA = {"sensor_id": pl.Int32, "current_temperature": pl.Int32, "location": pl.String}


def work() -> None:
    """Both filters."""
    records = pl.scan_ndjson(source, schema=SCHEMA)
    temperature = pl.col("current_temperature")
    pl.collect_all(
        [
            records.filter(temperature > 100).sink_ndjson(f"{folder}/polars-hot.json", lazy=True),
            records.filter(temperature < 100).sink_ndjson(f"{folder}/polars-cold.json", lazy=True),
        ]
    )


tell(count, work)
