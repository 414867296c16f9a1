"""The memory of copies of a hundred thousand, a million and ten million keys: it must not grow with them.

`benchmarks/copy_memory.py [list|same|plan|rename|copy|files] [--keys N …]`. The tests' S3 service works keys and
contents out from numbers and forgets what is written. What is measured is the copying process alone: its peak resident
memory, as the kernel has it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from copying import Double

SETUP = "import sys, bayou; reach = {'endpoint_url': sys.argv[1], 'region': 'us-east-1'}\n"
CASES = {
    "list": "print(bayou.copy('s3://source/x/', 's3://nothing/', dry_run=True, **reach).objects)",
    "same": "print(sum(bayou.copy('s3://source/x/', 's3://same/x/', **reach).skipped.values()))",
    "plan": "print(sum(p.objects for p in bayou.copy.plan('s3://source/x/', 's3://nothing/', n=100, **reach)))",
    "rename": "rule = ('{a:**}/{b}', '{b}-{a}')\n"
    "print(bayou.copy('s3://source/x/', 's3://nothing/', dry_run=True, rename=rule, **reach).objects)",
    "copy": "print(bayou.copy('s3://source/x/', 's3://nothing/', **reach).objects)",
    "files": "print(bayou.copy(sys.argv[2] + '/flat', 's3://nothing/', dry_run=True, **reach).objects)",
}


def peak(script: str, *arguments: str, environment: dict[str, str]) -> tuple[float, float, int]:
    """Run a script in a process of its own: its seconds, its peak memory in MB, and the number that it prints."""
    began = time.perf_counter()
    command = [sys.executable, "-c", SETUP + script, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"the copy failed: {script}")
    return time.perf_counter() - began, usage.ru_maxrss / 1_000, int(told)


def flat(folder: Path, count: int) -> None:
    """One folder with very many empty files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for n in range(count):
        (folder / f"part-{n * 7_919 % count:08}").touch()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="|".join(CASES), help="which ones (default: all)")
    parser.add_argument("--keys", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    options = parser.parse_args()
    double = Double()
    print(f"{'':<8}{'keys':>12}{'seconds':>10}{'keys/s':>12}{'peak MB':>10}")
    try:
        double.command("count", bucket="nothing", prefix="", count=0)
        for case in options.cases or list(CASES):
            for keys in options.keys:
                for bucket in ("source", "same"):
                    double.command("count", bucket=bucket, prefix="x/", count=keys, size=10)
                with tempfile.TemporaryDirectory() as folder:
                    if case == "files":
                        flat(Path(folder) / "flat", keys)
                    environment = {**double.environment, "BAYOU_CACHE_DIR": f"{folder}/cache"}
                    seconds, megabytes, counted = peak(CASES[case], double.url, folder, environment=environment)
                if counted != keys:
                    raise SystemExit(f"{case}: {counted} of {keys} keys")
                print(f"{case:<8}{keys:>12,}{seconds:>10.1f}{keys / seconds:>12,.0f}{megabytes:>10.0f}", flush=True)
    finally:
        double.process.kill()
        double.process.wait()


if __name__ == "__main__":
    main()
