"""`bayou.copy`: copies between folders and buckets, as a whole or in parts that other workers run.

bayou.copy("s3://a/x/", "s3://b/y/")
parts = bayou.copy.plan("s3://a/x/", "s3://b/y/", n=8)
reports = [bayou.copy.run(part) for part in parts]  # anywhere: a part is JSON
bayou.copy.merge(reports)
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from bayou._bayou import CopyPart, CopyReport, _clean_copies, _copy, _merge_reports, _plan_copy, _run_copy
from bayou.errors import InvalidOptionError, MissingDependencyError

if TYPE_CHECKING:
    import pandas

    from bayou.lake import Lake

Reach = Mapping[str, str | None]
Rename = tuple[str, str] | Sequence[tuple[str, str]]


class CopyOptions(TypedDict, total=False):
    """Keyword options of a copy; all of them can be left out.

    Attributes:
        include: Globs of the keys to copy; one without `/` is compared with the file's name in every folder.
        exclude: Globs of the keys to leave out.
        rename: Rules `(pattern, template)` for new names: `("{table}_{year:4}{month:2}{day:2}.csv",
            "{table}/year={year}/month={month}/day={day}/")`. `{name}` is text without `/`, `{name:4}` four digits,
            `{name:**}` text with `/`; `{file}`, `{stem}`, `{extension}` and `{folder}` are always there.
        concurrency: Requests in flight; `"auto"` finds out while copying.
        compare: When an object counts as the same: `"identity"` (ETag, recorded ETag, checksum; files by size and
            time), `"size+mtime"`, `"size"`, or `"nothing"` to copy all again.
        verify: `True` checks sizes and the ETag or checksum of the copy's answer, `"read"` reads both sides, `False`
            checks nothing.
        no_clobber: Leave alone what exists at the destination.
        delete: Delete at the destination what the source does not have.
        move: Delete at the source what has been copied and verified.
        dry_run: Only report what would be done.
        resume: Remember in a manifest what has been done, and use it the next time.
        follow: Follow symbolic links instead of skipping them.
        sync: Have files on the disk before they count as copied, so that they survive a loss of power.
        memory_mib: Most memory for the parts in flight, in MiB.
        threshold_mib: Objects above this size are copied in parts at once, in MiB.
        part_mib: Size of parts that pass through this machine, in MiB.
        attempts: Attempts at one request before it counts as failed.
        rate_per_prefix: Copies a second for each prefix; 3,500 on AWS and no limit elsewhere when None.
        state_dir: Folder of the manifests; the user's cache folder when None.
    """

    include: str | Sequence[str]
    exclude: str | Sequence[str]
    rename: Rename
    concurrency: int | Literal["auto"]
    compare: Literal["identity", "size+mtime", "size", "nothing"]
    verify: bool | Literal["read"]
    no_clobber: bool
    delete: bool
    move: bool
    dry_run: bool
    resume: bool
    follow: bool
    sync: bool
    memory_mib: int
    threshold_mib: int
    part_mib: int
    attempts: int
    rate_per_prefix: float | None
    state_dir: str | os.PathLike[str] | None


class BucketOptions(TypedDict, total=False):
    """How buckets are reached; what is left out comes from the usual places of AWS settings.

    Attributes:
        endpoint_url: Address of a service that speaks S3, for both sides.
        region: Region of both sides.
        profile: Named profile of the shared credentials file, for both sides.
        access_key_id: Access key, for both sides.
        secret_access_key: Its secret.
        session_token: Session token of temporary credentials.
        source_options: The same options for the source alone, as a dict.
        destination_options: The same options for the destination alone, as a dict.
    """

    endpoint_url: str | None
    region: str | None
    profile: str | None
    access_key_id: str | None
    secret_access_key: str | None
    session_token: str | None
    source_options: Reach
    destination_options: Reach


class Options(CopyOptions, BucketOptions, total=False):
    """Options of a copy and of its buckets."""


_REACH = ("endpoint_url", "region", "profile", "access_key_id", "secret_access_key", "session_token")
_COMPARE = {"identity": "identity", "size+mtime": "size_and_time", "size": "size", "nothing": "nothing"}
_VERIFY = {True: "answer", False: "off", "read": "read"}


class Copy:
    """`bayou.copy`: call it to copy; `plan`, `run` and `merge` are the same in parts."""

    def __call__(
        self,
        source: str | os.PathLike[str],
        destination: str | os.PathLike[str],
        **options: Unpack[Options],
    ) -> CopyReport:
        """Copy a folder or an object. Ctrl-C stops it; the same call goes on where it was.

        Args:
            source: `s3://bucket/prefix/`, `s3://bucket/key`, a folder or a file.
            destination: The same; a file's new name, or a folder with `/` at its end.
            **options: See `CopyOptions` and `BucketOptions`.

        Returns:
            What was done; objects that failed are in it with their reasons and raise nothing.

        Raises:
            ObjectNotFoundError: There is nothing at the source.
            InvalidPathError: A place that cannot be, or places that overlap.
            InvalidOptionError: An option is outside of its range.
            StorageError: A listing failed, or the service as a whole refuses.

        Source: S3 API Reference, CopyObject, UploadPartCopy, ListObjectsV2.
        """
        text, reach, state_dir = _split(dict(options))
        with _resumable():
            return _copy(os.fspath(source), os.fspath(destination), text, *reach, state_dir)

    def plan(
        self,
        source: str | os.PathLike[str],
        destination: str | os.PathLike[str],
        n: int,
        **options: Unpack[Options],
    ) -> list[CopyPart]:
        """Cut the copy of a folder into at most `n` independent parts of about equal work.

        A part is a range of keys with the options; it can be pickled or sent as JSON, and holds no access keys.
        """
        text, reach, _ = _split(dict(options))
        return _plan_copy(os.fspath(source), os.fspath(destination), n, text, *reach)

    def run(self, part: CopyPart | str, **options: Unpack[BucketOptions]) -> CopyReport:
        """Run one part of a plan, with the credentials of whoever runs it.

        Args:
            part: A part, or its JSON.
            **options: See `BucketOptions`; endpoint, region and profile are the plan's unless given.
        """
        given: dict[str, Any] = dict(options)
        state_dir = given.pop("state_dir", None)
        reach = _reach(given)
        _refuse_rest(given)
        with _resumable():
            part = CopyPart(part) if isinstance(part, str) else part
            return _run_copy(part, *reach, None if state_dir is None else os.fspath(state_dir))

    def merge(self, reports: Iterable[CopyReport | str]) -> CopyReport:
        """The reports of all parts, or their JSON, as one."""
        return _merge_reports([CopyReport(report) if isinstance(report, str) else report for report in reports])

    def clean(self, **options: Unpack[BucketOptions]) -> dict[str, int]:
        """Give up what killed copies left over: uploads, whose parts cost money, and files under temporary names.

        Copies that are running are left alone.

        Returns:
            Uploads that were aborted and files that were deleted, by destination.
        """
        given: dict[str, Any] = dict(options)
        state_dir = given.pop("state_dir", None)
        reach = _reach(given)
        _refuse_rest(given)
        return dict(_clean_copies(reach[1], None if state_dir is None else os.fspath(state_dir)))

    def __repr__(self) -> str:
        return "bayou.copy"


copy = Copy()


@contextmanager
def _resumable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stopped:
        stopped.add_note("The copy was stopped. Run the same call again: it goes on where it was.")
        raise


def _split(options: dict[str, Any]) -> tuple[str, tuple[Any, Any], str | None]:
    """Options as the extension takes them: JSON, how to reach the two sides, the folder of manifests."""
    reach = _reach(options)
    state_dir = options.pop("state_dir", None)
    told: dict[str, Any] = {}
    for name in ("include", "exclude"):
        globs = options.pop(name, None) or []
        told[name] = [globs] if isinstance(globs, str) else list(globs)
    told["rename"] = _rules(options.pop("rename", None) or [])
    concurrency = options.pop("concurrency", "auto")
    told["concurrency"] = None if concurrency == "auto" else _number("concurrency", concurrency, 'a number or "auto"')
    told["compare"] = _choice("compare", options.pop("compare", "identity"), _COMPARE)
    told["verify"] = _choice("verify", options.pop("verify", True), _VERIFY)
    told["move_source"] = _switch("move", options.pop("move", False))
    for name in ("no_clobber", "delete", "dry_run", "resume", "follow", "sync"):
        if name in options:
            told[name] = _switch(name, options.pop(name))
    for name in ("memory_mib", "threshold_mib", "part_mib", "attempts"):
        if name in options:
            told[name] = _number(name, options.pop(name), "a whole number")
    rate = options.pop("rate_per_prefix", None)
    if not (rate is None or (isinstance(rate, int | float) and not isinstance(rate, bool))):
        raise InvalidOptionError(f"`rate_per_prefix` is `{rate!r}`\nhint: a number of copies a second")
    told["rate_per_prefix"] = rate
    if "hints" in options:
        told["hints"] = list(options.pop("hints"))
    _refuse_rest(options)
    return json.dumps(told), reach, None if state_dir is None else os.fspath(state_dir)


def _reach(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    both = {name: options.pop(name) for name in _REACH if name in options}
    source = {**both, **(options.pop("source_options", None) or {})}
    destination = {**both, **(options.pop("destination_options", None) or {})}
    return source, destination


def _rules(rename: Any) -> list[list[str]]:
    """Rules for new names as pairs; one pair alone is one rule."""
    rules = [rename] if rename and isinstance(rename[0], str) else rename
    for rule in rules:
        if isinstance(rule, str) or len(rule) != 2 or not all(isinstance(text, str) for text in rule):
            raise InvalidOptionError(f"`rename` is `{rename!r}`\nhint: a pair of texts (pattern, template), or several")
    return [list(rule) for rule in rules]


def _number(name: str, value: Any, wanted: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidOptionError(f"`{name}` is `{value!r}`\nhint: {wanted}")
    return value


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidOptionError(f"`{name}` is `{value!r}`\nhint: True or False")
    return value


def _choice(name: str, value: Any, choices: Mapping[Any, str]) -> str:
    if isinstance(value, bool | str) and value in choices:
        return choices[value]
    known = ", ".join(f"`{choice}`" for choice in choices)
    raise InvalidOptionError(f"`{name}` is `{value}`\nhint: one of {known}")


def _refuse_rest(options: Mapping[str, Any]) -> None:
    if options:
        names = ", ".join(f"`{name}`" for name in options)
        raise InvalidOptionError(f"A copy has no option {names}\nhint: see bayou.copying.CopyOptions")


def lake_copy(
    lake: Lake,
    source: str,
    destination: str,
    register: bool | str,
    reach: Mapping[str, str | None],
    options: dict[str, Any],
) -> CopyReport:
    """`lake.copy`: places are paths of the lake unless they are URLs or absolute."""
    places = [source, destination]
    for index, side in enumerate(("source_options", "destination_options")):
        if "://" not in places[index] and not places[index].startswith("/"):
            options[side] = {**reach, **(options.get(side) or {})}
            places[index] = lake._core.location(places[index])
    if "hints" not in options:
        options["hints"] = _partition_folders(lake, places[0])
    tables = _tables_at(lake, places[1]) if register is True else []
    if register is True and not tables:
        raise InvalidOptionError(
            f"There is no table at `{destination}` to register the files in\n"
            'hint: name a database, register="raw": tables are then found as by a crawl'
        )
    text, (source_reach, destination_reach), state_dir = _split(options)
    with _resumable():
        report = _copy(places[0], places[1], text, source_reach, destination_reach, state_dir)
    if report.is_dry_run or not register:
        return report
    if isinstance(register, str):
        lake.crawl(destination, database=register)
    for database, table, location in tables:
        lake.crawl(location, database=database, table=table)
    return report


def _tables_at(lake: Lake, place: str) -> list[tuple[str, str, str]]:
    """Database, name and location of the tables that a copy to `place` adds files to."""
    folder = _folder(place)
    found = []
    for database in lake.databases():
        for name in lake.tables(database):
            location = lake.table(name, database=database).location
            if _folder(location).startswith(folder) or folder.startswith(_folder(location)):
                found.append((database, name, location))
    return found


def _partition_folders(lake: Lake, place: str) -> list[str]:
    """Folders of the partitions that the catalog knows below `place`, relative to it: where its listing can be cut."""
    if not place.startswith("s3://"):
        return []  # a folder's own tree tells as much
    folder = _folder(place)
    found: set[str] = set()
    for database, name, _ in _tables_at(lake, place):
        table = lake.table(name, database=database)
        if table.partition_keys:
            locations = (_folder(str(row["location"])) for row in table.partitions().to_pylist())
            found.update(location.removeprefix(folder) for location in locations if location.startswith(folder))
    return sorted(found - {""})


def _folder(place: str) -> str:
    return place.removeprefix("file://").rstrip("/") + "/"


def objects_frame(report: Mapping[str, Any]) -> pandas.DataFrame:
    """One row for each object that the manifest of a copy, or the list of failures, has."""
    try:
        import pandas
    except ImportError as error:
        raise MissingDependencyError(
            "pandas is needed for this\nhint: pip install 'bayou[pandas]'", name="pandas"
        ) from error
    columns = ["key", "size", "etag", "copied_etag", "state", "error"]
    path = report["manifest"]
    if path is not None and os.path.exists(path):
        import sqlite3

        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = connection.execute(f"SELECT {', '.join(columns)} FROM object ORDER BY key").fetchall()
        finally:
            connection.close()
    else:
        rows = [(failure["key"], None, None, None, "failed", failure["error"]) for failure in report["failed"]]
    return pandas.DataFrame(rows, columns=columns).astype({"size": "Int64"})
