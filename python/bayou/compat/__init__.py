"""Objects in the shape of other libraries, over a lake.

`install(lake)` lets a notebook import `awsglue` and `pyspark`; `Lake.run_glue_script` does so for a script.
"""

from bayou.glue import install

__all__ = ["install"]
