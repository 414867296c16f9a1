"""`awsglue.utils`: the arguments of a job.

Source: Glue Developer Guide, accessing parameters using getResolvedOptions.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["GlueArgumentError", "getResolvedOptions"]

_BOOKMARK = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
# Options that Glue itself reads; a script may not ask for them by these names.
_RESERVED = (
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
)
_ALWAYS = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type", "TempDir")


class GlueArgumentError(Exception):
    """An argument that the script needs is not there, or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, str]:
    """The arguments of a script by name; all of them are text.

    Args:
        args: `sys.argv`.
        options: Names of the arguments, which must be there.

    Raises:
        GlueArgumentError: An argument is missing.
        RuntimeError: A name is one that Glue keeps for itself; or only one of `--job-bookmark-from` and `-to` is there.
    """
    for name in options:
        if name in _RESERVED:
            raise RuntimeError(f"Using reserved arguments {name}")
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--job-bookmark-option", choices=_BOOKMARK, default="job-bookmark-disable")
    parser.add_argument("--job-bookmark-from")
    parser.add_argument("--job-bookmark-to")
    for name in _ALWAYS:
        if name not in options:
            parser.add_argument(f"--{name}")
    for name in dict.fromkeys(options):
        parser.add_argument(f"--{name}", required=True)
    parsed, _ = parser.parse_known_args(list(args[1:]))
    found = dict(vars(parsed))
    pair = [found.get("job_bookmark_from"), found.get("job_bookmark_to")]
    if any(pair):
        if not all(pair):
            raise RuntimeError("Specify both --job-bookmark-from and --job-bookmark-to")
        if found["job_bookmark_option"] != "job-bookmark-pause":
            raise RuntimeError(
                "--job-bookmark-from and --job-bookmark-to need --job-bookmark-option job-bookmark-pause"
            )
    resolved = {name: found[name.replace("-", "_")] for name in options}
    for name in ("job_bookmark_option", "job_bookmark_from", "job_bookmark_to", *_ALWAYS):
        if found.get(name) is not None:
            resolved.setdefault(name, found[name])
    return resolved
