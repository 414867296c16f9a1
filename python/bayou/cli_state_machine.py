"""`bayou state-machine check | run | list | history | plot | stop`: state machines on the command line."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from bayou.errors import UnknownExecutionError, UnknownTaskError

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to those of `bayou`."""
    top = commands.add_parser("state-machine", help="check, run and look at state machines")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    check = verbs.add_parser("check", help="check a definition; all problems at once")
    check.add_argument("definition", help="file with the definition")
    check.set_defaults(command=_check)

    run = verbs.add_parser("run", help="run a definition and print its output as JSON")
    run.add_argument("definition", help="file with the definition")
    run.add_argument("--tasks", default=None, help="Python file whose functions are the tasks; `_` stands for `-`")
    run.add_argument("--input", default="{}", help="input as JSON; - reads it from standard input")
    run.add_argument("--name", default=None, help="name of the execution; a second run with it resumes the first")
    run.add_argument("--plot", default=None, help="SVG to draw the execution to")
    _add_lake(run)
    run.set_defaults(command=_run)

    listing = verbs.add_parser("list", help="list executions, the newest first")
    listing.add_argument("--status", default=None, help="with this status only")
    _add_lake(listing)
    listing.set_defaults(command=_list)

    history = verbs.add_parser("history", help="print the events of an execution")
    history.add_argument("execution", help="its name or identity")
    _add_lake(history)
    history.set_defaults(command=_history)

    plot = verbs.add_parser("plot", help="draw a definition as SVG")
    plot.add_argument("definition", help="file with the definition")
    plot.add_argument("--output", default="-", help="file to write; - is standard output (default)")
    plot.set_defaults(command=_plot)

    stop = verbs.add_parser("stop", help="stop an execution, whichever process runs it")
    stop.add_argument("execution", help="its name or identity")
    _add_lake(stop)
    stop.set_defaults(command=_stop)


def _add_lake(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lake", default="lake", help="folder or s3:// URL (default: %(default)s)")


def _check(options: argparse.Namespace) -> None:
    from bayou._bayou import ExecutionStore

    checked = json.loads(ExecutionStore.check(Path(options.definition).read_text(encoding="utf-8")))
    for warning in checked["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    for used in checked["resources"]:
        print(f"{used['pointer']}\t{used['resource']}")


def _run(options: argparse.Namespace) -> int:
    from bayou.lake import Lake

    tasks = {} if options.tasks is None else _tasks_of(Path(options.tasks))
    machine = Lake(options.lake).state_machine(Path(options.definition), tasks)
    text = sys.stdin.read() if options.input == "-" else options.input
    execution = machine.start(json.loads(text), name=options.name)
    try:
        print(json.dumps(execution.output, ensure_ascii=False))
    finally:
        if options.plot is not None:
            execution.plot().save(options.plot)
    return 0


def _tasks_of(path: Path) -> dict[str, Any]:
    """The public functions of a Python file, under their names with `_` and with `-`."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UnknownTaskError(f"`{path}` is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks = dict(getattr(module, "tasks", {}))
    for name, value in vars(module).items():
        if callable(value) and not name.startswith("_"):
            tasks.setdefault(name, value)
            tasks.setdefault(name.replace("_", "-"), value)
    return tasks


def _list(options: argparse.Namespace) -> None:
    from bayou.lake import Lake

    for execution in Lake(options.lake).executions(status=options.status, resume=False):
        print(f"{execution.started}\t{execution.machine_name}\t{execution.name}\t{execution.status}")


def _history(options: argparse.Namespace) -> None:
    for row in _found(options).history().to_pylist():
        print(f"{row['id']}\t{row['timestamp'].isoformat()}\t{row['type']}\t{row['details']}")


def _plot(options: argparse.Namespace) -> None:
    from bayou._bayou import ExecutionStore

    svg = ExecutionStore().picture(Path(options.definition).read_text(encoding="utf-8"), None)
    if options.output == "-":
        sys.stdout.write(svg)
    else:
        Path(options.output).write_text(svg, encoding="utf-8")


def _stop(options: argparse.Namespace) -> None:
    _found(options).stop()


def _found(options: argparse.Namespace) -> Any:
    from bayou.lake import Lake

    wanted = options.execution
    for execution in Lake(options.lake).executions(resume=False):
        if wanted in (execution.name, execution.id):
            return execution
    raise UnknownExecutionError(f"There is no execution `{wanted}`\nhint: `bayou state-machine list` lists them")
