"""Copies within LocalStack's S3, the one emulator that keeps all conditions; skipped where it is not installed.

LocalStack needs a Python of its own: `python3.13 -m venv E` and `E/bin/pip install "localstack-core[base-runtime]"
"cbor2<5.8" "pyopenssl<25.2"`. Then name `E/bin/python` in BAYOU_LOCALSTACK_PYTHON, or a running one in
BAYOU_LOCALSTACK_URL.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bayou

boto3 = pytest.importorskip("boto3", reason="the extra [dev] brings boto3")

BUCKET = "bayou-copies"


def interpreter() -> str | None:
    """A Python that has LocalStack."""
    candidate = os.environ.get("BAYOU_LOCALSTACK_PYTHON") or shutil.which("python3.13")
    if candidate is None:
        return None
    check = "import importlib.util as u, sys; sys.exit(u.find_spec('localstack') is None)"
    return candidate if subprocess.run([candidate, "-c", check], capture_output=True).returncode == 0 else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a LocalStack that serves S3."""
    running = os.environ.get("BAYOU_LOCALSTACK_URL")
    if running:
        yield running
        return
    python = interpreter()
    if python is None:
        pytest.skip("LocalStack is not installed; see the head of this file")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "hypercorn",
        "SERVICES": "s3",
        "STRICT_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "LOCALSTACK_VOLUME_DIR": str(tmp_path_factory.mktemp("localstack-volume")),
        "FILESYSTEM_ROOT": str(tmp_path_factory.mktemp("localstack")),
    }
    log = tmp_path_factory.mktemp("log") / "localstack.log"
    with log.open("w") as out:
        command = [python, "-m", "localstack.runtime.main"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_localstack/health").close()
                break
            except urllib.error.URLError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)  # until it listens
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    """boto3's client, and an empty bucket."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    s3_client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
    s3_client.create_bucket(Bucket=BUCKET)
    yield s3_client
    for item in s3_client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3_client.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3_client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def reach(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Options that reach it."""
    monkeypatch.setenv("BAYOU_CACHE_DIR", str(tmp_path / "cache"))
    return {"endpoint_url": url, "region": "us-east-1", "access_key_id": "test", "secret_access_key": "test"}


def content(client: Any, key: str) -> bytes:
    return bytes(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_what_exists_is_not_replaced(client: Any, reach: dict[str, Any]) -> None:
    for n in range(20):
        client.put_object(Bucket=BUCKET, Key=f"x/{n}", Body=f"{n}")
    client.put_object(Bucket=BUCKET, Key="y/7", Body="mine")
    source, target = f"s3://{BUCKET}/x/", f"s3://{BUCKET}/y/"
    report = bayou.copy(source, target, no_clobber=True, verify="read", **reach)
    assert (report.objects, report.failed, report.skipped) == (19, {}, {"exists": 1})
    assert (content(client, "y/7"), content(client, "y/8")) == (b"mine", b"8")


def test_metadata_and_tags_come_along_in_one_piece_and_in_parts(
    client: Any, reach: dict[str, Any], tmp_path: Path
) -> None:
    body = os.urandom(21 << 20)
    kept = {"ContentType": "text/csv", "Metadata": {"owner": "ana"}, "Tagging": "team=lake%20crew"}
    client.put_object(Bucket=BUCKET, Key="x/small ü+%.csv", Body=b"a,b\n", **kept)
    client.put_object(Bucket=BUCKET, Key="x/large.csv", Body=body, **kept)
    report = bayou.copy(f"s3://{BUCKET}/x/", f"s3://{BUCKET}/y/", threshold_mib=16, verify="read", **reach)
    assert (report.objects, report.failed, report.verified) == (2, {}, 2)
    for name in ("small ü+%.csv", "large.csv"):
        head = client.head_object(Bucket=BUCKET, Key=f"y/{name}")
        assert head["ContentType"] == "text/csv" and head["Metadata"]["owner"] == "ana"
        tags = client.get_object_tagging(Bucket=BUCKET, Key=f"y/{name}")["TagSet"]
        assert tags == [{"Key": "team", "Value": "lake crew"}]
    assert client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    down = bayou.copy(f"s3://{BUCKET}/y/", f"{tmp_path}/down/", **reach)
    assert (down.objects, down.failed) == (2, {})
    assert (tmp_path / "down" / "large.csv").read_bytes() == body
    up = bayou.copy(f"{tmp_path}/down/", f"s3://{BUCKET}/up/", **reach)
    assert (up.objects, up.failed, up.verified) == (2, {}, 2)
    assert content(client, "up/large.csv") == body


def test_a_move_empties_the_source_and_a_second_copy_finds_nothing_to_do(client: Any, reach: dict[str, Any]) -> None:
    for n in range(5):
        client.put_object(Bucket=BUCKET, Key=f"x/{n}", Body=f"{n}")
    source, target = f"s3://{BUCKET}/x/", f"s3://{BUCKET}/y/"
    assert bayou.copy(source, target, **reach).objects == 5
    again = bayou.copy(source, target, **reach)
    assert (again.objects, again.skipped) == (0, {"same ETag": 5})
    assert bayou.copy(source, target, move=True, **reach).moved == 5
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == [f"y/{n}" for n in range(5)]
