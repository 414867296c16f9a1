"""Schema discovery for the inputs of streaming applications."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bayou._bayou import Discovery, Stream
from bayou._bayou import discover_schema as _discover

__all__ = ["discover_schema"]

# So much of a file is looked at.
SAMPLE_BYTES = 4 * 1024 * 1024


def discover_schema(
    source: Stream | str | os.PathLike[str] | Iterable[bytes | str | dict[str, Any]],
    *,
    process: Callable[..., Mapping[str, Any]] | None = None,
) -> Discovery:
    """Propose the input schema of a streaming application from a sample of its records.

    Integers take the smallest type that holds what was seen and texts the next power of four: read the proposal, and
    widen it where later values will be larger.

    Args:
        source: A stream, the path of a file, or records. JSON and CSV are told apart by the first record.
        process: A function that gets the records of a stream before they are looked at; see `Lake.application`.

    Returns:
        The schema, with the sample as it was read.

    Raises:
        SchemaError: The sample has nothing to learn from.

    Example:
        >>> found = bayou.discover_schema([{"sensor_id": 7, "location": "UK"}])
        >>> found.schema
        {'sensor_id': 'TINYINT', 'location': 'VARCHAR(4)'}

    Source: Kinesis Data Analytics Developer Guide, "Using the Schema Discovery Feature".
    """
    if isinstance(source, str | os.PathLike):
        return _discover([_head(Path(source))], process=process)
    return _discover(source, process=process)


def _head(path: Path) -> bytes:
    """The first whole lines of a file."""
    with path.open("rb") as file:
        data = file.read(SAMPLE_BYTES + 1)
    if len(data) <= SAMPLE_BYTES:
        return data
    end = data.rfind(b"\n")
    return data[: end + 1] if end > 0 else data
