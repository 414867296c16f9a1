"""Bad input: a typed error each, which says what, where and what to do; nothing is lost."""

from __future__ import annotations

import inspect
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayou
from bayou import errors


def test_every_error_has_a_code_of_its_own_and_a_docstring() -> None:
    classes = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, errors.BayouError)]
    assert len(set(classes)) > 25
    # Those that stand for an exception of a service's API share its name.
    ours = [cls.code for cls in set(classes) if not cls.code.endswith("Exception")]
    assert len(ours) == len(set(ours)) > 25
    assert all(cls.__doc__ for cls in classes)


def test_message_and_hint_are_told_apart() -> None:
    error = errors.DiskFullError("No space left\nhint: free some")
    assert (error.message, error.hint) == ("No space left", "free some")
    assert str(error) == "No space left\nhint: free some"
    assert isinstance(error, OSError)
    assert errors.SqlError("x").hint is None


def test_a_file_is_not_a_lake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(bayou.BayouError, match="file"):
        bayou.Lake(tmp_path / "file")


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(errors.NotSupportedError, match="`gs` is not supported"):
        bayou.Lake("gs://bucket/lake")


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "closed"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        return
    # The superuser may write everywhere but on a file system that nobody writes on.
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("mounting a tmpfs is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def test_an_unwritable_folder_is_access_denied(closed_folder: Path) -> None:
    with pytest.raises(errors.AccessDeniedError, match="closed") as caught:
        bayou.Lake(closed_folder / "lake")
    assert isinstance(caught.value, PermissionError) and caught.value.hint


def test_a_corrupt_catalog_file_is_named_with_advice(tmp_path: Path) -> None:
    bayou.Lake(tmp_path / "lake")
    catalog = tmp_path / "lake" / ".bayou" / "catalog.db"
    for path in catalog.parent.glob("catalog.db*"):
        path.unlink()
    catalog.write_bytes(b"this is no database" * 1000)
    with pytest.raises(errors.CorruptCatalogError, match=r"catalog\.db") as caught:
        bayou.Lake(tmp_path / "lake").databases()
    assert caught.value.hint


def test_unknown_names_are_lookup_errors(lake: bayou.Lake) -> None:
    with pytest.raises(errors.UnknownDatabaseError, match="`nope`"):
        lake.tables("nope")
    with pytest.raises(LookupError):
        lake.table("nope.table")
    with pytest.raises(errors.UnknownStreamError, match="`nope`"):
        lake.open_stream("nope")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode != 0:
        pytest.skip("mounting a tmpfs is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    stream = bayou.Lake(small_disk / "lake").stream("s")
    acknowledged: list[bytes] = []
    with pytest.raises(errors.DiskFullError) as caught:
        for number in range(1_000):
            records = [f"{number}-{i}-".encode() + b"x" * 5_000 for i in range(20)]
            stream.put_records(records)
            acknowledged += records
    assert caught.value.hint and acknowledged
    remount = ["mount", "-o", "remount,size=32m", str(small_disk)]
    subprocess.run(remount, check=True)  # somebody makes room, and a new process comes
    found = bayou.Lake(small_disk / "lake").stream("s").read().to_pydict()["data"]
    assert found[: len(acknowledged)] == acknowledged


def test_a_full_disk_stops_an_application_and_loses_nothing(small_disk: Path) -> None:
    remount = ["mount", "-o", "remount", str(small_disk)]
    subprocess.run([*remount[:2], "remount,size=6m", str(small_disk)], check=True)
    lake = bayou.Lake(small_disk / "lake")
    stream = lake.stream("s")
    stream.put_records([{"n": number, "text": "x" * 400} for number in range(5_000)])
    sql = """CREATE STREAM "all" ("n" INTEGER, "text" VARCHAR(500));
             CREATE PUMP p AS INSERT INTO "all" SELECT STREAM "n", "text" FROM SOURCE_SQL_STREAM_001 WHERE "n" >= 0;
             CREATE STREAM "again" ("n" INTEGER, "text" VARCHAR(500));
             CREATE PUMP q AS INSERT INTO "again" SELECT STREAM "n", "text" FROM SOURCE_SQL_STREAM_001;"""

    application = lake.application("full", sql, source=stream)
    for name in ("all", "again"):
        application.deliver(name, lake.delivery(name, prefix=f"data/{name}/"))
    with pytest.raises(bayou.BayouError) as caught:
        application.run(collect="nothing")
    assert "space" in str(caught.value)
    subprocess.run([*remount[:2], "remount,size=64m", str(small_disk)], check=True)
    assert application.run(collect="nothing").records == 5_000
    for name in ("all", "again"):
        files = [path for path in (small_disk / "lake/data" / name).rglob("*") if path.is_file()]
        lines = [line for path in files for line in path.read_text().splitlines()]
        assert len(lines) == len(set(lines)) == 5_000
