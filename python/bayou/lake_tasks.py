"""The lake's own tasks: services that a definition names, done by the lake.

Each task is one function, registered under `service:action`. They return when the work is finished, so a definition
need not poll. Buckets are folders of the lake: `buckets={"bucketname": ""}` says which.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayou._bayou import LakeFiles
from bayou.errors import BayouError, ObjectNotFoundError, TaskError

if TYPE_CHECKING:
    from bayou._bayou import Table
    from bayou.lake import Lake
    from bayou.pipeline import StateMachine

_Task = Callable[["LakeTasks", Mapping[str, Any], str, str], Any]
_REGISTRY: dict[str, _Task] = {}


def lake_task(name: str) -> Callable[[_Task], _Task]:
    """Register a task of the lake under `service:action` or `bayou:verb`.

    The function gets the lake's tasks, the arguments, the resource as written, and the attempt's name.
    """

    def register(function: _Task) -> _Task:
        _REGISTRY[name] = function
        return function

    return register


class LakeTasks:
    """The tasks of one state machine that the lake does itself."""

    def __init__(self, lake: Lake | None, tasks: Mapping[str, Any], buckets: Mapping[str, str] | None) -> None:
        self._lake = lake
        self.tasks = tasks
        self.buckets = buckets
        self.queries: dict[str, Table] = {}
        self.job_runs: dict[str, dict[str, Any]] = {}

    @property
    def lake(self) -> Lake:
        """The lake.

        Raises:
            TaskError: The machine runs outside of a lake.
        """
        if self._lake is None:
            raise TaskError("States.TaskFailed", "This state machine runs outside of a lake; use lake.state_machine")
        return self._lake

    @property
    def files(self) -> LakeFiles:
        """The lake's files."""
        return LakeFiles(self.lake._core)

    def names(self) -> list[str]:
        """Names of all of the lake's tasks."""
        return sorted(_REGISTRY)

    def has(self, key: str) -> bool:
        """Whether there is a task of that name."""
        return key in _REGISTRY

    def call(self, key: str, resource: str, arguments: Mapping[str, Any], attempt: str) -> Any:
        """Run a task."""
        task = _REGISTRY.get(key)
        if task is None:
            raise TaskError("States.TaskFailed", f"The lake has no task `{key}`; it has {', '.join(self.names())}")
        return task(self, arguments, resource, attempt)

    def machine(self, name: str) -> StateMachine | None:
        """A state machine among the tasks, or one that the lake keeps under this name."""
        from bayou.pipeline import StateMachine

        found = self.tasks.get(name)
        if isinstance(found, StateMachine):
            return found
        return None if self._lake is None else self._lake._kept_machine(name, self.tasks)

    def path(self, bucket: Any, key: Any) -> str:
        """The path in the lake of an object.

        Raises:
            TaskError: `S3.NoSuchBucketException`: buckets were mapped, and this one was not.
        """
        if self.buckets is None:
            return str(key)
        if bucket not in self.buckets:
            known = ", ".join(sorted(self.buckets))
            raise TaskError("S3.NoSuchBucketException", f"The bucket `{bucket}` is not mapped (mapped: {known})")
        folder = self.buckets[bucket].strip("/")
        return f"{folder}/{key}" if folder else str(key)


# -- the lake's verbs -----------------------------------------------------------------------------------


@lake_task("bayou:sql")
def _sql(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    table = tasks.lake.sql(str(_need(arguments, "statement")), database=str(arguments.get("database", "default")))
    return {"columns": table.column_names, "rows": _plain(table.to_pylist())}


@lake_task("bayou:crawl")
def _crawl(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    options = dict(arguments)
    return tasks.lake.crawl(str(_need(options, "target", take=True)), **options).to_dict()


@lake_task("bayou:list")
def _list(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    found = _chosen(tasks, str(_need(arguments, "prefix")), arguments)
    return [{"path": path, "size": size, "etag": etag} for path, size, _, etag in found]


@lake_task("bayou:copy")
def _copy(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    source, destination = str(_need(arguments, "source")), str(_need(arguments, "destination"))
    copy = getattr(tasks.lake, "copy", None)
    if copy is not None:
        options = {key: value for key, value in arguments.items() if key not in ("source", "destination")}
        report = copy(source, destination, **options)
        return report.to_dict() if hasattr(report, "to_dict") else _plain(vars(report))
    return _transfer(tasks, arguments, resource, attempt)


@lake_task("bayou:transfer")
def _transfer(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    source, destination = str(_need(arguments, "source")), str(_need(arguments, "destination"))
    files, copied, size = tasks.files, [], 0
    for path, bytes_, _, _ in _chosen(tasks, source, arguments):
        target = f"{destination.rstrip('/')}/{_relative(path, source)}"
        files.write(target, files.read(path))
        copied.append(target)
        size += bytes_
        if arguments.get("move"):
            files.delete(path)
    return {"objects": len(copied), "bytes": size, "paths": copied}


@lake_task("bayou:verify")
def _verify(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    source, destination = str(_need(arguments, "source")), str(_need(arguments, "destination"))
    there = {_relative(path, destination): size for path, size, _, _ in tasks.files.list(destination)}
    wrong = []
    chosen = _chosen(tasks, source, arguments)
    if not chosen:
        raise TaskError("VerificationFailed", f"There is nothing at `{source}` to compare with")
    for path, size, _, _ in chosen:
        name = _relative(path, source)
        if there.get(name) != size:
            wrong.append(name)
    if wrong:
        raise TaskError("VerificationFailed", f"{len(wrong)} files differ or are missing: {', '.join(wrong[:10])}")
    return {"verified": True, "objects": len(chosen)}


@lake_task("bayou:delete")
def _delete(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    found = _chosen(tasks, str(_need(arguments, "prefix")), arguments)
    for path, *_ in found:
        tasks.files.delete(path)
    return {"objects": len(found)}


@lake_task("bayou:etl")
def _etl(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    job = _job(tasks, str(_need(arguments, "job")))
    return job({key: value for key, value in arguments.items() if key != "job"})


@lake_task("bayou:ingest")
def _ingest(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    options = dict(arguments)
    return tasks.lake.ingest(str(_need(options, "url", take=True)), **options).to_dict()


# -- Glue -----------------------------------------------------------------------------------------------


@lake_task("glue:startJobRun")
def _start_job_run(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    name, given = str(_need(arguments, "JobName")), dict(arguments.get("Arguments") or {})
    started = datetime.now(UTC)
    run = {"Id": f"jr_{attempt}", "JobName": name, "Arguments": given, "Attempt": 0, "StartedOn": started.isoformat()}
    try:
        _job(tasks, name)({key.removeprefix("--"): value for key, value in given.items()})
        run["JobRunState"] = "SUCCEEDED"
    except TaskError as error:
        if error.error.startswith("Glue."):
            raise
        run |= {"JobRunState": "FAILED", "ErrorMessage": error.cause}
    except Exception as error:
        run |= {"JobRunState": "FAILED", "ErrorMessage": f"{type(error).__name__}: {error}"}
    ended = datetime.now(UTC)
    run |= {"CompletedOn": ended.isoformat(), "ExecutionTime": round((ended - started).total_seconds())}
    tasks.job_runs[str(run["Id"])] = run
    if ".sync" not in resource:
        return {"JobRunId": run["Id"]}
    if run["JobRunState"] != "SUCCEEDED":
        raise TaskError("States.TaskFailed", json.dumps(run, ensure_ascii=False, default=str))
    return run


@lake_task("glue:getJobRun")
def _get_job_run(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    run = tasks.job_runs.get(str(_need(arguments, "RunId")))
    if run is None:
        raise TaskError("Glue.EntityNotFoundException", f"There is no job run `{arguments['RunId']}`")
    return {"JobRun": run}


@lake_task("glue:startCrawler")
def _start_crawler(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    name = str(_need(arguments, "Name"))
    bound = tasks.tasks.get(name)
    if isinstance(bound, Mapping):
        options = dict(bound)
        tasks.lake.crawl(str(_need(options, "target", take=True)), **options)
    else:
        _crawler(tasks, name).run()
    return {}


@lake_task("glue:getCrawler")
def _get_crawler(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    name = str(_need(arguments, "Name"))
    if not isinstance(tasks.tasks.get(name), Mapping):
        crawler = _crawler(tasks, name)
        status = (crawler.last_run or {}).get("status", "SUCCEEDED")
        return {"Crawler": {"Name": name, "State": crawler.state, "LastCrawl": {"Status": status}}}
    # Crawls end before their task does, so a crawler that is asked for is at rest.
    return {"Crawler": {"Name": name, "State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}}


def _crawler(tasks: LakeTasks, name: str) -> Any:
    try:
        return tasks.lake.crawler(name)
    except LookupError as error:
        raise TaskError("Glue.EntityNotFoundException", str(error)) from error


def _job(tasks: LakeTasks, name: str) -> Callable[[dict[str, Any]], Any]:
    """A job: a callable among the tasks, or a Glue script that the lake runs."""
    from bayou.tasks import invoke

    bound = tasks.tasks.get(name)
    if isinstance(bound, str | Path):
        return lambda given: _run_script(tasks, name, bound, given)
    if callable(bound):
        return lambda given: invoke(bound, given)
    raise TaskError("Glue.EntityNotFoundException", f"There is no job `{name}`; bind it in `tasks`")


def _run_script(tasks: LakeTasks, name: str, script: str | Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Run a Glue script for a job."""
    done = tasks.lake.run_glue_script(script, args={"JOB_NAME": name, **given}, buckets=tasks.buckets)
    written = [{"folder": one.folder, "table": one.table, "rows": one.rows} for one in done.writes]
    return {"output": done.output, "writes": written, "seconds": done.seconds}


# -- Athena ---------------------------------------------------------------------------------------------


@lake_task("athena:startQueryExecution")
def _start_query(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    query = str(_need(arguments, "QueryString"))
    database = (arguments.get("QueryExecutionContext") or {}).get("Database", "default")
    described = {"QueryExecutionId": attempt[:36], "Query": query, "QueryExecutionContext": {"Database": database}}
    try:
        tasks.queries[attempt[:36]] = tasks.lake.sql(query, database=database)
    except BayouError as error:
        described["Status"] = {"State": "FAILED", "StateChangeReason": str(error)}
        raise TaskError("States.TaskFailed", json.dumps({"QueryExecution": described})) from error
    described["Status"] = {"State": "SUCCEEDED"}
    return {"QueryExecution": described} if ".sync" in resource else {"QueryExecutionId": attempt[:36]}


@lake_task("athena:getQueryResults")
def _query_results(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    table = tasks.queries.get(str(_need(arguments, "QueryExecutionId")))
    if table is None:
        raise TaskError("Athena.InvalidRequestException", f"There is no query `{arguments['QueryExecutionId']}`")
    columns = [{"Name": name, "Type": type_} for name, type_ in table.schema.items()]
    header = {"Data": [{"VarCharValue": name} for name in table.column_names]}
    rows = [
        {"Data": [{} if value is None else {"VarCharValue": str(_plain(value))} for value in row]}
        for row in table.to_tuples()
    ]
    return {"ResultSet": {"Rows": [header, *rows], "ResultSetMetadata": {"ColumnInfo": columns}}}


# -- S3 -------------------------------------------------------------------------------------------------


@lake_task("s3:listObjectsV2")
def _list_objects(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    bucket, prefix = arguments.get("Bucket"), str(arguments.get("Prefix", ""))
    root = tasks.path(bucket, "")
    folder = tasks.path(bucket, prefix.rpartition("/")[0])
    contents = []
    for path, size, modified, etag in tasks.files.list(folder):
        key = path.removeprefix(root).lstrip("/")
        if key.startswith(prefix):
            when = datetime.fromtimestamp(modified / 1000, UTC).isoformat()
            contents.append({"Key": key, "Size": size, "Etag": etag, "LastModified": when, "StorageClass": "STANDARD"})
    return {"Contents": contents, "KeyCount": len(contents), "IsTruncated": False, "Name": bucket, "Prefix": prefix}


@lake_task("s3:headObject")
def _head_object(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    path = _object(tasks, arguments)
    _, size, modified, etag = _found(lambda: tasks.files.head(path), arguments)
    return {
        "ContentLength": size,
        "ETag": etag,
        "LastModified": datetime.fromtimestamp(modified / 1000, UTC).isoformat(),
    }


@lake_task("s3:getObject")
def _get_object(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    path = _object(tasks, arguments)
    if path.endswith(".parquet"):
        return {"Body": _plain(_found(lambda: tasks.files.read_parquet(path), arguments).to_pylist())}
    content = _found(lambda: tasks.files.read(path), arguments)
    return {"Body": content.decode("utf-8", errors="replace"), "ContentLength": len(content)}


@lake_task("s3:putObject")
def _put_object(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    body = arguments.get("Body", "")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    path = _object(tasks, arguments)
    tasks.files.write(path, text.encode())
    return {"ETag": tasks.files.head(path)[3]}


@lake_task("s3:copyObject")
def _copy_object(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    from urllib.parse import unquote

    bucket, _, key = unquote(str(_need(arguments, "CopySource"))).lstrip("/").partition("/")
    source = tasks.path(bucket, key)
    content = _found(lambda: tasks.files.read(source), {"Key": key})
    path = _object(tasks, arguments)
    tasks.files.write(path, content)
    return {"CopyObjectResult": {"ETag": tasks.files.head(path)[3]}}


@lake_task("s3:deleteObject")
def _delete_object(tasks: LakeTasks, arguments: Mapping[str, Any], resource: str, attempt: str) -> Any:
    tasks.files.delete(_object(tasks, arguments))
    return {}


# -- what they share ------------------------------------------------------------------------------------


def _need(arguments: Mapping[str, Any], name: str, *, take: bool = False) -> Any:
    if name not in arguments:
        raise TaskError("States.TaskFailed", f"The argument `{name}` is missing")
    return arguments.pop(name) if take and isinstance(arguments, dict) else arguments[name]


def _object(tasks: LakeTasks, arguments: Mapping[str, Any]) -> str:
    return tasks.path(arguments.get("Bucket"), _need(arguments, "Key"))


def _found(read: Callable[[], Any], arguments: Mapping[str, Any]) -> Any:
    try:
        return read()
    except ObjectNotFoundError as error:
        raise TaskError("S3.NoSuchKeyException", f"The key `{arguments.get('Key')}` does not exist") from error


def _relative(path: str, folder: str) -> str:
    inside = folder.strip("/")
    return path.removeprefix(inside).lstrip("/") if path != inside else path.rpartition("/")[2]


def _chosen(tasks: LakeTasks, prefix: str, arguments: Mapping[str, Any]) -> list[tuple[str, int, int, str | None]]:
    """Files below a folder, or the one file of that path, whose name the glob `include` accepts."""
    from fnmatch import fnmatch

    include = arguments.get("include")
    found = tasks.files.list(prefix)
    if not found and not prefix.endswith("/"):
        with suppress(ObjectNotFoundError):
            found = [tasks.files.head(prefix)]
    return [file for file in found if include is None or fnmatch(file[0].rpartition("/")[2], str(include))]


def _plain(value: Any) -> Any:
    """A value as JSON has it: dates, decimals and the like as text."""
    return json.loads(json.dumps(value, default=str, ensure_ascii=False))
