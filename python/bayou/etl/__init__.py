"""Batch jobs: frames that are read, transformed and written, and the bookmarks of what was processed.

`lake.read(...)` begins a chain of transforms, `Frame.write` ends it; `lake.job(name)` holds several together.
"""

from bayou.etl.collection import FrameCollection
from bayou.etl.frame import Frame
from bayou.etl.job import Job
from bayou.etl.reading import ReadOptions
from bayou.etl.writing import WriteOptions, WriteReport

__all__ = ["Frame", "FrameCollection", "Job", "ReadOptions", "WriteOptions", "WriteReport"]
