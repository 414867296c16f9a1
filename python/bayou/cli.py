"""The command line: `bayou demo | demo-batch | sql | generate | run | crawl | undo | etl | copy | state-machine`.

Errors are printed as one message without a traceback; the exit code is 1 for an error of bayou, 2 for wrong usage, and
130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bayou import __version__
from bayou.cli_crawl import add_parser as add_crawl
from bayou.cli_etl import add_parser as add_etl
from bayou.cli_state_machine import add_parser as add_state_machine
from bayou.errors import BayouError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except BayouError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"error: There is no file `{error.filename}`", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; keep the interpreter from complaining about it
        return 0
    except KeyboardInterrupt:
        return 130


_COPY_FLAGS = {
    "no-clobber": "leave alone what exists at the destination",
    "delete": "delete at the destination what the source does not have",
    "move": "delete at the source what has been copied and verified",
    "dry-run": "only say what would be done",
    "no-resume": "keep no manifest",
    "follow": "follow symbolic links",
    "sync": "have files on the disk before they count as copied",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bayou", description="Streams, streaming SQL, delivery, catalog and SQL.")
    parser.add_argument("--version", action="version", version=f"bayou {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="run the streaming job on generated records")
    demo.add_argument("--records", type=int, default=1_000_000, help="records to generate (default: %(default)s)")
    demo.add_argument("--seed", type=int, default=7, help="seed of the generator (default: %(default)s)")
    demo.add_argument("--seconds", type=float, default=5.0, help="spread the records over it (default: %(default)s)")
    demo.add_argument("--directory", default="demo-lake", help="folder of the lake (default: %(default)s)")
    demo.add_argument("--plot", default=None, help="PNG to draw (default: anomalies.png in the folder)")
    demo.set_defaults(command=_demo)

    batch = commands.add_parser("demo-batch", help="run the batch job on generated files")
    batch.add_argument("--rows", type=int, default=100_000, help="rows of each day's file (default: %(default)s)")
    batch.add_argument("--seed", type=int, default=7, help="seed of the generator (default: %(default)s)")
    batch.add_argument("--directory", default="demo-batch-lake", help="folder of the lake (default: %(default)s)")
    batch.add_argument("--picture", default=None, help="SVG of the state machine (default: machine.svg in the folder)")
    batch.set_defaults(command=_demo_batch)

    add_etl(commands)
    sql = commands.add_parser("sql", help="run one statement on a lake")
    sql.add_argument("lake", help="folder or s3:// URL")
    sql.add_argument("statement", help="SQL in Athena's dialect; - reads it from standard input")
    sql.add_argument("--database", default="default", help="database of tables named without one")
    sql.add_argument("--format", choices=("table", "csv", "json"), default="table", help="(default: %(default)s)")
    sql.set_defaults(command=_sql)

    generate = commands.add_parser("generate", help="generate records to a stream, a file or standard output")
    generate.add_argument("template", help="file with the record template, or a name saved in the lake")
    generate.add_argument("--count", type=int, default=None, help="records (default: 10, without --seconds)")
    generate.add_argument("--rate", type=float, default=None, help="records a second; as fast as possible without it")
    generate.add_argument("--seconds", type=float, default=None, help="how long to generate")
    generate.add_argument("--seed", type=int, default=None, help="seed; another run with it gives the same records")
    generate.add_argument(
        "--to", "--output", dest="to", default="-", help="STREAM, FILE or - for standard output (default)"
    )
    generate.add_argument("--lake", default=None, help="folder or s3:// URL of the lake; --to is then a stream")
    generate.add_argument("--shards", type=int, default=None, help="shards of a new stream")
    generate.add_argument("--partition-key", default=None, help="field whose value is the partition key")
    generate.add_argument("--timezone", default="UTC", help="zone of date.now (default: %(default)s)")
    generate.set_defaults(command=_generate)

    run = commands.add_parser("run", help="run a streaming application over what its source holds")
    run.add_argument("application", help="file with the application's SQL")
    run.add_argument("--lake", default="lake", help="folder or s3:// URL (default: %(default)s)")
    run.add_argument("--source", required=True, help="stream to read")
    run.add_argument("--name", default=None, help="name of the application (default: the file's)")
    run.add_argument(
        "--deliver",
        action="append",
        default=[],
        metavar="STREAM=PREFIX",
        help="write an in-application stream to files below a prefix; can be repeated",
    )
    run.add_argument("--delivery-format", choices=("json", "parquet"), default="json", help="(default: %(default)s)")
    run.set_defaults(command=_run)

    add_crawl(commands)
    add_state_machine(commands)
    copy = commands.add_parser("copy", help="copy a folder or an object: local, s3://, or both")
    copy.add_argument("source", nargs="?", help="s3://bucket/prefix/, s3://bucket/key, a folder or a file")
    copy.add_argument("destination", nargs="?", help="the same; a folder ends with /")
    copy.add_argument("--include", action="append", default=[], metavar="GLOB", help="copy these only; can be repeated")
    copy.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="leave these out; can be repeated")
    copy.add_argument("--rename", action="append", default=[], nargs=2, metavar=("PATTERN", "TEMPLATE"))
    copy.add_argument("--concurrency", default="auto", help="requests in flight (default: %(default)s)")
    copy.add_argument("--compare", choices=("identity", "size+mtime", "size", "nothing"), default="identity")
    copy.add_argument("--verify", choices=("yes", "read", "no"), default="yes", help="(default: %(default)s)")
    for flag, meaning in _COPY_FLAGS.items():
        copy.add_argument(f"--{flag}", action="store_true", help=meaning)
    copy.add_argument("--endpoint-url", default=None, help="address of a service that speaks S3")
    copy.add_argument("--source-endpoint-url", default=None, help="the same, for the source alone")
    copy.add_argument("--region", default=None, help="region of the buckets")
    copy.add_argument("--profile", default=None, help="profile of the shared credentials file")
    copy.add_argument("--json", action="store_true", help="print the report as JSON")
    copy.add_argument("--clean", action="store_true", help="give up what killed copies left over, and end")
    copy.set_defaults(command=_copy)
    return parser


def _demo(options: argparse.Namespace) -> None:
    from bayou.demo import run

    run(options.directory, records=options.records, seconds=options.seconds, seed=options.seed, plot=options.plot)


def _demo_batch(options: argparse.Namespace) -> None:
    from bayou.demo_batch import run

    run(options.directory, rows=options.rows, seed=options.seed, picture=options.picture)


def _sql(options: argparse.Namespace) -> None:
    from bayou.lake import Lake

    statement = sys.stdin.read() if options.statement == "-" else options.statement
    table = Lake(options.lake).sql(statement, database=options.database)
    if options.format == "table":
        print(table)
    elif options.format == "json":
        for row in table.to_pylist():
            print(json.dumps(row, default=str, ensure_ascii=False))
    else:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(table.to_tuples())


def _generate(options: argparse.Namespace) -> None:
    from bayou.generating import generate

    generate(options)


def _run(options: argparse.Namespace) -> None:
    from bayou.lake import Lake

    path = Path(options.application)
    lake = Lake(options.lake)
    application = lake.application(
        options.name or path.stem, path.read_text(encoding="utf-8"), source=lake.open_stream(options.source)
    )
    for pair in options.deliver:
        stream, equals, prefix = pair.partition("=")
        if not equals:
            raise SystemExit(f"bayou run: --deliver needs STREAM=PREFIX, not `{pair}`")
        application.deliver(stream, lake.delivery(stream, prefix=prefix, format=options.delivery_format))
    result = application.run()
    for name, table in result.items():
        print(f"{name}\n{table}\n")
    print(result)


def _copy(options: argparse.Namespace) -> int:
    from bayou.copying import copy

    reach = {"endpoint_url": options.endpoint_url, "region": options.region, "profile": options.profile}
    if options.clean:
        for destination, count in copy.clean(**reach).items():
            print(f"{destination}: {count} unfinished uploads and files given up")
        return 0
    if options.source is None or options.destination is None:
        raise SystemExit("bayou copy: SOURCE and DESTINATION are needed")
    source_options = {"endpoint_url": options.source_endpoint_url} if options.source_endpoint_url else {}
    try:
        concurrency: int | Literal["auto"] = "auto" if options.concurrency == "auto" else int(options.concurrency)
    except ValueError:
        raise SystemExit("bayou copy: --concurrency is a number or auto") from None
    verify: dict[str, bool | Literal["read"]] = {"yes": True, "read": "read", "no": False}
    report = copy(
        options.source,
        options.destination,
        include=options.include,
        exclude=options.exclude,
        rename=[(pattern, template) for pattern, template in options.rename],
        concurrency=concurrency,
        compare=options.compare,
        verify=verify[options.verify],
        no_clobber=options.no_clobber,
        delete=options.delete,
        move=options.move,
        dry_run=options.dry_run,
        resume=not options.no_resume,
        follow=options.follow,
        sync=options.sync,
        source_options=source_options,
        **reach,
    )
    print(report.to_json() if options.json else report)
    return 1 if report.failed_count else 0
