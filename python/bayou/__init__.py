"""bayou: the whole path of a cloud data lake in one package.

    >>> import bayou
    >>> lake = bayou.Lake("lake")

`Lake` has the verbs; `Generator` makes records; `Table` is what comes back. What needs pandas, pyarrow, matplotlib or
tqdm imports it when it is used, so `import bayou` is quick and needs nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayou._bayou import __version__
from bayou.errors import BayouError, TaskError

if TYPE_CHECKING:
    from bayou import dbapi, errors, pipeline, plots, testing
    from bayou._bayou import (
        Application,
        CatalogTable,
        Consumer,
        CopyPart,
        CopyReport,
        CrawlReport,
        Delivery,
        Discovery,
        Generator,
        LiveApplication,
        Preview,
        PutSummary,
        RunResult,
        Schedule,
        Stream,
        Table,
        Tail,
    )
    from bayou.copying import copy
    from bayou.dbapi.connection import typed_connect as connect
    from bayou.firehose import FirehoseDelivery
    from bayou.kinesis import KinesisStream
    from bayou.lake import Lake
    from bayou.pipeline import Execution, StateMachine
    from bayou.schemas import discover_schema

# Where each public name lives; it is imported when it is first used.
_HOME = {
    "Application": "bayou._bayou",
    "CatalogTable": "bayou._bayou",
    "Consumer": "bayou._bayou",
    "CopyPart": "bayou._bayou",
    "CopyReport": "bayou._bayou",
    "CrawlReport": "bayou._bayou",
    "Delivery": "bayou._bayou",
    "Execution": "bayou.pipeline",
    "Discovery": "bayou._bayou",
    "FirehoseDelivery": "bayou.firehose",
    "Generator": "bayou._bayou",
    "KinesisStream": "bayou.kinesis",
    "Lake": "bayou.lake",
    "LiveApplication": "bayou._bayou",
    "Preview": "bayou._bayou",
    "PutSummary": "bayou._bayou",
    "RunResult": "bayou._bayou",
    "Schedule": "bayou._bayou",
    "StateMachine": "bayou.pipeline",
    "Stream": "bayou._bayou",
    "Table": "bayou._bayou",
    "Tail": "bayou._bayou",
    "connect": "bayou.dbapi.connection",
    "copy": "bayou.copying",
    "discover_schema": "bayou.schemas",
    "load_ipython_extension": "bayou.magic",
}
_MODULES = ("cli", "copying", "dbapi", "errors", "pipeline", "plots", "progress", "testing")

__all__ = [
    "Application",
    "BayouError",
    "CatalogTable",
    "Consumer",
    "CopyPart",
    "CopyReport",
    "CrawlReport",
    "Delivery",
    "Discovery",
    "Execution",
    "FirehoseDelivery",
    "Generator",
    "KinesisStream",
    "Lake",
    "LiveApplication",
    "Preview",
    "PutSummary",
    "RunResult",
    "Schedule",
    "StateMachine",
    "Stream",
    "Table",
    "Tail",
    "TaskError",
    "__version__",
    "connect",
    "copy",
    "dbapi",
    "discover_schema",
    "errors",
    "pipeline",
    "plots",
    "testing",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        value: Any = import_module(f"bayou.{name}")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), "typed_connect" if name == "connect" else name)
    else:
        raise AttributeError(f"module 'bayou' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
