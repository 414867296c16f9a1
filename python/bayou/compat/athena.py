"""Athena's calls over a lake: begin, look, take pages of text, stop.

A statement runs on a thread of its own. `start_query_execution` waits a moment for its end, since clients sleep after a
look that finds it running; the look itself waits too.

Source: Athena API reference; PyAthena 4.2, result_set.py (what of the answers is read).
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bayou.compat.client import Meta, Paginator, client_error
from bayou.compat.result import Running
from bayou.dbapi.model import AthenaTableMetadata, metadata_of, moment
from bayou.errors import BayouError

if TYPE_CHECKING:
    from bayou.lake import Lake

_KEPT = 200
_START_SECONDS = 0.2
_LOOK_SECONDS = 10.0
_PAGE = 1000
WORK_GROUP = "primary"


class AthenaClient:
    """A client of Athena.

    Args:
        lake: The lake.
        region_name: Region that `meta` tells.
    """

    def __init__(self, lake: Lake, region_name: str) -> None:
        self._lake = lake
        self._kept: OrderedDict[str, Running] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(32, thread_name_prefix="bayou-athena")
        self.meta = Meta("athena", region_name)

    # -- statements ---------------------------------------------------------------------------------

    def start_query_execution(
        self,
        *,
        QueryString: str,
        QueryExecutionContext: dict[str, str] | None = None,
        ResultConfiguration: dict[str, Any] | None = None,
        WorkGroup: str | None = None,
        ExecutionParameters: list[str] | None = None,
        ResultReuseConfiguration: dict[str, Any] | None = None,
        **_ignored: Any,
    ) -> dict[str, Any]:
        """Begin to run a statement."""
        if not QueryString.strip():
            raise client_error("InvalidRequestException", "The statement is empty", "StartQueryExecution")
        context = QueryExecutionContext or {}
        staging = (ResultConfiguration or {}).get("OutputLocation") or f"{self._lake.url}/.bayou/results/"
        running = Running(
            self._lake,
            QueryString,
            database=context.get("Database") or "default",
            catalog=context.get("Catalog") or "awsdatacatalog",
            staging=staging if staging.endswith("/") else f"{staging}/",
            work_group=WorkGroup or WORK_GROUP,
            parameters=list(ExecutionParameters or []),
            reuse=(ResultReuseConfiguration or {}).get("ResultReuseByAgeConfiguration"),
        )
        self._pool.submit(running.run)
        running.ended.wait(_START_SECONDS)
        with self._lock:
            self._kept[running.query_id] = running
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return {"QueryExecutionId": running.query_id}

    def _find(self, query_id: str, operation: str) -> Running:
        with self._lock:
            running = self._kept.get(query_id)
        if running is None:
            raise client_error("InvalidRequestException", f"QueryExecution {query_id} was not found", operation)
        return running

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:
        """What is known about a statement; waits some seconds for its end."""
        running = self._find(QueryExecutionId, "GetQueryExecution")
        running.ended.wait(_LOOK_SECONDS)
        return {"QueryExecution": running.describe()}

    def batch_get_query_execution(self, *, QueryExecutionIds: list[str]) -> dict[str, Any]:
        """What is known about some statements."""
        with self._lock:
            found = [self._kept[query_id] for query_id in QueryExecutionIds if query_id in self._kept]
        known = {running.query_id for running in found}
        unknown = [{"QueryExecutionId": query_id} for query_id in QueryExecutionIds if query_id not in known]
        described = [running.describe() for running in found]
        return {"QueryExecutions": described, "UnprocessedQueryExecutionIds": unknown}

    def list_query_executions(
        self, *, MaxResults: int = 50, NextToken: str | None = None, WorkGroup: str | None = None
    ) -> dict[str, Any]:
        """Ids of the last statements, newest first."""
        with self._lock:
            ids = list(reversed(self._kept))
        return _page("QueryExecutionIds", ids, MaxResults, NextToken)

    def stop_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:
        """Stop a statement."""
        self._find(QueryExecutionId, "StopQueryExecution").stop()
        return {}

    def get_query_results(
        self, *, QueryExecutionId: str, MaxResults: int = _PAGE, NextToken: str | None = None, **_ignored: Any
    ) -> dict[str, Any]:
        """A page of a statement's rows as text; the first of a query begins with the names of the columns."""
        running = self._find(QueryExecutionId, "GetQueryResults")
        running.ended.wait()
        if running.error is not None:
            message = f"Query did not finish successfully. Final query state: {running.state}"
            raise client_error("InvalidRequestException", message, "GetQueryResults")
        start = int(NextToken or 0)
        size = min(MaxResults or _PAGE, _PAGE)
        rows = running.text_rows(start, size)
        data = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows]
        answer: dict[str, Any] = {
            "ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": running.column_info()}},
        }
        if (written := running.update_count) is not None:
            answer["UpdateCount"] = written
        if start + size < running.text_row_count:
            answer["NextToken"] = str(start + size)
        return answer

    def result_file(self, location: str) -> bytes | None:
        """The file that Athena would have written at a location; None when no statement has it."""
        with self._lock:
            kept = list(self._kept.values())
        return next((found for running in kept if (found := running.file_at(location)) is not None), None)

    # -- catalog ------------------------------------------------------------------------------------

    def list_data_catalogs(self, **_ignored: Any) -> dict[str, Any]:
        """The catalogs: one."""
        return {"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]}

    def get_data_catalog(self, *, Name: str, **_ignored: Any) -> dict[str, Any]:
        """A catalog."""
        return {"DataCatalog": {"Name": Name, "Type": "GLUE"}}

    def list_databases(
        self, *, CatalogName: str, MaxResults: int = 50, NextToken: str | None = None, **_ignored: Any
    ) -> dict[str, Any]:
        """The databases."""
        names = [{"Name": name, "Parameters": {}} for name in self._lake.databases()]
        return _page("DatabaseList", names, MaxResults, NextToken)

    def get_database(self, *, CatalogName: str, DatabaseName: str, **_ignored: Any) -> dict[str, Any]:
        """A database."""
        if DatabaseName.lower() not in self._lake.databases():
            raise client_error("MetadataException", f"Database {DatabaseName} not found", "GetDatabase")
        return {"Database": {"Name": DatabaseName.lower(), "Parameters": {}}}

    def get_table_metadata(
        self, *, CatalogName: str, DatabaseName: str, TableName: str, **_ignored: Any
    ) -> dict[str, Any]:
        """A table."""
        return {"TableMetadata": self._table(DatabaseName, TableName, "GetTableMetadata")}

    def list_table_metadata(
        self,
        *,
        CatalogName: str,
        DatabaseName: str,
        Expression: str | None = None,
        MaxResults: int = 50,
        NextToken: str | None = None,
        **_ignored: Any,
    ) -> dict[str, Any]:
        """The tables of a database whose names match a regular expression."""
        pattern = re.compile(Expression or "", re.IGNORECASE)
        try:
            names = [name for name in self._lake.tables(DatabaseName.lower()) if pattern.search(name)]
        except BayouError as error:
            raise client_error("MetadataException", str(error), "ListTableMetadata") from error
        page = _page("TableMetadataList", names, MaxResults, NextToken)
        page["TableMetadataList"] = [
            self._table(DatabaseName, name, "ListTableMetadata") for name in page["TableMetadataList"]
        ]
        return page

    def _table(self, database: str, name: str, operation: str) -> dict[str, Any]:
        try:
            glue = self._lake._core.table(database.lower(), name.lower()).to_dict()
        except BayouError as error:
            raise client_error("MetadataException", str(error), operation) from error
        return table_answer(metadata_of(glue), glue)

    # -- work groups and prepared statements ---------------------------------------------------------

    def get_work_group(self, *, WorkGroup: str) -> dict[str, Any]:
        """A work group: every name is one, without limits."""
        location = {"OutputLocation": f"{self._lake.url}/.bayou/results/"}
        configuration = {
            "ResultConfiguration": location,
            "EnforceWorkGroupConfiguration": False,
            "PublishCloudWatchMetricsEnabled": False,
            "RequesterPaysEnabled": False,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        }
        return {"WorkGroup": {"Name": WorkGroup, "State": "ENABLED", "Configuration": configuration}}

    def list_work_groups(self, **_ignored: Any) -> dict[str, Any]:
        """The work groups."""
        return {"WorkGroups": [{"Name": WORK_GROUP, "State": "ENABLED"}]}

    def create_prepared_statement(
        self, *, StatementName: str, WorkGroup: str, QueryStatement: str, **_ignored: Any
    ) -> dict[str, Any]:
        """Keep a statement under a name."""
        self._run(f"PREPARE {StatementName} FROM {QueryStatement}", "CreatePreparedStatement")
        return {}

    def delete_prepared_statement(self, *, StatementName: str, WorkGroup: str) -> dict[str, Any]:
        """Forget a statement."""
        self._run(f"DEALLOCATE PREPARE {StatementName}", "DeletePreparedStatement")
        return {}

    def _run(self, text: str, operation: str) -> None:
        try:
            self._lake.sql(text)
        except BayouError as error:
            raise client_error("InvalidRequestException", str(error), operation) from error

    def get_paginator(self, operation_name: str) -> Paginator:
        """Walks over the pages of a call."""
        return Paginator(getattr(self, operation_name), ("NextToken", "NextToken"))

    def close(self) -> None:
        """Does nothing."""


def _page(key: str, items: list[Any], size: int, token: str | None) -> dict[str, Any]:
    start = int(token or 0)
    page: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        page["NextToken"] = str(start + size)
    return page


def table_answer(table: AthenaTableMetadata, glue: dict[str, Any]) -> dict[str, Any]:
    """A table in the form of `GetTableMetadata`."""

    def column(found: Any) -> dict[str, Any]:
        answer = {"Name": found.name, "Type": found.type}
        return answer if found.comment is None else {**answer, "Comment": found.comment}

    answer = {
        "Name": table.name,
        "TableType": table.table_type or "EXTERNAL_TABLE",
        "Columns": [column(found) for found in table.columns],
        "PartitionKeys": [column(found) for found in table.partition_keys],
        "Parameters": table.parameters,
        "CreateTime": moment(glue.get("CreateTime")),
        "LastAccessTime": moment(glue.get("LastAccessTime")),
    }
    return {key: value for key, value in answer.items() if value is not None}
