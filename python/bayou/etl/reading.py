"""Reading: tables of the catalog, and files that no table describes."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from bayou._bayou import EtlCore
from bayou.errors import DataWarning, InvalidOptionError
from bayou.etl.frame import Frame, Source
from bayou.etl.predicate import engine_condition

if TYPE_CHECKING:
    from bayou._bayou import FileSet
    from bayou.lake import Lake

__all__ = ["ReadOptions", "read"]

# The nearest partitions that a warning names.
_NEAREST = 3


class ReadOptions(TypedDict, total=False):
    """How files are read that no table describes; what is not given is found out.

    Keys:
        format: `csv`, `json`, `parquet`, `avro` or `orc`.
        header: Whether the first line of CSV has the names.
        separator: Between the cells of CSV, one character.
        quote: Around cells of CSV; an empty string for none.
        escape: Takes away the meaning of the next character of CSV.
        multi_line: Whether quoted cells of CSV hold line breaks.
        schema: Hive types by column, in the order of the files' columns.
        exclude: Globs relative to the path.
    """

    format: str
    header: bool
    separator: str
    quote: str
    escape: str
    multi_line: bool
    schema: Mapping[str, str]
    exclude: Sequence[str]


def core(lake: Lake) -> EtlCore:
    """The compiled part of a lake's jobs."""
    if lake._etl is None:
        lake._etl = EtlCore(lake._core)
    return lake._etl


def read(
    lake: Lake,
    source: str | Sequence[str],
    *,
    where: str | None = None,
    database: str = "default",
    only_partitions: bool = False,
    bookmark: tuple[str, str] | None = None,
    **options: Unpack[ReadOptions],
) -> Frame:
    """A frame of a table's rows, or of the files at one or several paths.

    Args:
        lake: The lake.
        source: `table`, `database.table`, or a path with a slash or a file's ending.
        where: Condition in SQL; partitions for which it cannot hold are not touched.
        database: Database of a name without one.
        only_partitions: Refuse a condition over other columns than partition keys.
        bookmark: Job and context whose processed files are left out.
        **options: How files are read; not for tables.
    """
    if isinstance(source, str) and is_table(lake, source, database):
        if options:
            raise InvalidOptionError(f"`{next(iter(options))}` is for files; the table `{source}` says how it is read")
        files, rest = _of_table(lake, source, database, where, only_partitions)
    else:
        files, rest = _of_folders(lake, [source] if isinstance(source, str) else list(source), options), where
    sources = []
    if bookmark is not None:
        job, context = bookmark
        files, _ = core(lake).unprocessed(job, context, files)
        sources.append(Source(job, context, files))
    frame = Frame.of(lake, files).reading(*sources)
    return frame if rest is None else frame.restricted(rest)


def is_table(lake: Lake, source: str, database: str) -> bool:
    """Whether a source is a table's name, not a path."""
    if "/" in source:
        return False
    if re.search(r"\.(csv|tsv|txt|jsonl?|parquet|avro|orc)(\.\w+)?$", source, re.I) is None:
        return True
    first, _, second = source.partition(".")
    return first in lake.databases() and second in lake.tables(first)


def _of_table(
    lake: Lake, source: str, database: str, where: str | None, only_partitions: bool
) -> tuple[FileSet, str | None]:
    first, dot, second = source.partition(".")
    schema, table = (first, second) if dot else (database, source)
    condition = where
    if where is not None:
        # Conditions over keys only say something of a table that is partitioned.
        types = {name.lower(): kind for name, kind in lake.table(f"{schema}.{table}").partition_keys.items()}
        condition = engine_condition(where, types)
    files, others, chosen, total = core(lake).choose(schema, table, condition)
    if others and only_partitions:
        keys = ", ".join(files.partition_keys) or "none"
        raise InvalidOptionError(
            f"The predicate names `{others[0]}`, which is no partition key of `{source}`\n"
            f"hint: the partition keys are {keys}; filter other columns after reading"
        )
    if where is not None and total and not chosen:
        near = _nearest(lake, f"{schema}.{table}", where)
        warnings.warn(
            f"No partition of `{source}` fits `{where.strip()}`; the nearest of {total} are {', '.join(near)}",
            DataWarning,
            stacklevel=4,
        )
    return files, condition if others else None


def _nearest(lake: Lake, table: str, where: str) -> list[str]:
    """The partitions whose values look most like those of a condition."""
    from difflib import SequenceMatcher

    catalog = lake.table(table)
    wanted = "/".join(quoted or number for quoted, number in re.findall(r"'([^']*)'|(\d+)", where))
    keys = list(catalog.partition_keys)
    names = ["/".join(f"{key}={partition[key]}" for key in keys) for partition in catalog.partitions().to_pylist()]
    ratio = {name: SequenceMatcher(None, re.sub(r"[^/=]*=", "", name), wanted).ratio() for name in names}
    return sorted(names, key=lambda name: -ratio[name])[:_NEAREST]


def _of_folders(lake: Lake, paths: list[str], options: ReadOptions) -> FileSet:
    known = set(ReadOptions.__annotations__)
    for name in options:
        if name not in known:
            raise InvalidOptionError(f"`{name}` is no option of reading\nhint: {', '.join(sorted(known))}")
    schema = options.get("schema")
    quote = options.get("quote")
    given: dict[str, Any] = {
        "format": options.get("format"),
        "delimiter": options.get("separator"),
        "header": options.get("header"),
        "quotes": None if quote is None else quote != "",
        "quote": quote or None,
        "escape": options.get("escape"),
        "multi_line": options.get("multi_line", False),
        "columns": None if schema is None else list(schema.items()),
        "exclusions": list(options.get("exclude", ())),
    }
    return core(lake).read_folders(paths, json.dumps(given))
