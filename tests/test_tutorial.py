"""The users' own artefacts run unchanged; they are read from beside the clone when they are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bayou

TUTORIAL = Path(__file__).resolve().parents[2] / "shared" / "tutorial"

pytestmark = pytest.mark.skipif(not TUTORIAL.is_dir(), reason="the tutorials are not beside the clone")


def test_the_template_and_the_application_run_as_they_are(lake: bayou.Lake) -> None:
    template = (TUTORIAL / "sensor_template.txt").read_text()
    sql = (TUTORIAL / "temperature.sql").read_text()
    generator = bayou.Generator(template, seed=3)
    assert set(json.loads(generator.records(1)[0])) == {"sensor_id", "current_temperature", "location"}
    sensors = lake.stream("sensors", shards=2)
    sensors.put(generator, count=20_000, partition_key="sensor_id")
    result = lake.application("temperature", sql, source=sensors).run()
    temperatures = [row["current_temperature"] for row in generator.table(20_000).to_pylist()]
    assert result.errors == 0
    assert len(result["anomaly_data_stream"]) == sum(t > 100 for t in temperatures)
    assert len(result["output_data_stream"]) == sum(t < 100 for t in temperatures)
