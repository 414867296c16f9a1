"""bayou: LAKE COUNT. RANDOM_CUT_FOREST over one column of the stream `readings`, which is filled at the first call."""

import random
import sys
import uuid
from pathlib import Path

from tell import tell

import bayou

SQL = """
CREATE OR REPLACE STREAM "scores" ("reading" DOUBLE, "score" DOUBLE);
CREATE OR REPLACE PUMP "SCORE" AS INSERT INTO "scores"
SELECT STREAM "reading", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 100, 256, 100000, 1));
"""


def main() -> None:
    """Score every reading."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    is_new = not folder.exists()
    lake = bayou.Lake(folder)
    readings = lake.stream("readings")
    if is_new:
        draw = random.Random(7)
        readings.put_records([{"reading": draw.gauss(20, 5)} for _ in range(count)])
    application = lake.application(
        f"anomaly-{uuid.uuid4().hex[:8]}", SQL, source=readings, schema={"reading": "DOUBLE"}
    )

    def work() -> None:
        result = application.run(collect="nothing")
        assert result.rows["scores"] == count, result

    tell(count, work)


main()
