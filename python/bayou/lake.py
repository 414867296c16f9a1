"""`bayou.Lake`: one folder or bucket prefix, and everything that can be done with it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from bayou._bayou import CopyReport, LakeCore, Table
from bayou.lake_catalog import Catalog
from bayou.lake_etl import Etl
from bayou.lake_pipelines import Pipelines
from bayou.lake_streams import Streams
from bayou.scope import frames

if TYPE_CHECKING:
    from bayou._bayou import QueryExecution
    from bayou.compat.session import Session
    from bayou.copying import Options
    from bayou.dbapi import Connection

# Statements that make something in a database, or tell what is in it.
_NEEDS_DATABASE = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:CREATE\s+(?!DATABASE|SCHEMA)|SHOW\s+(?:TABLES|VIEWS))", re.I | re.S
)


class Lake(Streams, Catalog, Etl, Pipelines):
    """A lake: streams, applications, deliveries, catalog and queries below one root.

    Args:
        url: A folder, which is created on first use, or `s3://bucket/prefix`.
        endpoint_url: Address of a service that speaks S3, such as `http://localhost:9000`.
        region: Region of the bucket.
        access_key_id: Access key; the usual places of AWS credentials when None.
        secret_access_key: Secret of `access_key_id`.
        session_token: Session token of temporary credentials.
        profile: Named profile of the shared credentials file.
        cache_dir: Folder for the private files of a lake on `s3://`.

    Raises:
        AccessDeniedError: The folder or bucket may not be used.
        CorruptCatalogError: The catalog file is damaged; the message says what to do.
        NotSupportedError: The URL has another scheme, or the lake was used by a newer bayou.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        profile: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self._core = LakeCore(
            os.fspath(url),
            endpoint_url=endpoint_url,
            region=region,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            session_token=session_token,
            profile=profile,
            cache_dir=None if cache_dir is None else os.fspath(cache_dir),
        )
        # How copies from and to this lake reach it.
        self._reach = {
            "endpoint_url": endpoint_url,
            "region": region,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "session_token": session_token,
            "profile": profile,
        }
        self.known_deliveries = {}
        self._etl = None

    @property
    def url(self) -> str:
        """The lake's root as a URL without a slash at the end."""
        return self._core.url

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    # -- copy ---------------------------------------------------------------------------------------

    def copy(
        self, source: str, destination: str, *, register: bool | str = False, **options: Unpack[Options]
    ) -> CopyReport:
        """Copy a folder or a file within the lake, into it, or out of it: verified and resumable.

        Args:
            source: A path of the lake, `s3://bucket/prefix/`, or an absolute path.
            destination: The same; a file's new name, or a folder with `/` at its end.
            register: Register the files in the tables that are at the destination, in one transaction; or the name of a
                database in which tables are found as by a crawl.
            **options: See `bayou.copying.CopyOptions` and `BucketOptions`.

        Returns:
            What was done; it shows itself in a notebook with the throughput over time.

        Raises:
            ObjectNotFoundError: There is nothing at the source.
            InvalidPathError: A place that cannot be, or places that overlap.
        """
        from bayou.copying import lake_copy

        return lake_copy(self, source, destination, register, self._reach, {**options})

    # -- queries ------------------------------------------------------------------------------------

    def sql(
        self,
        statement: str,
        *,
        database: str = "default",
        parameters: Sequence[str] = (),
        tables: Mapping[str, Any] | None = None,
    ) -> Table:
        """Run one statement in Athena's SQL over the catalog. Ctrl-C stops it.

        Queries are in Trino's language, DDL in Hive's, told apart by the first words as Athena does.

        Args:
            statement: The statement; tables are `table` or `database.table`.
            database: Database of tables that are named without one.
            parameters: SQL expressions for the statement's `?`, by place: a string arrives quoted, `"'x'"`.
            tables: Rows that the statement may name where the catalog has no such table: pandas, polars, Arrow. When
                None, those in the scope of the caller.

        Returns:
            The result, which shows itself in a notebook with types, row count and time.

        Raises:
            SqlError: The text is wrong; the message shows line, column and a caret.
            UnknownTableError: The catalog has no such table.
            MalformedFileError: A file does not hold what its table says.

        Source: Athena User Guide, SQL reference.
        """
        if tables is None:
            caller = sys._getframe(1)
            tables = frames(statement, caller.f_locals, caller.f_globals)
        return self._execute(statement, database=database, parameters=list(parameters), tables=dict(tables)).fetch()

    def _execute(
        self,
        statement: str,
        *,
        database: str = "default",
        parameters: list[str] | None = None,
        tables: dict[str, Any] | None = None,
    ) -> QueryExecution:
        """Begin to run a statement; the database `default` is made when one is about to need it, as Athena has it."""
        if database == "default" and _NEEDS_DATABASE.match(statement) and "default" not in self._core.databases():
            self._core.execute("CREATE DATABASE IF NOT EXISTS default")
        return self._core.execute(statement, database=database, parameters=parameters or [], tables=tables)

    def queries(self, limit: int = 100) -> list[dict[str, Any]]:
        """What the last statements of this process did over this lake, newest first.

        Args:
            limit: Most statements to tell about; 10,000 are kept.

        Returns:
            A dictionary each, see `QueryExecution.info`: text, state, rows, bytes_scanned, total_ms and more.
        """
        return self._core.queries(limit)

    def connect(self, *, schema_name: str = "default") -> Connection:
        """A PEP 249 connection, as `bayou.connect(lake)`."""
        from bayou.dbapi.connection import typed_connect

        return typed_connect(self, schema_name=schema_name)

    def aws_session(self) -> Session:
        """An object shaped like a boto3 session, whose Athena, Glue, S3 and STS are this lake.

        The PyAthena that is installed works with it unchanged:

            pyathena.connect(session=lake.aws_session(), s3_staging_dir="s3://lake/results/")
        """
        from bayou.compat.session import Session

        return Session(self)
