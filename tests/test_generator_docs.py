"""The table of functions in docs/generator.md is the one that the package has."""

from __future__ import annotations

from pathlib import Path

import bayou

PAGE = Path(__file__).resolve().parents[1] / "docs" / "generator.md"


def table() -> str:
    """The table as the page has it: name, argument, type, example."""
    lines = ["| function | argument | gives | example |", "|---|---|---|---|"]
    for row in bayou.Generator.functions().to_pylist():
        argument = f"`{row['argument']}`" if row["argument"].startswith("{") else row["argument"]
        lines.append(f"| `{row['name']}` | {argument} | {row['type']} | `{row['example']}` |")
    return "\n".join(lines) + "\n"


def test_the_page_lists_every_function() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = text[text.index("| function |") :]
    assert found == table(), "write what table() gives at the end of the page"
