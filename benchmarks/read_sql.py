"""`pd.read_sql` of a million rows and six columns: bayou's connection against PyAthena's row path, in one run.

PyAthena fetches pages of a thousand rows of text from `get_query_results` and converts each cell. Here its client answers
from memory with pages that were made beforehand, so that its time is its own: no network, no engine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyathena

import bayou

COLUMNS = [("id", "bigint", 19), ("n", "integer", 10), ("x", "double", 17), ("s", "varchar", 2147483647),
           ("t", "timestamp", 3), ("b", "boolean", 0)]  # fmt: skip
SQL = """SELECT id, CAST(id % 1000 AS integer) AS n, id / 7e0 AS x, CONCAT('name ', CAST(id % 100 AS varchar)) AS s,
    date_add('second', id % 86400, TIMESTAMP '2020-01-01 00:00:00') AS t, id % 2 = 0 AS b
    FROM (SELECT high * 1000 + low AS id FROM UNNEST(sequence(0, {pages})) AS h(high), UNNEST(sequence(0, 999)) AS l(low))"""


class Pages:
    """A boto3 session with an Athena that has one result, in pages made beforehand."""

    region_name, profile_name = "us-east-1", None

    def __init__(self, rows: int) -> None:
        head = {"Data": [{"VarCharValue": name} for name, _, _ in COLUMNS]}
        page = [
            {"Data": [{"VarCharValue": text} for text in
                      (str(i), str(i % 1000), repr(i / 7), f"name {i % 100}", "2020-01-01 00:00:01.000", "true")]}
            for i in range(1000)
        ]  # fmt: skip
        info = [{"Name": name, "Label": name, "Type": kind, "Precision": precision, "Scale": 0, "Nullable": "UNKNOWN"}
                for name, kind, precision in COLUMNS]  # fmt: skip
        self._metadata, self._head, self._page, self._pages = {"ColumnInfo": info}, head, page, rows // 1000

    def client(self, *_arguments: Any, **_options: Any) -> Pages:
        return self

    def start_query_execution(self, **_request: Any) -> dict[str, Any]:
        return {"QueryExecutionId": "1"}

    def get_query_execution(self, **_request: Any) -> dict[str, Any]:
        execution = {"QueryExecutionId": "1", "Query": "SELECT 1", "StatementType": "DML", "SubstatementType": "SELECT",
                     "Status": {"State": "SUCCEEDED"}, "Statistics": {}, "ResultConfiguration": {}}  # fmt: skip
        return {"QueryExecution": execution}

    def get_query_results(self, NextToken: str | None = None, **_request: Any) -> dict[str, Any]:
        place = int(NextToken or 0)
        rows = self._page if place else [self._head, *self._page[:999]]
        answer: dict[str, Any] = {"ResultSet": {"Rows": rows, "ResultSetMetadata": self._metadata}}
        if place < self._pages:
            answer["NextToken"] = str(place + 1)
        return answer


def best(work: Callable[[], pd.DataFrame], repeat: int, rows: int) -> float:
    """Seconds of the best run; the frame has the rows, give or take a page."""
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        frame = work()
        seconds.append(time.perf_counter() - started)
        assert abs(len(frame) - rows) <= 1000 and frame.shape[1] == len(COLUMNS), frame.shape
    return min(seconds)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lake = bayou.Lake(folder)
        lake.sql(f"CREATE TABLE t AS {SQL.format(pages=options.rows // 1000 - 1)}")
        connection = bayou.connect(lake)
        pages = pyathena.connect(session=Pages(options.rows), s3_staging_dir="s3://bucket/")
        ours = best(lambda: pd.read_sql("SELECT * FROM t", connection), options.repeat, options.rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            theirs = best(lambda: pd.read_sql("SELECT 1", pages), 1, options.rows)
    print(json.dumps({"rows": options.rows, "bayou_s": round(ours, 4), "pyathena_s": round(theirs, 3)}))
    print(f"pd.read_sql, {options.rows:,} rows x {len(COLUMNS)} columns: bayou {ours:.3f} s, PyAthena's row path "
          f"{theirs:.2f} s: {theirs / ours:.0f} x")  # fmt: skip


if __name__ == "__main__":
    main()
