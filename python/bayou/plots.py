"""Plots of the streaming job. They need matplotlib: `pip install 'bayou[plot]'`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError, MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def over_time(
    data: Any,
    *,
    time: str = "time",
    group: str = "location",
    value: str = "anomalies",
    title: str | None = None,
    ax: Axes | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Axes:
    """Draw one line per group over time, for example anomalies by location.

    Args:
        data: A `bayou.Table`, or anything with `to_pydict`, or a mapping of columns.
        time: Column of the horizontal axis.
        group: Column whose values become lines.
        value: Column of the vertical axis.
        title: Title of the plot.
        ax: Axes to draw on; a new figure when None.
        path: File to save the figure to; the ending says the format.

    Returns:
        The axes.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        InvalidOptionError: A column is missing.
    """
    columns = data if isinstance(data, dict) else data.to_pydict()
    for option, name in (("time", time), ("group", group), ("value", value)):
        if name not in columns:
            raise InvalidOptionError(
                f"The data has no column `{name}` for `{option}`\nhint: it has {', '.join(map(str, columns))}"
            )
    lines: dict[Any, list[tuple[Any, Any]]] = {}
    for key, at, number in zip(columns[group], columns[time], columns[value], strict=True):
        lines.setdefault(key, []).append((at, number))
    ax = ax or _new_axes()
    for key in sorted(lines, key=str):
        points = sorted(lines[key], key=lambda point: point[0])
        ax.plot([at for at, _ in points], [number for _, number in points], label=str(key), linewidth=1.5)
    ax.set_xlabel(time)
    ax.set_ylabel(value)
    ax.set_ylim(bottom=0)
    ax.legend(title=group, frameon=False)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if title:
        ax.set_title(title)
    if path is not None:
        figure: Any = ax.get_figure()
        figure.savefig(os.fspath(path), dpi=150, bbox_inches="tight")
    return ax


def _new_axes() -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            f"Plots need `matplotlib`, which cannot be imported: {error}\nhint: pip install 'bayou[plot]'"
        ) from error
    import sys

    if "ipykernel" in sys.modules:  # in a notebook, let pyplot show the figure below the cell
        from matplotlib import pyplot

        return pyplot.subplots(figsize=(9, 4.5))[1]
    return Figure(figsize=(9, 4.5)).subplots()
