"""Every recorded expression of the streaming dialect gives its recorded value."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from bayou.testing import evaluate

CASES = json.loads((Path(__file__).parent / "conformance" / "kda" / "scalar.json").read_text(encoding="utf-8"))
NO_VALUE = {"<ERROR>", "<NO ROW>"}
MINIMUM_CASES = 200


def agree(found: str, expected: str) -> bool:
    if expected in NO_VALUE:
        return found in NO_VALUE
    try:
        return math.isclose(float(found), float(expected), rel_tol=1e-12)
    except ValueError:
        return found == expected


def test_there_are_cases() -> None:
    assert len(CASES) >= MINIMUM_CASES
    assert not agree("1.1", "1")
    assert not agree("TRUE", "FALSE")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_expression_has_its_value(case: dict[str, str]) -> None:
    found = evaluate(case["expr"])
    assert agree(found, case["expect"]), f"{case['expr']} gives {found}, not {case['expect']}"
