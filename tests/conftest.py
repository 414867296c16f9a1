from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import bayou


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[bayou.Lake]:
    yield bayou.Lake(tmp_path / "lake")
