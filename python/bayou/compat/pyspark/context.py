"""`pyspark.context`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from bayou.compat.pyspark.conf import SparkConf


class _Parallel:
    """Rows of the script's own, to be made a DataFrame."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows = list(rows)

    def collect(self) -> list[Any]:
        """The rows."""
        return self.rows

    def map(self, function: Any) -> _Parallel:
        """What a function makes of each."""
        return _Parallel(function(row) for row in self.rows)

    def filter(self, function: Any) -> _Parallel:
        """Those for which a function holds."""
        return _Parallel(row for row in self.rows if function(row))

    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def toDF(self, schema: Any = None) -> Any:
        """A DataFrame of the rows."""
        from bayou.compat.spark.session import SparkSession

        return SparkSession().createDataFrame(self.rows, schema)

    def __iter__(self) -> Any:
        return iter(self.rows)


class SparkContext:
    """The context of a script: a place for settings."""

    _instance: ClassVar[SparkContext | None] = None

    def __init__(self, *_: Any, conf: SparkConf | None = None, **__: Any) -> None:
        self._conf = conf or SparkConf()
        SparkContext._instance = self

    @classmethod
    def getOrCreate(cls, conf: SparkConf | None = None) -> SparkContext:
        """The context, made when there is none."""
        return cls._instance or cls(conf=conf)

    @property
    def version(self) -> str:
        """The version of Spark whose names these are."""
        return "3.3.0"

    @property
    def applicationId(self) -> str:
        """A name for the run."""
        return "bayou"

    @property
    def defaultParallelism(self) -> int:
        """The machine's cores."""
        import os

        return os.cpu_count() or 1

    def getConf(self) -> SparkConf:
        """The settings."""
        return self._conf

    def setLogLevel(self, logLevel: str) -> None:
        """Set the level of the logger `bayou`."""
        import logging

        known = {"ALL": 0, "TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50, "OFF": 100}
        logging.getLogger("bayou").setLevel(known.get(logLevel.upper(), 30))

    def setSystemProperty(self, key: str, value: str) -> None:
        """Keep a setting."""
        self._conf.set(key, value)

    def parallelize(self, c: Iterable[Any], numSlices: int | None = None) -> _Parallel:
        """Rows of the script's own."""
        return _Parallel(c)

    def stop(self) -> None:
        """Nothing: a context holds nothing open."""
