"""SQL in notebooks: `%load_ext bayou`, then `%%sql`.

    %%sql                           shows the first rows, with types and what the query read
    %%sql df <<                     keeps all rows as a frame
    %%sql --save daily              keeps the text under a name; `--with daily` puts it in front as a CTE

`{{name}}` and `:name` are Python's values, bound as parameters. Frames in the notebook are tables under their names.

Source: ipython-sql and JupySQL for the spelling of the options.
"""

from __future__ import annotations

import argparse
import re
import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from bayou.completion import matcher
from bayou.errors import BayouError
from bayou.preview import Preview, named_rows
from bayou.scope import frames
from bayou.variables import bind

if TYPE_CHECKING:
    from bayou.lake import Lake

_TARGET = re.compile(r"\s*([A-Za-z_]\w*)\s*<<(?!<)")
_WITH = re.compile(r"\s*WITH\s+", re.IGNORECASE)


class _Options(argparse.ArgumentParser):
    """Options of `%sql`; a wrong one is one line, not the end of the kernel."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def _options() -> _Options:
    options = _Options(prog="%sql", add_help=False, allow_abbrev=False)
    options.add_argument("--lake", help="name of a Lake in the notebook, a folder, or a URL")
    options.add_argument("--database", "-d", help="database of tables without one, from here on")
    options.add_argument("--save", metavar="NAME", help="keep the text under a name")
    options.add_argument("--with", dest="uses", metavar="NAME", action="append", default=[], help="use a kept text")
    options.add_argument("--limit", type=int, default=10, help="rows to show, or to keep")
    options.add_argument("--no-execute", action="store_true", help="do not run it")
    options.add_argument("--as", dest="kind", choices=("pandas", "polars", "arrow", "table"), help="what `<<` keeps")
    return options


@magics_class
class SqlMagics(Magics):
    """The magics, for one notebook."""

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.database = "default"
        self.saved: dict[str, str] = {}
        self._opened: dict[str, Lake] = {}
        self._lake_name: str | None = None

    @line_cell_magic
    def sql(self, line: str, cell: str | None = None) -> Any:
        """Run a statement; `%%sql name <<` keeps its rows. Options: `%sql --help` in the documentation."""
        options, target, text = _parse(line, cell)
        if options.lake is not None:
            self._lake_name = options.lake
        if options.database is not None:
            self.database = options.database
        if not text.strip():
            self.lake()  # a name that is wrong is told at once
            return None
        text = self._composed(text, options.uses)
        if options.save:
            self.saved[options.save] = text
        if options.no_execute:
            return None
        try:
            preview = self._begin(text, options.limit)
            if target is None:
                return preview.shown()
            self.shell.user_ns[target] = named_rows(preview, options.kind, _limit(options, line))
        except BayouError as error:
            raise UsageError(str(error)) from None
        return None

    @line_magic
    def tables(self, line: str) -> list[str]:
        """Names of the tables of a database: `%tables iot`."""
        found: list[str] = self._tell(lambda: self.lake().tables(line.strip() or self.database))
        return found

    @line_magic
    def columns(self, line: str) -> dict[str, str]:
        """Columns of a table and their types, partition keys last: `%columns iot.sensors`."""

        def look() -> dict[str, str]:
            table = self.lake().table(line.strip(), database=self.database)
            return {**table.schema, **table.partition_keys}

        found: dict[str, str] = self._tell(look)
        return found

    def _tell(self, look: Any) -> Any:
        try:
            return look()
        except BayouError as error:
            raise UsageError(str(error)) from None

    def lake(self) -> Lake:
        """The lake that statements run over: the one that was named, or the notebook's only one."""
        from bayou.lake import Lake

        names = self.shell.user_ns
        if self._lake_name is not None:
            if isinstance(found := names.get(self._lake_name), Lake):
                return found
            if self._lake_name not in self._opened:
                self._opened[self._lake_name] = Lake(self._lake_name)
            return self._opened[self._lake_name]
        if isinstance(found := names.get("lake"), Lake):
            return found
        lakes = {id(value): value for name, value in names.items() if isinstance(value, Lake) and name[0] != "_"}
        if len(lakes) == 1:
            return next(iter(lakes.values()))
        which = "several lakes" if lakes else "no lake"
        raise UsageError(
            f"There is {which} in the notebook\nhint: name one with `%sql --lake NAME`, or lake = bayou.Lake(…)"
        )

    def _composed(self, text: str, uses: list[str]) -> str:
        """The text with kept texts as CTEs in front."""
        if not uses:
            return text
        parts = []
        for name in uses:
            if name not in self.saved:
                known = ", ".join(f"`{known}`" for known in self.saved) or "none"
                raise UsageError(f"No text was kept as `{name}`\nhint: there is {known}")
            parts.append(f'"{name}" AS (\n{self.saved[name].strip().rstrip(";")}\n)')
        begins = _WITH.match(text)
        rest = ",\n" + text[begins.end() :] if begins else "\n" + text
        return "WITH " + ",\n".join(parts) + rest

    def _begin(self, text: str, limit: int) -> Preview:
        statement, parameters = bind(text, self.shell.user_ns, self.shell.ev)
        found = frames(statement, self.shell.user_ns)
        return Preview(self.lake(), statement, self.database, parameters, found, limit)


def _parse(line: str, cell: str | None) -> tuple[argparse.Namespace, str | None, str]:
    """Options, the name in front of `<<`, and the statement."""
    target = None
    if (found := _TARGET.match(line)) is not None:
        target, line = found[1], line[found.end() :]
    parser = _options()
    if cell is not None:
        words = shlex.split(line)
        if words and words[-1] == "<<":
            words, target = words[:-2], words[-2]
        options, rest = parser.parse_known_args(words)
        if unknown := [word for word in rest if word.startswith("--")]:
            raise UsageError(f"There is no option `{unknown[0]}`\n{parser.format_usage().strip()}")
        return options, target, "\n".join([*([" ".join(rest)] if rest else []), cell])
    words, at = [], 0
    # On one line the options come first, and the statement keeps its own spelling.
    for match in re.finditer(r"\s*(--no-execute|(?:--[a-z]+|-d)(?:=|\s+)\S+)", line):
        if match.start() != at:
            break
        words += match[1].replace("=", " ", 1).split(None, 1)
        at = match.end()
    if (found := _TARGET.match(line, at)) is not None:
        target, at = found[1], found.end()
    return parser.parse_args(words), target, line[at:]


def _limit(options: argparse.Namespace, line: str) -> int | None:
    """Rows to keep: all, unless the option was given."""
    return options.limit if "--limit" in line else None


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext bayou`."""
    magics = SqlMagics(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(matcher(magics))
