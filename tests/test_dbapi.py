"""PEP 249 and PyAthena's formatting of parameters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

import bayou
from bayou import dbapi
from bayou.dbapi._format import literal, render


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
        render("SELECT %(a)s", {"a": {}}, "pyformat")


def test_percent_signs_need_doubling_only_with_parameters() -> None:
    assert render(" SELECT '50%' ", None, "pyformat") == "SELECT '50%'"
    assert render("SELECT '50%%', %(n)d, %(s)s", {"n": 3, "s": "x'; DROP"}, "pyformat") == (
        "SELECT '50%', 3, 'x''; DROP'"
    )


def test_qmark_leaves_quotes_and_comments_alone() -> None:
    sql = "SELECT '?', \"?\", ? /* ? */ -- ?\n, ?"
    assert render(sql, [1, "a"], "qmark") == "SELECT '?', \"?\", 1 /* ? */ -- ?\n, 'a'"


@pytest.mark.parametrize(
    ("sql", "parameters", "style", "words"),
    [
        ("  ", None, "pyformat", "statement is empty"),
        ("SELECT %(a)s", [1], "pyformat", "must be a mapping"),
        ("SELECT %(a)s", {"b": 1}, "pyformat", "names the parameter `a`"),
        ("SELECT 5 % 2", {"b": 1}, "pyformat", "do not fit"),
        ("SELECT ?", [1, 2], "qmark", "has 1 parameters, and 2 were given"),
        ("SELECT 1", [1], "named", "knows `pyformat` and `qmark`"),
    ],
)
def test_parameters_that_do_not_fit_are_named(sql: str, parameters: Any, style: str, words: str) -> None:
    with pytest.raises(dbapi.ProgrammingError, match=words):
        render(sql, parameters, style)


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
