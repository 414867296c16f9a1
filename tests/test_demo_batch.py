"""The batch job, small, and the command line of jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

import bayou
from bayou import cli, demo_batch


def test_the_batch_job_processes_each_row_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = demo_batch.run(tmp_path / "lake", rows=2_000, seed=1)
    assert counts == {"landed": 4_000, "refined": 4_000, "processed_second_day": 2_000}
    assert "Each of 4,000 rows is there once" in capsys.readouterr().out
    lake = bayou.Lake(tmp_path / "lake")
    assert lake.table("refined.customers").partitions().to_pydict()["day"] == ["21", "22"]
    assert lake.bookmarks("raw-refined").runs == ["raw-refined-1", "raw-refined-2"]
    picture = (tmp_path / "lake" / "machine.svg").read_text()
    assert picture.startswith("<svg") and "EmptyLanding" in picture
    assert demo_batch.run(tmp_path / "lake", rows=100, seed=1)["refined"] == 200


def test_a_day_that_cannot_be_read_says_what_is_wrong(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    machine = lake.state_machine(demo_batch.MACHINE, tasks={"raw-refined": demo_batch.refine(lake, [])})
    execution = machine.start({"path": "data/landing/customers/none.csv", "year": "2019", "month": "08", "day": "21"})
    with pytest.raises(bayou.errors.ExecutionFailedError):
        _ = execution.output
    assert "none.csv" in str(execution.cause)


def test_verifying_nothing_fails(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    (tmp_path / "lake" / "a").mkdir()
    (tmp_path / "lake" / "a" / "x.csv").write_text("1\n")
    parameters = {"source.$": "$.source", "destination": "b/"}
    state = {"Type": "Task", "Resource": "bayou:verify", "Parameters": parameters, "End": True}
    machine = lake.state_machine({"StartAt": "V", "States": {"V": state}})
    assert "nothing at `c/`" in str(machine.start({"source": "c/"}).wait().cause)
    assert "x.csv" in str(machine.start({"source": "a/x.csv"}).wait().cause)
    lake.copy("a/", "b/")
    assert machine.start({"source": "a/x.csv"}).output["objects"] == 1


def test_the_command_runs_scripts_and_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "lake"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.csv").write_text("id,day\n1,21\n2,22\n")
    write = ["etl", str(folder), "in/", "out/", "--partition-by", "day", "--table", "out.t", "--bookmark", "j"]
    assert cli.main(write) == 0
    assert "2 rows in 2 files" in capsys.readouterr().out
    assert cli.main(write) == 0
    assert "0 rows" in capsys.readouterr().out
    assert cli.main(["etl", str(folder), "out.t", "csv/", "--where", "day = 21", "--format", "csv"]) == 0
    assert "1 rows" in capsys.readouterr().out
    pytest.importorskip("sqlframe")
    script = tmp_path / "s.py"
    script.write_text(
        "import sys\nfrom awsglue.utils import getResolvedOptions\n"
        "print(getResolvedOptions(sys.argv, ['JOB_NAME', 'x']))\n"
    )
    assert cli.main(["etl", str(folder), str(script), "--arg", "x=1"]) == 0
    assert "'x': '1'" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="NAME=VALUE"):
        cli.main(["etl", str(folder), str(script), "--arg", "x"])
    assert cli.main(["etl", str(folder), "nothing/", "out2/"]) == 1
    assert "There is no data at `nothing`" in capsys.readouterr().err
