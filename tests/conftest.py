from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import bayou


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[bayou.Lake]:
    yield bayou.Lake(tmp_path / "lake")


class S3Double:
    """The S3 service of the Rust tests, as a process: memory only, with faults that can be set."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    @property
    def reach(self) -> dict[str, str]:
        """Options that reach it."""
        return {
            "endpoint_url": self.url,
            "region": "us-east-1",
            "access_key_id": "test",
            "secret_access_key": "test",
        }

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a process that is to reach it."""
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        return {**os.environ, **keys, "AWS_ENDPOINT_URL": self.url, "S3_ENDPOINT_URL": self.url}

    def _command(self, text: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/_double/{text}") as answer:
            return bytes(answer.read())

    def set(self, **faults: int | str) -> None:
        """Set faults by name."""
        self._command(f"faults?{urllib.parse.urlencode(faults)}")

    def seed(self, bucket: str, prefix: str, count: int, size: int = 1024, layout: str = "flat") -> None:
        """Fill a bucket."""
        query = {"bucket": bucket, "prefix": prefix, "count": count, "size": size, "layout": layout}
        self._command(f"seed?{urllib.parse.urlencode(query)}")

    def counters(self) -> dict[str, int]:
        """How many requests of each kind came."""
        return dict(json.loads(self._command("counters")))

    def create_bucket(self, name: str) -> None:
        """Make a bucket."""
        self.seed(name, "", 0)


@pytest.fixture
def s3() -> Iterator[S3Double]:
    """The service, which checks signatures; `make test` builds it."""
    program = Path(os.environ.get("BAYOU_S3_DOUBLE", Path(sys.prefix) / "bin" / "s3_double"))
    if not program.exists():
        pytest.skip("the S3 service of the tests is not built: run `make test`, or name it in BAYOU_S3_DOUBLE")
    double = S3Double(program)
    try:
        for bucket in ("a", "b"):
            double.create_bucket(bucket)
        double.set(verify=1)
        yield double
    finally:
        double.process.kill()
        double.process.wait(10)
