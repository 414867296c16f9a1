"""bayou: LAKE COUNT. The two-pump application over the stream `sensors`, with two deliveries."""

import shutil
import sys
import uuid
from pathlib import Path

from tell import tell

import bayou

SQL = """
CREATE OR REPLACE STREAM "hot" ("sensor_id" INTEGER, "current_temperature" INTEGER, "location" VARCHAR(16));
CREATE OR REPLACE PUMP "HOT" AS INSERT INTO "hot"
SELECT STREAM "sensor_id", "current_temperature", "location" FROM "SOURCE_SQL_STREAM_001" WHERE "current_temperature" > 100;
CREATE OR REPLACE STREAM "cold" ("sensor_id" INTEGER, "current_temperature" INTEGER, "location" VARCHAR(16));
CREATE OR REPLACE PUMP "COLD" AS INSERT INTO "cold"
SELECT STREAM "sensor_id", "current_temperature", "location" FROM "SOURCE_SQL_STREAM_001" WHERE "current_temperature" < 100;
"""


def main() -> None:
    """Run it all from the beginning of the stream."""
    lake, count, run = bayou.Lake(sys.argv[1]), int(sys.argv[2]), uuid.uuid4().hex[:8]
    # The peers write over what their last run wrote.
    shutil.rmtree(Path(sys.argv[1]) / "out", ignore_errors=True)

    def work() -> None:
        application = lake.application(f"bench-{run}", SQL, source=lake.stream("sensors"))
        for name in ("hot", "cold"):
            application.deliver(
                name,
                lake.delivery(
                    f"{name}-{run}",
                    prefix=f"out/{run}/{name}/!{{timestamp:yyyy/MM/dd/HH}}/",
                    error_prefix="errors/!{firehose:error-output-type}/",
                ),
            )
        result = application.run(collect="nothing")
        assert result.records == count, result

    tell(count, work)


main()
