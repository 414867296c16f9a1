"""What scripts import from `pyathena.util`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bayou.dbapi.pandas.util import as_pandas

__all__ = ["RetryConfig", "as_pandas"]


@dataclass(frozen=True)
class RetryConfig:
    """How PyAthena repeats calls of AWS's services; accepted, and without effect here.

    Source: PyAthena 4.2, util.py.
    """

    exceptions: Iterable[str] = ("ThrottlingException", "TooManyRequestsException")
    attempt: int = 5
    multiplier: int = 1
    max_delay: int = 100
    exponential_base: int = 2
