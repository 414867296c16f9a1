"""DuckDB: FILE COUNT KIND. The batch query that comes closest, over the same records as a file."""

import sys

import duckdb
from tell import tell

source, count, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
READ = f"read_ndjson('{source}', columns={{sensor_id: 'INTEGER', current_temperature: 'INTEGER', location: 'VARCHAR'}})"
SQL = {
    "tumbling": f"SELECT sensor_id, avg(current_temperature) FROM {READ} GROUP BY sensor_id",
    "sliding": f"SELECT sensor_id, avg(current_temperature) OVER (PARTITION BY sensor_id ROWS 1000 PRECEDING) FROM {READ}",
}


def work() -> None:
    """The query, its rows kept in a table."""
    duckdb.execute(f"CREATE TEMP TABLE o AS {SQL[kind]}")
    found = duckdb.sql("SELECT count(*) FROM o").fetchall()
    assert found[0][0] > 0


tell(count, work)
