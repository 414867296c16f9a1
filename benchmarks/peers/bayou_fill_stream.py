"""bayou: TEMPLATE COUNT LAKE. Fills the stream that the application reads; not part of the measurement."""

import sys
from pathlib import Path

import bayou

template, count, lake = Path(sys.argv[1]).read_text(), int(sys.argv[2]), sys.argv[3]
stream = bayou.Lake(lake).stream("sensors", shards=2)
stream.put(bayou.Generator(template, seed=7), count=count, partition_key="sensor_id")
