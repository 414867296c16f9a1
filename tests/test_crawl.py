"""Crawls from Python: tables and partitions, reports that say why, typed refusals."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import bayou


@pytest.fixture
def folder(lake: bayou.Lake) -> Path:
    root = Path(lake.url.removeprefix("file://"))
    for hour in ("08", "09"):
        path = root / "data" / "anomaly" / "year=2019" / f"hour={hour}"
        path.mkdir(parents=True)
        lines = [json.dumps({"sensor_id": i, "location": "UK", "t": i / 2}) for i in range(10)]
        (path / "part-1.json").write_text("\n".join(lines) + "\n")
    (root / "data" / "customers").mkdir()
    with gzip.open(root / "data" / "customers" / "c.csv.gz", "wt") as file:
        file.write("id,name\n1,Ana\n2,Ben\n")
    return root / "data"


def test_folders_become_tables_and_partitions(lake: bayou.Lake, folder: Path) -> None:
    report = lake.crawl("data/", database="iot")
    assert dict(zip(report.tables.to_pydict()["name"], report.tables.to_pydict()["outcome"], strict=True)) == {
        "anomaly": "added",
        "customers": "added",
    }
    assert lake.databases() == ["iot"] and lake.tables("iot") == ["anomaly", "customers"]
    anomaly = lake.table("iot.anomaly")
    assert set(anomaly.schema) == {"sensor_id", "location", "t"}
    assert list(anomaly.partition_keys) == ["year", "hour"]
    assert anomaly.partitions().to_pydict()["hour"] == ["08", "09"]
    assert anomaly.format == "json" and anomaly.location.endswith("/data/anomaly/")
    assert anomaly.to_dict()["Name"] == "anomaly"
    assert anomaly.files().num_rows == 2 and anomaly.history().num_rows == 1
    assert "hour" in repr(anomaly)


def test_a_second_crawl_reads_nothing_and_changes_nothing(lake: bayou.Lake, folder: Path) -> None:
    assert lake.crawl("data/", database="iot").is_change
    again = lake.crawl("data/", database="iot")
    assert not again.is_change and again.files_read == 0
    assert set(again.tables.to_pydict()["outcome"]) == {"unchanged"}


def test_the_report_says_why(lake: bayou.Lake, folder: Path) -> None:
    report = lake.crawl("data/", database="iot", exclude=["customers/**"])
    assert "why:" in report.explain() and repr(report).startswith("Crawl of `data/`")
    assert [table["name"] for table in report.to_dict()["tables"]] == ["anomaly"]
    assert all(report.tables.to_pydict()["reason"])


def test_types_of_partition_keys_can_be_given(lake: bayou.Lake, folder: Path) -> None:
    lake.crawl("data/anomaly/", database="a", partition_types="string")
    lake.crawl("data/anomaly/", database="b", partition_types={"hour": "bigint"})
    assert lake.table("a.anomaly").partition_keys == {"year": "string", "hour": "string"}
    assert lake.table("b.anomaly").partition_keys["hour"] == "bigint"


def test_wrong_targets_and_options_are_named(lake: bayou.Lake, folder: Path) -> None:
    with pytest.raises(bayou.errors.ObjectNotFoundError, match="nothing/here"):
        lake.crawl("nothing/here/")
    with pytest.raises(bayou.errors.InvalidPathError):
        lake.crawl("../outside/")
    with pytest.raises(bayou.errors.InvalidOptionError, match="`group` is `x`"):
        lake.crawl("data/", group="x")  # type: ignore[arg-type]
    with pytest.raises(bayou.errors.UnknownTableError, match="anomaly"):
        lake.crawl("data/", database="iot")
        lake.table("iot.anomal")


def test_what_a_crawl_excludes_is_not_read(lake: bayou.Lake) -> None:
    root = Path(lake.url.removeprefix("file://"))
    for name, text in {
        "t/a.csv": "id,name\n1,a\n2,b\n",
        "t/b.tmp": "id,name\n8,x\n",
        "u/c.csv": "id,name\n3,c\n",
    }.items():
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "data" / name).write_text(text)
    lake.crawl("data/", database="q", exclude=["**.tmp"], levels=1)
    assert lake.sql("SELECT id FROM q.t ORDER BY id").to_pydict() == {"id": [1, 2]}
    parameters = lake.table("q.t").to_dict()["StorageDescriptor"]["Parameters"]
    assert json.loads(parameters["exclusions"]) == [f"{lake.url}/data/**.tmp"]
    assert "exclusions" not in lake.table("q.u").to_dict()["StorageDescriptor"]["Parameters"]


def test_a_crawl_is_undone_and_brought_back(lake: bayou.Lake, folder: Path) -> None:
    first = lake.crawl("data/anomaly/", database="iot")
    second = lake.crawl("data/", database="iot")
    assert first.change_id is not None and second.change_id == first.change_id + 1
    undone = second.undo()
    assert undone is not None and lake.tables("iot") == ["anomaly"]
    lake.undo(undone)
    assert lake.tables("iot") == ["anomaly", "customers"]
    assert lake.sql("SELECT count(*) AS n FROM iot.customers").to_pydict() == {"n": [2]}
    changes = lake.changes().to_pydict()
    assert changes["kind"] == ["undo", "undo", "crawl", "crawl"]
    assert changes["summary"][1] == f"undo of change {second.change_id}: {changes['summary'][2]}"
    assert lake.crawl("data/", database="iot").undo() is None


def test_an_undo_names_what_was_changed_since(lake: bayou.Lake, folder: Path) -> None:
    report = lake.crawl("data/", database="iot")
    lake.sql("DROP TABLE iot.customers")
    with pytest.raises(bayou.errors.ProgrammingError, match=r"iot\.customers"):
        report.undo()
    assert lake.tables("iot") == ["anomaly"]
    with pytest.raises(bayou.errors.ProgrammingError, match="no change 99"):
        lake.undo(99)


def test_the_report_counts_and_lists(lake: bayou.Lake, folder: Path) -> None:
    (folder / "customers" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "customers" / "empty.csv").touch()
    line = (folder / "anomaly" / "year=2019" / "hour=08" / "part-1.json").read_text()
    (folder / "anomaly" / "stray.json").write_text(line)
    report = lake.crawl("data/", database="iot")
    assert (report.files_listed, report.files_skipped, report.files_read) == (6, 1, 5)
    assert report.bytes_read > 0
    assert report.unclassified.to_pydict()["path"] == ["data/customers/picture.png"]
    assert report.unclassified.to_pydict()["nearest"] == ["png"]
    assert report.misplaced.to_pydict()["path"] == ["data/anomaly/stray.json"]
    assert "data/anomaly" in report.folders.to_pydict()["folder"]
    html = report._repr_html_()
    assert "<td" in html and "picture.png" in html and f"change {report.change_id}" in html
