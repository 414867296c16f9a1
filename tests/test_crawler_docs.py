"""The examples of docs/crawler.md run as they are written, and say what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import bayou
from bayou.cli import main

PAGE = Path(__file__).resolve().parents[1] / "docs" / "crawler.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def filled(lake: bayou.Lake) -> bayou.Lake:
    root = Path(lake.url.removeprefix("file://")) / "data"
    for hour in ("08", "09"):
        folder = root / "anomaly" / "year=2019" / f"hour={hour}"
        folder.mkdir(parents=True)
        rows = [{"sensor_id": row, "location": "UK", "t": row / 2} for row in range(10)]
        (folder / "part-1.json").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name in ("customers", "new"):
        (root / name).mkdir()
        (root / name / "c.csv").write_text(f"id,{name}\n1,Ana\n2,Ben\n", encoding="utf-8")
    return lake


def test_the_examples_run_one_after_the_other(filled: bayou.Lake) -> None:
    assert len(EXAMPLES) == 5
    names: dict[str, object] = {"lake": filled}
    for example in EXAMPLES:
        exec(example, names)
    assert filled.table("a.anomaly").partition_keys == {"year": "string", "hour": "string"}
    assert filled.table("b.anomaly").partition_keys == {"year": "int", "hour": "bigint"}
    assert filled.tables("c") == ["anomaly", "customers", "new"]
    assert filled.tables("d") == ["readings"]
    assert filled.tables("e") == ["anomaly", "new"]
    crawler = filled.crawler("raw")
    assert crawler.last_run is not None and crawler.last_run["status"] == "SUCCEEDED"


def test_the_command_line_has_every_option(filled: bayou.Lake, capsys: pytest.CaptureFixture[str]) -> None:
    url = filled.url.removeprefix("file://")
    options = ["--database", "x", "--table-prefix", "raw_", "--exclude", "new/**", "--partition-type", "hour=bigint"]
    assert main(["crawl", url, "data/", *options, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [table["name"] for table in report["tables"]] == ["raw_anomaly", "raw_customers"]
    assert filled.table("x.raw_anomaly").partition_keys == {"year": "int", "hour": "bigint"}
    assert main(["crawl", url, "data/", "--database", "y", "--table-threshold", "1"]) == 1
    assert "threshold is 1" in capsys.readouterr().err
    assert main(["crawl", url, "data/", "--partition-type", "hour"]) == 1
    assert "KEY=TYPE" in capsys.readouterr().err


def test_the_command_line_undoes(filled: bayou.Lake, capsys: pytest.CaptureFixture[str]) -> None:
    url = filled.url.removeprefix("file://")
    assert main(["crawl", url, "data/new/", "--database", "x"]) == 0
    assert f"bayou undo {url} 1" in capsys.readouterr().out
    assert main(["undo", url]) == 0
    assert "crawl" in capsys.readouterr().out
    assert main(["undo", url, "1"]) == 0 and filled.databases() == []
    assert main(["undo", url, "1"]) == 1
    assert "newest first" in capsys.readouterr().err
