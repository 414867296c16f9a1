"""Several frames under names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayou.etl.frame import Frame

__all__ = ["FrameCollection"]


class FrameCollection(Mapping[str, "Frame"]):
    """Frames by name, such as those that `relationalize` makes."""

    def __init__(self, frames: Mapping[str, Frame]) -> None:
        self._frames = dict(frames)

    def __getitem__(self, key: str) -> Frame:
        try:
            return self._frames[key]
        except KeyError:
            raise KeyError(f"there is no frame `{key}`; there are {', '.join(self._frames)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def map(self, function: Callable[[str, Frame], Frame]) -> FrameCollection:
        """The frames that a function of name and frame gives."""
        return FrameCollection({name: function(name, frame) for name, frame in self._frames.items()})

    def __repr__(self) -> str:
        return f"FrameCollection({', '.join(self._frames)})"
