"""What the demos share: a folder of their own, and steps with their times."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from bayou.errors import InvalidOptionError

_MARKER = ".bayou-demo"


def fresh(directory: Path) -> None:
    """Empty the demo's own folder; refuse one that the demo did not make."""
    if directory.exists() and any(directory.iterdir()):
        if not (directory / _MARKER).exists():
            raise InvalidOptionError(
                f"The folder `{directory}` is not empty and was not made by the demo\nhint: choose another --directory"
            )
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _MARKER).touch()


class Steps:
    """Prints each step with its count and its time."""

    def __init__(self) -> None:
        self._number = 0
        self._started = self._begin = time.perf_counter()

    def done(self, what: str, count: int, unit: str) -> None:
        """Say that a step is done."""
        now = time.perf_counter()
        self._number += 1
        print(f"{self._number}. {what:<58} {count:>10,} {unit:<10} {now - self._begin:7.2f} s", flush=True)
        self._begin = time.perf_counter()

    def total(self) -> float:
        """Seconds since the first step began."""
        return time.perf_counter() - self._started
