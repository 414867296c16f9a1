"""What a job has processed."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bayou.etl.reading import core

if TYPE_CHECKING:
    import pandas

    from bayou.lake import Lake

__all__ = ["Bookmarks"]


class Bookmarks:
    """The files that a job has processed, in the order in which it did: an iterable of dicts.

    Keys of an entry: path, bytes, context, run, modified and committed (aware datetimes), etag.
    """

    def __init__(self, lake: Lake, job: str) -> None:
        self._lake = lake
        self._job = job

    def _entries(self) -> list[dict[str, Any]]:
        def moment(ms: int) -> datetime:
            return datetime.fromtimestamp(ms / 1000, UTC)

        return [
            {
                "path": entry["path"],
                "bytes": entry["bytes"],
                "context": entry["context"],
                "run": entry["run"],
                "modified": moment(entry["modified_ms"]),
                "committed": moment(entry["committed_ms"]),
                "etag": entry["etag"],
            }
            for entry in core(self._lake).bookmarks(self._job)
        ]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._entries())

    def __len__(self) -> int:
        return len(self._entries())

    @property
    def runs(self) -> list[str]:
        """The runs that can be taken back, oldest first."""
        return list(dict.fromkeys(entry["run"] for entry in self._entries()))

    def rewind(self, run: str | None = None) -> int:
        """Let files be processed again: those of a run and of all after it, or all when None. Outputs stay.

        Returns:
            How many files there are.

        Raises:
            ProgrammingError: The job has no such run.
        """
        return core(self._lake).rewind(self._job, run)

    def to_pandas(self) -> pandas.DataFrame:
        """The entries as a pandas frame."""
        import pandas

        return pandas.DataFrame(self._entries())

    def __repr__(self) -> str:
        return f"Bookmarks({self._job!r}, {len(self)} files of {len(self.runs)} runs)"

    def _repr_html_(self) -> str:
        entries = self._entries()
        head = "".join(f"<th>{name}</th>" for name in ("path", "bytes", "context", "run", "committed"))
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{html.escape(str(value))}</td>"
                for value in (e["path"], e["bytes"], e["context"], e["run"], f"{e['committed']:%Y-%m-%d %H:%M:%S}")
            )
            + "</tr>"
            for e in entries[-20:]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
