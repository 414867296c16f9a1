"""Windows of streaming applications: closed by time, kept in checkpoints, over several inputs."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bayou

from . import window_job

KILLS = 6
COUNT_SQL = """
CREATE STREAM counts (k VARCHAR(8), c BIGINT);
CREATE PUMP count_pump AS INSERT INTO counts
SELECT STREAM "k", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s GROUP BY "k", FLOOR(s.ROWTIME TO HOUR);
"""


def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


def test_a_run_leaves_open_windows_to_the_next_one_and_until_closes_them(lake: bayou.Lake) -> None:
    source = lake.stream("letters")
    source.put_records([{"k": "a"}, {"k": "b"}, {"k": "a"}])
    app = lake.application("counts", COUNT_SQL, source=source)
    first = app.run().rows["COUNTS"]
    source.put_records([{"k": "a"}])
    again = lake.application("counts", COUNT_SQL, source=source)
    rows = again.run(until=later())
    counts: Counter[str] = Counter()
    for key, count in zip(*(rows["COUNTS"].to_pydict()[name] for name in ("K", "C")), strict=True):
        counts[key] += count
    # On the hour the first run may have closed its windows itself.
    assert first in (0, 2)
    assert counts["a"] == 3 if first == 0 else counts["a"] == 1


def test_until_must_be_a_datetime(lake: bayou.Lake) -> None:
    source = lake.stream("letters")
    source.put_records([{"k": "a"}])
    with pytest.raises(TypeError, match="`until` must be a datetime"):
        lake.application("counts", COUNT_SQL, source=source).run(until="tomorrow")  # type: ignore[arg-type]


def test_several_streams_feed_numbered_inputs(lake: bayou.Lake) -> None:
    left, right = lake.stream("left"), lake.stream("right")
    left.put_records([{"v": 1}])
    right.put_records([{"v": 2}])
    sql = """
    CREATE STREAM o (v INTEGER);
    CREATE PUMP p AS INSERT INTO o
    SELECT STREAM "v" FROM SOURCE_SQL_STREAM_001 UNION ALL SELECT STREAM "v" * 10 FROM SOURCE_SQL_STREAM_002;
    """
    result = lake.application("both", sql, source=[left, right]).run()
    assert sorted(result["O"].to_pydict()["V"]) == [1, 20]
    named = lake.application(
        "named",
        sql.replace("SOURCE_SQL_STREAM_001", "L").replace("SOURCE_SQL_STREAM_002", "R"),
        source={"L": left, "R": right},
    )
    assert sorted(named.run()["O"].to_pydict()["V"]) == [1, 20]


def test_parallelism_splits_the_shards_over_numbered_inputs(lake: bayou.Lake) -> None:
    source = lake.stream("numbers", shards=4)
    source.put_records([{"v": v} for v in range(100)], partition_key="v")
    sql = """
    CREATE STREAM o (v INTEGER);
    CREATE PUMP p1 AS INSERT INTO o SELECT STREAM "v" FROM SOURCE_SQL_STREAM_001;
    CREATE PUMP p2 AS INSERT INTO o SELECT STREAM "v" FROM SOURCE_SQL_STREAM_002;
    """
    app = lake.application("split", sql, source=source, parallelism=2)
    assert sorted(app.run()["O"].to_pydict()["V"]) == list(range(100))
    with pytest.raises(bayou.errors.InvalidOptionError, match="`parallelism` is 65"):
        lake.application("split", sql, source=source, parallelism=65)


def test_a_killed_application_counts_every_record_once_in_its_windows(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(KILLS):
        program = [sys.executable, str(Path(window_job.__file__)), str(tmp_path)]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "running\n"
        time.sleep(chance.uniform(0.1, 0.9))  # the moment of the kill, not something to wait for
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        process.stdout.close()
    lake = bayou.Lake(tmp_path / "lake")
    window_job.application(lake).run(until=later())
    rows = [
        json.loads(line)
        for path in (tmp_path / "lake" / "data").rglob("*")
        if path.is_file()
        for line in path.read_text().splitlines()
    ]
    windows = Counter((row["second"], row["key"]) for row in rows)
    assert windows and set(windows.values()) == {1}, "a window was delivered more than once"
    in_stream = [json.loads(data) for data in lake.open_stream("numbers").read().to_pydict()["data"]]
    assert sum(row["records"] for row in rows) == len(in_stream)
    assert sum(row["sum"] for row in rows) == sum(record["n"] for record in in_stream)
