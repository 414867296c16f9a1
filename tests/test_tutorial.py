"""The users' own artefacts run unchanged; they are read from beside the clone when they are there."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

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


class LakeBoto3(ModuleType):
    """As much of boto3 as the tutorial's handlers call, over a lake: their bucket is its root."""

    def __init__(self, lake: bayou.Lake) -> None:
        super().__init__("boto3")
        root = Path(lake.url.removeprefix("file://"))

        def filtered(Prefix: str) -> Any:
            found = sorted(path for path in root.rglob("*") if path.is_file() and ".bayou" not in path.parts)
            keys = [path.relative_to(root).as_posix() for path in found]

            class Objects(list[Any]):
                def delete(self) -> None:
                    for item in self:
                        (root / item.key).unlink()

            return Objects(SimpleNamespace(key=key) for key in keys if key.startswith(Prefix))

        def copy(key: str, source: dict[str, str]) -> None:
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes((root / source["Key"]).read_bytes())

        bucket = SimpleNamespace(
            objects=SimpleNamespace(filter=filtered),
            Object=lambda key: SimpleNamespace(copy=lambda source: copy(key, source)),
        )
        glue = SimpleNamespace(
            start_crawler=lambda Name: lake.crawl(f"data/{Name}/", database=Name),
            get_crawler_metrics=lambda CrawlerNameList: {
                "CrawlerMetricsList": [
                    {"CrawlerName": name, "TimeLeftSeconds": 0.0, "StillEstimating": False} for name in CrawlerNameList
                ]
            },
        )
        self.resource = lambda service: SimpleNamespace(Bucket=lambda name: bucket)
        self.client = lambda service: glue


def handlers(lake: bayou.Lake, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The tutorial's Lambda functions as they are."""
    monkeypatch.setitem(sys.modules, "boto3", LakeBoto3(lake))
    names = {
        "generic-file-transfer": "generic_file_transfer",
        "generic-file-transfer-status": "generic_file_transfer_status",
        "generic-crawler-invoke": "generic_crawler_invoke",
        "generic-crawler-status": "generic_crawler_status",
    }
    tasks: dict[str, Any] = {}
    for name, file in names.items():
        spec = importlib.util.spec_from_file_location(file, TUTORIAL / f"{file}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tasks[name] = module
    return tasks


def refine(lake: bayou.Lake) -> Any:
    root = Path(lake.url.removeprefix("file://"))

    def job(arguments: dict[str, str]) -> None:
        day = "year={year}/month={month}/day={day}".format(**arguments)
        target = root / arguments["refined_prefix"] / "customers" / day / "part.csv"
        target.parent.mkdir(parents=True)
        target.write_bytes((root / "data/raw/customers" / day / "customers_20190821.csv").read_bytes())

    return job


def land(lake: bayou.Lake) -> None:
    landing = Path(lake.url.removeprefix("file://")) / "data" / "landing"
    landing.mkdir(parents=True)
    (landing / "customers_20190821.csv").write_text("email_id,units\na@x.org,3\nb@x.org,4\n")


def test_the_state_machine_and_its_handlers_run_as_they_are(lake: bayou.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    land(lake)
    tasks = {**handlers(lake, monkeypatch), "retail-raw-refined": refine(lake)}
    with pytest.warns(UserWarning, match="did you mean `States.ALL`"):
        machine = lake.state_machine(TUTORIAL / "datapipeline.asl.json", tasks)
    day = {"year": "2019", "month": "08", "day": "21"}
    execution = machine.start(day)
    assert execution.output == day
    assert lake.sql("SELECT sum(units) AS n FROM refined.customers").to_pylist() == [{"n": 7}]
    assert not list((Path(lake.url.removeprefix("file://")) / "data" / "landing").iterdir())
    assert execution.plot().svg.count("succeeded") == 1


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_its_misspelt_retrier_fails_as_the_service_does_with_a_hint(
    lake: bayou.Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake)
    tasks = {**handlers(lake, monkeypatch), "retail-raw-refined": refine(lake)}
    tasks["generic-file-transfer"] = lambda event: event  # copies nothing, so the status handler raises
    machine = lake.state_machine(TUTORIAL / "datapipeline.asl.json", tasks)
    execution = machine.start({"year": "2019", "month": "08", "day": "21"})
    with pytest.raises(bayou.errors.ExecutionFailedError, match=r"differs from .* in case only"):
        _ = execution.output
    assert (execution.error, execution.cause) == (None, "Landing To Raw File Transfer failed")
