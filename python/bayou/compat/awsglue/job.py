"""`awsglue.job`. Source: Glue Developer Guide, job bookmarks."""

from __future__ import annotations

from typing import Any

from bayou.compat.spark.context import active

__all__ = ["Job"]


class Job:
    """A job with its bookmarks: loaded by `init`, kept by `commit`."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    @classmethod
    def init(cls, job_name: str, args: Any = None) -> None:
        """Begin the job; called on the class or on an instance."""
        active().begin(str(job_name))

    @classmethod
    def commit(cls) -> None:
        """Make what the job wrote visible, together with its bookmarks."""
        active().commit()

    @classmethod
    def isInitialized(cls) -> bool:
        """Whether the job has begun."""
        return active().job is not None
