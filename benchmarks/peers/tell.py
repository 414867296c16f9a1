"""What every measurement prints."""

import json
import resource
import time
from collections.abc import Callable


def tell(records: int, work: Callable[[], object]) -> None:
    """Time `work` and print its records, seconds and the process's peak memory in MiB."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"records": records, "seconds": seconds, "peak_mib": peak}))
