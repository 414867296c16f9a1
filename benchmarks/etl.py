"""CSV to partitioned Parquet against Polars and DuckDB: the same file, the same run, ratios printed.

    python benchmarks/etl.py [--rows 10000000] [--directory bench-etl]

10 million rows, 626 MB: the text `dd/MM/yyyy` becomes a date, and the rows become snappy Parquet partitioned by year and
month; once more with line breaks in quoted cells; once more partitioned by day. Each run is a process of its own, which
tells its seconds and its peak memory. At the end one month is read back.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from run import peers_python

SHAPES = {"plain": ("plain.csv", "year, month"), "quoted": ("quoted.csv", "year, month"), "daily": ("plain.csv", "day")}


def make(path: Path, rows: int, quoted: bool) -> None:
    """A file of sales over one year; in one of seven rows a quoted cell holds a line break."""
    start = dt.date(2019, 1, 1)
    days = [(start + dt.timedelta(n)).strftime("%d/%m/%Y") for n in range(365)]
    with open(path, "w", encoding="utf-8", buffering=1 << 22) as file:
        file.write("sale_id,email_id,retailer_name,units_purchased,purchase_date\n")
        for begin in range(0, rows, 100_000):
            lines = []
            for n in range(begin, min(rows, begin + 100_000)):
                shop = f"Retailer number {n % 97}"
                if quoted:
                    shop = f'"{shop},\nsecond ""line"""' if n % 7 == 0 else f'"{shop}"'
                lines.append(f"{n},user{n * 7919 % 1_000_003}@mail.org,{shop},{n % 50},{days[n * 31 % 365]}\n")
            file.write("".join(lines))


def bayou_run(source: Path, target: Path, keys: str) -> int:
    import bayou

    lake = bayou.Lake(source.parent)
    parts = {
        "year, month": {"year": "year(purchase_date)", "month": "month(purchase_date)"},
        "day": {"day": "CAST(purchase_date AS varchar)"},
    }[keys]
    frame = lake.read(source.name, schema=SCHEMA).with_column(
        "purchase_date", "CAST(date_parse(purchase_date, '%d/%m/%Y') AS date)"
    )
    for name, expression in parts.items():
        frame = frame.with_column(name, expression)
    return frame.write(target.name, partition_by=list(parts), mode="overwrite").rows


SCHEMA = {
    "sale_id": "bigint",
    "email_id": "string",
    "retailer_name": "string",
    "units_purchased": "int",
    "purchase_date": "string",
}


def polars_run(source: Path, target: Path, keys: str) -> int:
    import polars as pl

    types = [pl.Int64, pl.String, pl.String, pl.Int32, pl.String]
    schema = dict(zip(SCHEMA, types, strict=True))
    date = pl.col("purchase_date")
    frame = pl.scan_csv(source, schema=schema).with_columns(date.str.to_date("%d/%m/%Y"))
    if keys == "day":
        frame = frame.with_columns(day=date.dt.to_string("%Y-%m-%d"))
    else:
        frame = frame.with_columns(year=date.dt.year(), month=date.dt.month())
    by = [key.strip() for key in keys.split(",")]
    frame.sink_parquet(pl.PartitionBy(target, key=by, include_key=False), compression="snappy", mkdir=True)
    return int(pl.scan_parquet(target / "**/*.parquet").select(pl.len()).collect().item())


def duckdb_run(source: Path, target: Path, keys: str) -> int:
    import duckdb

    types = {"bigint": "BIGINT", "string": "VARCHAR", "int": "INTEGER"}
    columns = ", ".join(f"'{name}': '{types[kind]}'" for name, kind in SCHEMA.items())
    parts = {
        "year, month": "year(purchase_date) AS year, month(purchase_date) AS month",
        "day": "strftime(purchase_date, '%Y-%m-%d') AS day",
    }[keys]
    parsed = "strptime(purchase_date, '%d/%m/%Y')::DATE AS purchase_date"
    duckdb.sql(
        f"COPY (SELECT *, {parts} FROM (SELECT * REPLACE ({parsed}) FROM read_csv('{source}', header=true, "
        f"columns={{{columns}}}))) TO '{target}' "
        f"(FORMAT parquet, COMPRESSION snappy, PARTITION_BY ({keys}), OVERWRITE_OR_IGNORE)"
    )
    return int(duckdb.sql(f"SELECT count(*) FROM read_parquet('{target}/**/*.parquet')").fetchall()[0][0])


RUNS = {"bayou": bayou_run, "polars": polars_run, "duckdb": duckdb_run}


def measured(peer: str, source: Path, target: Path, keys: str) -> None:
    """One run in this process; prints what it took."""
    shutil.rmtree(target, ignore_errors=True)
    began = time.perf_counter()
    rows = RUNS[peer](source, target, keys)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = sum(1 for _ in target.rglob("*.parquet"))
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mib": peak, "files": files}))


def run(peer: str, folder: Path, shape: str, repeats: int) -> dict[str, float]:
    """The best of some runs of a peer."""
    name, keys = SHAPES[shape]
    python = sys.executable if peer == "bayou" else peers_python()
    command = [
        python,
        __file__,
        "--peer",
        peer,
        "--source",
        folder / name,
        "--target",
        folder / f"out-{peer}",
        "--by",
        keys,
    ]
    best: dict[str, float] = {}
    for _ in range(repeats):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{peer} failed on {shape}:\n{done.stderr}")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        best = found if not best or found["seconds"] < best["seconds"] else best
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--directory", type=Path, default=Path("bench-etl"))
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--only", choices=list(SHAPES), action="append")
    parser.add_argument("--peer", choices=list(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--by", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        measured(options.peer, options.source, options.target, options.by)
        return
    folder = options.directory.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for quoted, name in ((False, "plain.csv"), (True, "quoted.csv")):
        stamp = folder / f"{name}.{options.rows}"
        if not stamp.exists():
            make(folder / name, options.rows, quoted)
            stamp.touch()
    for shape in options.only or SHAPES:
        name, keys = SHAPES[shape]
        size = (folder / name).stat().st_size / 1e6
        print(f"\n{shape}: {options.rows:,} rows, {size:,.0f} MB of CSV to snappy Parquet by {keys}")
        ours = run("bayou", folder, shape, options.repeat)
        for peer in RUNS:
            found = ours if peer == "bayou" else run(peer, folder, shape, options.repeat)
            ratio = "" if peer == "bayou" else f"bayou is {found['seconds'] / ours['seconds']:.2f} x as fast"
            if found["rows"] != options.rows:
                ratio += f"  ({found['rows']:,} rows!)"
            print(
                f"  {peer:<8}{found['seconds']:8.2f} s {options.rows / found['seconds'] / 1e6:7.2f} M rows/s "
                f"{found['peak_mib']:8.0f} MiB {found['files']:6,.0f} files  {ratio}"
            )


if __name__ == "__main__":
    main()
