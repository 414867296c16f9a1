"""Options of one call as an object.

Source: PyAthena 4.2, options.py (names).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class ExecuteOptions:
    """Options of `Cursor.execute`; None means not given."""

    work_group: str | None = None
    s3_staging_dir: str | None = None
    cache_size: int | None = None
    cache_expiration_time: int | None = None
    result_reuse_enable: bool | None = None
    result_reuse_minutes: int | None = None
    paramstyle: str | None = None
    on_start_query_execution: Callable[[str], None] | None = None
    result_set_type_hints: dict[str, str] | None = None

    def over(self, other: ExecuteOptions | None) -> ExecuteOptions:
        """These options, and those of `other` where they are None."""
        if other is None:
            return self
        names = [field.name for field in fields(self)]
        own = {name: getattr(self, name) for name in names}
        return ExecuteOptions(**{name: getattr(other, name) if own[name] is None else own[name] for name in names})
