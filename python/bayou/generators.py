"""Named record templates of a lake: `lake.generators`.

A template is kept with its options as one JSON file, which is replaced as a whole: a reader finds the old one or the
new one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bayou._bayou import Generator, LakeCore
from bayou.errors import ObjectNotFoundError

__all__ = ["Generators"]

_FILE = "template.json"
_KIND = "generators"


class Generators:
    """The named record templates of a lake."""

    def __init__(self, core: LakeCore) -> None:
        self._core = core

    def save(
        self,
        name: str,
        template: str | Mapping[str, str],
        *,
        weights: Sequence[float] | Mapping[str, float] | None = None,
        **options: Any,
    ) -> Generator:
        """Keep a template under a name, in place of the one that has it.

        Args:
            name: Letters, digits, `_`, `.` and `-`, 128 at most.
            template: The template, or several by name.
            weights: How often each of several templates is drawn.
            **options: Options of `Generator` that are kept with it: `timezone`, `json_escape`, `columns` and others.

        Returns:
            The compiled template.

        Raises:
            TemplateError: It cannot be compiled; nothing is kept then.
            InvalidOptionError: The name cannot be one.
        """
        folder = Path(self._core.private_folder(_KIND, name))
        kept: dict[str, Any] = {"template": template if isinstance(template, str) else dict(template)}
        if weights is not None:
            kept["weights"] = dict(weights) if isinstance(weights, Mapping) else list(weights)
        kept |= options
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        compiled = Generator(**kept)
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{_FILE}.{os.getpid()}"
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, folder / _FILE)
        return compiled

    def load(self, name: str, **options: Any) -> Generator:
        """Compile the template that has a name.

        Args:
            name: The name.
            **options: Options of `Generator`, such as `seed`, in place of those that are kept.

        Raises:
            ObjectNotFoundError: No template has the name; the hint lists those that there are.
        """
        kept = self.describe(name)
        return Generator(**(kept | options))

    def describe(self, name: str) -> dict[str, Any]:
        """The template and its options as they are kept.

        Raises:
            ObjectNotFoundError: No template has the name.
        """
        try:
            text = (Path(self._core.private_folder(_KIND, name)) / _FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise self._missing(name) from None
        kept: dict[str, Any] = json.loads(text)
        return kept

    def list(self) -> list[str]:
        """The names, sorted."""
        root = Path(self._core.private_folder(_KIND, "x")).parent
        if not root.is_dir():
            return []
        return sorted(entry.name for entry in root.iterdir() if (entry / _FILE).is_file())

    def delete(self, name: str) -> None:
        """Forget a template.

        Raises:
            ObjectNotFoundError: No template has the name.
        """
        folder = Path(self._core.private_folder(_KIND, name))
        if not (folder / _FILE).is_file():
            raise self._missing(name)
        shutil.rmtree(folder)

    def _missing(self, name: str) -> ObjectNotFoundError:
        known = ", ".join(f"`{known}`" for known in self.list()) or "none yet"
        return ObjectNotFoundError(f"There is no template `{name}`\nhint: there is {known}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __contains__(self, name: object) -> bool:
        return name in self.list()

    def __repr__(self) -> str:
        return f"Generators({', '.join(self.list())})"
