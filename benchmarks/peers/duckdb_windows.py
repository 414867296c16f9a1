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
    """The query, its rows as Arrow batches."""
    rows = sum(batch.num_rows for batch in duckdb.sql(SQL[kind]).fetch_record_batch(1_000_000))
    assert rows > 0


tell(count, work)
