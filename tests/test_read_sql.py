"""pandas over connections and engines: Arrow's types, no warning, tables from frames."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, inspect, select

import bayou
from bayou.dbapi.pandas.util import to_sql

SQL = "SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) AS v(n, s) ORDER BY s"


def test_read_sql_takes_the_connection_without_a_warning(lake: bayou.Lake) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = pd.read_sql(SQL, bayou.connect(lake), dtype_backend="numpy_nullable")
        arrow = pd.read_sql(SQL, bayou.connect(lake), dtype_backend="pyarrow")
        rows = pd.read_sql("SELECT %(a)s AS a", bayou.connect(lake), params={"a": "it's"})
    assert rows["a"].tolist() == ["it's"]
    assert str(frame["n"].dtype) == "Int32" and frame["s"].tolist() == ["a", "b"]
    assert str(arrow["n"].dtype) == "int32[pyarrow]"


def test_a_connection_is_one_of_adbcs_and_still_our_own(lake: bayou.Lake) -> None:
    import adbc_driver_manager.dbapi as adbc

    assert isinstance(bayou.connect(lake), adbc.Connection)
    assert isinstance(bayou.connect(lake), bayou.dbapi.Connection)
    assert not isinstance(bayou.dbapi.connect(lake), adbc.Connection)


def test_frames_become_tables_through_the_connection(lake: bayou.Lake) -> None:
    connection = bayou.connect(lake)
    frame = pd.DataFrame({"a": [1, 2], "s": ["x", None]})
    frame.to_sql("t", connection, index=False)
    frame.to_sql("t", connection, index=False, if_exists="append")
    assert pd.read_sql("SELECT count(*) AS n, count(s) AS s FROM t", connection).values.tolist() == [[4, 2]]
    with pytest.raises(ValueError, match="exists"):
        frame.to_sql("t", connection, index=False)
    frame.to_sql("t", connection, index=False, if_exists="replace")
    assert lake.sql("SELECT sum(a) AS a FROM t").to_pydict() == {"a": [3]}


def test_pyathenas_to_sql_writes_partitions(lake: bayou.Lake) -> None:
    frame = pd.DataFrame({"day": ["1", "2"], "a": [1, 2]})
    to_sql(frame, "parts", bayou.dbapi.connect(lake), location="s3://bucket/parts/", partitions=["day"])
    assert lake.sql("SELECT a FROM parts WHERE day = '2'").to_pydict() == {"a": [2]}
    assert lake.sql("SHOW PARTITIONS parts").num_rows == 2
    with pytest.raises(bayou.errors.OperationalError, match="exists"):
        to_sql(frame, "parts", bayou.dbapi.connect(lake), location="s3://bucket/parts/")


def path(lake: bayou.Lake) -> str:
    return lake.url.removeprefix("file://")


def test_an_engine_makes_fills_and_reflects_tables(lake: bayou.Lake) -> None:
    engine = create_engine(f"bayou:///{path(lake)}")
    table = Table(
        "orders",
        MetaData(),
        Column("id", Integer, comment="number"),
        Column("name", String),
        Column("day", String, bayou_partition=True),
        comment="what was bought",
        bayou_tblproperties={"k": "v"},
    )
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"id": 1, "name": "50%", "day": "a"}, {"id": 2, "name": None, "day": "b"}])
        rows = connection.execute(select(table.c.id, table.c.name).where(table.c.day == "a")).all()
        assert rows == [(1, "50%")]
        connection.exec_driver_sql("CREATE VIEW big AS SELECT id FROM orders WHERE id > 1")
        assert connection.exec_driver_sql("SELECT name FROM orders WHERE name LIKE '50%'").scalar() == "50%"
    found = inspect(engine)
    assert found.get_table_names() == ["orders"] and found.get_view_names() == ["big"]
    assert "CREATE VIEW" in found.get_view_definition("big")
    columns = found.get_columns("orders")
    assert [column["name"] for column in columns] == ["id", "name", "day"] and columns[0]["comment"] == "number"
    assert columns[2]["dialect_options"]["bayou_partition"]
    assert found.get_table_comment("orders")["text"] == "what was bought"
    assert found.get_table_options("orders")["bayou_tblproperties"]["k"] == "v"
    assert found.has_table("orders") and not found.has_table("nope") and "default" in found.get_schema_names()
    again = Table("orders", MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        assert connection.execute(select(again).order_by(again.c.id).limit(1).offset(1)).one().id == 2


def test_pandas_reads_and_writes_with_an_engine(lake: bayou.Lake) -> None:
    engine = create_engine(f"bayou:///{path(lake)}")
    pd.DataFrame({"a": [1, 2], "s": ["x", "y"]}).to_sql("t", engine, index=False)
    frame = pd.read_sql("SELECT * FROM t ORDER BY a", engine)
    assert frame["a"].tolist() == [1, 2] and frame["s"].tolist() == ["x", "y"]
    assert pd.read_sql_table("t", engine)["a"].sum() == 3


def test_an_address_of_pyathenas_works_with_a_lake(lake: bayou.Lake) -> None:
    url = "bayou+rest://key:secret@athena.us-east-1.amazonaws.com:443/default?s3_staging_dir=s3://b/&lake=" + path(lake)
    with create_engine(url).connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
