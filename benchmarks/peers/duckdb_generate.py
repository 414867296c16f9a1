"""DuckDB: COUNT FILE."""

import sys

import duckdb
from tell import tell

count, out = int(sys.argv[1]), sys.argv[2]
QUERY = f"""
COPY (SELECT CAST(floor(random() * 51) AS INTEGER) AS sensor_id,
             CAST(floor(random() * 151) AS INTEGER) AS current_temperature,
             ['AUS', 'USA', 'UK'][CAST(floor(random() * 3) AS INTEGER) + 1] AS location
      FROM range({count})) TO '{out}' (FORMAT json)
"""
tell(count, lambda: duckdb.sql(QUERY))
