"""Progress bars for calls that take longer than a second.

The extension asks for a bar after one second, and moves it about ten times a second. `tqdm.auto` draws it, in a
notebook or on a terminal; without tqdm, or when the output goes elsewhere, nothing is drawn.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol


class Bar(Protocol):
    """What the extension calls."""

    def move(self, done: int) -> None:
        """Show that `done` units are done."""

    def note(self, text: str) -> None:
        """Show `text` beside the number."""

    def finish(self, done: int) -> None:
        """Show the last number and close."""


class _Hidden:
    def move(self, done: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def finish(self, done: int) -> None:
        pass


class _Tqdm:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def move(self, done: int) -> None:
        self._inner.update(done - self._inner.n)

    def note(self, text: str) -> None:
        self._inner.set_postfix_str(text, refresh=False)

    def finish(self, done: int) -> None:
        self.move(done)
        self._inner.close()


def _visible() -> bool:
    if os.environ.get("BAYOU_PROGRESS") == "0":
        return False
    in_notebook = "ipykernel" in sys.modules
    return in_notebook or bool(getattr(sys.stderr, "isatty", lambda: False)())


def bar(what: str, unit: str, total: int | None) -> Bar:
    """A bar for `total` units (None: unknown), hidden when nobody would see it."""
    if not _visible():
        return _Hidden()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Hidden()
    return _Tqdm(tqdm(desc=what, unit=f" {unit}", total=total, unit_scale=True, leave=False))
