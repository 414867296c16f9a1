"""Help for tests of code that uses bayou."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bayou import _bayou

if TYPE_CHECKING:
    from bayou.lake import Lake

__all__ = ["evaluate_sql", "temporary_lake"]


@contextmanager
def temporary_lake() -> Iterator[Lake]:
    """A lake in a temporary folder that goes away with it."""
    from bayou.lake import Lake

    with tempfile.TemporaryDirectory(prefix="bayou-") as folder:
        yield Lake(folder)


def evaluate_sql(sql: str) -> dict[str, Any]:
    """Run one query of Athena's SQL that names no table, and give its answer as plain values.

    Args:
        sql: A query, as `SELECT 1 + 1`. The session's time zone is UTC.

    Returns:
        `columns`, the types as Trino's `typeof` prints them but without varchar lengths; `names`, the columns' names;
        `rows`, a list of lists: numbers and booleans as they are, decimals, text, moments, intervals and JSON as text,
        varbinary as hexadecimal text, arrays and rows as lists, maps as lists of pairs, NaN and infinities as text.

    Raises:
        SqlError: The query cannot be planned; the text names Trino's error, line and column.
        DataError: It failed while running; the text begins with Trino's name of the error.

    Source: Trino's documentation, functions and operators.
    """
    answer: dict[str, Any] = json.loads(_bayou._evaluate_sql(sql))
    return answer
