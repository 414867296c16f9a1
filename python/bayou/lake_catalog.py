"""The verbs of a lake about its catalog: `crawl`, `databases`, `tables`, `table`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from bayou._bayou import CatalogTable, CrawlReport, LakeCore, Table
from bayou.errors import InvalidOptionError, UnknownDatabaseError

if TYPE_CHECKING:
    from bayou.crawlers import Crawler
    from bayou.glue_catalog import CatalogCopy
    from bayou.lake import Lake

__all__ = ["Catalog"]


class Catalog:
    """The verbs of a lake about its catalog."""

    _core: LakeCore

    def crawl(
        self,
        target: str,
        *,
        database: str = "default",
        table: str | None = None,
        table_prefix: str = "",
        strict_glue: bool = False,
        group: Literal["similar", "one table"] = "similar",
        levels: int | None = None,
        exclude: Sequence[str] = (),
        sample_size: int | None = None,
        partition_types: Literal["infer", "string"] | Mapping[str, str] = "infer",
        on_update: Literal["merge new columns", "replace", "log"] = "merge new columns",
        on_delete: Literal["deprecate", "delete", "log"] = "deprecate",
        table_threshold: int | None = None,
    ) -> CrawlReport:
        """Find out what lies in a folder and register it as tables and partitions, in one transaction.

        Args:
            target: A folder or file of the lake, such as `data/raw/`.
            database: Database of the tables; created when it is not there.
            table: Name of the table, where the crawl yields exactly one.
            table_prefix: Put in front of every table name.
            strict_glue: Decide as Glue's crawler would.
            group: Whether alike folders only, or everything of one format, become one table.
            levels: Tables are the folders this many levels below the target; `group` decides when None.
            exclude: Globs relative to the target.
            sample_size: New files to read per folder; all when None.
            partition_types: `infer`, `string` as Glue does, or Hive types by partition key.
            on_update: What happens to tables whose columns look different now.
            on_delete: What happens to tables and partitions whose data is gone.
            table_threshold: Fail, and write nothing, when there are more tables.

        Returns:
            A report that says for every table, folder and left-out file why.

        Raises:
            ObjectNotFoundError: There is no data at the target.
            InvalidPathError: The target is outside of the lake.

        Source: Glue Developer Guide, crawlers.
        """
        return self._core.crawl(
            target,
            database=database,
            table=table,
            table_prefix=table_prefix,
            strict_glue=strict_glue,
            group=group,
            levels=levels,
            exclude=list(exclude),
            sample_size=sample_size,
            partition_types=partition_types if isinstance(partition_types, str) else dict(partition_types),
            on_update=on_update,
            on_delete=on_delete,
            table_threshold=table_threshold,
        )

    def crawler(self, name: str, target: str | None = None, **options: Any) -> Crawler:
        """A crawl under a name, which remembers what its runs did.

        Args:
            name: Name of the crawler.
            target: What it crawls; with it the crawler is made, or changed. None finds one that is there.
            **options: As of `crawl`.

        Raises:
            UnknownCrawlerError: There is no crawler of that name.

        Source: AWS Glue API, CreateCrawler, GetCrawler.
        """
        from bayou.crawlers import define, find

        lake = cast("Lake", self)
        if target is None:
            if options:
                raise InvalidOptionError("A crawler's options come with its target")
            return find(lake, name)
        return define(lake, name, target, options)

    def crawlers(self) -> list[Crawler]:
        """All named crawlers, by name."""
        from bayou.crawlers import crawlers

        return crawlers(cast("Lake", self))

    def import_glue_catalog(
        self,
        *databases: str,
        buckets: Mapping[str, str] | None = None,
        client: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
    ) -> CatalogCopy:
        """Copy tables and partitions of AWS Glue into the lake's catalog; files stay where they are.

        Args:
            *databases: Names of databases; all when there is none.
            buckets: Folders of the lake by bucket: `{"bucketname": ""}`. Locations stay as they are when None.
            client: A boto3 client of Glue; made when None.
            region_name: Region of the client that is made.
            endpoint_url: Address of the client that is made.

        Raises:
            InvalidOptionError: A table lies in a bucket that is not mapped.
            MissingDependencyError: boto3 is not installed.

        Source: AWS Glue API, Catalog.
        """
        from bayou.glue_catalog import import_catalog

        options = {"region_name": region_name, "endpoint_url": endpoint_url}
        return import_catalog(cast("Lake", self), databases or None, buckets, client, **options)

    def export_glue_catalog(
        self,
        *databases: str,
        location: str | None = None,
        client: Any = None,
        region_name: str | None = None,
        endpoint_url: str | None = None,
    ) -> CatalogCopy:
        """Copy tables and partitions of the lake's catalog into AWS Glue; files stay where they are.

        Args:
            *databases: Names of databases; all when there is none.
            location: Where Glue finds a copy of the lake's files: `s3://bucket/prefix/`. A lake on S3 needs none.
            client: A boto3 client of Glue; made when None.
            region_name: Region of the client that is made.
            endpoint_url: Address of the client that is made.

        Raises:
            InvalidOptionError: The lake is a folder, and there is no `location`.
            MissingDependencyError: boto3 is not installed.

        Source: AWS Glue API, Catalog.
        """
        from bayou.glue_catalog import export_catalog

        options = {"region_name": region_name, "endpoint_url": endpoint_url}
        return export_catalog(cast("Lake", self), databases or None, location, client, **options)

    def undo(self, change: int) -> int:
        """Undo one change of the catalog, in one transaction; data files stay as they are.

        Args:
            change: Its number, as in `report.change_id` and `lake.changes()`.

        Returns:
            The number of the change that did it; undoing that one brings everything back.

        Raises:
            ProgrammingError: There is no such change, it wrote data files, or later changes built upon it; the message
                names the objects that were changed since. Nothing was undone.
        """
        return self._core.undo(change)

    def changes(self, limit: int = 100) -> Table:
        """The last changes of the catalog, newest first: id, at, kind, summary, process.

        Args:
            limit: How many at most.
        """
        return self._core.changes(limit)

    def databases(self) -> list[str]:
        """Names of the catalog's databases, sorted."""
        return self._core.databases()

    def tables(self, database: str = "default") -> list[str]:
        """Names of a database's tables, sorted; `default` is there even before it was made."""
        try:
            return self._core.tables(database)
        except UnknownDatabaseError:
            if database == "default":
                return []
            raise

    def table(self, name: str, *, database: str = "default") -> CatalogTable:
        """A table of the catalog.

        Args:
            name: `table`, or `database.table`.
            database: Database of a name without one.

        Raises:
            UnknownTableError: There is none; the hint names one that looks alike.
        """
        first, dot, second = name.partition(".")
        return self._core.table(first, second) if dot else self._core.table(database, name)
