"""The streaming job, small, and the command line around it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bayou
from bayou import cli, demo


def test_demo_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = demo.run(tmp_path / "lake", records=20_000, seconds=0, seed=1)
    assert counts["generated"] == 20_000
    assert counts["anomalies"] + counts["normal"] + counts["exactly_100"] == 20_000
    assert all(counts.values())
    assert (tmp_path / "lake" / "anomalies.png").read_bytes().startswith(b"\x89PNG")
    assert "Nothing was lost: 20,000 generated" in capsys.readouterr().out
    again = demo.run(tmp_path / "lake", records=20_000, seconds=0, seed=1)
    assert again == counts


def test_demo_leaves_folders_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(bayou.errors.InvalidOptionError, match="not made by the demo"):
        demo.run(tmp_path, records=1)
    assert (tmp_path / "mine").exists()


def test_commands_do_the_job_step_by_step(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    template, application = tmp_path / "sensor.txt", tmp_path / "temperature.sql"
    template.write_text(demo.SENSOR_TEMPLATE)
    application.write_text(demo.TEMPERATURE_SQL)
    folder = str(tmp_path / "lake")
    assert cli.main(["generate", str(template), "--count", "500", "--seed", "1"]) == 0
    records = capfdbinary.readouterr().out.splitlines()
    assert len(records) == 500 and records == bayou.Generator(demo.SENSOR_TEMPLATE, seed=1).records(500)
    bayou.Lake(folder).stream("sensors").put_records(records)
    run = ["run", str(application), "--lake", folder, "--source", "sensors"]
    assert cli.main([*run, "--deliver", "anomaly_data_stream=data/anomaly/"]) == 0
    assert cli.main(["crawl", folder, "data/", "--database", "iot"]) == 0
    capfdbinary.readouterr()
    sql = "SELECT count(*) AS n, min(current_temperature) AS t FROM anomaly"
    assert cli.main(["sql", folder, sql, "--database", "iot", "--format", "json"]) == 0
    hot = [json.loads(record)["current_temperature"] for record in records]
    assert json.loads(capfdbinary.readouterr().out) == {
        "n": sum(t > 100 for t in hot),
        "t": min(t for t in hot if t > 100),
    }


def test_errors_are_one_message_and_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", str(tmp_path / "lake"), "SELEC 1"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "^" in error and "Traceback" not in error
    assert cli.main(["generate", str(tmp_path / "nothing.txt")]) == 1
