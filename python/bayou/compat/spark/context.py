"""What a script runs against: a lake, the folders of its buckets, and its job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayou.errors import InterfaceError
from bayou.etl.job import Job
from bayou.etl.reading import read

if TYPE_CHECKING:
    from bayou.etl import Frame, WriteReport
    from bayou.lake import Lake

__all__ = ["ScriptContext", "active"]

_BUCKET = re.compile(r"^s3[an]?://([^/]+)/?(.*)$", re.IGNORECASE)
_ACTIVE: list[ScriptContext] = []


def active() -> ScriptContext:
    """The context of the script that runs.

    Raises:
        InterfaceError: No script runs, and `bayou.compat.install` was not called.
    """
    if not _ACTIVE:
        raise InterfaceError(
            "There is no lake to work on\nhint: run the script by `lake.run_glue_script`, or call "
            "`bayou.compat.install(lake)` first"
        )
    return _ACTIVE[-1]


class ScriptContext:
    """What a script runs against."""

    def __init__(self, lake: Lake, buckets: Mapping[str, str], arguments: Mapping[str, str]) -> None:
        self.lake = lake
        self.buckets = dict(buckets)
        self.arguments = dict(arguments)
        self.job: Job | None = None
        self.reports: list[WriteReport] = []

    def __enter__(self) -> ScriptContext:
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _ACTIVE.remove(self)

    def path(self, location: str) -> str:
        """The path of the lake that a location of the script stands for; a slash at its end stays."""
        found = _BUCKET.match(location)
        if not found:
            return location.removeprefix("file://")
        bucket, below = found[1], found[2]
        if bucket in self.buckets:
            folder = self.buckets[bucket].strip("/")
            return f"{folder}/{below}" if folder else below
        if self.lake.url.startswith("s3://"):
            return location
        is_folder = bool(self.lake.url.removeprefix("file://")) and self._is_folder(bucket)
        return f"{bucket}/{below}" if is_folder else below

    def _is_folder(self, name: str) -> bool:
        import os

        return os.path.isdir(os.path.join(self.lake.url.removeprefix("file://"), name))

    @property
    def bookmarks(self) -> str:
        """`enable`, `pause` or `disable`, as the job was started."""
        option = self.arguments.get("job-bookmark-option", "job-bookmark-disable")
        return option.removeprefix("job-bookmark-")

    def begin(self, name: str) -> None:
        """Begin a job: what `Job.init` does."""
        run = self.arguments.get("JOB_RUN_ID")
        bookmarks: Any = self.bookmarks
        self.job = Job(self.lake, name, bookmarks=bookmarks, run=run)

    def read(self, source: str | Sequence[str], context: str, **options: Any) -> Frame:
        """Read for the job when there is one; without a context there is no bookmark."""
        if self.job is not None and self.bookmarks != "disable" and context:
            return self.job.read(source, context=context, **options)
        return read(self.lake, source, **options)

    def write(self, frame: Frame, path: str | None, options: Mapping[str, Any]) -> None:
        """Write now, or with the job's commit when that keeps bookmarks."""
        if self.job is not None and self.bookmarks == "enable":
            self.job.write(frame, path, **options)
            return
        self.reports.append(frame.write(path, **options))

    def commit(self) -> None:
        """Commit the job: what `Job.commit` does."""
        if self.job is None:
            raise InterfaceError("`job.commit()` comes behind `job.init(name, args)`")
        job, self.job = self.job, None
        self.reports += job.commit()

    def finish(self) -> None:
        """The end of a script: what it wrote becomes visible, though without bookmarks when it did not commit."""
        if self.job is not None and self.job.has_pending:
            import warnings

            from bayou.errors import DataWarning

            warnings.warn(
                f"The script ended without `job.commit()`: what it wrote is there, but the job `{self.job.name}` will "
                "process the same files again",
                DataWarning,
                stacklevel=2,
            )
            self.reports += self.job.commit(keep_bookmarks=False)
