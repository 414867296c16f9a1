"""File events of Linux (inotify), to look at a folder sooner than the next poll.

Events only wake: what has arrived is decided by looking. So a lost event costs a poll's time, and elsewhere than on
Linux there are none.
"""

from __future__ import annotations

import ctypes
import os
import select
import sys
import threading
import time

_CLOSE_WRITE, _MOVED_TO, _CREATE = 0x8, 0x80, 0x100
_NONBLOCK, _CLOEXEC = os.O_NONBLOCK, getattr(os, "O_CLOEXEC", 0)


class FileEvents:
    """Events of a folder and the folders below it that were there at the start."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def open(cls, folder: str) -> FileEvents | None:
        """Events of `folder`; None where there are none to be had."""
        if not sys.platform.startswith("linux") or not os.path.isdir(folder):
            return None
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = libc.inotify_init1(_NONBLOCK | _CLOEXEC)
        if descriptor < 0:
            return None
        for path, _, _ in os.walk(folder):
            libc.inotify_add_watch(descriptor, os.fsencode(path), _CLOSE_WRITE | _MOVED_TO | _CREATE)
        return cls(descriptor)

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait for an event, for `stop`, or for some seconds."""
        deadline = time.monotonic() + seconds
        while not stop.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            ready, _, _ = select.select([self._descriptor], [], [], min(left, 0.1))
            if ready:
                os.read(self._descriptor, 65_536)
                return

    def close(self) -> None:
        """Let go of the events."""
        os.close(self._descriptor)
