"""Functions in Python over records: filter, map, flat map, unbox.

Rows go through pyarrow, which the functions need anyway to give back columns with types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError, MissingDependencyError
from bayou.etl.naming import missing

if TYPE_CHECKING:
    import pyarrow

    from bayou.etl.frame import Frame

_BATCH = 16_384
# Errors for which Glue leaves a record out without a word. Source: Glue Developer Guide, Filter.
_SILENT = (KeyError, ValueError, TypeError)


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.compute
    except ImportError as error:
        raise MissingDependencyError(
            'Functions over records need pyarrow\nhint: python -m pip install "bayou[pandas]"'
        ) from error
    return pyarrow


def _again(frame: Frame, rows: pyarrow.Table) -> Frame:
    """A frame of rows that were made of another's."""
    made = type(frame).of(frame.lake, rows, rows.column_names).reading(*frame.plan.sources)
    made._errors = list(frame._errors)
    return made


def filtered(frame: Frame, function: Callable[[dict[str, Any]], Any]) -> Frame:
    """The records for which a function gives a true value."""
    pa = _pyarrow()
    rows = frame.to_arrow()
    keep: list[bool] = []
    errors = []
    for batch in rows.to_batches(max_chunksize=_BATCH):
        for record in batch.to_pylist():
            try:
                keep.append(bool(function(record)))
            except _SILENT:
                keep.append(False)
            except Exception as error:
                keep.append(False)
                errors.append({"record": record, "error": repr(error)})
    made = _again(frame, rows.filter(pa.array(keep, pa.bool_())))
    made._errors += errors
    return made


def mapped(frame: Frame, function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Frame:
    """The record that a function makes of each."""

    def one(record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        made = function(record)
        if made is None:
            raise ValueError("the function gave None")
        return (made,)

    return flat_mapped(frame, one)


def flat_mapped(frame: Frame, function: Callable[[dict[str, Any]], Iterable[dict[str, Any]]]) -> Frame:
    """The records that a function makes of each, any number."""
    pa = _pyarrow()
    rows = frame.to_arrow()
    records: list[dict[str, Any]] = []
    errors = []
    for batch in rows.to_batches(max_chunksize=_BATCH):
        for record in batch.to_pylist():
            try:
                records.extend(dict(made) for made in function(record))
            except Exception as error:
                errors.append({"record": record, "error": repr(error)})
    made = _again(frame, columns_of(pa, records) if records else rows.slice(0, 0))
    made._errors += errors
    return made


def columns_of(pa: Any, records: Iterable[dict[str, Any]]) -> pyarrow.Table:
    """Records as columns, in the order in which names appear; values of several types become text."""
    records = list(records)
    names = list(dict.fromkeys(name for record in records for name in record))
    arrays = []
    for name in names:
        values = [record.get(name) for record in records]
        try:
            array = pa.array(values, from_pandas=False)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            array = pa.array([_as_text(value) for value in values], pa.string())
        arrays.append(array)
    return pa.table(arrays, names=names)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str) if isinstance(value, dict | list | bool) else str(value)


def unboxed(frame: Frame, path: str, format: str, options: dict[str, Any]) -> Frame:
    """A column of text as what the text says. Source: Glue Developer Guide, Unbox class."""
    pa = _pyarrow()
    rows = frame.to_arrow()
    known = [name for name in rows.column_names if name.lower() == path.replace("`", "").lower()]
    if not known:
        raise missing(frame.fields, path)
    texts = rows[known[0]].to_pylist()
    errors = []
    values: list[Any] = []
    for value in texts:
        try:
            values.append(None if value is None else _parsed(value, format, options))
        except ValueError as error:
            values.append(None)
            errors.append({"record": {known[0]: value}, "error": repr(error)})
    column = columns_of(pa, [{known[0]: value} for value in values])[known[0]] if values else rows[known[0]]
    made = _again(frame, rows.set_column(rows.column_names.index(known[0]), known[0], column))
    made._errors += errors
    return made


def _parsed(value: str, format: str, options: dict[str, Any]) -> Any:
    if format == "json":
        return json.loads(value)
    if format == "csv":
        import csv

        separator = options.get("separator", ",")
        cells = next(csv.reader([value], delimiter=separator), [])
        return {f"col{place}": cell for place, cell in enumerate(cells)}
    raise InvalidOptionError(f"`{format}` cannot be unboxed\nhint: json or csv")
