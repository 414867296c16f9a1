"""bayou: FOLDER COUNT. The time from a put to the row behind a filter pump, of COUNT records put one by one."""

import json
import sys
import threading
import time

import bayou

SQL = """
CREATE STREAM o (sent DOUBLE);
CREATE PUMP p AS INSERT INTO o SELECT STREAM "sent" FROM SOURCE_SQL_STREAM_001 WHERE "keep" = 1;
"""


def main() -> None:
    """Put records at some 100 a second and print the quantiles in milliseconds."""
    lake, count = bayou.Lake(sys.argv[1]), int(sys.argv[2])
    source = lake.stream("ticks")
    times: list[float] = []
    done = threading.Event()

    def take(table: bayou.Table) -> None:
        now = time.perf_counter()
        times.extend((now - sent) * 1000 for sent in table.to_pydict()["SENT"])
        if len(times) >= count:
            done.set()

    app = lake.application("latency", SQL, source=source, schema={"sent": "DOUBLE", "keep": "INTEGER"})
    app.deliver("O", take)
    with app.start():
        for _ in range(count):
            source.put_records([{"sent": time.perf_counter(), "keep": 1}])
            time.sleep(0.01)
        done.wait(10)
    times.sort()
    quantile = {f"p{q}": round(times[min(len(times) - 1, len(times) * q // 100)], 2) for q in (50, 90, 99)}
    print(json.dumps({"records": len(times), **quantile, "max": round(times[-1], 2)}))


main()
