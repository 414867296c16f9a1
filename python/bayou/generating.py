"""`bayou generate`: records to a stream, a file or standard output, at a rate, with a progress bar."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import BinaryIO

from bayou._bayou import Generator
from bayou.errors import InvalidOptionError, ObjectNotFoundError
from bayou.progress import bar

__all__ = ["generate"]

# Records of one write, and how often a paced one looks at the clock.
_CHUNK = 10_000
_TICK_SECONDS = 0.02


def generate(options: argparse.Namespace) -> None:
    """Run the command with its parsed options."""
    from bayou.lake import Lake

    _check(options)
    lake = None if options.lake is None else Lake(options.lake)
    compiled = _compile(options, lake)
    count = options.count
    if count is None and options.seconds is None:
        count = 10
    if lake is not None and options.to != "-":
        stream = lake.stream(options.to, shards=options.shards)
        put = stream.put(
            compiled, count=count, rate=options.rate, seconds=options.seconds, partition_key=options.partition_key
        )
        print(put, file=sys.stderr)
        if put.interrupted:
            raise KeyboardInterrupt
        return
    if options.partition_key is not None:
        raise InvalidOptionError("--partition-key is for streams\nhint: add --lake FOLDER, and --to STREAM")
    if options.to == "-":
        _write(compiled, sys.stdout.buffer, count, options.rate, options.seconds)
    else:
        with Path(options.to).open("wb") as file:
            _write(compiled, file, count, options.rate, options.seconds)


def _check(options: argparse.Namespace) -> None:
    """Refuse numbers that cannot be meant."""
    for name, least, what in (("count", 0, "records"), ("seconds", 0, "seconds"), ("seed", 0, "")):
        value = getattr(options, name)
        if value is not None and not least <= value < 2**63:
            raise InvalidOptionError(f"--{name} is {value}, and must be {least} or more {what}".rstrip())
    if options.rate is not None and not 0 < options.rate < float("inf"):
        raise InvalidOptionError(f"--rate is {options.rate}, and must be above 0 records a second")


def _compile(options: argparse.Namespace, lake: object) -> Generator:
    from bayou.lake import Lake

    path = Path(options.template)
    if path.is_file():
        return Generator(path.read_text(encoding="utf-8"), seed=options.seed, timezone=options.timezone)
    if isinstance(lake, Lake) and options.template in lake.generators:
        return lake.generators.load(options.template, seed=options.seed)
    raise ObjectNotFoundError(
        f"There is no template file `{options.template}`\nhint: --lake looks for saved templates too"
    )


def _write(compiled: Generator, file: BinaryIO, count: int | None, rate: float | None, seconds: float | None) -> None:
    """Write lines until `count` or `seconds` are reached; what was written is flushed on Ctrl-C as well."""
    total = count
    if rate is not None and seconds is not None:
        total = round(rate * seconds) if count is None else min(count, round(rate * seconds))
    started, done = time.monotonic(), 0
    shown = bar("generate", "records", total)
    try:
        while total is None or done < total:
            elapsed = time.monotonic() - started
            if rate is None and seconds is not None and elapsed >= seconds:
                break
            upto = done + _CHUNK if rate is None else min(done + _CHUNK, int(rate * elapsed))
            upto = upto if total is None else min(upto, total)
            if upto <= done:
                file.flush()
                time.sleep(_TICK_SECONDS)
                continue
            # Dates show the time of writing, as they do in a stream.
            records = compiled.at().records(upto - done, offset=done)
            file.write(b"\n".join(records) + b"\n")
            done = upto
            shown.move(done)
    except BrokenPipeError:
        # The reader has seen enough, as with `head`.
        sys.stderr.close()
        return
    finally:
        shown.finish(done)
    file.flush()
