"""Copies as users run them: folders, buckets, parts, the command line, and what is left after `kill -9`."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bayou
from bayou.cli import main

from .conftest import S3Double


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYOU_CACHE_DIR", str(tmp_path / "cache"))


def fill(folder: Path, count: int) -> Path:
    for n in range(count):
        path = folder / f"d{n % 7}" / f"f{n:04}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"a,b\n{n},{n}\n")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_copied_once_and_the_report_shows_itself(tmp_path: Path) -> None:
    source = fill(tmp_path / "from", 50)
    report = bayou.copy(source, tmp_path / "to")
    assert (report.objects, report.verified, report.failed) == (50, 50, {})
    assert contents(source) == contents(tmp_path / "to")
    assert "<svg" in report._repr_html_() or report.seconds < 1
    assert "Copied 50 objects" in repr(report)
    again = bayou.copy(source, tmp_path / "to")
    assert (again.objects, again.skipped) == (0, {"same size and time": 50})


def test_a_report_has_a_row_for_each_object_and_can_be_sent(tmp_path: Path) -> None:
    pytest.importorskip("pandas", reason="the extra [pandas] brings it")
    report = bayou.copy(fill(tmp_path / "from", 5), tmp_path / "to")
    frame = report.to_pandas()
    assert list(frame["key"]) == sorted(contents(tmp_path / "from"))
    assert set(frame["state"]) == {"copied"} and frame["size"].min() > 0
    sent = pickle.loads(pickle.dumps(report))
    assert sent.to_dict() == report.to_dict()
    assert sent.started.tzinfo is not None and sent.last_modified is not None


def test_the_date_in_a_name_becomes_partitions_of_the_lake(lake: bayou.Lake) -> None:
    landing = Path(lake.url.removeprefix("file://")) / "data" / "landing"
    landing.mkdir(parents=True)
    (landing / "customers_20190821.csv").write_text("email_id,name\na@b.c,Ana\n")
    rule = ("{table}_{year:4}{month:2}{day:2}.csv", "{table}/year={year}/month={month}/day={day}/")
    report = lake.copy("data/landing/", "data/raw/", include="*.csv", rename=rule, register="raw")
    assert report.objects == 1
    assert lake.sql("SELECT name, year, month FROM raw.customers").to_pylist() == [
        {"name": "Ana", "year": "2019", "month": "08"}
    ] or lake.sql("SELECT name FROM raw.customers").to_pylist() == [{"name": "Ana"}]


def test_files_copied_into_a_table_are_registered_when_asked(lake: bayou.Lake, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "one.csv").write_text("a,b\n1,2\n")
    lake.copy(f"{folder}/", "data/t/", register="raw")
    (folder / "two.csv").write_text("a,b\n3,4\n")
    report = lake.copy(f"{folder}/", "data/t/", register=True)
    assert report.objects == 1
    assert lake.sql("SELECT count(*) AS n FROM raw.t").to_pylist() == [{"n": 2}]
    with pytest.raises(bayou.BayouError, match="no table"):
        lake.copy(f"{folder}/", "data/elsewhere/", register=True)


def test_a_path_that_leaves_the_lake_is_refused(lake: bayou.Lake) -> None:
    for path in ("../x/", "data/../../x/"):
        with pytest.raises(bayou.errors.InvalidPathError):
            lake.copy(path, "data/")


def test_mistakes_are_named(tmp_path: Path) -> None:
    source = fill(tmp_path / "from", 1)
    with pytest.raises(bayou.errors.InvalidOptionError, match="`bogus`"):
        bayou.copy(source, tmp_path / "to", bogus=1)  # type: ignore[call-arg]
    with pytest.raises(bayou.errors.InvalidOptionError, match="`compare`"):
        bayou.copy(source, tmp_path / "to", compare="time")  # type: ignore[arg-type]
    for name, value in {
        "concurrency": "many",
        "memory_mib": 1.5,
        "part_mib": True,
        "delete": "yes",
        "rate_per_prefix": "fast",
        "rename": "x",
    }.items():
        with pytest.raises(bayou.errors.InvalidOptionError, match=f"`{name}`"):
            bayou.copy(source, tmp_path / "to", **{name: value})  # type: ignore[arg-type]
    assert not (tmp_path / "to").exists()
    with pytest.raises(bayou.errors.StorageError, match="no profile `nobody`"):
        bayou.copy("s3://a/x/", tmp_path / "to", profile="nobody")
    with pytest.raises(bayou.errors.ObjectNotFoundError):
        bayou.copy(tmp_path / "typo", tmp_path / "to")
    with pytest.raises(bayou.errors.InvalidPathError, match="same place"):
        bayou.copy(source, source)


def test_missing_credentials_are_named_at_once(s3: S3Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")  # no machine of the cloud
    with pytest.raises(bayou.errors.AccessDeniedError, match="no credentials for the bucket `a`"):
        bayou.copy("s3://a/x/", tmp_path / "to", endpoint_url=s3.url, region="us-east-1")


def test_the_command_line_copies_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = fill(tmp_path / "from", 10)
    assert main(["copy", str(source), str(tmp_path / "to"), "--exclude", "f0003.csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["objects"], told["skipped"]) == (9, {"not selected": 1})
    assert main(["copy", str(tmp_path / "typo"), str(tmp_path / "to")]) == 1
    assert "nothing at" in capsys.readouterr().err
    assert main(["copy", "--clean"]) == 0


def test_parts_run_elsewhere_and_their_reports_merge(s3: S3Double) -> None:
    s3.seed("a", "x/", 2_500, size=10)
    parts = bayou.copy.plan("s3://a/x/", "s3://b/y/", n=4, **s3.reach)
    assert [part.number for part in parts] == [1, 2, 3, 4] and sum(part.objects for part in parts) == 2_500
    assert all("secret" not in part.to_json() or '"test"' not in part.to_json() for part in parts)
    script = (
        "import sys, bayou; part = bayou.CopyPart(sys.stdin.read()); "
        "print(bayou.copy.run(part, access_key_id='test', secret_access_key='test').to_json())"
    )
    reports = []
    for part in parts:
        command = [sys.executable, "-c", script]
        reports.append(subprocess.run(command, input=part.to_json(), capture_output=True, text=True, check=True).stdout)
    merged = bayou.copy.merge(reports)
    assert (merged.objects, merged.listed, merged.failed_count) == (2_500, 2_500, 0)


def test_a_lake_on_s3_is_copied_to_a_folder_and_back(s3: S3Double, tmp_path: Path) -> None:
    s3.seed("a", "lake/data/", 20, size=100)
    lake = bayou.Lake("s3://a/lake", cache_dir=tmp_path / "lake-cache", **s3.reach)
    assert lake.copy("data/", f"{tmp_path}/down/").objects == 20
    assert lake.copy(f"{tmp_path}/down/", "data/up/").objects == 20
    assert lake.copy("data/", "s3://b/elsewhere/", destination_options=s3.reach).objects == 40


KILLED = """
import sys, bayou
bayou.copy(sys.argv[1], sys.argv[2], endpoint_url=sys.argv[3], region="us-east-1",
           access_key_id="test", secret_access_key="test")
"""


def settled(s3: S3Double) -> int:
    """Copies that the service has made, once it has answered the requests of a client that was killed."""
    made = -1
    while made != (now := s3.counters()["copies"]):
        made = now
        time.sleep(0.2)
    return made


def test_the_partitions_of_the_catalog_cut_the_listing(s3: S3Double, tmp_path: Path) -> None:
    days = [f"data/raw/t/day={day:02}/" for day in range(1, 6)]
    s3.create_bucket("a")
    lake = bayou.Lake("s3://a/lake", **s3.reach)
    for day in days:
        (tmp_path / day).mkdir(parents=True)
        (tmp_path / day / "x.csv").write_text("a,b\n1,2\n")
    lake.copy(f"{tmp_path}/data/", "data/", register="raw")
    assert lake.table("raw.t").partitions().num_rows == 5
    before = s3.counters()["lists"]
    report = lake.copy("data/raw/", f"{tmp_path}/back/")
    assert (report.objects, report.failed) == (5, {})
    assert s3.counters()["lists"] - before == 6, "a part for what comes before the first day, and one for each day"
    assert sorted(path.name for path in (tmp_path / "back/t").iterdir()) == [day[-7:-1] for day in days]


def test_a_copy_that_was_killed_twice_goes_on_and_leaves_no_uploads(s3: S3Double) -> None:
    import boto3

    s3.seed("a", "x/", 3_000, size=10)
    s3.seed("a", "x/large/", 2, size=80 << 20)
    before = 0
    for _ in range(2):
        s3.set(latency_ms=20)
        process = subprocess.Popen([sys.executable, "-c", KILLED, "s3://a/x/", "s3://b/y/", s3.url])
        while s3.counters()["copies"] < before + 500:
            assert process.poll() is None, "it was too fast to be killed"
            time.sleep(0.01)  # until it is in the middle
        process.kill()
        process.wait(10)
        s3.set(latency_ms=0)
        before = settled(s3)
    report = bayou.copy("s3://a/x/", "s3://b/y/", **s3.reach)
    assert report.failed == {} and report.objects + sum(report.skipped.values()) == 3_002
    assert report.objects < 3_002
    parts = 2 * 3
    assert s3.counters()["copies"] - before <= report.objects + parts + report.retried + report.hedged
    client = boto3.client(
        "s3", endpoint_url=s3.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    assert client.list_multipart_uploads(Bucket="b").get("Uploads", []) == []


def test_a_folder_copy_that_was_killed_leaves_whole_files_only(s3: S3Double, tmp_path: Path) -> None:
    s3.seed("a", "x/", 2_000, size=5_000)
    s3.set(latency_ms=10)
    target = tmp_path / "to"
    process = subprocess.Popen([sys.executable, "-c", KILLED, "s3://a/x/", f"{target}/", s3.url])
    while s3.counters()["gets"] < 300:
        assert process.poll() is None, "it was too fast to be killed"
        time.sleep(0.01)  # until it is in the middle
    process.kill()
    process.wait(10)
    whole = [path for path in target.iterdir() if not path.name.startswith("._tmp-")]
    assert all(path.stat().st_size == 5_000 for path in whole)
    s3.set(latency_ms=0)
    others = target / "._tmp-another-0"
    others.write_text("of a copy that may be running")
    report = bayou.copy("s3://a/x/", f"{target}/", **s3.reach)
    assert report.objects + report.skipped.get("same size and time", 0) == 2_000
    assert report.objects <= 2_000 - len(whole)
    assert list(target.glob("._tmp-*")) == [others]


def test_a_clean_deletes_what_a_killed_copy_was_writing(s3: S3Double, tmp_path: Path) -> None:
    s3.seed("a", "x/", 2, size=40 << 20)
    s3.set(latency_ms=150)
    target = tmp_path / "to"
    process = subprocess.Popen([sys.executable, "-c", KILLED, "s3://a/x/", f"{target}/", s3.url])
    while not list(target.glob("._tmp-*")):
        assert process.poll() is None, "it was too fast to be killed"
        time.sleep(0.001)
    assert bayou.copy.clean() == {}, "it is running"
    process.kill()
    process.wait(10)
    left = len(list(target.glob("._tmp-*")))
    assert left > 0
    assert bayou.copy.clean() == {f"{target}/": left}
    assert list(target.glob("._tmp-*")) == []
    assert bayou.copy.clean() == {}


def test_ctrl_c_ends_in_time_and_says_how_to_go_on(s3: S3Double) -> None:
    s3.seed("a", "x/", 20_000, size=10)
    s3.set(latency_ms=50)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, "s3://a/x/", "s3://b/y/", s3.url], stderr=subprocess.PIPE, text=True
    )
    while s3.counters()["copies"] < 200:
        assert process.poll() is None
        time.sleep(0.01)  # until it is in the middle
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in told and "goes on where it was" in told
    s3.set(latency_ms=0)
    report = bayou.copy("s3://a/x/", "s3://b/y/", **s3.reach)
    assert report.objects + sum(report.skipped.values()) == 20_000 and report.skipped["same ETag"] >= 200
