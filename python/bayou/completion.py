"""Completion of tables and columns in SQL cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from bayou.errors import BayouError
from bayou.scope import is_frame

if TYPE_CHECKING:
    from bayou.lake import Lake

_CELL = re.compile(r"\s*%{1,2}sql\b|.*[^%]%sql\s")
_FRAGMENT = re.compile(r"((?:[A-Za-z_]\w*\.)*)([A-Za-z_]\w*)?$")
_NO_ALIAS = {"on", "where", "join", "group", "order", "left", "inner", "cross", "limit", "using", "union"}


def matcher(magics: Any) -> Callable[..., Any]:
    """A matcher of IPython's for the cells of these magics."""

    @context_matcher()  # type: ignore[untyped-decorator]
    def bayou_sql_matcher(context: Any) -> dict[str, Any]:
        if not _CELL.match(context.full_text):
            return {"completions": []}
        before = "\n".join(context.full_text.split("\n")[: context.cursor_line + 1])
        if context.cursor_line > 0 or "\n" in context.full_text:
            lines = before.split("\n")
            lines[-1] = lines[-1][: context.cursor_position]
            before = "\n".join(lines)
        else:
            before = before[: context.cursor_position]
        found = _FRAGMENT.search(before)
        path, begun = (found[1].rstrip("."), found[2] or "") if found else ("", "")
        try:
            candidates = list(_candidates(magics.lake(), magics, context.full_text, path))
        except Exception:  # whatever is wrong, completion is silent
            return {"completions": []}
        fits = sorted({pair for pair in candidates if pair[0].lower().startswith(begun.lower())})
        completions = [SimpleCompletion(text, type=kind) for text, kind in fits]
        return {"completions": completions, "suppress": bool(completions), "matched_fragment": begun}

    found: Callable[..., Any] = bayou_sql_matcher
    return found


def _candidates(lake: Lake, magics: Any, text: str, path: str) -> Iterator[tuple[str, str]]:
    """Names that may stand behind `path`, each with what it is."""
    databases = lake.databases()
    if path:
        if path.lower() in databases:
            yield from ((name, "table") for name in lake.tables(path.lower()))
        table = _aliases(text).get(path.lower(), path)
        yield from ((name, "column") for name in _columns(lake, magics, table))
        return
    yield from ((name, "database") for name in databases)
    yield from ((name, "table") for name in lake.tables(magics.database))
    names = magics.shell.user_ns
    yield from ((name, "frame") for name, value in names.items() if not name.startswith("_") and is_frame(value))
    for table in {*_aliases(text).values()}:
        yield from ((name, "column") for name in _columns(lake, magics, table))


def _aliases(text: str) -> dict[str, str]:
    """Tables behind FROM and JOIN by their aliases and by their own names."""
    found = {}
    pattern = r"\b(?:FROM|JOIN)\s+([A-Za-z_][\w.]*)(?:\s+(?:AS\s+)?([A-Za-z_]\w*))?"
    for table, alias in re.findall(pattern, text, re.IGNORECASE):
        found[table.rpartition(".")[2].lower()] = table
        if alias and alias.lower() not in _NO_ALIAS:
            found[alias.lower()] = table
    return found


def _columns(lake: Lake, magics: Any, name: str) -> list[str]:
    frame = magics.shell.user_ns.get(name)
    try:
        table = lake.table(name, database=magics.database)
    except BayouError:
        return [str(column) for column in getattr(frame, "columns", [])] if is_frame(frame) else []
    return [*table.schema, *table.partition_keys]
