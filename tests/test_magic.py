"""SQL cells in a real kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import bayou
from bayou.scope import frames, words
from bayou.variables import bind

START = "%load_ext bayou\nimport bayou, pandas as pd, polars as pl, pyarrow as pa\nlake = bayou.Lake('lake')"


def run(folder: Path, *cells: str) -> list[Any]:
    """The outputs of the last cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (START, *cells)])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    return notebook.cells[-1].outputs


def test_cells_run_keep_and_bind(tmp_path: Path) -> None:
    shown = run(
        tmp_path,
        "low, names = 2, ['a', 'c']",
        "frame = pd.DataFrame({'n': [1, 2, 3], 's': ['a', 'b', 'c']})\nother = pl.DataFrame({'n': [3], 'x': [0.5]})",
        "%%sql kept <<\nSELECT s FROM frame WHERE n >= :low AND s IN {{names}} ORDER BY s",
        "assert kept['s'].tolist() == ['c'], kept",
        "%%sql --save daily --no-execute\nSELECT n, s FROM frame",
        "one = None\n%sql one << SELECT count(*) AS n FROM other\nassert one['n'].tolist() == [1]",
        "%%sql --with daily\nSELECT daily.n, x FROM daily JOIN other ON daily.n = other.n",
    )
    html = shown[0].data["text/html"]
    assert "0.5" in html and "double" in html and "1 row · 2 columns" in html and "scanned" in html


def test_only_the_first_rows_are_taken_and_the_footer_says_so(tmp_path: Path) -> None:
    shown = run(tmp_path, "%%sql\nSELECT n FROM UNNEST(sequence(1, 9000)) AS t(n)")
    html = shown[0].data["text/html"]
    assert html.count("<tr>") == 1 + 10 + 1 and "…" in html
    text = shown[0].data["text/plain"]
    assert "bigint" in text and "ms" in text


def test_a_cell_that_writes_does_so_once(tmp_path: Path) -> None:
    shown = run(
        tmp_path,
        "%%sql\nCREATE TABLE t AS SELECT 1 AS a",
        "%%sql\nINSERT INTO t SELECT 2",
        "%%sql\nSELECT a FROM t WHERE a > 5",
        "%%sql\nSELECT count(*) AS n FROM t",
    )
    assert '<td style="text-align:right">2</td>' in shown[0].data["text/html"]


def test_an_error_is_its_message_and_a_hint_without_our_traceback(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError) as caught:
        run(tmp_path, "%%sql\nSELECT nope FROM missing")
    text = str(caught.value)
    assert "SCHEMA_NOT_FOUND" in text and "magic.py" not in text


def test_tables_and_columns_are_told_and_completed(tmp_path: Path) -> None:
    shown = run(
        tmp_path,
        "lake.sql('CREATE TABLE sensors AS SELECT 1 AS reading, 2 AS room')",
        "t = get_ipython().run_line_magic('tables', '')",
        "assert t == ['sensors'], t",
        "c = %columns sensors\nassert list(c) == ['reading', 'room'], c",
        "from IPython.core.completer import provisionalcompleter\n"
        "def complete(text):\n"
        "    return get_ipython().complete(text.split('\\n')[-1], text, len(text))[1]\n"
        "import IPython\n"
        "def found(text):\n"
        "    with provisionalcompleter():\n"
        "        return [c.text for c in get_ipython().Completer.completions(text, len(text))]\n"
        "print(found('%%sql\\nSELECT * FROM sen'), found('%%sql\\nSELECT s.re FROM sensors s'[:19] ))",
        "print(found('%%sql\\nSELECT * FROM sensors s WHERE s.re'))",
    )
    assert "reading" in shown[0].text


def test_variables_are_parameters_outside_of_texts() -> None:
    names = {"a": "it's", "n": [1, 2]}
    text, parameters = bind("SELECT :a, ':a', x::y, {{a}} /* :a */ WHERE n IN :n", names, eval)
    assert text == "SELECT ?, ':a', x::y, ? /* :a */ WHERE n IN (1, 2)" and parameters == ["'it''s'", "'it''s'"]
    assert bind("SHOW TABLES LIKE :a", names, eval) == ("SHOW TABLES LIKE 'it\\'s'", [])
    with pytest.raises(bayou.errors.ProgrammingError, match="names a variable that there is not"):
        bind("SELECT :nope", names, eval)


def test_frames_in_scope_are_found_by_name(lake: bayou.Lake) -> None:
    import pandas as pd
    import pyarrow as pa

    mine = pa.table({"a": [1, 2]})
    assert lake.sql("SELECT sum(a) AS a FROM mine").to_pydict() == {"a": [3]}
    shadow = pd.DataFrame({"A": ["x"], "t": pd.to_datetime(["2020-01-02"]).tz_localize("Europe/Paris")})  # noqa: F841 - found by its name
    assert lake.sql("SELECT a FROM shadow").to_pydict() == {"a": ["x"]}
    assert lake.sql("SELECT year(t) AS y FROM shadow").to_pydict() == {"y": [2020]}
    lake.sql("CREATE TABLE mine AS SELECT 7 AS a")
    assert lake.sql("SELECT a FROM mine").to_pydict() == {"a": [7]}, "the catalog comes first"
    assert words("SELECT 'no' -- no\n, \"yes\"") == {"SELECT", "yes"}
    assert set(frames("SELECT * FROM mine, shadow", {"mine": mine, "shadow": "text"})) == {"mine"}
