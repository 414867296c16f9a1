"""Athena's statements from Python: a notebook's way through DDL, queries, writing, errors and figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import bayou


@pytest.fixture
def shop(lake: bayou.Lake) -> bayou.Lake:
    root = Path(lake.url.removeprefix("file://"))
    for day, text in (("01", "1,9.50\n2,0.25\n"), ("02", "3,\n")):
        folder = root / "data" / "orders" / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(text)
    lake.sql("CREATE DATABASE shop")
    lake.sql(
        """CREATE EXTERNAL TABLE shop.orders (id int, amount decimal(10,2)) PARTITIONED BY (day string)
           ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://bucket/data/orders/'"""
    )
    assert lake.sql("MSCK REPAIR TABLE shop.orders").num_rows == 3
    return lake


def test_a_table_is_made_filled_and_read(shop: bayou.Lake) -> None:
    rows = shop.sql("SELECT id, amount, day FROM shop.orders ORDER BY id").to_tuples()
    assert [(i, None if a is None else str(a), d) for i, a, d in rows] == [
        (1, "9.50", "01"),
        (2, "0.25", "01"),
        (3, None, "02"),
    ]
    shop.sql(
        """CREATE TABLE shop.totals WITH (format = 'PARQUET', partitioned_by = ARRAY['day'])
           AS SELECT sum(amount) AS total, day FROM shop.orders GROUP BY day"""
    )
    shop.sql("INSERT INTO shop.totals VALUES (DECIMAL '1.00', '03')")
    assert shop.sql("SELECT count(*) AS n FROM shop.totals WHERE day >= '02'").to_pydict() == {"n": [2]}
    assert shop.sql("SHOW PARTITIONS shop.totals").to_pydict()["partition"] == ["day=01", "day=02", "day=03"]
    assert shop.tables("shop") == ["orders", "totals"]


def test_the_database_may_be_left_out(shop: bayou.Lake) -> None:
    assert shop.sql("SELECT count(*) AS n FROM orders", database="shop").to_pydict() == {"n": [3]}
    assert shop.sql("SHOW TABLES", database="shop").to_pydict() == {"tab_name": ["orders"]}
    with pytest.raises(bayou.BayouError) as caught:
        shop.sql("SELECT count(*) FROM orders")
    assert "`shop.orders`" in (caught.value.hint or "")


def test_parameters_are_expressions(shop: bayou.Lake) -> None:
    sql = "SELECT id FROM shop.orders WHERE day = ? AND id > ? ORDER BY 1"
    assert shop.sql(sql, parameters=["'01'", "1"]).to_pydict() == {"id": [2]}
    shop.sql("PREPARE by_day FROM SELECT count(*) AS n FROM shop.orders WHERE day = ?")
    assert shop.sql("EXECUTE by_day USING '02'").to_pydict() == {"n": [1]}
    assert bayou.Lake(shop.url).sql("EXECUTE by_day USING '01'").to_pydict() == {"n": [2]}
    with pytest.raises(bayou.errors.SqlError, match="expected 2 but found 1"):
        shop.sql(sql, parameters=["'01'"])


@pytest.mark.parametrize(
    ("sql", "words", "error"),
    [
        ("SELECT nope FROM shop.orders", "COLUMN_NOT_FOUND: line 1:8", bayou.errors.SqlError),
        ("SELECT * FROM shop.nope", "TABLE_NOT_FOUND: line 1:15", bayou.errors.UnknownTableError),
        ("SELECT * FROM nope.t", "SCHEMA_NOT_FOUND: line 1:15", bayou.errors.UnknownDatabaseError),
        (
            "ALTER TABLE shop.orders DROP PARTITION (day > '1')",
            "FAILED: ParseException line 1:45",
            bayou.errors.SqlError,
        ),
        ("CREATE EXTERNAL TABLE shop.orders (a int)", "FAILED: SemanticException", bayou.errors.SqlError),
        ("MERGE INTO shop.orders USING x ON true", "MERGE", bayou.errors.UnsupportedSqlError),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: line 1:11", bayou.errors.SqlError),
    ],
)
def test_errors_begin_as_athenas_do(shop: bayou.Lake, sql: str, words: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=words):
        shop.sql(sql)


def test_the_history_has_the_figures(shop: bayou.Lake) -> None:
    shop.sql("SELECT id FROM shop.orders WHERE day = '01'")
    with pytest.raises(bayou.BayouError):
        shop.sql("SELECT nope FROM shop.orders")
    failed, done = shop.queries(2)
    assert (failed["state"], failed["error_code"]) == ("FAILED", "COLUMN_NOT_FOUND")
    assert (done["state"], done["rows"], done["statement_type"]) == ("SUCCEEDED", 2, "DML")
    assert done["bytes_scanned"] == 14 and done["total_ms"] > 0
    assert (done["partitions"], done["all_partitions"], done["files"]) == (1, 2, 1)


def test_results_have_trinos_names_and_types(shop: bayou.Lake) -> None:
    execution = shop._core.execute("SELECT id, amount, 1, id, \"$path\" FROM shop.orders WHERE day = '02'")
    assert [column[0] for column in execution.columns] == ["id", "amount", "_col2", "id", "$path"]
    assert execution.column_types[:3] == ["integer", "decimal(10,2)", "integer"]
    assert execution.columns[1] == ("amount", "decimal", 10, 2)
    table = execution.fetch()
    assert table.num_rows == 1 and execution.info["state"] == "SUCCEEDED"
    with pytest.raises(bayou.errors.InterfaceError):
        execution.fetch()
    created = shop._core.execute("CREATE TABLE shop.t AS SELECT 1 AS a")
    assert created.columns == [("rows", "bigint", 19, 0)] and created.info["update_count"] == 1


def test_a_cancelled_statement_says_so(shop: bayou.Lake) -> None:
    execution = shop._core.execute("SELECT * FROM shop.orders")
    assert execution.cancel()
    with pytest.raises(bayou.errors.OperationalError, match="cancelled"):
        execution.fetch()
    assert shop.queries(1)[0]["state"] == "CANCELLED"
