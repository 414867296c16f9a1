"""The S3 service of the tests speaks the protocol: boto3, s5cmd and rclone work with it. And bayou works with moto."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bayou

from .conftest import S3Double
from .test_s3 import endpoint  # noqa: F401  (a fixture: moto)

boto3 = pytest.importorskip("boto3", reason="the extra [dev] brings boto3")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYOU_CACHE_DIR", str(tmp_path / "cache"))


def client(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed: the extra [dev] brings it")
    return found


def keys(url: str, bucket: str) -> list[str]:
    pages = client(url).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_boto3_does_everything_that_a_copy_is_made_of(s3: S3Double) -> None:
    s3_client = client(s3.url)
    s3_client.put_object(Bucket="a", Key="x/ü +%.csv", Body=b"hello", Metadata={"owner": "ana"}, Tagging="team=lake")
    s3_client.copy_object(Bucket="b", Key="copy", CopySource={"Bucket": "a", "Key": "x/ü +%.csv"})
    found = s3_client.get_object(Bucket="b", Key="copy", Range="bytes=1-3")
    assert (found["Body"].read(), found["Metadata"], found["TagCount"]) == (b"ell", {"owner": "ana"}, 1)
    with pytest.raises(s3_client.exceptions.ClientError, match="PreconditionFailed"):
        s3_client.put_object(Bucket="b", Key="copy", Body=b"", IfNoneMatch="*")
    s3_client.upload_fileobj(io.BytesIO(), "b", "empty")
    upload = s3_client.create_multipart_upload(Bucket="b", Key="parts")["UploadId"]
    etags = [
        s3_client.upload_part(Bucket="b", Key="parts", UploadId=upload, PartNumber=n, Body=b"x" * 10)["ETag"]
        for n in (1, 2)
    ]
    parts = [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]
    s3_client.complete_multipart_upload(Bucket="b", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3_client.head_object(Bucket="b", Key="parts")["ContentLength"] == 20
    assert keys(s3.url, "b") == ["copy", "empty", "parts"]
    s3_client.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "copy"}, {"Key": "empty"}]})
    assert keys(s3.url, "b") == ["parts"]


def test_s5cmd_and_rclone_copy_with_it_and_bayou_finds_nothing_to_do(s3: S3Double) -> None:
    s3.seed("a", "x/", 1_500, size=100)
    subprocess.run(
        [tool("s5cmd"), "--endpoint-url", s3.url, "--log", "error", "cp", "s3://a/x/*", "s3://b/s5cmd/"],
        env=s3.environment,
        check=True,
    )
    remote = f":s3,provider=Other,env_auth,endpoint='{s3.url}',region=us-east-1:"
    subprocess.run([tool("rclone"), "copy", f"{remote}a/x", f"{remote}b/rclone"], env=s3.environment, check=True)
    for name in ("s5cmd", "rclone"):
        report = bayou.copy("s3://a/x/", f"s3://b/{name}/", **s3.reach)
        assert (report.objects, report.skipped) == (0, {"same ETag": 1_500}), name


def test_moto_is_copied_from_to_and_within(endpoint: str, tmp_path: Path) -> None:  # noqa: F811
    reach = {
        "endpoint_url": endpoint,
        "region": "us-east-1",
        "access_key_id": "test",
        "secret_access_key": "test",
    }
    s3_client = client(endpoint)
    s3_client.create_bucket(Bucket="copies")
    folder = tmp_path / "from"
    (folder / "d").mkdir(parents=True)
    (folder / "d" / "ü +%.csv").write_text("a,b\n")
    (folder / "large.bin").write_bytes(os.urandom(21 << 20))
    up = bayou.copy(folder, "s3://copies/up/", **reach)
    assert (up.objects, up.failed, up.verified) == (2, {}, 2)
    within = bayou.copy("s3://copies/up/", "s3://copies/within/", threshold_mib=16, verify="read", **reach)
    assert (within.objects, within.failed) == (2, {})
    assert s3_client.head_object(Bucket="copies", Key="within/d/ü +%.csv")["ContentType"] == "text/csv"
    down = bayou.copy("s3://copies/within/", f"{tmp_path}/down/", **reach)
    assert (down.objects, down.failed) == (2, {})
    assert (tmp_path / "down" / "large.bin").read_bytes() == (folder / "large.bin").read_bytes()
    again = bayou.copy("s3://copies/up/", "s3://copies/within/", threshold_mib=16, **reach)
    assert again.objects == 0
    moved = bayou.copy("s3://copies/within/", "s3://copies/moved/", move=True, **reach)
    assert moved.moved == 2 and not [key for key in keys(endpoint, "copies") if key.startswith("within/")]
