"""What is not there says so, with its name."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

# Names by which an unknown one may be meant.
_NATIVE = (
    "lake.read",
    "Frame.apply_mapping",
    "Frame.resolve_choice",
    "Frame.filter",
    "Frame.map",
    "Frame.join",
    "Frame.relationalize",
    "Frame.sql",
    "Frame.write",
    "lake.sql",
    "lake.job",
)


def refuse(module: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that says what is not there."""
    shown = module.removeprefix("bayou.compat.")

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {shown!r} has no attribute {name!r}")
        raise NotImplementedError(message(f"{shown}.{name}", name))

    return missing


class NotThere(NotImplementedError, AttributeError):
    """A method that is not there; an AttributeError too, so that `hasattr` says so."""


def message(what: str, name: str) -> str:
    """The text for something that is not there."""
    near = get_close_matches(name.lower(), [native.rpartition(".")[2] for native in _NATIVE], 1, 0.5)
    native = next((one for one in _NATIVE if near and one.endswith(near[0])), "lake.sql")
    return f"`{what}` is not there; the nearest call of bayou is `{native}`"
