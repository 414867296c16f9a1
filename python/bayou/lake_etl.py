"""The verbs of a lake about batch jobs: `read`, `frame`, `job`, `bookmarks`, `run_glue_script`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

if TYPE_CHECKING:
    from bayou._bayou import EtlCore, LakeCore
    from bayou.etl import Frame, Job, ReadOptions
    from bayou.etl.bookmarks import Bookmarks
    from bayou.etl.ingesting import IngestReport
    from bayou.glue import ScriptRun
    from bayou.lake import Lake

__all__ = ["Etl"]


def _lake(verbs: Etl) -> Lake:
    """The lake that has these verbs."""
    return cast("Lake", verbs)


class Etl:
    """The verbs of a lake about batch jobs."""

    _core: LakeCore
    _etl: EtlCore | None

    def read(
        self,
        source: str | Sequence[str],
        *,
        where: str | None = None,
        database: str = "default",
        bookmark: str | None = None,
        **options: Unpack[ReadOptions],
    ) -> Frame:
        """Begin a chain of transforms over a table, or over files that no table describes.

        Args:
            source: `table`, `database.table`; or a folder, a file or several of them.
            where: Condition in SQL. Of a table only the partitions are read for which it can hold.
            database: Database of a name without one.
            bookmark: Name of a job: files that its earlier runs have processed are left out, and those that are read
                now are noted when the frame is written.
            **options: `format`, `header`, `separator` and others for files, see `bayou.etl.ReadOptions`; what is not
                given is found out.

        Raises:
            UnknownTableError: There is no such table.
            ObjectNotFoundError: There are no files at a path.
            SchemaError: The files cannot be one table.
        """
        from bayou.etl.reading import read

        context = source if isinstance(source, str) else ",".join(source)
        job = None if bookmark is None else (bookmark, context)
        return read(_lake(self), source, where=where, database=database, bookmark=job, **options)

    def frame(self, data: Any) -> Frame:
        """A frame of rows that are there: pandas, polars, Arrow, a `bayou.Table`; or of a query, given as text."""
        from bayou.etl.frame import Frame, Plan

        if isinstance(data, str):
            described = _lake(self)._execute(f"SELECT * FROM (\n{data}\n) AS t LIMIT 0").fetch()
            return Frame(_lake(self), Plan(data, tuple(described.column_names)))
        return Frame.of(_lake(self), data)

    def job(
        self,
        name: str,
        *,
        bookmarks: Literal["enable", "pause", "disable"] = "enable",
        run: str | None = None,
    ) -> Job:
        """Reads and writes that take effect together; a context manager.

        Args:
            name: Name of the job, under which bookmarks are kept.
            bookmarks: `enable` reads and keeps them, `pause` only reads them, `disable` does neither.
            run: Name of this run; the job's name and a number when None.

        Source: Glue Developer Guide, job bookmarks.
        """
        from bayou.etl.job import Job

        return Job(_lake(self), name, bookmarks=bookmarks, run=run)

    def bookmarks(self, job: str) -> Bookmarks:
        """What the runs of a job have processed; shows itself in a notebook, and can be taken back."""
        from bayou.etl.bookmarks import Bookmarks

        return Bookmarks(_lake(self), job)

    def vacuum(self, *, older_than: float = 86_400.0, dry_run: bool = False) -> list[dict[str, Any]]:
        """Delete what writers that died have left behind: files that no reader sees.

        Args:
            older_than: Seconds since the write began; a writer that still works must not be that old.
            dry_run: Only say what would be deleted.

        Returns:
            A dict for each file: path, bytes, reason.
        """
        from bayou.etl.reading import core

        found = core(_lake(self)).vacuum(older_than, dry_run)
        return [{"path": path, "bytes": size, "reason": reason} for path, size, reason in found]

    def ingest(
        self,
        url: str,
        *,
        tables: Sequence[str] | str,
        into: str,
        mode: Literal["bulk", "incremental"] = "bulk",
        bookmark: str | None = None,
        exclude: Sequence[str] | str = (),
        key: Sequence[str] | str = (),
        database: str | None = None,
        partition_by: str = "load_date",
        load_date: date | str | None = None,
        batch_rows: int = 262_144,
    ) -> IngestReport:
        """Copy tables and views of a database into tables of the lake. A run that died goes on where it was.

        Args:
            url: `postgresql://user:password@host/database` or `sqlite:///path`.
            tables: Names or wildcards: `orders`, `public.*`.
            into: Folder of the lake; each table gets a folder `database_schema_table` in it.
            mode: `bulk` copies everything; `incremental` what is new since the last run.
            bookmark: Column of `incremental` whose values only grow.
            exclude: Wildcards of tables to leave out.
            key: Columns that tell rows apart, for `incremental`; the primary key when empty.
            database: Database of the tables in the lake; the last folder of `into` when None.
            partition_by: Name of the partition key, the date of the load.
            load_date: Its value; today (UTC) when None.
            batch_rows: Rows that are in memory at once.

        Returns:
            Rows, bytes, seconds and the new bookmark of each table.

        Raises:
            IngestError: The database cannot be used, a value does not fit, or the rows of both sides do not agree.
            NotSupportedError: There is no driver for this kind of database.
            MissingDependencyError: `pip install "bayou[ingest]"`.

        Source: Lake Formation Developer Guide, blueprints.
        """
        from bayou.etl.ingesting import ingest

        return ingest(
            _lake(self),
            url,
            tables=tables,
            into=into,
            mode=mode,
            bookmark=bookmark,
            exclude=exclude,
            key=key,
            database=database,
            partition_by=partition_by,
            load_date=load_date,
            batch_rows=batch_rows,
        )

    def run_glue_script(
        self,
        script: str | os.PathLike[str],
        *,
        args: Mapping[str, Any] | None = None,
        buckets: Mapping[str, str] | None = None,
    ) -> ScriptRun:
        """Run a Glue script as it is, over this lake.

        Args:
            script: A file on this machine, or a path of the lake.
            args: The job's arguments without the dashes: `{"JOB_NAME": "raw-refined", "year": "2019"}`.
            buckets: Folders of the lake by the names of the script's buckets; `""` is the lake itself. A bucket that is
                not named is a folder of its name, if there is one, and the lake itself otherwise.

        Returns:
            What the script printed and wrote.

        Raises:
            GlueScriptError: The script raised; the message names its own line. The cause is the script's exception.
            MissingDependencyError: sqlframe is not installed; `pip install "bayou[glue]"`.

        Source: Glue Developer Guide, programming ETL scripts in PySpark.
        """
        from bayou.glue import run_script

        return run_script(_lake(self), script, dict(args or {}), dict(buckets or {}))
