"""Named crawlers: a crawl with its options under a name, its state, and what its runs did.

Definitions and runs are files in the lake's private folder. A run holds a lock that dies with its process, so a
crawler is running exactly while somebody crawls.

Source: AWS Glue API, StartCrawler, GetCrawler and GetCrawlerMetrics.
"""

from __future__ import annotations

import fcntl
import html
import json
import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayou.errors import CrawlerRunningError, InvalidOptionError, UnknownCrawlerError

if TYPE_CHECKING:
    from bayou._bayou import CrawlReport
    from bayou.lake import Lake

__all__ = ["Crawler", "crawlers", "define", "find"]

# Runs that are remembered.
_KEPT = 100


class Crawler:
    """A crawl under a name; `lake.crawler` makes and finds them."""

    def __init__(self, lake: Lake, name: str, folder: Path) -> None:
        self._lake = lake
        self.name = name
        self._folder = folder

    @property
    def options(self) -> dict[str, Any]:
        """The target and the options of `lake.crawl`."""
        options: dict[str, Any] = json.loads((self._folder / "crawler.json").read_text(encoding="utf-8"))
        return options

    @property
    def state(self) -> str:
        """`RUNNING` while some process crawls, `READY` otherwise."""
        try:
            with self._locked():
                return "READY"
        except CrawlerRunningError:
            return "RUNNING"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self._folder / "lock", "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CrawlerRunningError(
                    f"The crawler `{self.name}` is running\nhint: wait until its state is READY"
                ) from None
            yield

    def run(self) -> CrawlReport:
        """Crawl now, and remember what it did.

        Raises:
            CrawlerRunningError: Another process runs it.
        """
        with self._locked():
            options = self.options
            began = datetime.now(UTC)
            run: dict[str, Any] = {"started": began.isoformat(), "status": "FAILED"}
            try:
                report = self._lake.crawl(options.pop("target"), **options)
                outcomes = report.tables.to_pydict()["outcome"]
                run |= {
                    "status": "SUCCEEDED",
                    "tables_created": outcomes.count("added"),
                    "tables_updated": outcomes.count("changed"),
                    "tables_deleted": outcomes.count("removed") + outcomes.count("deprecated"),
                    "files_read": report.files_read,
                }
                return report
            except BaseException as error:
                run["error"] = f"{type(error).__name__}: {error}"
                raise
            finally:
                run["seconds"] = (datetime.now(UTC) - began).total_seconds()
                self._remember(run)

    def _remember(self, run: dict[str, Any]) -> None:
        runs = [*self.runs(), run][-_KEPT:]
        path, staged = self._folder / "runs.json", self._folder / "runs.json.tmp"
        staged.write_text(json.dumps(runs), encoding="utf-8")
        os.replace(staged, path)

    def runs(self) -> list[dict[str, Any]]:
        """The last runs, oldest first: started, status, seconds, tables_created, tables_updated, tables_deleted."""
        path = self._folder / "runs.json"
        runs: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return runs

    @property
    def last_run(self) -> dict[str, Any] | None:
        """The last run; None before the first."""
        runs = self.runs()
        return runs[-1] if runs else None

    def metrics(self) -> dict[str, Any]:
        """Sums and times over the remembered runs, by the names that Glue has for them."""
        runs = self.runs()
        seconds = [run["seconds"] for run in runs]
        last: dict[str, Any] = next((run for run in reversed(runs) if run["status"] == "SUCCEEDED"), {})
        return {
            "CrawlerName": self.name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": False,
            "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
            "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
            "TablesCreated": last.get("tables_created", 0),
            "TablesUpdated": last.get("tables_updated", 0),
            "TablesDeleted": last.get("tables_deleted", 0),
        }

    def delete(self) -> None:
        """Forget the crawler; tables stay."""
        with self._locked():
            shutil.rmtree(self._folder)

    def __repr__(self) -> str:
        last = self.last_run
        return f"Crawler({self.name!r}, {self.state}, last run {last['status'] if last else 'never'})"

    def _repr_html_(self) -> str:
        cells = [(run["started"][:19], run["status"], f"{run['seconds']:.2f} s") for run in self.runs()[-10:]]
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
        return f"<b>{html.escape(self.name)}</b> {self.state}<table>{rows}</table>"


def _folder(lake: Lake, name: str) -> Path:
    return Path(lake._core.private_folder("crawlers", name))


def define(lake: Lake, name: str, target: str, options: dict[str, Any]) -> Crawler:
    """Make a crawler, or give one other options."""
    known = {"database", "table", "table_prefix", "strict_glue", "group", "levels", "exclude", "sample_size"}
    known |= {"partition_types", "on_update", "on_delete", "table_threshold"}
    for option in options:
        if option not in known:
            raise InvalidOptionError(f"`{option}` is no option of a crawl\nhint: {', '.join(sorted(known))}")
    folder = _folder(lake, name)
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / "crawler.json.tmp"
    staged.write_text(json.dumps({"target": target, **options}), encoding="utf-8")
    os.replace(staged, folder / "crawler.json")
    return Crawler(lake, name, folder)


def find(lake: Lake, name: str) -> Crawler:
    """The crawler of a name.

    Raises:
        UnknownCrawlerError: There is none; the hint names those that there are.
    """
    folder = _folder(lake, name)
    if not (folder / "crawler.json").exists():
        there = ", ".join(f"`{crawler.name}`" for crawler in crawlers(lake)) or "none"
        raise UnknownCrawlerError(
            f'There is no crawler `{name}`\nhint: define it with a target, lake.crawler({name!r}, "data/{name}/"); '
            f"there are {there}"
        )
    return Crawler(lake, name, folder)


def crawlers(lake: Lake) -> list[Crawler]:
    """All crawlers, by name."""
    folder = _folder(lake, "x").parent
    found = sorted(folder.glob("*/crawler.json")) if folder.exists() else []
    return [Crawler(lake, path.parent.name, path.parent) for path in found]
