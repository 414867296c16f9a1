"""The process that `test_crash.py` kills: puts numbered records and runs the application, for as long as it may live.

Each acknowledged put is noted in a file, after it returned: `first count`. Run it as `crash_job.py FOLDER`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bayou

SQL = """
CREATE OR REPLACE STREAM "even" ("n" BIGINT, "text" VARCHAR(64));
CREATE OR REPLACE PUMP "even_pump" AS INSERT INTO "even"
SELECT STREAM "n", "text" FROM "SOURCE_SQL_STREAM_001" WHERE "half" = 0;

CREATE OR REPLACE STREAM "odd" ("n" BIGINT, "text" VARCHAR(64));
CREATE OR REPLACE PUMP "odd_pump" AS INSERT INTO "odd"
SELECT STREAM "n", "text" FROM "SOURCE_SQL_STREAM_001" WHERE "half" = 1;
"""
SCHEMA = {"n": "BIGINT", "half": "INTEGER", "text": "VARCHAR(64)"}
BATCH = 500


def application(lake: bayou.Lake) -> bayou.Application:
    """The application with its two deliveries; checkpoints are frequent, so that kills meet all of their steps."""
    source = lake.stream("numbers", shards=2)
    app = lake.application("halves", SQL, source=source, schema=SCHEMA, checkpoint_seconds=0.02, epoch_records=2_000)
    for name in ("even", "odd"):
        app.deliver(name, lake.delivery(name, prefix=f"data/{name}/", buffer_mib=1, buffer_seconds=0))
    return app


def main(folder: str) -> None:
    lake = bayou.Lake(Path(folder) / "lake")
    source = lake.stream("numbers", shards=2)
    acknowledged = os.open(Path(folder) / "acknowledged", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    attempted = Path(folder) / "attempted"
    first = int(attempted.read_text()) if attempted.exists() else 0
    with application(lake).start() as live:
        print("running", flush=True)
        while live.is_running:
            upto = first + BATCH
            temporary = attempted.with_suffix(".new")
            temporary.write_text(str(upto))
            temporary.replace(attempted)  # numbers are never used twice, acknowledged or not
            source.put_records([{"n": n, "half": n % 2, "text": f"record {n}"} for n in range(first, upto)])
            os.write(acknowledged, f"{first} {BATCH}\n".encode())
            first = upto


if __name__ == "__main__":
    main(sys.argv[1])
