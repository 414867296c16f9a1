"""Help for tests of code that uses bayou."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayou.lake import Lake

__all__ = ["temporary_lake"]


@contextmanager
def temporary_lake() -> Iterator[Lake]:
    """A lake in a temporary folder that goes away with it."""
    from bayou.lake import Lake

    with tempfile.TemporaryDirectory(prefix="bayou-") as folder:
        yield Lake(folder)
