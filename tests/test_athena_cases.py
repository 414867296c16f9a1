"""The answers of Athena, case by case; `conformance/athena/README.md` says how they are written."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.testing import evaluate_sql

CASES = json.loads((Path(__file__).parent / "conformance" / "athena" / "expressions.json").read_text(encoding="utf-8"))
MINIMUM_CASES = 500


def same(found: Any, expected: Any, of: str, *, unordered: bool = False) -> bool:
    if isinstance(expected, float) and isinstance(found, (int, float)) and not isinstance(found, bool):
        tolerance = 1e-6 if of == "real" else 1e-9
        return math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-12)
    if isinstance(expected, list) and isinstance(found, list):
        if of.startswith("map(") or unordered:
            return same_bag(found, expected)
        return len(found) == len(expected) and all(same(a, b, "") for a, b in zip(found, expected, strict=True))
    return type(found) is type(expected) and found == expected


def same_bag(found: list[Any], expected: list[Any]) -> bool:
    left = list(expected)
    for value in found:
        place = next((place for place, other in enumerate(left) if same(value, other, "")), None)
        if place is None:
            return False
        del left[place]
    return not left


def same_row(found: list[Any], expected: list[Any], case: dict[str, Any]) -> bool:
    unordered = case.get("unordered_arrays", False)
    return len(found) == len(expected) and all(
        same(a, b, of, unordered=unordered) for a, b, of in zip(found, expected, case["columns"], strict=True)
    )


def same_rows(found: list[list[Any]], case: dict[str, Any]) -> bool:
    if "ORDER BY" in case["sql"].rpartition(")")[2]:
        pairs = zip(found, case["rows"], strict=False)
        return len(found) == len(case["rows"]) and all(same_row(a, b, case) for a, b in pairs)
    left = list(case["rows"])
    for row in found:
        place = next((place for place, other in enumerate(left) if same_row(row, other, case)), None)
        if place is None:
            return False
        del left[place]
    return not left


def test_the_cases_are_there() -> None:
    assert len(CASES) >= MINIMUM_CASES
    assert len(Counter(case["category"] for case in CASES)) > 10


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_athena_answers(case: dict[str, Any]) -> None:
    if case.get("error"):
        with pytest.raises(bayou.BayouError) as failure:
            evaluate_sql(case["sql"])
        if case["error"] != "*":
            assert case["error"] in str(failure.value)
        return
    found = evaluate_sql(case["sql"])
    assert found["columns"] == case["columns"], case["sql"]
    assert same_rows(found["rows"], case), (case["sql"], case["rows"], found["rows"])
    if "names" in case:
        assert found["names"] == case["names"]


def test_an_error_names_its_place() -> None:
    with pytest.raises(bayou.BayouError) as failure:
        evaluate_sql("SELECT\n  nope FROM (VALUES 1) AS t(x)")
    text = str(failure.value)
    assert "COLUMN_NOT_FOUND: line 2:3" in text
    assert "^" in text
