"""Ingest from databases: SQLite, and a PostgreSQL that the tests start."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayou
from bayou import errors
from bayou.cli import main

JOB = Path(__file__).with_name("ingest_job.py")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, price REAL, note TEXT, seal BLOB, at TEXT)")
        rows = [(n, n / 2, f"n{n}", bytes([n % 256]), f"2026-01-{n % 3 + 1:02}") for n in range(1000)]
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        db.execute("CREATE TABLE empty (id INTEGER PRIMARY KEY)")
        db.execute("CREATE VIEW dear AS SELECT id FROM orders WHERE price > 400")
    return path


def count(lake: bayou.Lake, table: str) -> tuple[int, int]:
    return lake.sql(f"SELECT count(*), count(DISTINCT id) FROM {table}", tables={}).to_tuples()[0]


def change(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)


def test_bulk_copies_tables_and_views_and_replaces_the_load_of_the_same_day(lake: bayou.Lake, shop: Path) -> None:
    url = f"sqlite:///{shop}"
    for _ in range(2):
        report = lake.ingest(url, tables="*", exclude="emp*", into="data/raw/", load_date="2026-02-03", batch_rows=300)
        assert {one.source: one.rows for one in report.tables} == {"main.dear": 199, "main.orders": 1000}
        assert count(lake, "raw.shop_orders") == (1000, 1000)
    lake.ingest(url, tables="orders", into="data/raw/", load_date="2026-02-04")
    assert count(lake, "raw.shop_orders WHERE load_date = DATE '2026-02-04'") == (1000, 1000)
    types = lake.sql("SELECT * FROM raw.shop_orders LIMIT 0", tables={}).schema
    assert list(types.values()) == ["bigint", "double", "varchar", "varbinary", "varchar", "date"]
    assert "<td>main.orders</td>" in report._repr_html_()


def test_a_table_that_became_empty_is_empty_after_the_next_load_of_the_day(lake: bayou.Lake, shop: Path) -> None:
    lake.ingest(f"sqlite:///{shop}", tables="orders", into="data/raw/", load_date="2026-02-03")
    change(shop, "DELETE FROM orders")
    lake.ingest(f"sqlite:///{shop}", tables="orders", into="data/raw/", load_date="2026-02-03")
    assert count(lake, "raw.shop_orders") == (0, 0)


def test_incremental_takes_what_is_new_also_at_the_last_bookmark(lake: bayou.Lake, shop: Path) -> None:
    def run() -> int:
        options = {"tables": "orders", "into": "data/raw/", "mode": "incremental", "bookmark": "at"}
        return lake.ingest(f"sqlite:///{shop}", **options).rows

    assert (run(), run()) == (1000, 0)
    change(
        shop,
        "INSERT INTO orders VALUES (5001, 1, 'tie', NULL, '2026-01-03'), (5002, 1, 'new', NULL, '2026-01-04')",
        "ALTER TABLE orders ADD COLUMN colour TEXT",
    )
    assert (run(), run()) == (2, 0)
    change(shop, "INSERT INTO orders VALUES (5003, 1, 'tie', NULL, '2026-01-04', 'red')")
    assert (run(), run()) == (1, 0)
    assert count(lake, "raw.shop_orders") == (1003, 1003)
    assert lake.sql("SELECT colour FROM raw.shop_orders WHERE id = 5003", tables={}).to_tuples() == [("red",)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_killed_ingest_goes_on_without_losing_or_doubling(
    lake: bayou.Lake, shop: Path, tmp_path: Path, number: int, moment: str
) -> None:
    url = f"sqlite:///{shop}"
    killed = subprocess.run([sys.executable, JOB, tmp_path / "lake", url, str(number), moment], check=False)
    assert killed.returncode == -signal.SIGKILL
    report = lake.ingest(url, tables="*", into="data/raw/")
    done = number - (moment == "before")
    assert len(report.skipped) == (done if done < 4 else 0)
    assert count(lake, "raw.shop_orders") == (1000, 1000)
    assert count(lake, "raw.shop_dear") == (199, 199)


def test_what_cannot_be_is_refused_by_name(lake: bayou.Lake, shop: Path) -> None:
    url = f"sqlite:///{shop}"
    with pytest.raises(errors.InvalidOptionError, match=r"`nothing`\n.*main\.orders"):
        lake.ingest(url, tables="nothing", into="data/raw/")
    with pytest.raises(errors.InvalidOptionError, match=r"main\.dear.*no primary key"):
        lake.ingest(url, tables="dear", into="data/raw/", mode="incremental", bookmark="id")
    with pytest.raises(errors.NotSupportedError, match="mysql"):
        lake.ingest("mysql://u:secret@h/d", tables="*", into="data/raw/")
    change(shop, "INSERT INTO orders VALUES (7000, 'dear', 'x', NULL, '2026-01-01')")
    with pytest.raises(errors.IngestError, match=r"`price` of `main\.orders`"):
        lake.ingest(url, tables="orders", into="data/raw/")
    with pytest.raises(errors.IngestError) as raised:
        lake.ingest("postgresql://u:s3cr3t@127.0.0.1:1/d", tables="*", into="data/raw/")
    assert "s3cr3t" not in str(raised.value)


def test_the_command_line_ingests(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{shop}"
    assert main(["ingest", url, "--lake", str(tmp_path / "lake"), "--table", "orders", "--into", "data/raw/"]) == 0
    assert "1,000 rows" in capsys.readouterr().out


# -- PostgreSQL -----------------------------------------------------------------------------------------------


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-qq", "-y", "postgresql"], **quiet)
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("there is no PostgreSQL on this machine")
    return found[-1].parent


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a database without a network, on a socket in a folder of its own."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who: dict[str, str] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        who = {"user": "postgres"}
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **who}
    data = folder / "data"
    subprocess.run([programs / "initdb", "-D", data, "-U", "ana", "-A", "trust", "--no-sync", "-E", "UTF8"], **quiet)
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    subprocess.run([programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], **quiet)
    try:
        yield f"postgresql:///postgres?host={folder}&user=ana"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def execute(url: str, *statements: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_postgres_types_arrive_as_the_documentation_says(lake: bayou.Lake, postgres: str) -> None:
    execute(
        postgres,
        "CREATE TYPE mood AS ENUM ('fine', 'sad')",
        """CREATE TABLE kinds (id int PRIMARY KEY, small smallint, big bigint, yes bool, r real, d float8,
             n numeric(20, 4), free numeric, t timestamp, tz timestamptz, day date, hour time, j jsonb, a int[],
             u uuid, b bytea, m mood, c char(3), "Mixed Case" text)""",
        """INSERT INTO kinds VALUES (1, 2, 3, true, 1.5, 2.5, 1234567890123456.7891, 1e-30, '2026-01-02 03:04:05.678',
             '2026-01-02 03:04:05+02', '2026-01-02', '03:04', '{"a": 1}', '{{1,2},{3,NULL}}',
             '6f9619ff-8b86-d011-b42d-00cf4fc964ff', '\\x00ff', 'sad', 'ab', 'é')""",
        "INSERT INTO kinds (id) VALUES (2)",
    )
    lake.ingest(postgres, tables="public.kinds", into="data/raw/")
    found = lake.sql("SELECT * FROM raw.postgres_public_kinds ORDER BY id", tables={})
    kinds = ["integer", "smallint", "bigint", "boolean", "real", "double", "decimal(20,4)", "varchar"]
    kinds += ["timestamp(6)", "timestamp(6)", "date", "varchar", "varchar", "varchar", "varchar", "varbinary"]
    assert list(found.schema.values()) == [*kinds, "varchar", "varchar", "varchar", "date"]
    first, second = found.to_tuples()
    assert str(first[6]) == "1234567890123456.7891"
    assert first[7] == "0.000000000000000000000000000001"
    assert (str(first[8])[:23], str(first[9])[:19]) == ("2026-01-02 03:04:05.678", "2026-01-02 01:04:05")
    assert first[12:19] == (
        '{"a": 1}',
        "[[1,2],[3,null]]",
        "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        b"\x00\xff",
        "sad",
        "ab",
        "é",
    )
    assert second[:19] == (2, *[None] * 18)


def test_postgres_increments_keep_microseconds_and_ties(lake: bayou.Lake, postgres: str) -> None:
    def run() -> int:
        options = {"tables": "marks", "into": "data/raw/", "mode": "incremental", "bookmark": "at"}
        return lake.ingest(postgres, **options).rows

    execute(
        postgres,
        "CREATE TABLE marks (id text PRIMARY KEY, at timestamptz)",
        "INSERT INTO marks VALUES ('a,b', '2026-01-01 00:00:00.000001Z'), ('it''s', '2026-01-01 00:00:00.000002Z')",
    )
    assert (run(), run()) == (2, 0)
    execute(
        postgres,
        "INSERT INTO marks VALUES ('tie', '2026-01-01 00:00:00.000002Z'), ('c', '2026-01-01 00:00:00.000003Z')",
    )
    assert (run(), run()) == (2, 0)
    assert count(lake, "raw.postgres_public_marks") == (4, 4)
