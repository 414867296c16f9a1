"""What is known about a statement, under the names of PyAthena's cursors and result sets.

Source: PyAthena 4.2, model.py and result_set.py (names); Athena API reference, QueryExecution.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

ENGINE_VERSION = "Athena engine version 3"
_USER_ERROR = 2


class ExecutionAttributes:
    """Attributes that a cursor and its result set share; each is None before a statement was begun."""

    _info: dict[str, Any] | None = None
    _staging: str | None = None
    _compat: bool = False
    work_group: str | None = None
    execution_parameters: list[str] | None = None
    # What only AWS knows: nothing here is encrypted by a service, owned by a bucket's owner, or queued.
    encryption_option: str | None = None
    kms_key: str | None = None
    expected_bucket_owner: str | None = None
    s3_acl_option: str | None = None
    result_reuse_enabled: bool | None = None
    result_reuse_minutes: int | None = None
    _catalog: str | None = None

    def _get(self, key: str) -> Any:
        return None if self._info is None else self._info.get(key)

    def _count(self, key: str) -> int | None:
        """A figure; PyAthena's users test that it is true, so it is at least 1 for them."""
        value = self._get(key)
        if value is None:
            return None
        count = round(float(value))
        return max(1, count) if self._compat else count

    @property
    def query_id(self) -> str | None:
        """Id of the statement."""
        found: str | None = self._get("query_id")
        return found

    @property
    def query(self) -> str | None:
        """Text of the statement."""
        found: str | None = self._get("text")
        return found

    @property
    def database(self) -> str | None:
        """Database of names without one."""
        found: str | None = self._get("database")
        return found

    @property
    def catalog(self) -> str | None:
        """Name of the catalog."""
        return None if self._info is None else self._catalog

    @property
    def statement_type(self) -> str | None:
        """`DDL`, `DML` or `UTILITY`."""
        found: str | None = self._get("statement_type")
        return found

    @property
    def substatement_type(self) -> str | None:
        """`SELECT`, `INSERT`, `CREATE_TABLE_AS_SELECT` and so on."""
        found: str | None = self._get("substatement_type")
        return found

    @property
    def state(self) -> str | None:
        """`RUNNING`, `SUCCEEDED`, `FAILED` or `CANCELLED`."""
        found: str | None = self._get("state")
        return found

    @property
    def state_change_reason(self) -> str | None:
        """Why it failed."""
        found: str | None = self._get("error")
        return found

    @property
    def submission_date_time(self) -> dt.datetime | None:
        """When it came."""
        return _moment(self._get("submitted_ms"))

    @property
    def completion_date_time(self) -> dt.datetime | None:
        """When it ended."""
        return _moment(self._get("completed_ms"))

    @property
    def error_category(self) -> int | None:
        """2, the user's, for a statement that failed. Source: Athena API reference, AthenaError."""
        return _USER_ERROR if self._get("error") else None

    @property
    def error_type(self) -> int | None:
        """Not known here: Athena's numbers are its own."""
        return None

    @property
    def retryable(self) -> bool | None:
        """Whether another attempt may help: no."""
        return False if self._get("error") else None

    @property
    def error_message(self) -> str | None:
        """The error."""
        found: str | None = self._get("error")
        return found

    @property
    def data_scanned_in_bytes(self) -> int | None:
        """Bytes that were read, as they lie in the files."""
        return self._count("bytes_scanned")

    @property
    def engine_execution_time_in_millis(self) -> int | None:
        """Milliseconds that it ran."""
        return self._count("total_ms")

    @property
    def query_queue_time_in_millis(self) -> int | None:
        """Milliseconds that it waited: there is no queue."""
        if self._info is None:
            return None
        return 1 if self._compat else 0

    @property
    def query_planning_time_in_millis(self) -> int | None:
        """Milliseconds until its first row could be asked for."""
        return self._count("planning_ms")

    @property
    def service_processing_time_in_millis(self) -> int | None:
        """Milliseconds after it ran: none."""
        return self.query_queue_time_in_millis

    @property
    def total_execution_time_in_millis(self) -> int | None:
        """Milliseconds in all."""
        return self._count("total_ms")

    @property
    def output_location(self) -> str | None:
        """Where Athena would put the result: `.csv` for rows of a query, `.txt` for the rest."""
        if self._info is None:
            return None
        kind = "csv" if self.statement_type == "DML" else "txt"
        return f"{self._staging}{self.query_id}.{kind}"

    @property
    def data_manifest_location(self) -> str | None:
        """The list of the files that UNLOAD wrote."""
        found: str | None = self._get("manifest")
        return found

    @property
    def reused_previous_result(self) -> bool | None:
        """Whether this is the result of an earlier statement: statements always run here."""
        return None if self._info is None else False

    @property
    def selected_engine_version(self) -> str | None:
        """The engine that was asked for."""
        return None if self._info is None else "AUTO"

    @property
    def effective_engine_version(self) -> str | None:
        """The engine whose SQL it is."""
        return None if self._info is None else ENGINE_VERSION


def _moment(millis: int | None) -> dt.datetime | None:
    return None if millis is None else dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
