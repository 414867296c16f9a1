"""`SQLContext`, the older name of a session."""

from __future__ import annotations

from typing import Any

from bayou.compat.spark.session import SparkSession


class SQLContext:
    """A session under its older name."""

    def __init__(self, sparkContext: Any = None, sparkSession: Any = None, *_: Any) -> None:
        self.sparkSession = sparkSession or SparkSession()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sparkSession, name)


HiveContext = SQLContext
