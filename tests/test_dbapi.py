"""PEP 249 and PyAthena's formatting of parameters."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pytest

import bayou
from bayou import dbapi
from bayou.dbapi.formatter import literal, qmark, render


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "True"),
        (7, "7"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        ("it's", "'it''s'"),
        (dt.date(2020, 1, 2), "DATE '2020-01-02'"),
        (dt.datetime(2020, 1, 2, 3, 4, 5, 678000), "TIMESTAMP '2020-01-02 03:04:05.678'"),
        (dt.datetime(2020, 1, 2, 3, 4, 5, 678901), "TIMESTAMP '2020-01-02 03:04:05.678901'"),
        (Decimal("1.50"), "DECIMAL '1.50'"),
        (b"\x01\xff", "X'01ff'"),
        ([1, "a", None], "(1, 'a', null)"),
    ],
)
def test_values_become_literals(value: Any, text: str) -> None:
    assert literal(value) == text


def test_a_value_without_a_literal_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="No SQL literal for a value of type `dict`"):
        render("SELECT %(a)s", {"a": {}})


def test_percent_signs_need_doubling_only_with_parameters() -> None:
    assert render(" SELECT '50%' ", None) == "SELECT '50%'"
    assert render("SELECT '50%%', %(n)d, %(s)s", {"n": 3, "s": "x'; DROP"}) == ("SELECT '50%', 3, 'x''; DROP'")


def test_lists_have_plain_numbers_and_hive_has_backslashes() -> None:
    assert literal([Decimal("1.50"), 0.5, "a"]) == "(1.50, 0.500000, 'a')"
    assert render("SHOW TABLES LIKE %(a)s", {"a": "it's\n"}) == "SHOW TABLES LIKE 'it\\'s\\n'"
    assert render("-- a\nCREATE TABLE t AS SELECT %(a)s", {"a": "it's"}).endswith("'it''s'")


def test_qmark_takes_expressions_and_values() -> None:
    sql = "SELECT '?', \"?\", ? /* ? */ -- ?\n, ?"
    assert qmark(sql, ["1", "'a'"], typed=False) == (sql, ["1", "'a'"])
    assert qmark(sql, [1, "a"], typed=True) == (sql, ["1", "'a'"])
    with pytest.raises(dbapi.ProgrammingError, match="has 2 parameters, and 1 were given"):
        qmark(sql, [1], typed=True)


@pytest.mark.parametrize(
    ("sql", "parameters", "words"),
    [
        ("  ", None, "statement is empty"),
        ("SELECT %(a)s", [1], "must be a mapping"),
        ("SELECT %(a)s", {"b": 1}, "names the parameter `a`"),
        ("SELECT 5 % 2", {"b": 1}, "do not fit"),
    ],
)
def test_parameters_that_do_not_fit_are_named(sql: str, parameters: Any, words: str) -> None:
    with pytest.raises(dbapi.ProgrammingError, match=words):
        render(sql, parameters)


def test_module_globals_are_those_of_pep_249() -> None:
    assert (dbapi.apilevel, dbapi.threadsafety, dbapi.paramstyle) == ("2.0", 2, "pyformat")
    assert dbapi.NUMBER == "integer" and dbapi.NUMBER != "varchar" and dbapi.STRING == "varchar"
    assert issubclass(dbapi.ProgrammingError, dbapi.DatabaseError) and issubclass(dbapi.DatabaseError, dbapi.Error)
    assert dbapi.Error is bayou.BayouError


def test_a_closed_connection_or_cursor_is_refused(lake: bayou.Lake) -> None:
    connection = bayou.connect(lake)
    cursor = connection.cursor()
    with pytest.raises(dbapi.ProgrammingError, match="no result"):
        cursor.fetchone()
    cursor.close()
    with pytest.raises(dbapi.ProgrammingError, match="cursor is closed"):
        cursor.execute("SELECT 1")
    with connection:
        pass
    with pytest.raises(connection.ProgrammingError, match="connection is closed"):
        connection.cursor()
    with pytest.raises(dbapi.NotSupportedError):
        connection.rollback()


QUERY = """SELECT 1 AS a, BIGINT '2' AS b, 'x' AS c, '' AS d, CAST(NULL AS varchar) AS e, DECIMAL '1.50' AS f,
    TIMESTAMP '2020-01-02 03:04:05.678' AS g, DATE '2020-01-02' AS h, X'3132' AS i, ARRAY[1, 2] AS j,
    MAP(ARRAY['k'], ARRAY[1]) AS k, CAST(ROW(1, 'z') AS ROW(a integer, b varchar)) AS l, JSON '{"q": [1]}' AS m,
    true AS n, 1.5e0 AS o"""
PLAIN = (1, 2, "x", "", None, Decimal("1.50"), dt.datetime(2020, 1, 2, 3, 4, 5, 678000), dt.date(2020, 1, 2), b"12")


def test_values_are_pyathenas_or_typed(lake: bayou.Lake) -> None:
    compat = dbapi.connect(lake).cursor().execute(QUERY).fetchone()
    assert compat == (*PLAIN, [1, 2], {"k": "1"}, {"a": "1", "b": "z"}, {"q": [1]}, True, 1.5)
    typed = bayou.connect(lake).cursor().execute(QUERY).fetchone()
    assert typed == (*PLAIN, [1, 2], {"k": 1}, {"a": 1, "b": "z"}, {"q": [1]}, True, 1.5)
    hinted = dbapi.connect(lake).cursor().execute(QUERY, result_set_type_hints={"L": "row(a integer, b varchar)"})
    assert hinted.fetchone()[11] == {"a": 1, "b": "z"}


def test_description_has_pyathenas_types_and_precisions(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake).cursor()
    assert cursor.description is None and cursor.rowcount == -1 and cursor.query_id is None
    cursor.execute(QUERY)
    found = {name: (kind, *rest) for name, kind, *rest in cursor.description}
    assert found["a"] == ("integer", None, None, 10, 0, "UNKNOWN")
    assert found["b"][3] == 19 and found["f"][0] == "decimal" and found["f"][3:5] == (3, 2)
    assert found["g"][:1] + found["g"][3:4] == ("timestamp", 3)
    assert found["i"][3] == 1073741824 and found["o"][3] == 17
    assert [found[name][0] for name in "jklmn"] == ["array", "map", "row", "json", "boolean"]
    assert found["a"][0] == dbapi.NUMBER and found["c"][0] == dbapi.STRING and found["m"][0] == dbapi.JSON
    cursor.execute("SHOW DATABASES")
    assert cursor.description[0][1] == "string" and cursor.description[0][4] == 0


def test_statistics_are_true_for_pyathenas_users(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake, s3_staging_dir="s3://bucket/out").cursor(work_group="wg")
    cursor.execute("SELECT 1")
    assert cursor.state == "SUCCEEDED" and cursor.statement_type == "DML" and cursor.substatement_type == "SELECT"
    assert cursor.output_location == f"s3://bucket/out/{cursor.query_id}.csv" and cursor.work_group == "wg"
    for name in ("data_scanned_in_bytes", "engine_execution_time_in_millis", "query_queue_time_in_millis"):
        assert getattr(cursor, name) and getattr(cursor.result_set, name)
    assert cursor.submission_date_time <= cursor.completion_date_time
    cursor.execute("SHOW DATABASES")
    assert cursor.output_location.endswith(".txt")


def test_written_rows_are_counted(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake).cursor()
    cursor.execute("CREATE TABLE t AS SELECT * FROM (VALUES 1, 2, 3) AS v(a)")
    assert cursor.description == [("rows", "bigint", None, None, 19, 0, "UNKNOWN")]
    assert cursor.rowcount == 3 and cursor.fetchone() is None
    cursor.execute("INSERT INTO t SELECT 4")
    assert cursor.rowcount == 1 and cursor.description is None
    cursor.executemany("INSERT INTO t SELECT %(a)d", [{"a": 5}, {"a": 6}])
    assert cursor.rowcount == 2
    with pytest.raises(dbapi.ProgrammingError):
        cursor.fetchone()
    cursor.executemany("INSERT INTO t SELECT %(a)d", [])
    assert cursor.rowcount == 0
    cursor.executemany("SELECT %(a)d", [{"a": 1}])
    assert cursor.rowcount == -1


def test_rows_come_in_pages(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake).cursor(arraysize=2)
    cursor.execute("SELECT * FROM (VALUES 1, 2, 3, 4, 5) AS v(a) ORDER BY 1")
    assert cursor.rownumber == 0 and cursor.fetchone() == (1,)
    assert cursor.fetchmany() == [(2,), (3,)] and cursor.rownumber == 3
    assert list(cursor) == [(4,), (5,)] and cursor.fetchall() == [] and cursor.fetchone() is None
    for wrong in (0, 1001):
        with pytest.raises(dbapi.ProgrammingError, match="arraysize"):
            cursor.arraysize = wrong


def test_a_statement_that_fails_is_an_operational_error_and_its_own_class(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake).cursor()
    with pytest.raises(dbapi.OperationalError) as caught:
        cursor.execute("SELECT nope")
    assert isinstance(caught.value, bayou.errors.SqlError)
    assert cursor.state == "FAILED" and "nope" in cursor.state_change_reason and cursor.description is None
    assert cursor.query_id and cursor.error_category == 2
    with pytest.raises(dbapi.ProgrammingError):
        cursor.fetchall()
    with pytest.raises(dbapi.ProgrammingError):
        dbapi.connect(lake).cursor().cancel()
    with pytest.raises(dbapi.OperationalError):
        cursor.execute("SELECT 1 / 0").fetchall()


def test_cancelling_from_another_thread_makes_execute_raise(lake: bayou.Lake) -> None:
    many = ", ".join(f"UNNEST(sequence(1, 9000)) AS t{place}(n{place})" for place in range(4))
    cursor = dbapi.connect(lake).cursor()
    with pytest.raises(dbapi.OperationalError, match="cancelled"):
        cursor.execute(
            f"SELECT count(*) FROM {many} WHERE n0 * n1 % 7 = n2 % 5",
            on_start_query_execution=lambda _: threading.Thread(target=cursor.cancel).start(),
        )
    assert cursor.state == "CANCELLED" and lake.queries(1)[0]["state"] == "CANCELLED"


def test_callbacks_come_from_connection_cursor_and_call(lake: bayou.Lake) -> None:
    order: list[str] = []
    connection = dbapi.connect(lake, on_start_query_execution=lambda _: order.append("connection"))
    cursor = connection.cursor(on_start_query_execution=lambda _: order.append("cursor"))
    ids: list[str] = []
    cursor.execute("SELECT 1", on_start_query_execution=lambda query_id: (order.append("call"), ids.append(query_id)))
    assert order == ["connection", "cursor", "call"] and ids == [cursor.query_id]
    options = dbapi.ExecuteOptions(paramstyle="qmark", work_group="a")
    assert cursor.execute("SELECT ?", ["7"], work_group="b", options=options).fetchone() == (7,)
    assert cursor.work_group == "b" and cursor.execution_parameters == ["7"]


def test_pyathenas_arguments_are_accepted_by_name_and_by_position(lake: bayou.Lake) -> None:
    connection = dbapi.connect("s3://bucket/", "us-east-1", "iot", lake=lake, aws_access_key_id="x", poll_interval=0.1)
    assert connection.schema_name == "iot" and connection.staging() == "s3://bucket/"
    with pytest.raises(TypeError, match="nonsense"):
        dbapi.connect(lake, nonsense=1)
    with dbapi.connect(lake, cursor_class=dbapi.DictCursor) as connection:
        assert connection.cursor().execute("SELECT 1 AS a, 2 AS b").fetchall() == [{"a": 1, "b": 2}]


def test_frames_come_straight_from_arrow(lake: bayou.Lake) -> None:
    sql = "SELECT * FROM (VALUES (1, 'a', true), (NULL, NULL, NULL)) AS v(n, s, b)"
    frame = dbapi.connect(lake).cursor(dbapi.PandasCursor).execute(sql).as_pandas()
    unloaded = (
        dbapi.connect(lake).cursor(dbapi.PandasCursor, unload=True).execute("SELECT TINYINT '1' AS a").as_pandas()
    )
    assert str(unloaded["a"].dtype) == "int8"
    assert str(frame["n"].dtype) == "Int64" and frame["n"].tolist()[0] == 1 and frame["b"].dtype == object
    assert dbapi.connect(lake).cursor(dbapi.ArrowCursor).execute(sql).as_arrow().num_rows == 2
    assert dbapi.connect(lake).cursor(dbapi.PolarsCursor).execute(sql).as_polars().height == 2
    numbers = "SELECT * FROM UNNEST(sequence(1, 10)) AS t(n)"
    chunks = dbapi.connect(lake).cursor(dbapi.PandasCursor, chunksize=4).execute(numbers).iter_chunks()
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    double = dbapi.connect(lake).cursor(dbapi.PandasCursor).execute("SELECT 1 AS a, 2 AS a").as_pandas()
    assert list(double.columns) == ["a", "a"]


def test_futures_give_result_sets(lake: bayou.Lake) -> None:
    with dbapi.connect(lake).cursor(dbapi.AsyncCursor) as cursor:
        query_id, future = cursor.execute("SELECT 1 AS a")
        assert future.result().fetchall() == [(1,)] and future.result().query_id == query_id
        assert cursor.description(query_id).result()[0][0] == "a"
        assert cursor.poll(query_id).result().state == "SUCCEEDED"
        _, failed = cursor.execute("SELECT nope")
        with pytest.raises(dbapi.OperationalError):
            failed.result()
    frame = dbapi.connect(lake).cursor(dbapi.AsyncPandasCursor).execute("SELECT 1 AS a")[1].result().as_pandas()
    assert frame["a"].tolist() == [1]


def test_cursors_can_be_awaited(lake: bayou.Lake) -> None:
    async def run() -> list[Any]:
        async with await dbapi.aio_connect(lake) as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT * FROM (VALUES 1, 2) AS v(a) ORDER BY a")
            first = await cursor.fetchone()
            rest = [row async for row in cursor]
            await cursor.execute("SELECT 3")
            return [first, *rest, *await cursor.fetchall()]

    assert asyncio.run(run()) == [(1,), (2,), (3,)]


def test_metadata_of_tables_has_pyathenas_names(lake: bayou.Lake) -> None:
    cursor = dbapi.connect(lake).cursor()
    cursor.execute(
        """CREATE EXTERNAL TABLE t (a int COMMENT 'first') COMMENT 'words' PARTITIONED BY (day string)
           STORED AS PARQUET LOCATION 's3://bucket/t/' TBLPROPERTIES ('k' = 'v')"""
    )
    table = cursor.get_table_metadata("t")
    assert [(c.name, c.type, c.comment) for c in table.columns] == [("a", "int", "first")]
    assert [key.name for key in table.partition_keys] == ["day"] and table.comment == "words"
    assert table.table_properties["k"] == "v" and "parquet" in table.serde_serialization_lib.lower()
    assert [found.name for found in cursor.list_table_metadata()] == ["t"]
    assert "default" in [found.name for found in cursor.list_databases()]
    with pytest.raises(dbapi.OperationalError):
        cursor.get_table_metadata("nope")


def test_what_is_out_of_reach_says_so(lake: bayou.Lake) -> None:
    with pytest.raises(dbapi.NotSupportedError, match="Spark"):
        dbapi.connect(lake).cursor(dbapi.SparkCursor)
