"""`pyspark.sql.functions`: sqlframe's, which make expressions of Spark SQL.

Several have the names of Python's own functions, and scripts import all of them by a star. Given something that is
neither a column nor a name, they are Python's: `sum([1, 2])`, `max(a, b)`, `round(2.5)`.
"""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable
from typing import Any

from sqlframe.standalone import functions as _sqlframe
from sqlframe.standalone.column import Column

# The functions of Spark 3.3 that hide Python's; later ones (`len`) are left out.
_HIDING = ("abs", "ascii", "bin", "filter", "hash", "hex", "max", "min", "pow", "round", "slice", "sum")


def _shared(name: str) -> Callable[..., Any]:
    column_function, own = getattr(_sqlframe, name), getattr(builtins, name)

    @functools.wraps(column_function)
    def either(*args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], Column | str):
            return own(*args, **kwargs)
        return column_function(*args, **kwargs)

    return either


def _public() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in dir(_sqlframe):
        value = getattr(_sqlframe, name)
        if name.startswith("_") or isinstance(value, types.ModuleType | type) or not callable(value):
            continue
        if name in _HIDING:
            found[name] = _shared(name)
        elif not hasattr(builtins, name):
            found[name] = value
    return found


_FUNCTIONS = _public()
globals().update(_FUNCTIONS)
__all__ = sorted(_FUNCTIONS)


def udf(f: Any = None, returnType: Any = None) -> Any:
    """Not there: expressions run in the engine, functions of Python in `DynamicFrame.map`."""
    raise NotImplementedError("`pyspark.sql.functions.udf` is not there; use `DynamicFrame.map` or `Frame.map`")


def input_file_name() -> Any:
    """Not there in expressions over frames that were transformed."""
    raise NotImplementedError('`input_file_name` is not there; select "$path" with `lake.sql`')


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotImplementedError(f"`pyspark.sql.functions.{name}` is not there; `Frame.sql` has the engine's functions")
