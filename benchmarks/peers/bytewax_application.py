"""Bytewax: FILE FOLDER COUNT. A dataflow over the first COUNT lines, two filters, two files of JSON lines."""

import itertools
import json
import sys
from pathlib import Path

import bytewax.operators as op
from bytewax.connectors.files import FileSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, run_main
from tell import tell

source, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
flow = Dataflow("two_filters")
with open(source) as file:
    lines = list(itertools.islice(file, count))
records = op.map("parse", op.input("read", flow, TestingSource(lines, batch_size=1000)), json.loads)
for name, keeps in (
    ("hot", lambda r: r["current_temperature"] > 100),
    ("cold", lambda r: r["current_temperature"] < 100),
):
    kept = op.filter(f"filter_{name}", records, keeps)
    keyed = op.map(f"format_{name}", kept, lambda r: ("all", json.dumps(r)))
    op.output(f"write_{name}", keyed, FileSink(folder / f"bytewax-{name}.json"))
tell(len(lines), lambda: run_main(flow))
