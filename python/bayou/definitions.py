"""Streaming applications from the JSON of the service's API."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayou._bayou import Application, Stream, read_definition
from bayou.errors import InvalidOptionError, UnknownStreamError

if TYPE_CHECKING:
    from bayou.lake_streams import Streams

__all__ = ["application_from_json"]

# Where an application begins that has no checkpoint; LAST_STOPPED_POINT goes on from the checkpoint.
STARTS = {None: "TRIM_HORIZON", "NOW": "LATEST", "TRIM_HORIZON": "TRIM_HORIZON", "LAST_STOPPED_POINT": "TRIM_HORIZON"}


def application_from_json(
    lake: Streams,
    definition: str | os.PathLike[str] | Mapping[str, Any],
    *,
    resources: Mapping[str, Any] | None = None,
    name: str | None = None,
    reset: bool = False,
) -> Application:
    """Make the application that a JSON document defines; `Lake.application_from_json` describes it."""
    parts = read_definition(_text(definition))
    known = dict(resources or {})
    if len(parts["inputs"]) != 1:
        raise InvalidOptionError(
            f"The application `{parts['name']}` has {len(parts['inputs'])} inputs\nhint: the service takes exactly one"
        )
    found = parts["inputs"][0]
    process = found["process"]
    application = lake.application(
        name or parts["name"],
        parts["sql"],
        source=_source(lake, found["source"], known),
        schema=found["schema"],
        input=found["streams"][0],
        parallelism=len(found["streams"]) if len(found["streams"]) > 1 else None,
        process=None if process is None else _function(process, known),
        reference={table["table"]: _reference(table, known) for table in parts["references"]},
        start=STARTS[found["start"]],
        reset=reset,
    )
    for output in parts["outputs"]:
        destination = _destination(lake, output["destination"], known)
        # A delivery has its own format, and so has a function that takes tables.
        own_format = output["destination"]["kind"] == "delivery" and not isinstance(destination, Stream)
        application.deliver(
            output["stream"],
            destination,
            name=output["destination"]["name"],
            format=None if own_format else output["format"],
        )
    return application


def _text(definition: str | os.PathLike[str] | Mapping[str, Any]) -> str:
    if isinstance(definition, Mapping):
        return json.dumps(dict(definition), default=str)
    if isinstance(definition, str) and definition.lstrip().startswith("{"):
        return definition
    return Path(definition).read_text(encoding="utf-8")


def _mapped(resource: Mapping[str, str], known: Mapping[str, Any]) -> Any:
    """What the caller gave for a resource, by its ARN or the last part of it."""
    return known.get(resource["arn"], known.get(resource["name"]))


def _source(lake: Streams, resource: Mapping[str, str], known: Mapping[str, Any]) -> Stream:
    given = _mapped(resource, known)
    return lake.open_stream(resource["name"]) if given is None else given


def _reference(table: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """The rows of a reference table: what the caller gave for it, or the lake's object of its key."""
    given = known.get(table["table"], table["key"])
    return (given, table["schema"]) if isinstance(given, str | os.PathLike) else given


def _destination(lake: Streams, resource: Mapping[str, str], known: Mapping[str, Any]) -> Any:
    given = _mapped(resource, known)
    if given is not None:
        return given
    if resource["kind"] == "stream":
        return lake.stream(resource["name"])
    if resource["kind"] == "function":
        return _function(resource, known)
    delivery = lake.known_deliveries.get(resource["name"])
    if delivery is None:
        raise UnknownStreamError(
            f"The lake object has no delivery `{resource['name']}`, which `{resource['arn']}` asks for\n"
            f'hint: make it first with lake.delivery("{resource["name"]}", prefix=…), or map the ARN with resources='
        )
    return delivery


def _function(resource: Mapping[str, str], known: Mapping[str, Any]) -> Any:
    given = _mapped(resource, known)
    if given is None:
        raise InvalidOptionError(
            f"The function `{resource['arn']}` is not mapped\n"
            f'hint: resources={{"{resource["name"]}": handler}}, where handler takes the event'
        )
    return given
