"""Frames in the caller's scope that a statement names.

A word of the statement that is the name of something in Arrow's reach is handed to the engine, which takes it where the
catalog has no table of that name. Nothing is copied that no word names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Texts and comments are passed over; words, and names in quotes.
_WORDS = re.compile(r"""'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|"([^"]+)"|([A-Za-z_]\w*)""", re.DOTALL)


def words(text: str) -> set[str]:
    """The words and quoted names of a statement, outside of texts and comments."""
    return {found for match in _WORDS.finditer(text) if (found := match.group(1) or match.group(2))}


def is_frame(value: Any) -> bool:
    """Whether a value has rows: a pandas or polars frame, an Arrow table or reader, a result of ours."""
    kind = type(value)
    if kind.__module__.startswith("polars") and hasattr(value, "collect") and not hasattr(value, "__arrow_c_stream__"):
        return True
    return hasattr(kind, "__arrow_c_stream__") and not isinstance(value, type) and not _is_column(value)


def _is_column(value: Any) -> bool:
    return type(value).__name__ in ("Series", "ChunkedArray", "Array")


def frames(text: str, *namespaces: Mapping[str, Any]) -> dict[str, Any]:
    """Frames that the statement names, by name.

    Args:
        text: The statement.
        namespaces: Where names are looked up, the first that has one.
    """
    found: dict[str, Any] = {}
    for word in words(text):
        for names in namespaces:
            if word in names:
                if is_frame(value := names[word]):
                    found[word] = value.collect() if hasattr(value, "collect") else value
                break
    return found
