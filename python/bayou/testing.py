"""Help for tests of code that uses bayou."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayou.lake import Lake

__all__ = ["evaluate", "temporary_lake"]


@contextmanager
def temporary_lake() -> Iterator[Lake]:
    """A lake in a temporary folder that goes away with it."""
    from bayou.lake import Lake

    with tempfile.TemporaryDirectory(prefix="bayou-") as folder:
        yield Lake(folder)


def evaluate(expr: str) -> str:
    """The value of one expression of streaming SQL, as text.

    Nothing is raised for what the dialect refuses or what fails: both have a marker of their own, so that a table of
    expressions and expected texts is a test.

    Args:
        expr: An expression without columns; or a query over `VALUES`, when it begins with `SELECT` or `VALUES`.

    Returns:
        Numbers as they print, decimals with all their digits; `TRUE`, `FALSE`, `UNKNOWN`; text without quotes; dates and
        times as in literals, the milliseconds of a TIMESTAMP only when they are not 0; intervals as literals with a
        sign; `<NULL>`; `NAME,NAME: (value,value),...` for a row value or the rows of a query; `<ERROR>` when the
        text is refused; `<NO ROW>` when it is accepted and fails while it is computed. The clock is the system's, in UTC.

    Example:
        >>> evaluate("5.0 / 2")
        '2.500000000000'
        >>> evaluate("INTERVAL '1' DAY - INTERVAL '3 4' DAY TO HOUR")
        "INTERVAL '-2 04' DAY TO HOUR"
        >>> evaluate("MOD(5, 0)")
        '<NO ROW>'

    Source: Kinesis Data Analytics SQL Reference, "SQL Operators", "Functions".
    """
    from bayou import _bayou

    return _bayou.evaluate(expr)
