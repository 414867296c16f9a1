"""What scripts import from `pyathena.pandas.util`: frames from cursors, tables from frames.

Source: PyAthena 4.2, pandas/util.py (names, arguments, types of columns).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bayou.dbapi.ingest import ingest
from bayou.errors import OperationalError

if TYPE_CHECKING:
    import pandas

    from bayou.dbapi.connection import Connection

# Types by what pandas infers of a column's values.
_TYPES = {
    "datetime64": "TIMESTAMP",
    "datetime": "TIMESTAMP",
    "timedelta": "INT",
    "timedelta64": "BIGINT",
    "floating": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "bytes": "BINARY",
}


def as_pandas(cursor: Any, coerce_float: bool = False) -> pandas.DataFrame:
    """The rows that a cursor has left, as a frame of Python's values."""
    import pandas

    if not cursor.description:
        return pandas.DataFrame()
    names = [column[0] for column in cursor.description]
    return pandas.DataFrame.from_records(cursor.fetchall(), columns=names, coerce_float=coerce_float)


def get_chunks(df: pandas.DataFrame, chunksize: int | None = None) -> Iterator[pandas.DataFrame]:
    """A frame in parts of at most `chunksize` rows.

    Raises:
        ValueError: `chunksize` is not positive.
    """
    if chunksize is not None and chunksize <= 0:
        raise ValueError("`chunksize` must be greater than zero")
    for start in range(0, len(df), chunksize or max(1, len(df))):
        yield df[start : start + (chunksize or len(df))]


def to_sql_type_mappings(col: pandas.Series) -> str:
    """The type of a table's column that holds a frame's column.

    Raises:
        ValueError: There is none, for complex numbers and times of day.
    """
    import pandas

    kind = pandas.api.types.infer_dtype(col, skipna=True)
    if kind in ("complex", "time"):
        raise ValueError(f"Data type `{kind}` is not supported")
    if str(col.dtype) == "float32":
        return "FLOAT"
    if str(col.dtype) == "int32":
        return "INT"
    return _TYPES.get(kind, "STRING")


def generate_ddl(
    df: pandas.DataFrame,
    name: str,
    location: str,
    schema: str = "default",
    partitions: Sequence[str] | None = None,
    compression: str | None = None,
    type_mappings: Callable[[pandas.Series], str] = to_sql_type_mappings,
    flavor: str | None = None,
) -> str:
    """The statement that makes a table of Parquet files for a frame.

    Args:
        df: The frame.
        name: Name of the table.
        location: Folder of the files.
        schema: Database of the table.
        partitions: Columns that are partition keys.
        compression: Compression of the files.
        type_mappings: Gives a column's type.
        flavor: `spark` replaces characters that Spark refuses in names.
    """
    keys = list(partitions or ())
    types = {str(column): type_mappings(df[column]) for column in df.columns}
    spark = str.maketrans(dict.fromkeys(" \t\n,;{}()=", "_")) if flavor and "spark" in flavor else {}
    columns = [f"`{column.translate(spark)}` {kind}" for column, kind in types.items() if column not in keys]
    lines = [f"CREATE EXTERNAL TABLE IF NOT EXISTS `{schema}`.`{name}` (", ",\n".join(columns), ")"]
    if keys:
        lines += ["PARTITIONED BY (", ",\n".join(f"`{key}` {types[key]}" for key in keys), ")"]
    lines += ["STORED AS PARQUET", f"LOCATION '{location}'"]
    if compression:
        lines.append(f"TBLPROPERTIES ('parquet.compression'='{compression.upper()}')")
    return "\n".join(lines) + "\n"


def to_sql(
    df: pandas.DataFrame,
    name: str,
    conn: Connection,
    location: str | None = None,
    schema: str = "default",
    index: bool = False,
    index_label: str | None = None,
    partitions: Sequence[str] | None = None,
    chunksize: int | None = None,
    if_exists: str = "fail",
    compression: str | None = None,
    **ignored: Any,
) -> None:
    """Write a frame as a table, through Arrow.

    Args:
        df: The frame.
        name: Name of the table.
        conn: The connection.
        location: Folder of the files of a new table; one of the lake's own when None.
        schema: Database of the table.
        index: Write the index as a column too.
        index_label: Name of that column.
        partitions: Columns that are partition keys.
        chunksize: No effect: files have the engine's sizes.
        if_exists: `fail`, `replace` or `append`.
        compression: Compression of the files.
        ignored: What PyAthena needs for its uploads.

    Raises:
        ValueError: `if_exists` is none of the three, or a partition key has NULLs.
        OperationalError: The table exists, with `fail`.
    """
    if if_exists not in ("fail", "replace", "append"):
        raise ValueError(f"`{if_exists}` is not valid for if_exists")
    for key in partitions or ():
        if df[key].isnull().any():
            raise ValueError(f"The partition key `{key}` has NULLs, and no data was written")
    if index:
        df = df.reset_index(names=index_label)
    exists = name.lower() in conn.lake.tables(schema)
    if exists and if_exists == "fail":
        raise OperationalError(f"The table `{schema}.{name}` exists")
    if exists and if_exists == "replace":
        conn.lake.sql(f"DROP TABLE `{schema}`.`{name}`")
        exists = False
    ingest(
        conn.lake,
        df,
        name,
        schema=schema,
        append=exists,
        partitions=partitions or (),
        location=location,
        compression=compression,
    )
