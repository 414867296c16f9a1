"""S3's calls over a lake in a folder: a key of any bucket is a path below the lake's root.

Locations in DDL are read the same way, so what a client writes under `s3://bucket/data/` is what the table at that
location reads. Results of statements are answered from memory, under the names that Athena would have given them.

Source: Amazon S3 API reference (shapes).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from bayou.compat.client import Meta, Paginator, client_error
from bayou.errors import NotSupportedError

if TYPE_CHECKING:
    from bayou.lake import Lake

_PAGE = 1000
_UPLOADS = ".bayou/uploads"


class S3Client:
    """A client of S3.

    Args:
        lake: A lake in a folder.
        region_name: Region that `meta` tells.
        result_file: Gives the result at a location, if a statement has one there.

    Raises:
        NotSupportedError: The lake lies in a bucket: use boto3's own client.
    """

    def __init__(self, lake: Lake, region_name: str, result_file: Callable[[str], bytes | None]) -> None:
        address = urlsplit(lake.url)
        if address.scheme != "file":
            raise NotSupportedError(f"The lake lies in `{lake.url}`\nhint: boto3's own client reads and writes there")
        self._root = Path(unquote(address.path)).resolve()
        self._result_file = result_file
        self.meta = Meta("s3", region_name)

    def _path(self, key: str, operation: str) -> Path:
        path = Path(os.path.normpath(self._root / key.lstrip("/")))
        if path != self._root and self._root not in path.parents:
            raise client_error("AccessDenied", f"The key `{key}` leaves the lake", operation, status=403)
        return path

    def _object(self, bucket: str, key: str, operation: str) -> tuple[Callable[[], IO[bytes]], int, float]:
        """How to open an object, its size, and when it was changed."""
        if (result := self._result_file(f"s3://{bucket}/{key}")) is not None:
            content = result
            return lambda: io.BytesIO(content), len(content), dt.datetime.now().timestamp()
        path = self._path(key, operation)
        if not path.is_file():
            code = "404" if operation == "HeadObject" else "NoSuchKey"
            raise client_error(code, f"There is no object `{key}`", operation, status=404)
        status = path.stat()
        return lambda: path.open("rb"), status.st_size, status.st_mtime

    # -- reading ------------------------------------------------------------------------------------

    def head_object(self, *, Bucket: str, Key: str, **_ignored: Any) -> dict[str, Any]:
        """What is known about an object."""
        _, size, changed = self._object(Bucket, Key, "HeadObject")
        return {
            "ContentLength": size,
            "LastModified": _moment(changed),
            "ETag": _tag(Key, size, changed),
            "ContentType": "binary/octet-stream",
            "StorageClass": "STANDARD",
            "Metadata": {},
        }

    def get_object(self, *, Bucket: str, Key: str, Range: str | None = None, **_ignored: Any) -> dict[str, Any]:
        """An object, or a range of its bytes."""
        open_object, size, changed = self._object(Bucket, Key, "GetObject")
        start, end = _range(Range, size)
        if Range is not None and start >= size:
            raise client_error("InvalidRange", "The range begins behind the end", "GetObject", status=416)
        with open_object() as file:
            file.seek(start)
            content = file.read(end - start)
        answer = {
            "Body": _Body(content),
            "ContentLength": len(content),
            "LastModified": _moment(changed),
            "ETag": _tag(Key, size, changed),
            "ContentType": "binary/octet-stream",
            "Metadata": {},
        }
        if Range is not None:
            answer["ContentRange"] = f"bytes {start}-{end - 1}/{size}"
        return answer

    def head_bucket(self, *, Bucket: str, **_ignored: Any) -> dict[str, Any]:
        """Every bucket is there."""
        return {"BucketRegion": self.meta.region_name}

    def list_buckets(self, **_ignored: Any) -> dict[str, Any]:
        """The bucket that stands for the lake."""
        return {"Buckets": [{"Name": "lake", "CreationDate": _moment(self._root.stat().st_ctime)}]}

    def get_bucket_location(self, *, Bucket: str, **_ignored: Any) -> dict[str, Any]:
        """The region."""
        return {"LocationConstraint": self.meta.region_name}

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = _PAGE,
        ContinuationToken: str | None = None,
        StartAfter: str = "",
        **_ignored: Any,
    ) -> dict[str, Any]:
        """Objects whose keys begin so, in order, and the folders among them."""
        after = base64.b64decode(ContinuationToken).decode() if ContinuationToken else StartAfter
        contents: list[dict[str, Any]] = []
        folders: list[str] = []
        last, more = "", False
        for key, path in self._keys(Prefix):
            cut = key.find(Delimiter, len(Prefix)) if Delimiter else -1
            name = key if cut < 0 else key[: cut + len(Delimiter)]
            if name <= after or (folders and name == folders[-1]):
                continue
            if len(contents) + len(folders) >= MaxKeys:
                more = True
                break
            last = name
            if cut >= 0:
                folders.append(name)
                continue
            status = path.stat()
            contents.append(
                {
                    "Key": key,
                    "Size": status.st_size,
                    "LastModified": _moment(status.st_mtime),
                    "ETag": _tag(key, status.st_size, status.st_mtime),
                    "StorageClass": "STANDARD",
                }
            )
        answer: dict[str, Any] = {
            "Name": Bucket,
            "Prefix": Prefix,
            "MaxKeys": MaxKeys,
            "KeyCount": len(contents) + len(folders),
            "IsTruncated": more,
        }
        if contents:
            answer["Contents"] = contents
        if folders:
            answer["CommonPrefixes"] = [{"Prefix": folder} for folder in folders]
        if more:
            answer["NextContinuationToken"] = base64.b64encode(last.encode()).decode()
        return answer

    def _keys(self, prefix: str) -> Iterator[tuple[str, Path]]:
        """Keys and files in the order of the keys; the lake's own folder is not among them."""
        folder = self._path(prefix.rpartition("/")[0], "ListObjectsV2")
        found = []
        for parent, names, files in os.walk(folder):
            if Path(parent) == self._root and ".bayou" in names:
                names.remove(".bayou")
            for file in files:
                path = Path(parent, file)
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix):
                    found.append((key, path))
        yield from sorted(found)

    # -- writing ------------------------------------------------------------------------------------

    def put_object(self, *, Bucket: str, Key: str, Body: Any = b"", **_ignored: Any) -> dict[str, Any]:
        """Write an object; it appears as a whole."""
        content = _bytes(Body)
        path = self._path(Key, "PutObject")
        if Key.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            return {"ETag": _digest(content)}
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.parent / f".{uuid.uuid4().hex}.part"
        part.write_bytes(content)
        part.replace(path)
        return {"ETag": _digest(content)}

    def upload_fileobj(self, Fileobj: Any, Bucket: str, Key: str, **_ignored: Any) -> None:
        """Write what a file object holds."""
        self.put_object(Bucket=Bucket, Key=Key, Body=Fileobj)

    def download_fileobj(self, Bucket: str, Key: str, Fileobj: Any, **_ignored: Any) -> None:
        """Read an object into a file object."""
        Fileobj.write(self.get_object(Bucket=Bucket, Key=Key)["Body"].read())

    def copy_object(self, *, Bucket: str, Key: str, CopySource: Any, **_ignored: Any) -> dict[str, Any]:
        """Copy an object."""
        source = CopySource if isinstance(CopySource, dict) else None
        bucket, key = (
            (source["Bucket"], source["Key"]) if source else unquote(str(CopySource)).lstrip("/").split("/", 1)
        )
        content = self.get_object(Bucket=bucket, Key=key)["Body"].read()
        tag = self.put_object(Bucket=Bucket, Key=Key, Body=content)["ETag"]
        return {"CopyObjectResult": {"ETag": tag, "LastModified": dt.datetime.now(dt.UTC)}}

    def delete_object(self, *, Bucket: str, Key: str, **_ignored: Any) -> dict[str, Any]:
        """Delete an object; there need not be one."""
        path = self._path(Key, "DeleteObject")
        if path.is_file():
            path.unlink()
        return {}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any], **_ignored: Any) -> dict[str, Any]:
        """Delete some objects."""
        keys = [item["Key"] for item in Delete["Objects"]]
        for key in keys:
            self.delete_object(Bucket=Bucket, Key=key)
        return {"Deleted": [{"Key": key} for key in keys]}

    # -- in parts -----------------------------------------------------------------------------------

    def create_multipart_upload(self, *, Bucket: str, Key: str, **_ignored: Any) -> dict[str, Any]:
        """Begin to write an object in parts."""
        self._path(Key, "CreateMultipartUpload")
        upload = uuid.uuid4().hex
        self._folder(upload).mkdir(parents=True)
        return {"Bucket": Bucket, "Key": Key, "UploadId": upload}

    def _folder(self, upload: str) -> Path:
        return self._root / _UPLOADS / upload

    def _begun(self, upload: str, operation: str) -> Path:
        folder = self._folder(upload)
        if not upload.isalnum() or not folder.is_dir():
            raise client_error("NoSuchUpload", f"There is no upload `{upload}`", operation, status=404)
        return folder

    def upload_part(
        self, *, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: Any = b"", **_ignored: Any
    ) -> dict[str, Any]:
        """Write a part."""
        folder = self._begun(UploadId, "UploadPart")
        content = _bytes(Body)
        (folder / f"{PartNumber:05d}").write_bytes(content)
        return {"ETag": _digest(content)}

    def complete_multipart_upload(
        self, *, Bucket: str, Key: str, UploadId: str, MultipartUpload: dict[str, Any], **_ignored: Any
    ) -> dict[str, Any]:
        """Put the parts together."""
        folder = self._begun(UploadId, "CompleteMultipartUpload")
        numbers = [part["PartNumber"] for part in MultipartUpload.get("Parts", [])]
        content = b"".join((folder / f"{number:05d}").read_bytes() for number in numbers)
        tag = self.put_object(Bucket=Bucket, Key=Key, Body=content)["ETag"]
        shutil.rmtree(folder)
        return {"Bucket": Bucket, "Key": Key, "ETag": tag}

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str, **_ignored: Any) -> dict[str, Any]:
        """Forget the parts."""
        if UploadId.isalnum():
            shutil.rmtree(self._folder(UploadId), ignore_errors=True)
        return {}

    # -- tags ---------------------------------------------------------------------------------------

    def get_object_tagging(self, *, Bucket: str, Key: str, **_ignored: Any) -> dict[str, Any]:
        """The tags of an object: a file has none."""
        self._object(Bucket, Key, "GetObjectTagging")
        return {"TagSet": []}

    def get_paginator(self, operation_name: str) -> Paginator:
        """Walks over the pages of a call."""
        return Paginator(getattr(self, operation_name), ("NextContinuationToken", "ContinuationToken"))

    def close(self) -> None:
        """Does nothing."""


class _Body(io.BytesIO):
    """The bytes of an object, with the methods of botocore's body."""

    def iter_chunks(self, chunk_size: int = 65_536) -> Iterator[bytes]:
        """The bytes in parts."""
        while chunk := self.read(chunk_size):
            yield chunk


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def _range(text: str | None, size: int) -> tuple[int, int]:
    """First byte and the one behind the last of `bytes=a-b`, `bytes=a-`, `bytes=-n`."""
    if text is None:
        return 0, size
    first, _, last = text.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _digest(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _tag(key: str, size: int, changed: float) -> str:
    return _digest(f"{key}:{size}:{changed}".encode())
