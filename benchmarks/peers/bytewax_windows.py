"""Bytewax: FILE COUNT. A tumbling average of a minute per sensor over the first COUNT lines."""

import itertools
import json
import sys
from datetime import UTC, datetime, timedelta

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import SystemClock, TumblingWindower
from bytewax.testing import TestingSink, TestingSource, run_main
from tell import tell

source, count = sys.argv[1], int(sys.argv[2])
with open(source) as file:
    lines = list(itertools.islice(file, count))
found: list[object] = []
flow = Dataflow("tumbling")
records = op.map("parse", op.input("read", flow, TestingSource(lines, batch_size=1000)), json.loads)
keyed = op.map("key", records, lambda r: (str(r["sensor_id"]), r["current_temperature"]))
windower = TumblingWindower(length=timedelta(minutes=1), align_to=datetime(2020, 1, 1, tzinfo=UTC))


def add(state: tuple[int, int], value: int) -> tuple[int, int]:
    """One more value of the average."""
    return state[0] + value, state[1] + 1


averages = win.fold_window(
    "average", keyed, SystemClock(), windower, lambda: (0, 0), add, lambda a, b: (a[0] + b[0], a[1] + b[1])
)
op.output("write", averages.down, TestingSink(found))
tell(len(lines), lambda: run_main(flow))
