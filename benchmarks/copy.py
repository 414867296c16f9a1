"""Copy the same trees with bayou, s5cmd, rclone, cp and rsync in one run, and print the ratios.

Run by `make bench-copy`. Buckets are those of the tests' S3 service, which holds everything in memory, so that no disk and no
network limits anybody; a request latency can be added to it. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
BAYOU = [sys.executable, "-m", "bayou", "copy", "--no-resume"]


@dataclass(frozen=True)
class Measurement:
    """The best of some runs of one program."""

    name: str
    seconds: float


class Double:
    """The S3 service of the tests."""

    def __init__(self) -> None:
        program = shutil.which("s3_double", path=PROGRAMS)
        if program is None:
            raise SystemExit("the S3 service of the tests is not built: run `make bench-copy`")
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        self.environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": self.url, "BAYOU_PROGRESS": "0"}
        self.rclone = f":s3,provider=Other,env_auth,endpoint='{self.url}',region=us-east-1:"

    def command(self, name: str, **values: object) -> None:
        """Seed a bucket or set faults."""
        urllib.request.urlopen(f"{self.url}/_double/{name}?{urllib.parse.urlencode(values)}").close()

    def empty(self, bucket: str) -> None:
        """A bucket without objects."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{bucket}", method="DELETE")).close()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{bucket}", method="PUT")).close()


def installed(*commands: tuple[str, list[str]]) -> list[tuple[str, list[str]]]:
    """The commands whose program is there; says which are not."""
    found = []
    for name, command in commands:
        program = shutil.which(command[0], path=PROGRAMS)
        if program is None:
            print(f"  ({name} is not installed and left out)")
        else:
            found.append((name, [program, *command[1:]]))
    return found


def measure(
    commands: list[tuple[str, list[str]]], before: Callable[[], None], repeat: int, environment: dict[str, str]
) -> list[Measurement]:
    """Run every command `repeat` times in turns; `before` each run the destination is emptied."""
    best: dict[str, float] = {}
    for _ in range(repeat):
        for name, command in commands:
            before()
            began = time.perf_counter()
            done = subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            seconds = time.perf_counter() - began
            if done.returncode != 0:
                raise SystemExit(f"{name} failed:\n{done.stderr}")
            best[name] = min(seconds, best.get(name, seconds))
    return [Measurement(name, seconds) for name, seconds in best.items()]


def show(title: str, found: list[Measurement], count: int, unit: str) -> None:
    """Print one comparison; the first is ours."""
    ours = found[0]
    print(f"\n{title}\n  {'':<12}{'seconds':>10}{unit + '/s':>14}{'bayou is':>12}")
    for one in found:
        ratio = "" if one is ours else f"{one.seconds / ours.seconds:.1f} x"
        print(f"  {one.name:<12}{one.seconds:>10.2f}{count / one.seconds:>14,.0f}{ratio:>12}", flush=True)


def buckets(double: Double, options: argparse.Namespace, count: int, size: int, layout: str) -> None:
    """Bucket to bucket on one service."""
    double.command("seed", bucket="source", prefix=f"{count}x{size}/", count=count, size=size, layout=layout)
    folder = f"{count}x{size}/"
    commands = installed(
        ("bayou", [*BAYOU, f"s3://source/{folder}", "s3://target/"]),
        (
            "s5cmd",
            ["s5cmd", "--endpoint-url", double.url, "--log", "error", "cp", f"s3://source/{folder}*", "s3://target/"],
        ),
        (
            "rclone",
            [
                "rclone",
                "copy",
                "--transfers",
                "64",
                "--checkers",
                "64",
                f"{double.rclone}source/{folder}",
                f"{double.rclone}target",
            ],
        ),
    )
    for latency in options.latency:
        double.command("faults", latency_ms=latency)
        found = measure(commands, lambda: double.empty("target"), options.repeat, double.environment)
        show(f"Bucket to bucket: {count:,} x {size:,} bytes, {latency} ms a request", found, count, "objects")
    double.command("faults", latency_ms=0)
    double.empty("source")
    double.empty("target")


def listing(double: Double, options: argparse.Namespace) -> None:
    """A million keys: a dry run against `s5cmd ls`."""
    for layout in ("flat", "dated"):
        double.command("seed", bucket="source", prefix="list/", count=options.keys, size=10, layout=layout)
        double.empty("target")
        commands = installed(
            ("bayou", [*BAYOU, "--dry-run", "s3://source/list/", "s3://target/"]),
            ("s5cmd ls", ["s5cmd", "--endpoint-url", double.url, "ls", "s3://source/list/*"]),
        )
        for latency in options.latency:
            double.command("faults", latency_ms=latency)
            found = measure(commands, lambda: None, options.repeat, double.environment)
            show(f"Listing: {options.keys:,} keys, {layout}, {latency} ms a request", found, options.keys, "keys")
        double.command("faults", latency_ms=0)
        double.empty("source")


def files(options: argparse.Namespace, folder: Path, count: int, size: int) -> None:
    """Folder to folder on one disk."""
    source, target = folder / "source", folder / "target"
    shutil.rmtree(source, ignore_errors=True)
    block = os.urandom(min(size, 1 << 20))
    for n in range(count):
        path = source / f"d{n % 100:02}" / f"f{n:06}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for _ in range(max(size // len(block), 1)):
                out.write(block)
    commands = installed(
        ("bayou", [*BAYOU, f"{source}/", f"{target}/"]),
        ("cp -r", ["cp", "-r", str(source), str(target)]),
        ("rclone", ["rclone", "copy", "--transfers", "16", str(source), str(target)]),
        ("rsync", ["rsync", "-a", f"{source}/", f"{target}/"]),
    )

    def clear() -> None:
        shutil.rmtree(target, ignore_errors=True)
        os.sync()

    found = measure(commands, clear, options.repeat, {**os.environ, "BAYOU_PROGRESS": "0"})
    show(f"Folder to folder: {count:,} x {size:,} bytes", found, count * size // 1_000_000 or 1, "MB")
    shutil.rmtree(source)
    clear()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comparisons", nargs="*", metavar="small|large|listing|files", help="which ones (default: all)")
    parser.add_argument("--objects", type=int, default=100_000, help="small objects (default: %(default)s)")
    parser.add_argument("--large", type=int, default=20, help="objects of 256 MB (default: %(default)s)")
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys to list (default: %(default)s)")
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 5], help="ms a request (default: 0 5)")
    parser.add_argument("--repeat", type=int, default=2, help="runs of which the best counts (default: %(default)s)")
    parser.add_argument("--directory", default=None, help="where folders are copied (default: a temporary folder)")
    options = parser.parse_args()
    chosen = options.comparisons or ["small", "large", "listing", "files"]
    double = Double()
    try:
        for bucket in ("source", "target"):
            double.empty(bucket)
        if "small" in chosen:
            buckets(double, options, options.objects, 1_000, "dated")
        if "large" in chosen:
            buckets(double, options, options.large, 256_000_000, "flat")
        if "listing" in chosen:
            listing(double, options)
    finally:
        double.process.kill()
        double.process.wait()
    if "files" in chosen:
        with tempfile.TemporaryDirectory(dir=options.directory) as folder:
            files(options, Path(folder), options.objects, 1_000)
            files(options, Path(folder), options.large, 256_000_000)


if __name__ == "__main__":
    main()
