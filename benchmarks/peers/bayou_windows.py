"""bayou: LAKE COUNT KIND. Windows over the stream `sensors`: `tumbling`, `sliding` or `join`."""

import sys
import uuid
from datetime import UTC, datetime, timedelta

from tell import tell

import bayou

SQL = {
    "tumbling": """
        CREATE STREAM o (sensor INTEGER, average DOUBLE);
        CREATE PUMP p AS INSERT INTO o
        SELECT STREAM s."sensor_id", AVG(CAST(s."current_temperature" AS DOUBLE)) FROM SOURCE_SQL_STREAM_001 AS s
        GROUP BY FLOOR(s.ROWTIME TO MINUTE), s."sensor_id";""",
    "sliding": """
        CREATE STREAM o (sensor INTEGER, average DOUBLE);
        CREATE PUMP p AS INSERT INTO o
        SELECT STREAM s."sensor_id", AVG(CAST(s."current_temperature" AS DOUBLE)) OVER w FROM SOURCE_SQL_STREAM_001 AS s
        WINDOW w AS (PARTITION BY s."sensor_id" RANGE INTERVAL '1' MINUTE PRECEDING);""",
    "join": """
        CREATE STREAM hot (sensor INTEGER);
        CREATE PUMP h AS INSERT INTO hot SELECT STREAM "sensor_id" FROM SOURCE_SQL_STREAM_001 WHERE "current_temperature" > 149;
        CREATE STREAM o (sensor INTEGER, temperature INTEGER);
        CREATE PUMP p AS INSERT INTO o
        SELECT STREAM s."sensor_id", s."current_temperature"
        FROM SOURCE_SQL_STREAM_001 OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS s
        JOIN hot AS h ON s."sensor_id" = h.sensor AND s."current_temperature" = h.sensor;""",
}


def main() -> None:
    """Run it all from the beginning of the stream, and close the windows."""
    lake, count, kind = bayou.Lake(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

    def work() -> None:
        application = lake.application(f"{kind}-{uuid.uuid4().hex[:8]}", SQL[kind], source=lake.stream("sensors"))
        result = application.run(collect="nothing", until=datetime.now(UTC) + timedelta(hours=1))
        assert result.records == count and result.errors == 0 and result.rows["O"] > 0, result

    tell(count, work)


main()
