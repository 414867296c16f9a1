"""Running Glue scripts as they are.

A script runs as `__main__` with its own `sys.argv`; `awsglue` and `pyspark` are bayou's while it runs, unless they are
installed. What it prints is shown and kept.
"""

from __future__ import annotations

import io
import os
import re
import runpy
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bayou.errors import GlueScriptError, MissingDependencyError, ObjectNotFoundError, SqlError

if TYPE_CHECKING:
    from bayou.compat.spark.context import ScriptContext
    from bayou.etl import WriteReport
    from bayou.lake import Lake

__all__ = ["ScriptRun", "install", "run_script"]

# A script has the process's `sys.argv`, output and modules.
_ALONE = threading.RLock()


@dataclass(frozen=True)
class ScriptRun:
    """What a script did."""

    output: str
    """What it printed."""
    writes: list[WriteReport] = field(default_factory=list)
    """What it wrote, in its order."""
    seconds: float = 0.0
    """Seconds that it took."""
    variables: dict[str, Any] = field(default_factory=dict, repr=False)
    """Its global variables at its end."""

    def __str__(self) -> str:
        lines = [f"script ran in {self.seconds:.2f} s", *(str(write) for write in self.writes)]
        return "\n".join(lines)


class _Tee(io.TextIOBase):
    """Writes to two places."""

    def __init__(self, one: TextIO, other: io.StringIO) -> None:
        self._one, self._other = one, other

    def write(self, text: str) -> int:
        self._one.write(text)
        return self._other.write(text)

    def flush(self) -> None:
        self._one.flush()


def _need_sqlframe() -> None:
    try:
        import sqlframe  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            'Glue scripts need sqlframe, which makes SQL of DataFrames\nhint: python -m pip install "bayou[glue]"'
        ) from error


def run_script(
    lake: Lake, script: str | os.PathLike[str], args: Mapping[str, Any], buckets: Mapping[str, str]
) -> ScriptRun:
    """Run a Glue script; `Lake.run_glue_script` describes it."""
    _need_sqlframe()
    with _ALONE:
        return _run_alone(lake, script, args, buckets)


def _run_alone(
    lake: Lake, script: str | os.PathLike[str], args: Mapping[str, Any], buckets: Mapping[str, str]
) -> ScriptRun:
    """Run a script, while no other runs in this process."""
    from bayou.compat.spark import hook
    from bayou.compat.spark.context import ScriptContext
    from bayou.compat.spark.session import SparkSession

    arguments = {str(name).lstrip("-"): str(value) for name, value in args.items()}
    with tempfile.TemporaryDirectory(prefix="bayou-script-") as folder:
        path = _local(lake, os.fspath(script), folder)
        kept, argv, modules_path = io.StringIO(), sys.argv, list(sys.path)
        sys.argv = [str(path), *(part for name, value in arguments.items() for part in (f"--{name}", value))]
        sys.path.insert(0, str(path.parent))
        SparkSession.forget()
        began = time.perf_counter()
        try:
            with (
                ScriptContext(lake, buckets, arguments) as context,
                hook.modules(force=False),
                redirect_stdout(_Tee(sys.stdout, kept)),
            ):
                variables = _run(path, context)
        finally:
            sys.argv = argv
            sys.path[:] = modules_path
            SparkSession.forget()
    seconds = time.perf_counter() - began
    return ScriptRun(kept.getvalue(), context.reports, seconds, variables)


def _run(path: Path, context: ScriptContext) -> dict[str, Any]:
    """Run the script; what it raises becomes an error that names its line."""
    try:
        variables = runpy.run_path(str(path), run_name="__main__")
        context.finish()
    except SystemExit as end:
        if end.code not in (None, 0):
            raise GlueScriptError(f"The script `{path.name}` ended with the status {end.code}") from end
        context.finish()
        variables = {}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise GlueScriptError(_story(path, error)) from error
    return variables


def _story(path: Path, error: BaseException) -> str:
    """Which line of the script failed, and how."""
    shown = _shown(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"The script `{path.name}`, line {error.lineno}: {kind}: {error.msg}"
    if not frames:
        return f"The script `{path.name}`: {kind}: {shown}"
    last = frames[-1]
    return f"The script `{path.name}`, line {last.lineno}, `{(last.line or '').strip()}`: {kind}: {shown}"


def _shown(error: BaseException) -> str:
    """What an error says; of one about a query without its text, which the script did not write."""
    if not isinstance(error, SqlError):
        return str(error)
    first = re.sub(r"line \d+:\d+: ", "", str(error).partition("\n")[0])
    return first if error.hint is None else f"{first}\nhint: {error.hint}"


def _local(lake: Lake, script: str, folder: str) -> Path:
    """The script as a file of this machine; one of the lake is copied into `folder`."""
    local = Path(script).expanduser()
    if local.is_file():
        return local.resolve()
    from bayou._bayou import LakeFiles
    from bayou.errors import BayouError

    try:
        content = LakeFiles(lake._core).read(script)
    except BayouError as error:
        raise ObjectNotFoundError(f"There is no script `{script}`, neither on this machine nor in the lake") from error
    path = Path(folder) / local.name
    path.write_bytes(content)
    return path.resolve()


def install(lake: Lake, *, buckets: Mapping[str, str] | None = None, force: bool = False) -> None:
    """Let this process import `awsglue` and `pyspark` from bayou, over a lake: for notebooks.

    Args:
        lake: The lake.
        buckets: Folders of the lake by the names of buckets, as of `Lake.run_glue_script`.
        force: Hide packages of these names that are installed.
    """
    _need_sqlframe()
    from bayou.compat.spark import hook
    from bayou.compat.spark.context import ScriptContext

    hook.add(force)
    ScriptContext(lake, dict(buckets or {}), {}).__enter__()
