"""The streaming job on an `s3://` lake, against a server that is not ours (moto)."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayou
from bayou.demo import SENSOR_TEMPLATE, TEMPERATURE_SQL

pytest.importorskip("moto.server", reason="the extra [dev] brings moto")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT"))
                break
            except urllib.error.URLError:
                assert process.poll() is None, "the server did not start"
                time.sleep(0.1)  # until it listens
        yield url
    finally:
        process.terminate()
        process.wait(10)


def open_lake(endpoint: str, cache: Path) -> bayou.Lake:
    return bayou.Lake(
        "s3://bucket/lake",
        endpoint_url=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
        cache_dir=cache,
    )


@pytest.mark.parametrize("format", ["json", "parquet"])
def test_the_streaming_job_runs_on_s3(endpoint: str, tmp_path: Path, format: str) -> None:
    lake = open_lake(endpoint, tmp_path)
    sensors = lake.stream("sensors", shards=2)
    sensors.put(bayou.Generator(SENSOR_TEMPLATE, seed=7), count=5_000, partition_key="sensor_id")
    application = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    for stream in ("anomaly_data_stream", "output_data_stream"):
        prefix = f"{format}/{stream}/year=!{{timestamp:yyyy}}/month=!{{timestamp:MM}}/"
        delivery = lake.delivery(
            stream, prefix=prefix, error_prefix="errors/!{firehose:error-output-type}/", format=format
        )
        application.deliver(stream, delivery)
    result = application.run()
    report = lake.crawl(f"{format}/", database=format)
    assert len(report.tables) == 2
    counted = lake.sql(f"SELECT count(*) AS n, max(year) AS year FROM {format}.anomaly_data_stream").to_pylist()
    assert counted[0]["n"] == len(result["anomaly_data_stream"])


def test_a_missing_bucket_is_named(endpoint: str, tmp_path: Path) -> None:
    lake = bayou.Lake(
        "s3://nowhere/lake",
        endpoint_url=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
        cache_dir=tmp_path,
    )
    with pytest.raises(bayou.BayouError, match="nowhere"):
        lake.crawl("data/", database="d")
