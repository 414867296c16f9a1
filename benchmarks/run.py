"""Compare bayou with its peers on the same work in the same run, and print the ratios.

Run by `make bench`. Each measurement is a process of its own (`benchmarks/peers/*.py`, `.js`) that prints one JSON
line with its records, seconds and peak memory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BENCH_VENV = ROOT / ".venv-bench"
PEERS = ["duckdb>=1.4", "polars>=1.30", "bytewax>=0.21", "krcf>=0.4"]
TEMPLATE = HERE / "sensor_template.txt"


@dataclass(frozen=True)
class Measurement:
    """The best of some runs of one program."""

    name: str
    records: int
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds


def peers_python(peers: list[str] = PEERS) -> Path:
    """The interpreter that has the peers; installs those at the first call that are not there yet."""
    python = BENCH_VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", BENCH_VENV], check=True)
    installed = BENCH_VENV / ".installed.txt"
    have = installed.read_text().split("\n") if installed.exists() else []
    if missing := [peer for peer in peers if peer not in have]:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *missing], check=True)
        installed.write_text("\n".join([*have, *missing]))
    return python


def faker_folder() -> Path | None:
    """The folder that has faker.js 3.1.0; None without node and npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    folder = BENCH_VENV / "faker"
    if not (folder / "node_modules" / "faker").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "faker@3.1.0"], cwd=folder, check=True)
    return folder


def measure(name: str, command: list[object], repeat: int) -> Measurement:
    """Run a program `repeat` times; the best run counts."""
    best: Measurement | None = None
    for _ in range(repeat):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{name} failed:\n{done.stderr}")
        told = json.loads(done.stdout.strip().splitlines()[-1])
        found = Measurement(name, told["records"], told["seconds"], told["peak_mib"])
        best = found if best is None or found.seconds < best.seconds else best
    assert best is not None, "repeat is at least 1"
    return best


def show(title: str, ours: Measurement, others: list[Measurement]) -> None:
    """Print one comparison."""
    print(f"\n{title}")
    print(f"  {'':<28}{'records':>12}{'seconds':>10}{'records/s':>14}{'peak MiB':>10}{'bayou is':>12}")
    for found in [ours, *others]:
        ratio = "" if found is ours else f"{ours.rate / found.rate:.1f} x"
        print(
            f"  {found.name:<28}{found.records:>12,}{found.seconds:>10.2f}{found.rate:>14,.0f}{found.peak_mib:>10.0f}{ratio:>12}"
        )


def generation(options: argparse.Namespace, folder: Path) -> None:
    """JSON lines to a file."""
    python, peer, count = sys.executable, peers_python(), options.records
    scripts, out = HERE / "peers", folder / "generated.json"
    ours = measure("bayou", [python, scripts / "bayou_generate.py", TEMPLATE, count, out], options.repeat)
    others = [measure("DuckDB", [peer, scripts / "duckdb_generate.py", count, out], options.repeat)]
    if faker := faker_folder():
        part = min(count, 200_000)
        script = [scripts / "faker_generate.js", faker, part, out]
        others.append(measure("faker.js 3.1, the template", ["node", *script, TEMPLATE], options.repeat))
        others.append(measure("faker.js 3.1, three calls", ["node", *script], options.repeat))
    out.unlink(missing_ok=True)
    show("Generation: the sensor template to JSON lines", ours, others)


def functions(options: argparse.Namespace, folder: Path) -> None:
    """Every function of the template language on one core, beside `faker.fake` of the same tag."""
    seconds, scripts = 0.05, HERE / "peers"
    told = subprocess.run(
        [sys.executable, scripts / "bayou_functions.py", str(seconds)], capture_output=True, text=True, check=True
    )
    ours: dict[str, float] = json.loads(told.stdout)
    theirs: dict[str, float | None] = {}
    if faker := faker_folder():
        tags = "".join(f"{name}\t{{{{{name}}}}}\n" for name in ours)
        command = ["node", scripts / "faker_functions.js", faker, str(seconds)]
        theirs = json.loads(subprocess.run(command, input=tags, capture_output=True, text=True, check=True).stdout)
    print(
        "\nFunctions of the template language: values/s on one core; faker.js 3.1 by `faker.fake`, as in the original"
    )
    print(f"  {'':<32}{'bayou':>14}{'faker.js':>12}{'bayou is':>12}")
    ratios = []
    for name, rate in ours.items():
        peer = theirs.get(name)
        ratio = f"{rate / peer:.0f} x" if peer else "-"
        print(f"  {name:<32}{rate:>14,.0f}{f'{peer:,.0f}' if peer else '-':>12}{ratio:>12}")
        if peer:
            ratios.append((rate / peer, name))
    slow = [name for name, rate in ours.items() if rate < 1e6]
    print(f"  below 1 M values/s: {', '.join(slow) or 'none'}")
    if ratios:
        print(
            f"  least ratio: {min(ratios)[0]:.0f} x ({min(ratios)[1]}), median {sorted(ratios)[len(ratios) // 2][0]:.0f} x"
        )


def application(options: argparse.Namespace, folder: Path) -> None:
    """The two-filter application."""
    python, peer, count = sys.executable, peers_python(), options.records
    scripts, source, lake = HERE / "peers", folder / "records.json", folder / "lake"
    for script, out in (("bayou_generate.py", source), ("bayou_fill_stream.py", lake)):
        subprocess.run([python, scripts / script, TEMPLATE, str(count), out], check=True, capture_output=True)
    ours = measure("bayou", [python, scripts / "bayou_application.py", lake, count], options.repeat)
    others = [
        measure("DuckDB", [peer, scripts / "duckdb_application.py", source, folder, count], options.repeat),
        measure("Polars", [peer, scripts / "polars_application.py", source, folder, count], options.repeat),
        measure("Bytewax", [peer, scripts / "bytewax_application.py", source, folder, min(count, 200_000)], 1),
    ]
    show("Application: two filters over JSON records, two outputs as JSON lines", ours, others)


def anomaly(options: argparse.Namespace, folder: Path) -> None:
    """RANDOM_CUT_FOREST over one column, 100 trees of 256 points."""
    python, peer, count = sys.executable, peers_python(), min(options.records, 200_000)
    scripts, part = HERE / "peers", min(count, 20_000)
    ours = measure(
        "bayou, in an application", [python, scripts / "bayou_anomaly.py", folder / "forest", count], options.repeat
    )
    others = [measure("krcf", [peer, scripts / "krcf_anomaly.py", part], options.repeat)]
    show("Anomaly: RANDOM_CUT_FOREST over one column", ours, others)


def windows(options: argparse.Namespace, folder: Path) -> None:
    """Tumbling and sliding windows and a join, and how long a single record takes."""
    python, peer, count = sys.executable, peers_python(), options.records
    scripts, source, lake = HERE / "peers", folder / "records.json", folder / "lake"
    for script, out in (("bayou_generate.py", source), ("bayou_fill_stream.py", lake)):
        subprocess.run([python, scripts / script, TEMPLATE, str(count), out], check=True, capture_output=True)
    for kind, title in (
        ("tumbling", "average of a minute per sensor"),
        ("sliding", "sliding average of a minute per sensor"),
        ("join", "join of two streams"),
    ):
        ours = measure("bayou", [python, scripts / "bayou_windows.py", lake, count, kind], options.repeat)
        others = []
        if kind != "join":
            others.append(
                measure("DuckDB, batch", [peer, scripts / "duckdb_windows.py", source, count, kind], options.repeat)
            )
        if kind == "tumbling":
            others.append(measure("Bytewax", [peer, scripts / "bytewax_windows.py", source, min(count, 200_000)], 1))
        show(f"Windows: {title}", ours, others)
    latency = subprocess.run(
        [python, scripts / "bayou_latency.py", folder / "latency", "1000"], check=True, capture_output=True, text=True
    )
    print(f"\nLatency through a filter pump, in milliseconds: {latency.stdout.strip()}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "comparisons",
        nargs="*",
        metavar="generation|functions|application|anomaly|windows",
        help="which ones (default: all)",
    )
    parser.add_argument("--records", type=int, default=10_000_000, help="records (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="folder for the data (default: a temporary one)")
    options = parser.parse_args()
    known = {
        "generation": generation,
        "functions": functions,
        "application": application,
        "anomaly": anomaly,
        "windows": windows,
    }
    wanted = options.comparisons or list(known)
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"unknown comparison `{unknown[0]}`; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        for name in wanted:
            known[name](options, Path(folder))


if __name__ == "__main__":
    main()
