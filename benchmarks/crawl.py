"""Crawl many small JSON files in many partitions, and crawl them again, against peers that read the same tree.

Run by `python benchmarks/crawl.py` in an environment that has bayou, and duckdb and pyarrow for the peers; peers that
are not installed are named and left out. Each measurement is a process of its own; the tree is in the page cache for
all of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# A first crawl lists the tree, reads every file, finds its columns and registers files and partitions. DuckDB lists
# and infers over all files; pyarrow discovers files and partitions, and inspects the schema of every fragment. The
# second crawl has nothing to read; the peers keep nothing, so they only list again.
PROGRAMS = {
    "bayou, first crawl": """
import bayou
report = bayou.Lake(ROOT).crawl("data/", database="bench")
print(report.seconds, report.files_read)
""",
    "bayou, crawl again": """
import bayou
report = bayou.Lake(ROOT).crawl("data/", database="bench")
assert not report.is_change and report.files_read == 0
print(report.seconds, report.files_read)
""",
    "duckdb, infer from all files": """
import time, duckdb
connection = duckdb.connect()
connection.execute("SET threads = 2")
start = time.perf_counter()
options = "hive_partitioning = true, sample_size = -1, maximum_sample_files = 1000000, union_by_name = true"
connection.execute(f"DESCRIBE SELECT * FROM read_json(?, {options})", [ROOT + "/data/t/**/*.json"]).fetchall()
print(time.perf_counter() - start, 0)
""",
    "duckdb, list": """
import time, duckdb
connection = duckdb.connect()
start = time.perf_counter()
(files,) = connection.execute("SELECT count(*) FROM glob(?)", [ROOT + "/data/t/**/*.json"]).fetchone()
print(time.perf_counter() - start, files)
""",
    "pyarrow, discover and inspect all": """
import time, pyarrow.dataset as ds
start = time.perf_counter()
factory = ds.dataset(ROOT + "/data/t", format="json", partitioning="hive")
files = sum(1 for fragment in factory.get_fragments() if fragment.physical_schema is not None)
print(time.perf_counter() - start, files)
""",
    "pyarrow, discover": """
import time, pyarrow.dataset as ds
start = time.perf_counter()
found = ds.dataset(ROOT + "/data/t", format="json", partitioning="hive")
print(time.perf_counter() - start, len(found.files))
""",
}
RATIOS = [
    ("bayou, first crawl", "duckdb, infer from all files"),
    ("bayou, first crawl", "pyarrow, discover and inspect all"),
    ("bayou, crawl again", "duckdb, list"),
    ("bayou, crawl again", "pyarrow, discover"),
]


@dataclass(frozen=True)
class Measurement:
    """The best of some runs of one program."""

    name: str
    seconds: float


def make_tree(root: Path, partitions: int, files: int) -> None:
    """Partitions `day=…` of small files of JSON lines."""
    for partition in range(partitions):
        folder = root / "data" / "t" / f"day={partition}"
        folder.mkdir(parents=True)
        for file in range(files):
            rows = [
                {"sensor_id": row, "temperature": 20.5 + row / 8, "status": "OK", "at": f"2019-08-21T10:{row:02}:00Z"}
                for row in range(file % 4 + 2)
            ]
            (folder / f"part-{file}.json").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def measure(name: str, root: Path, repeat: int) -> Measurement | None:
    """The best time of a program; None when what it needs is not installed."""
    package = name.partition(",")[0]
    if importlib.util.find_spec(package) is None:
        print(f"{package} is not installed, so `{name}` is left out")
        return None
    best = float("inf")
    for _ in range(repeat):
        if name == "bayou, first crawl":
            shutil.rmtree(root / ".bayou", ignore_errors=True)
        program = f"ROOT = {str(root)!r}\n{PROGRAMS[name]}"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"`{name}` failed: {run.stderr.strip().splitlines()[-1]}")
            return None
        best = min(best, float(run.stdout.split()[0]))
    return Measurement(name, best)


def main() -> None:
    """Make the tree, measure, print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partitions", type=int, default=10_000, help="folders (default: %(default)s)")
    parser.add_argument("--files", type=int, default=10, help="files in each (default: %(default)s)")
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of each, of which the best counts (default: %(default)s)"
    )
    parser.add_argument("--directory", help="where the tree is made (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        root = Path(folder)
        start = time.perf_counter()
        make_tree(root, options.partitions, options.files)
        count = options.partitions * options.files
        print(f"{count:,} files in {options.partitions:,} partitions, made in {time.perf_counter() - start:.1f} s")
        found = {}
        for name in PROGRAMS:
            if measured := measure(name, root, options.repeat):
                found[name] = measured.seconds
                print(f"{name:36}{measured.seconds:8.2f} s {count / measured.seconds:12,.0f} files/s", flush=True)
        for ours, theirs in RATIOS:
            if ours in found and theirs in found:
                print(f"{theirs} / {ours}: {found[theirs] / found[ours]:.2f}")


if __name__ == "__main__":
    main()
