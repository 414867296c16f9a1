"""bayou: SECONDS. For each function of the template language, values a second of its example, on one core."""

import json
import os
import sys
import time
import warnings

import bayou

warnings.simplefilter("ignore")
enough = float(sys.argv[1])
found = {}
for row in bayou.Generator.functions().to_pylist():
    generator = bayou.Generator(row["example"], seed=1)
    count = 2_000
    while True:
        started = time.perf_counter()
        generator.write(os.devnull, count, threads=1)
        seconds = time.perf_counter() - started
        if seconds >= enough:
            break
        count = min(count * 8, int(count * max(2.0, 1.2 * enough / max(seconds, 1e-6))))
    found[row["name"]] = count / seconds
print(json.dumps(found))
