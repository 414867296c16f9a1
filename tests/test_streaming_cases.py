"""Every recorded streaming case gives its rows: in one go, one row an epoch, and restored from checkpoints."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.testing import run_streaming_case

FOLDER = Path(__file__).parent / "conformance"
FILES = [*sorted(FOLDER.glob("kda/streaming/*.json")), *sorted(FOLDER.glob("streaming/*.json"))]
CASES = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
MINIMUM_CASES = 52


def same(found: Any, expected: Any) -> bool:
    """Equal; numbers with a relative tolerance of 1e-9."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return found is expected
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=1e-9)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return bool(found == expected)


def check(case: dict[str, Any], found: dict[str, list[dict[str, Any]]]) -> None:
    """Compare the rows of a case with what it expects."""
    for stream, expected in case["expect"].items():
        rows = found[stream]
        rowtimes = [row["rowtime"] for row in rows]
        assert rowtimes == sorted(rowtimes), f"ROWTIME of {stream} goes back"
        left = list(rows)
        for row in expected:
            candidates = left[:1] if case["ordered"] else left
            match = next(
                (one for one in candidates if one["rowtime"] == row["rowtime"] and same(one["values"], row["values"])),
                None,
            )
            assert match is not None, f"{stream} lacks {row}; it has {rows}"
            left.remove(match)
        assert not left, f"{stream} has too much: {left}"
    assert len(found["error_stream"]) == case["errors"], found["error_stream"]


def events(case: dict[str, Any]) -> int:
    return sum(len(stream["rows"]) for stream in case["streams"].values())


def test_there_are_cases() -> None:
    assert len(CASES) >= MINIMUM_CASES
    assert not same([1.0, "a"], [1.1, "a"]) and not same(1, True)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case_gives_its_rows_however_it_is_cut(case: dict[str, Any]) -> None:
    check(case, run_streaming_case(case))
    check(case, run_streaming_case(case, mode="row"))
    check(case, run_streaming_case(case, mode="restore"))
    for at in range(events(case) + 1):
        check(case, run_streaming_case(case, mode="restore", at=at))


def test_what_is_no_case_is_refused() -> None:
    with pytest.raises(bayou.errors.InvalidOptionError, match="`streams`"):
        run_streaming_case({"sql": "", "expect": {}})
    with pytest.raises(bayou.errors.InvalidOptionError, match="`sideways`"):
        run_streaming_case(CASES[0], mode="sideways")  # type: ignore[arg-type]
