"""`bayou etl`: run a Glue script, or move a table or files to another place and format."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command."""
    etl = commands.add_parser("etl", help="run a Glue script, or write a table or files as another format")
    etl.add_argument("lake", help="folder or s3:// URL")
    etl.add_argument("source", help="a Glue script (.py), database.table, or a path of the lake")
    etl.add_argument("destination", nargs="?", help="folder of the lake; not for scripts")
    etl.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE", help="argument of a script")
    etl.add_argument("--bucket", action="append", default=[], metavar="NAME=FOLDER", help="folder of a script's bucket")
    etl.add_argument("--where", default=None, help="condition in SQL over what is read")
    etl.add_argument("--bookmark", default=None, metavar="JOB", help="leave out what earlier runs have processed")
    etl.add_argument("--format", default="parquet", help="format of the files (default: %(default)s)")
    etl.add_argument("--partition-by", default="", metavar="KEY,KEY", help="columns that become folders")
    etl.add_argument("--table", default=None, help="database.table to register the files in")
    etl.add_argument("--mode", default="append", choices=("append", "overwrite", "overwrite_partitions", "error"))
    etl.set_defaults(command=_etl)

    ingest = commands.add_parser("ingest", help="copy tables of a database into the lake")
    ingest.add_argument("url", help="postgresql://user:password@host/database or sqlite:///path")
    ingest.add_argument("--lake", default="lake", help="folder or s3:// URL (default: %(default)s)")
    ingest.add_argument(
        "--table", action="append", required=True, help="name or wildcard, such as public.*; repeatable"
    )
    ingest.add_argument("--exclude", action="append", default=[], help="wildcard of tables to leave out; repeatable")
    ingest.add_argument("--into", required=True, help="folder of the lake")
    ingest.add_argument("--mode", default="bulk", choices=("bulk", "incremental"))
    ingest.add_argument("--bookmark", default=None, help="column of --mode incremental whose values only grow")
    ingest.add_argument("--key", action="append", default=[], help="column that tells rows apart; repeatable")
    ingest.add_argument("--database", default=None, help="database in the lake (default: last folder of --into)")
    ingest.set_defaults(command=_ingest)


def _ingest(options: argparse.Namespace) -> int:
    from bayou.lake import Lake

    report = Lake(options.lake).ingest(
        options.url,
        tables=options.table,
        exclude=options.exclude,
        into=options.into,
        mode=options.mode,
        bookmark=options.bookmark,
        key=options.key,
        database=options.database,
    )
    print(report)
    return 0


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise SystemExit(f"bayou etl: {option} needs NAME=VALUE, not `{item}`")
        pairs[name.lstrip("-")] = value
    return pairs


def _etl(options: argparse.Namespace) -> int:
    from bayou.lake import Lake

    lake = Lake(options.lake)
    if options.source.endswith(".py"):
        arguments = {"JOB_NAME": options.source.rpartition("/")[2][:-3], **_pairs(options.arg, "--arg")}
        print(lake.run_glue_script(options.source, args=arguments, buckets=_pairs(options.bucket, "--bucket")))
        return 0
    if options.destination is None and options.table is None:
        raise SystemExit("bayou etl: a destination or --table is needed")
    frame = lake.read(options.source, where=options.where, bookmark=options.bookmark)
    report = frame.write(
        options.destination,
        partition_by=[key for key in options.partition_by.split(",") if key],
        format=options.format,
        table=options.table,
        mode=options.mode,
    )
    print(report)
    return 0
