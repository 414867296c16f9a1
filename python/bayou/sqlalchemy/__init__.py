"""The SQLAlchemy 2 dialect `bayou://`: a lake as an engine.

    create_engine("bayou:///lake")                      # a folder; four slashes for an absolute path
    create_engine("bayou:///?lake=s3://bucket/prefix&schema_name=iot")

The address of PyAthena's dialect works too, with `lake=` in the query or `BAYOU_LAKE` in the environment: keys and
regions in it have no effect.

Source: PyAthena 4.2, sqlalchemy/ (options of tables and columns, types).
"""

from bayou.sqlalchemy.dialect import BayouDialect
from bayou.sqlalchemy.types import (
    TINYINT,
    AthenaArray,
    AthenaBinary,
    AthenaDate,
    AthenaJSON,
    AthenaMap,
    AthenaStruct,
    AthenaTimestamp,
)

__all__ = [
    "TINYINT",
    "AthenaArray",
    "AthenaBinary",
    "AthenaDate",
    "AthenaJSON",
    "AthenaMap",
    "AthenaStruct",
    "AthenaTimestamp",
    "BayouDialect",
]
