"""`bayou crawl`: the options of `lake.crawl` on the command line."""

from __future__ import annotations

import argparse
import json
from typing import Any

from bayou.errors import InvalidOptionError

__all__ = ["add_parser"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    crawl = commands.add_parser("crawl", help="find tables in a folder and register them")
    crawl.add_argument("lake", help="folder or s3:// URL")
    crawl.add_argument("target", help="folder or file of the lake, for example data/raw/")
    crawl.add_argument("--database", default="default", help="database of the tables (default: %(default)s)")
    crawl.add_argument("--table", help="name of the table, where the crawl yields exactly one")
    crawl.add_argument("--table-prefix", default="", help="put in front of every table name")
    crawl.add_argument("--strict-glue", action="store_true", help="decide as Glue's crawler would")
    crawl.add_argument(
        "--group",
        choices=("similar", "one table"),
        default="similar",
        help="what becomes one table (default: %(default)s)",
    )
    crawl.add_argument("--levels", type=int, help="tables are the folders this many levels below the target")
    crawl.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="leave these out; can be repeated"
    )
    crawl.add_argument("--sample-size", type=int, metavar="N", help="new files to read per folder (default: all)")
    crawl.add_argument(
        "--partition-type",
        action="append",
        default=[],
        metavar="KEY=TYPE",
        help="Hive type of a partition key, can be repeated; or `string` for all of them, as Glue has it",
    )
    crawl.add_argument(
        "--on-update",
        choices=("merge new columns", "replace", "log"),
        default="merge new columns",
        help="tables whose columns look different now (default: %(default)s)",
    )
    crawl.add_argument(
        "--on-delete",
        choices=("deprecate", "delete", "log"),
        default="deprecate",
        help="tables and partitions whose data is gone (default: %(default)s)",
    )
    crawl.add_argument(
        "--table-threshold", type=int, metavar="N", help="fail, and write nothing, when there are more tables"
    )
    crawl.add_argument("--json", action="store_true", help="print the report as JSON")
    crawl.set_defaults(command=_crawl)

    undo = commands.add_parser("undo", help="undo a change of the catalog, such as a crawl")
    undo.add_argument("lake", help="folder or s3:// URL")
    undo.add_argument(
        "change", nargs="?", type=int, help="number of the change; without it, the last changes are listed"
    )
    undo.set_defaults(command=_undo)


def _crawl(options: argparse.Namespace) -> None:
    from bayou.lake import Lake

    report = Lake(options.lake).crawl(
        options.target,
        database=options.database,
        table=options.table,
        table_prefix=options.table_prefix,
        strict_glue=options.strict_glue,
        group=options.group,
        levels=options.levels,
        exclude=options.exclude,
        sample_size=options.sample_size,
        partition_types=_partition_types(options.partition_type),
        on_update=options.on_update,
        on_delete=options.on_delete,
        table_threshold=options.table_threshold,
    )
    if options.json:
        print(json.dumps(report.to_dict(), indent=2))
        return
    print(report.explain())
    if report.change_id is not None:
        print(f"change {report.change_id}; take it back with: bayou undo {options.lake} {report.change_id}")


def _partition_types(given: list[str]) -> Any:
    """`infer`, `string`, or types by key."""
    if given in ([], ["string"]):
        return given[0] if given else "infer"
    types = {}
    for pair in given:
        key, equals, hive_type = pair.partition("=")
        if not equals:
            raise InvalidOptionError(f"`--partition-type {pair}` is not KEY=TYPE\nhint: for example year=int")
        types[key] = hive_type
    return types


def _undo(options: argparse.Namespace) -> None:
    from bayou.lake import Lake

    lake = Lake(options.lake)
    if options.change is None:
        for change in lake.changes(20).to_pylist():
            print(f"{change['id']:6}  {change['at']:%Y-%m-%d %H:%M:%S}  {change['kind']:8}  {change['summary']}")
        return
    print(f"undone by change {lake.undo(options.change)}")
