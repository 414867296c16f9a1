"""`bayou.Table`: in and out of other libraries, and how it shows itself."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bayou

ARROW = pa.table(
    {
        "n": pa.array([1, None, 3], pa.int32()),
        "text": pa.array(["a", None, "<b>"]),
        "view": pa.array(["x", "y", None], pa.string_view()),
        "raw": pa.array([b"\x00", None, b"z"]),
        "day": pa.array([dt.date(2020, 1, 2), None, dt.date(1969, 12, 31)]),
        "at": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 678901), None, None], pa.timestamp("us")),
        "zoned": pa.array([0, None, 1], pa.timestamp("ms", "UTC")),
        "money": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(10, 2)),
        "tags": pa.array([["a", None], None, []], pa.list_(pa.string())),
        "place": pa.array([{"x": 1, "y": "u"}, None, {"x": None, "y": "v"}]),
        "attributes": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        "flag": pa.array([True, None, False]),
        "pause": pa.array([dt.timedelta(seconds=-1), None, dt.timedelta(days=2)], pa.duration("us")),
        "word": pa.array(["q", None, "q"]).dictionary_encode(),
    }
)


def test_arrow_goes_in_and_comes_out_unchanged() -> None:
    table = bayou.Table.from_arrow(ARROW)
    assert (len(table), table.num_columns) == (3, 14)
    assert pa.table(table).equals(ARROW)


def test_python_values_are_those_of_pyarrow() -> None:
    table = bayou.Table.from_arrow(ARROW)
    ours, theirs = table.to_pydict(), ARROW.to_pydict()
    theirs["attributes"] = [None if row is None else dict(row) for row in theirs["attributes"]]
    theirs["zoned"] = [None if at is None else at.astimezone(dt.UTC) for at in theirs["zoned"]]
    assert ours == theirs
    assert table.to_tuples() == [tuple(row.values()) for row in table.to_pylist()]


def test_requested_schema_is_honoured() -> None:
    table = bayou.Table.from_arrow(pa.table({"view": pa.array(["x"], pa.string_view())}))
    wanted = pa.schema([pa.field("view", pa.string())])
    reader = pa.RecordBatchReader.from_stream(table, schema=wanted)
    assert reader.read_all().schema == wanted


def test_pandas_gets_datetimes_for_dates() -> None:
    frame = bayou.Table.from_arrow(ARROW).to_pandas()
    assert pd.api.types.is_datetime64_any_dtype(frame["day"])
    assert frame["view"].tolist()[:2] == ["x", "y"]


def test_polars_and_pandas_frames_are_accepted() -> None:
    assert bayou.Table.from_arrow(pl.DataFrame({"a": [1]})).to_pydict() == {"a": [1]}
    assert bayou.Table.from_arrow(pd.DataFrame({"a": [1]})).to_pydict() == {"a": [1]}
    assert bayou.Table.from_arrow(ARROW).to_polars().height == 3


def test_what_does_not_speak_arrow_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="`list` does not speak the Arrow C stream protocol"):
        bayou.Table.from_arrow([1, 2])


def test_slices_cross_batches() -> None:
    batches = [pa.record_batch({"n": [i, i + 1]}) for i in range(0, 6, 2)]
    table = bayou.Table.from_arrow(pa.Table.from_batches(batches))
    assert table.slice(1, 3).to_pydict() == {"n": [1, 2, 3]}
    assert table.slice(4).to_pydict() == {"n": [4, 5]}
    assert table.slice(9, 1).num_rows == 0
    assert table.head(1).to_pydict() == {"n": [0]}


def test_preview_shows_types_null_and_counts() -> None:
    lines = repr(bayou.Table.from_arrow(ARROW).slice(0, 2)).splitlines()
    assert lines[0].split()[:3] == ["n", "text", "view"]
    assert lines[1].split()[:3] == ["integer", "varchar", "varchar"]
    assert lines[4].split()[0] == "NULL"
    assert lines[-1] == "2 rows · 14 columns"


def test_html_is_escaped_and_ends_with_counts() -> None:
    html = bayou.Table.from_arrow(ARROW)._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert "3 rows · 14 columns" in html


def test_long_tables_show_ten_rows() -> None:
    text = repr(bayou.Table.from_arrow(pa.table({"n": list(range(1_000_000))})))
    assert "…" in text and text.endswith("1,000,000 rows · 1 column")
    assert len(text.splitlines()) == 15
