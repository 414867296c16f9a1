"""DuckDB: FILE FOLDER COUNT. Two queries over the file, each to a file of JSON lines."""

import sys

import duckdb
from tell import tell

source, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
READ = f"read_ndjson('{source}', columns={{sensor_id: 'INTEGER', current_temperature: 'INTEGER', location: 'VARCHAR'}})"


def work() -> None:
    """Both filters."""
    for name, condition in (("hot", "current_temperature > 100"), ("cold", "current_temperature < 100")):
        duckdb.sql(f"COPY (SELECT * FROM {READ} WHERE {condition}) TO '{folder}/duckdb-{name}.json' (FORMAT json)")


tell(count, work)
