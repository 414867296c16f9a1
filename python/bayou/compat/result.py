"""A statement behind Athena's calls, and its rows as text.

Source: Athena API reference, QueryExecution and ResultSet; Athena User Guide, query results.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from bayou.dbapi.execution import ENGINE_VERSION
from bayou.dbapi.sqltype import SqlType, to_text

if TYPE_CHECKING:
    from bayou._bayou import QueryExecution, Table
    from bayou.lake import Lake

_HEADED = ("SELECT", "EXECUTE")
_COUNTED = ("INSERT", "CREATE_TABLE_AS_SELECT", "UPDATE", "DELETE", "MERGE")
_MILLISECONDS = {
    "EngineExecutionTimeInMillis": "total_ms",
    "TotalExecutionTimeInMillis": "total_ms",
    "QueryPlanningTimeInMillis": "planning_ms",
}
_USER_ERROR = 2


class Running:
    """A statement on a thread of its own, and afterwards what it gave.

    Its id is its own: the engine's is known only when the statement is planned.
    """

    def __init__(
        self,
        lake: Lake,
        text: str,
        *,
        database: str,
        catalog: str,
        staging: str,
        work_group: str,
        parameters: list[str],
        reuse: dict[str, Any] | None,
    ) -> None:
        self.query_id = str(uuid.uuid4())
        self.text = text
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self.state = "RUNNING"
        self._lake = lake
        self._database = database
        self._catalog = catalog
        self._staging = staging
        self._work_group = work_group
        self._parameters = parameters
        self._reuse = reuse
        self._submitted = dt.datetime.now(dt.UTC)
        self._info: dict[str, Any] = {}
        self._execution: QueryExecution | None = None
        self._table: Table | None = None
        self._types: list[SqlType] = []
        self._stopped = False

    def run(self) -> None:
        """Run it to its end."""
        try:
            execution = self._lake._execute(self.text, database=self._database, parameters=self._parameters)
            self._execution, self._info = execution, execution.info
            if self._stopped:
                execution.cancel()
            self._table = execution.fetch()
            self._info = execution.info
            self._types = [SqlType.parse(text) for text in execution.column_types]
            self.state = "SUCCEEDED"
        except BaseException as error:
            self._note(error)
        finally:
            self.ended.set()

    def _note(self, error: BaseException) -> None:
        own = self._execution.query_id if self._execution is not None else None
        for info in self._lake.queries(100):
            if info["query_id"] == own or (own is None and info["text"] == self.text):
                self._info = info
                break
        self.error = error
        self.state = "CANCELLED" if self._info.get("state") == "CANCELLED" else "FAILED"

    def stop(self) -> None:
        """Stop it."""
        self._stopped = True
        if self._execution is not None:
            self._execution.cancel()
            return
        for info in self._lake.queries(100):
            if info["state"] == "RUNNING" and info["text"] == self.text:
                self._lake._core.cancel_query(info["query_id"])
                return

    # -- answers ------------------------------------------------------------------------------------

    @property
    def output_location(self) -> str:
        """Where its result lies for clients that read files."""
        kind = "csv" if self._info.get("statement_type", "DML") == "DML" else "txt"
        return f"{self._staging}{self.query_id}.{kind}"

    @property
    def _manifest(self) -> str | None:
        """Where UNLOAD listed its files."""
        found: str | None = self._info.get("manifest")
        return found

    def _as_object(self, text: str) -> str:
        """A text with addresses in the lake as addresses in a bucket, where clients look."""
        return text if self._lake.url.startswith("s3://") else text.replace(self._lake.url, "s3://lake")

    def file_at(self, location: str) -> bytes | None:
        """The file that it has at a location: its result, or the list of what it unloaded."""
        if not self.ended.is_set() or self.error is not None:
            return None
        if location == self.output_location:
            return csv_text(self)
        if self._manifest is not None and location == self._as_object(self._manifest):
            return self._as_object(Path(unquote(urlsplit(self._manifest).path)).read_text()).encode()
        return None

    @property
    def update_count(self) -> int | None:
        """Rows that it wrote."""
        found: int | None = self._info.get("update_count")
        return found

    def describe(self) -> dict[str, Any]:
        """Athena's `QueryExecution`."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self._submitted}
        if self.ended.is_set():
            status["CompletionDateTime"] = dt.datetime.now(dt.UTC)
        if self.error is not None:
            status["StateChangeReason"] = str(self.error)
            status["AthenaError"] = {
                "ErrorCategory": _USER_ERROR,
                "Retryable": False,
                "ErrorMessage": str(self.error),
            }
        statistics: dict[str, Any] = {
            name: max(1, round(self._info.get(key) or 0)) for name, key in _MILLISECONDS.items()
        }
        statistics["DataScannedInBytes"] = max(1, self._info.get("bytes_scanned") or 0)
        statistics |= {"QueryQueueTimeInMillis": 1, "ServiceProcessingTimeInMillis": 1}
        statistics["ResultReuseInformation"] = {"ReusedPreviousResult": False}
        if self._manifest is not None:
            statistics["DataManifestLocation"] = self._as_object(self._manifest)
        answer: dict[str, Any] = {
            "QueryExecutionId": self.query_id,
            "Query": self.text,
            "StatementType": self._info.get("statement_type", "DML"),
            "SubstatementType": self._info.get("substatement_type", "SELECT"),
            "QueryExecutionContext": {"Database": self._database, "Catalog": self._catalog},
            "ResultConfiguration": {"OutputLocation": self.output_location},
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": self._work_group,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE_VERSION},
        }
        if self._parameters:
            answer["ExecutionParameters"] = self._parameters
        if self._reuse is not None:
            answer["ResultReuseConfiguration"] = {"ResultReuseByAgeConfiguration": self._reuse}
        return answer

    def _columns(self) -> list[tuple[str, str, int, int]]:
        if self._execution is None or self._info.get("substatement_type") in _COUNTED[:1]:
            return []
        return self._execution.columns

    def column_info(self) -> list[dict[str, Any]]:
        """Athena's `ColumnInfo` of each column."""
        return [
            {
                "CatalogName": "hive",
                "SchemaName": "",
                "TableName": "",
                "Name": name,
                "Label": name,
                "Type": kind,
                "Precision": precision,
                "Scale": scale,
                "Nullable": "UNKNOWN",
                "CaseSensitive": kind in ("varchar", "char", "string"),
            }
            for name, kind, precision, scale in self._columns()
        ]

    @property
    def _is_headed(self) -> bool:
        return self._info.get("substatement_type") in _HEADED

    @property
    def text_row_count(self) -> int:
        """Rows of text, with the row of names that a query has."""
        if self._table is None or self._info.get("substatement_type") in _COUNTED:
            return 0
        return len(self._table) + self._is_headed

    def text_rows(self, start: int, count: int) -> list[list[str | None]]:
        """Some of the rows of text; None is NULL."""
        if self._table is None or self.text_row_count == 0:
            return []
        rows: list[list[str | None]] = []
        if self._is_headed:
            if start == 0:
                rows.append([column[0] for column in self._columns()])
                count -= 1
            else:
                start -= 1
        for row in self._table.slice(start, count).to_tuples():
            cells = zip(row, self._types, strict=True)
            rows.append([None if value is None else to_text(value, of) for value, of in cells])
        return rows


def csv_text(running: Running) -> bytes:
    """The result file of a query, every field in quotes and NULL as nothing; other results as lines of text."""
    rows = running.text_rows(0, running.text_row_count)
    if running.output_location.endswith(".txt"):
        return "".join("\t".join(cell or "" for cell in row) + "\n" for row in rows).encode()
    quoted = (["" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row] for row in rows)
    return "".join(",".join(row) + "\n" for row in quoted).encode()
