"""Putting `awsglue` and `pyspark` where scripts import them from."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

_HOME = "bayou.compat."
_NAMES = ("awsglue", "pyspark")


class _Loader(importlib.abc.Loader):
    """Gives a module of bayou under another name."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module of bayou."""
        module = importlib.import_module(_HOME + spec.name)
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the module was run under its own name, which it gets back."""
        module.__spec__ = self._own


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of scripts among bayou's."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.hidden = _taken(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module of bayou that stands for another."""
        if fullname.partition(".")[0] not in self.names:
            return None
        own = importlib.util.find_spec(_HOME + fullname)
        if own is None:
            raise NotImplementedError(f"There is no module `{fullname}` here; scripts run with `awsglue` and `pyspark`")
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(), is_package=own.submodule_search_locations is not None
        )


def _absent(name: str) -> bool:
    return name not in sys.modules and importlib.util.find_spec(name) is None


@contextmanager
def modules(force: bool) -> Iterator[None]:
    """`awsglue` and `pyspark` can be imported; those that are installed are left alone unless `force`."""
    finder = add(force)
    try:
        yield
    finally:
        remove(finder)


def add(force: bool) -> _Finder:
    """Let the modules be found."""
    names = [name for name in _NAMES if force or _absent(name)]
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    return finder


def remove(finder: _Finder) -> None:
    """Let them not be found any more."""
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)
    _taken(finder.names)
    sys.modules.update(finder.hidden)


def _taken(names: Sequence[str]) -> dict[str, ModuleType]:
    """Take the modules of these names out of those that were imported."""
    found = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
    for name in found:
        del sys.modules[name]
    return found
