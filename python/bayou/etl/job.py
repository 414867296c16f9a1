"""Jobs: what reads and writes belong together, and what was processed before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from bayou.errors import InterfaceError
from bayou.etl.frame import Frame, Source
from bayou.etl.reading import core, read
from bayou.etl.writing import WriteReport, report, stage

if TYPE_CHECKING:
    from bayou._bayou import StagedWrite
    from bayou.etl.writing import WriteOptions
    from bayou.lake import Lake

__all__ = ["Job", "run_alone"]

Bookmarks = Literal["enable", "pause", "disable"]


@dataclass
class _Pending:
    """A write that waits for the commit."""

    frame: Frame
    staged: StagedWrite
    seconds: float


class Job:
    """Reads and writes that take effect together.

    Each read has a context, a name within the job; the files that it reads are noted as processed when the job
    commits, and are left out by the next run. Outputs and bookmarks become visible in one transaction: a run that dies
    leaves neither, and starting it again does the same work.

    As a context manager it commits at the end of the block, and does nothing when the block raised.

    Source: Glue Developer Guide, job bookmarks.
    """

    def __init__(self, lake: Lake, name: str, *, bookmarks: Bookmarks = "enable", run: str | None = None) -> None:
        self._lake = lake
        self._name = name
        self._bookmarks = bookmarks
        self._run = run or f"{name}-{core(lake).runs(name) + 1}"
        self._pending: list[_Pending] = []
        self._sources: list[Source] = []
        self._writes = 0
        self._is_done = False

    @property
    def name(self) -> str:
        """The job's name, under which bookmarks are kept."""
        return self._name

    @property
    def run(self) -> str:
        """The name of this run."""
        return self._run

    def read(self, source: str | Sequence[str], *, context: str | None = None, **options: Any) -> Frame:
        """Read what earlier runs have not processed; see `Lake.read`.

        Args:
            source: Table or paths.
            context: Name of this read within the job; the source itself when None. An empty one has no bookmark.
            **options: As of `Lake.read`.
        """
        name = (source if isinstance(source, str) else ",".join(source)) if context is None else context
        has_bookmark = self._bookmarks != "disable" and name != ""
        frame = read(self._lake, source, bookmark=(self._name, name) if has_bookmark else None, **options)
        self._sources += frame.plan.sources
        return frame

    def write(self, frame: Frame, path: str | None = None, **options: Any) -> None:
        """Write a frame when the job commits; the query runs now. Options are those of `Frame.write`."""
        if self._is_done:
            raise InterfaceError(f"The job `{self._name}` has committed already")
        self._writes += 1
        began = time.perf_counter()
        # The same run has the same names, so that trying it again replaces what its first try left.
        # A run that processes no file is not counted, so that the next one has its name.
        is_counted = self._bookmarks == "enable" and any(len(source.files) for source in frame.plan.sources)
        write_id = f"{_clean(self._run)}-{self._writes}" if is_counted else None
        staged = stage(frame, path, cast("WriteOptions", options), write_id)
        self._pending.append(_Pending(frame, staged, time.perf_counter() - began))
        self._sources += [source for source in frame.plan.sources if source not in self._sources]

    @property
    def has_pending(self) -> bool:
        """Whether writes wait for the commit."""
        return bool(self._pending)

    def commit(self, *, keep_bookmarks: bool = True) -> list[WriteReport]:
        """Make all writes visible, together with the bookmarks.

        Args:
            keep_bookmarks: False leaves the bookmarks as they were.

        Raises:
            OperationalError: Another run has processed one of the files meanwhile; nothing is written.
        """
        pending, self._pending = self._pending, []
        sources, self._sources = self._sources, []
        self._is_done = True
        if self._bookmarks != "enable" or not keep_bookmarks:
            sources = []
        processed = [(source.job, source.context, self._run, source.files) for source in dict.fromkeys(sources)]
        began = time.perf_counter()
        found = core(self._lake).commit([write.staged for write in pending], processed)
        seconds = time.perf_counter() - began
        return [report(write.frame, one, write.seconds + seconds) for write, one in zip(pending, found, strict=True)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._is_done:
            self.commit()
        else:
            self._pending.clear()

    def __repr__(self) -> str:
        return f"Job({self._name!r}, run={self._run!r})"


def _clean(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-." else "-" for char in name)


def run_alone(frame: Frame, path: str | None, options: dict[str, Any]) -> WriteReport:
    """Write one frame and commit it with the bookmarks that it was read with."""
    jobs = {source.job for source in frame.plan.sources}
    if len(jobs) > 1:
        raise InterfaceError(f"The frame was read by several jobs: {', '.join(sorted(jobs))}\nhint: use `lake.job`")
    if jobs:
        job = Job(frame.lake, jobs.pop())
        job.write(frame, path, **options)
        return job.commit()[0]
    began = time.perf_counter()
    staged = stage(frame, path, cast("WriteOptions", options))
    (found,) = core(frame.lake).commit([staged], [])
    return report(frame, found, time.perf_counter() - began)
