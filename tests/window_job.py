"""The process that `test_windows.py` kills: puts records and runs an application with open windows, while it lives.

Run it as `window_job.py FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bayou

SQL = """
CREATE OR REPLACE STREAM "counts" ("second" TIMESTAMP, "key" INTEGER, "records" BIGINT, "sum" BIGINT);
CREATE OR REPLACE PUMP "count_pump" AS INSERT INTO "counts"
SELECT STREAM STEP(s.ROWTIME BY INTERVAL '1' SECOND), s."key", COUNT(*), SUM(s."n") FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY STEP(s.ROWTIME BY INTERVAL '1' SECOND), s."key";
"""
SCHEMA = {"n": "BIGINT", "key": "INTEGER"}


def application(lake: bayou.Lake) -> bayou.Application:
    """The application with its delivery; checkpoints are frequent, so that most are in the middle of windows."""
    source = lake.stream("numbers", shards=2)
    app = lake.application("seconds", SQL, source=source, schema=SCHEMA, checkpoint_seconds=0.05)
    app.deliver("counts", lake.delivery("counts", prefix="data/counts/", buffer_seconds=0))
    return app


def main(folder: str) -> None:
    lake = bayou.Lake(Path(folder) / "lake")
    source = lake.stream("numbers", shards=2)
    with application(lake).start() as live:
        print("running", flush=True)
        while live.is_running:
            source.put_records([{"n": n, "key": n % 7} for n in range(200)])


if __name__ == "__main__":
    main(sys.argv[1])
