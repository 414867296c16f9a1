"""`pyspark.conf`."""

from __future__ import annotations

from typing import Any


class SparkConf:
    """Settings; kept and told again, a lake needs none of them."""

    def __init__(self, loadDefaults: bool = True, **_: Any) -> None:
        self._settings: dict[str, str] = {}

    def set(self, key: str, value: Any) -> SparkConf:
        """Keep a setting."""
        self._settings[key] = str(value)
        return self

    def setAll(self, pairs: list[tuple[str, Any]]) -> SparkConf:
        """Keep settings."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key: str, defaultValue: str | None = None) -> str | None:
        """A setting."""
        return self._settings.get(key, defaultValue)

    def getAll(self) -> list[tuple[str, str]]:
        """All settings."""
        return list(self._settings.items())

    def setAppName(self, value: str) -> SparkConf:
        """Keep the name of the application."""
        return self.set("spark.app.name", value)

    def setMaster(self, value: str) -> SparkConf:
        """Keep the address of a cluster, which is not asked."""
        return self.set("spark.master", value)
