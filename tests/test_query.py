"""SQL over the catalog, from Python: results, errors with a caret, Ctrl-C, pandas."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest

import bayou


@pytest.fixture
def iot(lake: bayou.Lake) -> bayou.Lake:
    root = Path(lake.url.removeprefix("file://"))
    for hour, readings in (("08", (101, 120)), ("09", (150,))):
        path = root / "data" / "anomaly" / "year=2019" / f"hour={hour}"
        path.mkdir(parents=True)
        lines = [
            f'{{"sensor_id": {n}, "current_temperature": {t}, "location": "UK"}}\n' for n, t in enumerate(readings)
        ]
        (path / "part-1").write_text("".join(lines))
    lake.crawl("data/", database="iot")
    return lake


def test_a_query_gives_a_table_with_types_and_time(iot: bayou.Lake) -> None:
    table = iot.sql("SELECT hour, count(*) AS n, max(current_temperature) AS t FROM iot.anomaly GROUP BY 1 ORDER BY 1")
    assert table.to_pylist() == [{"hour": "08", "n": 2, "t": 120}, {"hour": "09", "n": 1, "t": 150}]
    assert table.schema["n"] == "bigint" and table.elapsed_ms is not None
    assert "2 rows · 3 columns" in repr(table) and "ms" in table._repr_html_()


def test_unqualified_names_are_looked_up_in_the_database(iot: bayou.Lake) -> None:
    assert iot.sql("SELECT count(*) AS n FROM anomaly", database="iot").to_pydict() == {"n": [3]}
    with pytest.raises(bayou.BayouError, match="SCHEMA_NOT_FOUND: line 1:22") as caught:
        iot.sql("SELECT count(*) FROM anomaly")
    assert caught.value.hint == "name its database: there is `iot.anomaly`"


def test_files_that_came_after_the_crawl_are_seen(iot: bayou.Lake) -> None:
    root = Path(iot.url.removeprefix("file://")) / "data" / "anomaly" / "year=2019" / "hour=09"
    (root / "part-2").write_text('{"sensor_id": 9, "current_temperature": 111, "location": "AUS"}\n')
    assert iot.sql("SELECT count(*) AS n FROM iot.anomaly").to_pydict() == {"n": [4]}


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT\n  locaton FROM iot.anomaly", "COLUMN_NOT_FOUND: line 2:3"),
        ("SELEC 1", "SYNTAX_ERROR: line 1:1"),
        ("SELECT 1 +", "line 1:"),
    ],
)
def test_broken_sql_shows_line_column_and_caret(iot: bayou.Lake, sql: str, words: str) -> None:
    with pytest.raises(bayou.errors.SqlError, match=words) as caught:
        iot.sql(sql)
    assert "^" in str(caught.value) and isinstance(caught.value, bayou.dbapi.ProgrammingError)


def test_an_unknown_table_is_named(iot: bayou.Lake) -> None:
    with pytest.raises(bayou.dbapi.ProgrammingError, match="anomali"):
        iot.sql("SELECT * FROM iot.anomali")


def test_a_malformed_file_is_named(iot: bayou.Lake) -> None:
    root = Path(iot.url.removeprefix("file://")) / "data" / "anomaly" / "year=2019" / "hour=09"
    (root / "part-1").write_text('{"sensor_id": ')
    with pytest.raises(bayou.errors.MalformedFileError, match="part-1"):
        iot.sql("SELECT * FROM iot.anomaly")


def test_cursors_give_tuples_dicts_and_frames(iot: bayou.Lake) -> None:
    with bayou.connect(iot, schema_name="iot") as connection:
        cursor = connection.cursor()
        assert cursor.description is None and cursor.rowcount == -1
        sql = "SELECT sensor_id, current_temperature FROM anomaly WHERE current_temperature > %(t)s ORDER BY 2"
        assert cursor.execute(sql, {"t": 110}) is cursor
        assert [column[:2] for column in cursor.description or []] == [
            ("sensor_id", cursor.description[0][1]),  # type: ignore[index]
            ("current_temperature", cursor.description[1][1]),  # type: ignore[index]
        ]
        assert cursor.description[0][1] == bayou.dbapi.NUMBER  # type: ignore[index]
        assert cursor.fetchone() == (1, 120) and cursor.rownumber == 1
        assert cursor.fetchmany(5) == [(0, 150)] and cursor.fetchone() is None and cursor.fetchall() == []
        assert list(cursor.execute("SELECT 1 AS a UNION ALL SELECT 2 ORDER BY 1")) == [(1,), (2,)]
        rows = connection.cursor(bayou.dbapi.DictCursor).execute("SELECT 'x' AS a").fetchall()
        assert rows == [{"a": "x"}]
        frame = connection.cursor(bayou.dbapi.PandasCursor).execute("SELECT location FROM anomaly").as_pandas()
        assert frame["location"].tolist() == ["UK"] * 3


def test_pandas_reads_without_a_warning(iot: bayou.Lake) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = pd.read_sql("SELECT location, current_temperature FROM iot.anomaly ORDER BY 2", bayou.connect(iot))
    assert frame["current_temperature"].tolist() == [101, 120, 150]
    sql = "SELECT count(*) AS n FROM iot.anomaly WHERE location = %(l)s"
    assert pd.read_sql(sql, bayou.connect(iot), params={"l": "UK"})["n"].tolist() == [3]


def test_ctrl_c_stops_a_query(tmp_path: Path) -> None:
    code = (
        "import bayou, threading\n"
        f"lake = bayou.Lake({str(tmp_path / 'lake')!r})\n"
        "lake.sql('SELECT 1'); print('ready', flush=True)\n"
        "many = 'UNNEST(sequence(1, 10000))'\n"
        "try: lake.sql(f'SELECT count(*) FROM {many} AS a (x), {many} AS b (y), {many} AS c (z) WHERE x + y + z = 0')\n"
        "except KeyboardInterrupt: print('interrupted', flush=True)\n"
        "print(lake.sql('SELECT 2 AS n').to_pydict()['n'], flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    time.sleep(0.3)  # into the query; the test holds whenever the signal comes
    os.kill(process.pid, signal.SIGINT)
    interrupted = time.monotonic()
    assert process.stdout.read() == "interrupted\n[2]\n"
    assert process.wait(30) == 0 and time.monotonic() - interrupted < 10


def test_a_partition_key_beside_text_is_compared_as_text(iot: bayou.Lake) -> None:
    assert iot.sql("SELECT year FROM iot.anomaly").schema == {"year": "integer"}
    counted = "SELECT count(*) FROM iot.anomaly WHERE "
    everything = iot.sql(counted + "year = 2019").to_pylist()
    for condition in ("year = '2019'", "year IN ('2019', '2020')", "year BETWEEN '2018' AND '2020'", "'2019' = year"):
        assert iot.sql(counted + condition).to_pylist() == everything
    assert iot.sql(counted + "year = '2018'").to_pylist() == [{"_col0": 0}]
