"""An ingest that kills itself: arguments are lake, URL, number of the commit, `before` or `after` it."""

import os
import signal
import sys

import bayou
from bayou.etl import ingesting

path, url, number, moment = sys.argv[1:]
commits, commit = [0], ingesting._commit


def killed(lake, staged):
    commits[0] += 1
    is_due = commits[0] == int(number)
    if is_due and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = commit(lake, staged)
    if is_due:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


ingesting._commit = killed
bayou.Lake(path).ingest(url, tables="*", into="data/raw/", batch_rows=100)
