"""Athena's SQL against datafusion-python and DuckDB: the same files, the same run, ratios printed.

    python benchmarks/athena.py [--scale 1] [--directory bench-athena] [--only days|tpch|import]

Run by `make bench-athena`. The peers are installed into `.venv-bench` at the first run, and the program goes on in that
interpreter, so that all libraries answer in one process. Three parts: ten rows of a table of 365 day-partitions as a
pandas frame, a GROUP BY over one month of it, and the 22 queries of TPC-H. Each number is the best of several warm runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from run import ROOT, peers_python

if TYPE_CHECKING:
    import bayou

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
PEERS = ["datafusion>=50", "duckdb>=1.4", "tpchgen-cli>=4", "pandas>=3", "pyarrow>=22"]
DAYS = 365
ROWS_A_DAY = 2_000


def best(run: Callable[[], object], repeats: int) -> float:
    """Milliseconds of the fastest of several runs, after one that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def make_days(folder: Path) -> None:
    """A table of day-partitions: a Parquet file each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = dt.date(2019, 1, 1)
    for day in range(DAYS):
        target = folder / f"day={start + dt.timedelta(day)}"
        target.mkdir(parents=True, exist_ok=True)
        ids = range(day * ROWS_A_DAY, (day + 1) * ROWS_A_DAY)
        columns = {
            "id": pa.array(ids, pa.int64()),
            "sensor": pa.array([f"sensor-{n % 50}" for n in ids]),
            "value": pa.array([(n * 37 % 1000) / 10 for n in ids], pa.float64()),
        }
        pq.write_table(pa.table(columns), target / "part-0.parquet")


def make_tpch(folder: Path, scale: str) -> None:
    """TPC-H as Parquet by tpchgen-cli, a folder a table."""
    for table in TABLES:
        target = folder / table
        target.mkdir(parents=True, exist_ok=True)
        command = ["parquet", "-s", scale, f"--tables={table}", f"--output-dir={target}"]
        subprocess.run([str(Path(sys.executable).with_name("tpchgen-cli")), *command], check=True)


def queries() -> list[str]:
    text = Path(__file__).with_name("tpch.sql").read_text(encoding="utf-8")
    parts = text.split("-- q")[1:]
    return [part.split("\n", 1)[1].strip() for part in parts]


def days(root: Path, lake: bayou.Lake) -> None:
    import datafusion
    import duckdb
    import pyarrow

    files = root / "data" / "days"
    context = datafusion.SessionContext()
    context.register_parquet("days", str(files), table_partition_cols=[("day", pyarrow.date32())])
    duck = duckdb.connect()
    glob = f"read_parquet('{files}/*/*.parquet', hive_partitioning=true, hive_types={{'day': 'date'}})"
    ten = "SELECT * FROM {} LIMIT 10"
    march = "day >= DATE '2019-03-01' AND day < DATE '2019-04-01'"
    month = "SELECT sensor, count(*) AS n, avg(value) AS v FROM {} WHERE {} GROUP BY sensor"
    for name, sql in (("ten rows to pandas", ten), ("GROUP BY over one month", month.format("{}", march))):
        ours = best(lambda sql=sql: lake.sql(sql.format("bench.days")).to_pandas(), 20)
        theirs = best(lambda sql=sql: context.sql(sql.format("days")).to_pandas(), 20)
        duck_ms = best(lambda sql=sql: duck.sql(sql.format(glob)).df(), 20)
        print(
            f"{name}: bayou {ours:.1f} ms, datafusion-python {theirs:.1f} ms ({ours / theirs:.2f}x), "
            f"DuckDB {duck_ms:.1f} ms ({ours / duck_ms:.2f}x)"
        )


def tpch(root: Path, lake: bayou.Lake) -> None:
    import duckdb

    duck = duckdb.connect()
    for table in TABLES:
        duck.sql(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{root}/data/tpch/{table}/*.parquet')")
    ours, theirs = [], []
    for number, sql in enumerate(queries(), 1):
        mine = lake.sql(sql, database="tpch")
        peer = duck.sql(sql).arrow()
        peer = peer.read_all() if hasattr(peer, "read_all") else peer
        if mine.num_rows != peer.num_rows:
            print(f"q{number}: {mine.num_rows} rows, DuckDB has {peer.num_rows}")
        ours.append(best(lambda sql=sql: lake.sql(sql, database="tpch"), 3))
        theirs.append(best(lambda sql=sql: duck.sql(sql).fetchall(), 3))
        print(f"q{number}: bayou {ours[-1]:.0f} ms, DuckDB {theirs[-1]:.0f} ms ({ours[-1] / theirs[-1]:.2f}x)")
    ratios = [mine / peer for mine, peer in zip(ours, theirs, strict=True)]
    print(
        f"TPC-H, 22 queries: bayou {sum(ours):.0f} ms, DuckDB {sum(theirs):.0f} ms "
        f"({sum(ours) / sum(theirs):.2f}x in all, median {statistics.median(ratios):.2f}x)"
    )


def import_time() -> None:
    def one(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return (time.perf_counter() - started) * 1000

    bare = min(one("pass") for _ in range(5))
    print(f"import bayou: {min(one('import bayou') for _ in range(5)) - bare:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path("bench-athena"))
    parser.add_argument("--scale", default="1")
    parser.add_argument("--only", choices=["days", "tpch", "import"])
    options = parser.parse_args()
    python = peers_python(PEERS)
    if Path(sys.prefix) != python.parents[1]:
        paths = os.pathsep.join(filter(None, [str(ROOT / "python"), os.environ.get("PYTHONPATH")]))
        os.execve(python, [str(python), *sys.argv], {**os.environ, "PYTHONPATH": paths})
    import bayou

    root = options.directory.resolve()
    lake = bayou.Lake(root)
    if options.only in (None, "import"):
        import_time()
    if options.only in (None, "days"):
        if not (root / "data" / "days").exists():
            make_days(root / "data" / "days")
            lake.crawl("data/days/", database="bench")
        days(root, lake)
    if options.only in (None, "tpch"):
        if not (root / "data" / "tpch").exists():
            make_tpch(root / "data" / "tpch", options.scale)
            lake.crawl("data/tpch/", database="tpch")
        tpch(root, lake)


if __name__ == "__main__":
    main()
