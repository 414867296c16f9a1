"""Frames and jobs: read, transform, write, and never a file twice."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.errors import (
    AlreadyExistsError,
    DataWarning,
    InvalidOptionError,
    OperationalError,
    SchemaError,
    SqlError,
)
from bayou.etl import Frame
from bayou.etl.naming import engine_type, split_path
from bayou.etl.predicate import engine_condition

JOB = Path(__file__).with_name("etl_job.py")


def put(lake: bayou.Lake, path: str, text: str) -> None:
    target = Path(lake.url.removeprefix("file://")) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def sales(first: int, count: int, day: int = 21) -> str:
    lines = [f"{n},Shop {n % 3},{n * 1.5},{day:02}/08/2019" for n in range(first, first + count)]
    return "\n".join(["id,name,amount,day", *lines]) + "\n"


@pytest.fixture
def raw(lake: bayou.Lake) -> bayou.Lake:
    put(lake, "data/raw/sales/year=2019/month=08/a.csv", sales(0, 10))
    put(lake, "data/raw/sales/year=2019/month=09/b.csv", sales(10, 5, 3))
    lake.crawl("data/raw/sales/", database="raw")
    return lake


def rows(lake: bayou.Lake, query: str) -> list[tuple[Any, ...]]:
    return lake.sql(query).to_tuples()


# -- reading ----------------------------------------------------------------------------------------


def test_a_table_is_read_by_partitions(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales", where="year = '2019' and month = '08'")
    assert frame.columns == ["id", "name", "amount", "day", "year", "month"]
    assert frame.count() == 10
    assert raw.read("raw.sales", where="((year == 2019) and (month == 08))").count() == 10
    assert raw.read("raw.sales", where="month IN ('09', '10')").count() == 5
    assert raw.read("raw.sales", where="month between 8 and 9").count() == 15
    assert raw.read("raw.sales", where="month = '08' and id >= 8").count() == 2


def test_a_predicate_that_fits_nothing_names_the_nearest_partitions(raw: bayou.Lake) -> None:
    with pytest.warns(DataWarning, match="nearest of 2 are year=2019/month=08"):
        assert raw.read("raw.sales", where="year = '2019' and month = '8'").count() == 0


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("year == 2019", "TRY_CAST(year AS double) = 2019"),
        ("year == '2019'", "year = '2019'"),
        ("n = '07'", "n = 07"),
        ("`n` != 7", '"n" != 7'),
        ("7 < year", "7 < TRY_CAST(year AS double)"),
        ("year in (1, '2')", "TRY_CAST(year AS double) in (1, 2)"),
        ("year not between 1 and 2", "TRY_CAST(year AS double) not between 1 and 2"),
        ("d >= '2019-08-21'", "d >= DATE '2019-08-21'"),
        ("other == 1 and x = 'year = 1'", "other = 1 and x = 'year = 1'"),
        ("year(d) = 2", "year(d) = 2"),
    ],
)
def test_conditions_compare_keys_as_spark_does(condition: str, expected: str) -> None:
    keys = {"year": "string", "n": "int", "d": "date"}
    assert engine_condition(condition, keys) == expected


def test_errors_of_a_predicate_have_their_place(raw: bayou.Lake) -> None:
    with pytest.raises(SqlError, match="line 1:16"):
        raw.read("raw.sales", where="month = '08' + ")
    with pytest.raises(SqlError, match="yeer"):
        raw.read("raw.sales", where="yeer = '2019'")


def test_files_without_a_table_are_read_as_they_are(lake: bayou.Lake) -> None:
    put(lake, "in/a.csv", 'Id;Text\n1;"a;b\nc"\n2;"d""e"\n')
    put(lake, "in/more/b.csv", "Id;Text\n3;f\n")
    frame = lake.read("in/")
    assert frame.schema == {"id": "bigint", "text": "varchar"}
    assert sorted(frame.table().to_tuples()) == [(1, "a;b\nc"), (2, 'd"e'), (3, "f")]
    assert lake.read("in/", exclude=["more/**"]).count() == 2
    assert lake.read(["in/a.csv", "in/more/b.csv"]).count() == 3
    assert lake.read("in/more/b.csv", header=False).table().to_tuples() == [("Id", "Text"), ("3", "f")]
    assert lake.read("in/more/", schema={"a": "string", "b": "string"}).schema == {"a": "varchar", "b": "varchar"}
    assert lake.databases() == []


def test_files_that_are_no_table_say_why(lake: bayou.Lake) -> None:
    put(lake, "in/a.csv", "id,text\n1,a\n")
    put(lake, "in/b.json", '{"x": 1}\n')
    with pytest.raises(SchemaError, match="another format"):
        lake.read("in/")
    with pytest.raises(SchemaError, match="are csv, not json"):
        lake.read("in/a.csv", format="json")
    with pytest.raises(InvalidOptionError, match="no option of reading"):
        lake.read("in/a.csv", sepp=";")  # type: ignore[call-arg]


def test_frames_come_from_pandas_and_queries(lake: bayou.Lake) -> None:
    pandas = pytest.importorskip("pandas")
    frame = lake.frame(pandas.DataFrame({"Id": [1, 2], "Name": ["a", None]}))
    assert frame.columns == ["Id", "Name"]
    assert frame.to_pandas().columns.tolist() == ["Id", "Name"]
    assert lake.frame("SELECT 1 AS x").table().to_pydict() == {"x": [1]}


# -- transforms -------------------------------------------------------------------------------------


@pytest.fixture
def nested(lake: bayou.Lake) -> Frame:
    query = """SELECT * FROM (VALUES
        (1, CAST(ROW('x', ROW(7)) AS ROW(s varchar, deep ROW(n integer))), CAST(ARRAY[ROW(1, 'p'), ROW(2, 'q')] AS ARRAY(ROW(a integer, b varchar)))),
        (2, NULL, ARRAY[])) AS t (id, st, arr)"""  # noqa: E501
    return lake.frame(lake.sql(query))


def test_mapping_selects_casts_and_nests(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales", where="month = '08'").apply_mapping(
        [
            ("id", "long", "Key", "string"),
            ("NAME", "string", "shop.name", "string"),
            ("amount", "double", "shop.`total.sum`", "int"),
            ("day", "day"),
        ]
    )
    assert frame.columns == ["Key", "shop", "day"]
    assert frame.schema["Key"] == "varchar"
    first = frame.table().to_pylist()[1]
    assert first == {"Key": "1", "shop": {"name": "Shop 1", "total.sum": 1}, "day": "21/08/2019"}
    with pytest.raises(SchemaError, match="is it `name`"):
        frame.lake.read("raw.sales").apply_mapping([("nam", "x")])
    with pytest.raises(SchemaError, match="no column `NAME`"):
        raw.read("raw.sales").apply_mapping([("NAME", "x")], case_sensitive=True)
    with pytest.raises(InvalidOptionError, match="has 1 parts"):
        raw.read("raw.sales").apply_mapping([("id",)])
    with pytest.raises(InvalidOptionError, match="Two mappings"):
        raw.read("raw.sales").apply_mapping([("id", "x"), ("name", "X")])


def test_values_that_do_not_fit_are_null_and_counted(lake: bayou.Lake) -> None:
    texts = ["1", " 2 ", "x", None, "2.5"]
    frame = lake.frame(bayou.Table.from_arrow(arrow({"t": texts}))).apply_mapping([("t", "string", "n", "int")])
    assert frame.table().to_pydict() == {"n": [1, 2, None, None, None]}
    assert frame.failed_casts() == {"n": 2}
    assert frame.filter("n IS NULL").failed_casts() == {"n": 2}
    with pytest.warns(DataWarning, match="`n` in 2 rows"):
        report = frame.write("out/")
    assert report.failed_casts == {"n": 2}
    assert lake.read("out/").columns == ["n"]


def arrow(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("pyarrow").table(columns)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("2019-08-21", "date", dt.date(2019, 8, 21)),
        ("2019-08-21 10:11:12", "timestamp", dt.datetime(2019, 8, 21, 10, 11, 12)),
        ("2019-08-21T10:11:12Z", "timestamp", dt.datetime(2019, 8, 21, 10, 11, 12)),
        ("true", "boolean", True),
        (2.9, "int", 2),
        (True, "long", 1),
        (dt.datetime(2019, 8, 21, 10, 0), "string", "2019-08-21 10:00:00"),
        (dt.datetime(2019, 8, 21, 10, 0, 0, 120_000), "string", "2019-08-21 10:00:00.12"),
        (dt.datetime(1970, 1, 2), "long", 86_400),
        ("12.345", "decimal(5,2)", "12.35"),
    ],
)
def test_casts_are_sparks(lake: bayou.Lake, value: Any, kind: str, expected: Any) -> None:
    found = lake.frame(arrow({"v": [value]})).apply_mapping([("v", "", "v", kind)]).table().to_pydict()["v"][0]
    assert (str(found) if kind.startswith("decimal") else found) == expected


def test_types_have_many_names() -> None:
    assert engine_type("struct<a:int,b:array<string>>") == 'row("a" integer, "b" array(varchar))'
    assert engine_type("map<string,double>") == "map(varchar, double)"
    assert engine_type("Decimal(12,3)") == "decimal(12, 3)"
    with pytest.raises(InvalidOptionError, match="is no type"):
        engine_type("strnig")
    assert split_path("a.`b.c`.d") == ["a", "b.c", "d"]


def test_fields_are_kept_dropped_and_renamed(nested: Frame) -> None:
    assert nested.select_fields(["id", "st.deep"]).table().to_pylist() == [
        {"id": 1, "st": {"deep": {"n": 7}}},
        {"id": 2, "st": None},
    ]
    assert nested.drop_fields(["st.s", "arr", "nothing"]).schema["st"] == "row(deep row(n integer))"
    assert nested.drop_fields(["st.s", "st.deep.n"]).columns == ["id", "arr"]
    renamed = nested.rename_field("st.deep.n", "N2").rename_field("id", "Key")
    assert renamed.columns == ["Key", "st", "arr"]
    assert "n2 integer" in renamed.schema["st"]
    with pytest.raises(SchemaError):
        nested.select_fields(["st.nope"])


def test_nested_frames_become_flat(nested: Frame) -> None:
    assert nested.unnest().columns == ["id", "st.s", "st.deep.n", "arr"]
    frames = nested.relationalize("root")
    assert list(frames) == ["root", "root_arr"]
    root = frames["root"].table().to_pylist()
    assert [(row["id"], row["st.deep.n"]) for row in root] == [(1, 7), (2, None)]
    child = frames["root_arr"].table().to_pylist()
    assert child == [
        {"id": root[0]["arr"], "index": 0, "arr.val.a": 1, "arr.val.b": "p"},
        {"id": root[0]["arr"], "index": 1, "arr.val.a": 2, "arr.val.b": "q"},
    ]
    with pytest.raises(KeyError, match="root_arr"):
        frames["nope"]


def test_functions_of_python_see_records(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales")
    assert frame.filter(lambda record: record["id"] > 12).count() == 2
    assert frame.filter(lambda record: record["nope"]).count() == 0
    failing = frame.filter(lambda record: 1 / (record["id"] - 3))
    assert failing.count() == 14
    assert len(failing.errors) == 1 and "ZeroDivisionError" in failing.errors[0]["error"]
    mapped = frame.map(lambda record: {"id": record["id"], "big": record["amount"] > 3} if record["id"] else None)
    assert mapped.schema == {"id": "bigint", "big": "boolean"}
    assert mapped.count() == 14 and len(mapped.errors) == 1
    assert frame.limit(3).flat_map(lambda record: [record, record]).count() == 6


def test_columns_of_several_types_become_text(lake: bayou.Lake) -> None:
    frame = lake.frame(arrow({"n": [1, 2]})).map(lambda record: {"v": record["n"] if record["n"] == 1 else [1]})
    assert frame.table().to_pydict() == {"v": ["1", "[1]"]}


def test_text_is_unboxed(lake: bayou.Lake) -> None:
    frame = lake.frame(arrow({"id": [1, 2, 3], "js": ['{"a": 1, "b": ["x"]}', None, "{"]})).unbox("js")
    assert frame.table().to_pylist()[0] == {"id": 1, "js": {"a": 1, "b": ["x"]}}
    assert len(frame.errors) == 1


def test_choices_are_resolved(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales")
    assert frame.resolve_choice("make_struct").schema == frame.schema
    assert frame.resolve_choice(specs=[("id", "cast:string"), ("name", "project:int")]).schema["id"] == "varchar"
    frame.write("out/", table="raw.other")
    text = frame.apply_mapping([("id", "long", "id", "string"), ("name", "name")])
    assert text.resolve_choice("match_catalog", table="raw.other").schema["id"] == "bigint"
    for wrong in ({"choice": ""}, {"choice": "make_cols", "specs": [("id", "make_cols")]}, {"choice": "make"}):
        with pytest.raises(InvalidOptionError):
            frame.resolve_choice(**wrong)  # type: ignore[arg-type]


def test_columns_without_any_value_are_dropped(lake: bayou.Lake) -> None:
    frame = lake.frame("SELECT 1 AS a, NULL AS nothing, CAST(NULL AS varchar) AS text")
    assert frame.drop_null_fields().columns == ["a", "text"]


def test_frames_are_joined_united_and_split(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales", where="month = '09'").select("id", "name")
    other = frame.select("id", shop="upper(name)")
    assert frame.join(other, "id").columns == ["id", "name", ".id", "shop"]
    assert frame.join(other, "id").count() == 5
    both = frame.union(other)
    assert both.columns == ["id", "name", "shop"] and both.count() == 10
    text = frame.apply_mapping([("id", "long", "id", "string")])
    assert frame.union(text).schema["id"] == "varchar"
    parts = frame.split_rows({"id": {">=": 11, "<": 13}}, "in", "out")
    assert parts["in"].count() == 2 and parts["out"].count() == 3
    fields = frame.split_fields(["name"], "a", "b")
    assert fields["a"].columns == ["name"] and fields["b"].columns == ["id"]
    staged = frame.limit(1).with_column("name", "'new'")
    merged = frame.merge(staged, ["id"])
    assert merged.count() == 5 and merged.filter("name = 'new'").count() == 1
    assert frame.fill_missing({"name": "-"}).count() == 5
    assert frame.sql("SELECT max(id) AS top FROM this").table().to_pydict() == {"top": [14]}
    assert frame.order_by("id DESC").limit(1).table().to_pydict()["id"] == [14]
    assert frame.select("name").distinct().count() == 3


def test_a_schema_is_a_tree(nested: Frame, capsys: pytest.CaptureFixture[str]) -> None:
    nested.print_schema()
    printed = capsys.readouterr().out.splitlines()
    assert printed[:4] == ["root", "|-- id: int", "|-- st: struct", "|    |-- s: string"]


# -- writing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "orc", "avro"])
def test_every_format_is_read_back(lake: bayou.Lake, kind: str) -> None:
    values = {
        "Id": [1, 2, 3],
        "Text": ['a,"b"\nc', "", None],
        "Day": [dt.date(2019, 8, 21), None, dt.date(1969, 12, 31)],
        "Value": [1.5, None, -2.0],
    }
    report = lake.frame(arrow(values)).write(f"out/{kind}/", format=kind, table=f"out.{kind}")
    assert report.rows == 3 and report.table == f"out.{kind}"
    found = lake.sql(f"SELECT id, text, day, value FROM out.{kind} ORDER BY id").to_tuples()
    texts = [row[1] for row in found]
    assert texts[0] == 'a,"b"\nc'
    assert [row[0] for row in found] == [1, 2, 3]
    assert [row[2] for row in found] == values["Day"]
    assert [row[3] for row in found] == values["Value"]
    assert lake.read(f"out/{kind}/").count() == 3


def test_partitions_are_folders_as_hive_has_them(lake: bayou.Lake) -> None:
    frame = lake.frame(arrow({"v": [1, 2, 3, 4], "Key": ["a b", "x/y=%", "", None], "day": [dt.date(2019, 8, 21)] * 4}))
    with pytest.warns(DataWarning, match="Empty strings"):
        report = frame.write("out/", partition_by=["Key", "day"], table="out.parts")
    folders = {"/".join(path.split("/")[1:-1]) for path, _, _ in report.files}
    assert folders == {
        "Key=a b/day=2019-08-21",
        "Key=x%2Fy%3D%25/day=2019-08-21",
        "Key=__HIVE_DEFAULT_PARTITION__/day=2019-08-21",
    }
    found = rows(lake, "SELECT v, key, day FROM out.parts ORDER BY v")
    assert [row[1] for row in found] == ["a b", "x/y=%", None, None]
    assert lake.table("out.parts").partition_keys == {"key": "string", "day": "date"}
    assert rows(lake, "SELECT count(*) FROM out.parts WHERE day = DATE '2019-08-21'") == [(4,)]
    frame.filter("key = 'a b'").write("glue/", partition_by=["day"], table="out.glue", partition_types="string")
    assert lake.table("out.glue").partition_keys == {"day": "string"}
    assert rows(lake, "SELECT count(*) FROM out.glue WHERE day = '2019-08-21'") == [(1,)]


def test_modes_do_what_they_say(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales")
    write = {"table": "out.t", "partition_by": ["month"]}
    frame.write("out/t/", **write)
    frame.write(**write)
    assert rows(raw, "SELECT month, count(*) FROM out.t GROUP BY 1 ORDER BY 1") == [("08", 20), ("09", 10)]
    report = frame.filter("month = '09'").write(**write, mode="overwrite_partitions")
    assert report.replaced == 2
    assert rows(raw, "SELECT month, count(*) FROM out.t GROUP BY 1 ORDER BY 1") == [("08", 20), ("09", 5)]
    report = frame.filter("month = '11'").write(**write, mode="overwrite_partitions")
    assert (report.rows, report.replaced) == (0, 0), "no partition gets rows, so none is replaced"
    assert rows(raw, "SELECT count(*) FROM out.t") == [(25,)]
    report = frame.filter("month = '09'").write(**write, mode="overwrite")
    assert rows(raw, "SELECT month, count(*) FROM out.t GROUP BY 1 ORDER BY 1") == [("09", 5)]
    root = Path(raw.url.removeprefix("file://"))
    assert len(list(root.glob("out/t/**/*.parquet"))) == len(report.files)
    with pytest.raises(AlreadyExistsError, match=r"exists already"):
        frame.write(**write, mode="error")
    with pytest.raises(AlreadyExistsError, match=r"files in `out/t`"):
        frame.write("out/t/", mode="error")
    frame.write("out/plain/")
    frame.write("out/plain/", mode="overwrite")
    assert raw.read("out/plain/").count() == 15


def test_tables_get_columns_and_keep_types(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales").select("id", "name")
    frame.write("out/t/", table="out.t")
    report = frame.with_column("extra", "id * 2").write(table="out.t")
    assert report.new_columns == ["extra"]
    assert rows(raw, "SELECT count(*), count(extra) FROM out.t") == [(30, 15)]
    with pytest.raises(SqlError, match=r"`id` of the table `out.t` is bigint, not varchar"):
        frame.apply_mapping([("id", "long", "id", "string")]).write(table="out.t")
    with pytest.raises(SchemaError, match="partitioned by"):
        frame.write(table="out.t", partition_by=["name"])
    with pytest.raises(SchemaError, match="not csv"):
        frame.write(table="out.t", format="csv")
    with pytest.raises(SchemaError, match="are in `out/t`"):
        frame.write("elsewhere/", table="out.t")
    with pytest.raises(SqlError, match="has no column `more`"):
        frame.with_column("more", "1").write(table="out.t", update_catalog=False)
    with pytest.raises(SchemaError, match="no column `nope` to partition by"):
        frame.write("x/", partition_by="nope")
    with pytest.raises(InvalidOptionError, match="no option of writing"):
        frame.write("x/", partitions=["id"])
    with pytest.raises(InvalidOptionError, match="a path or a table"):
        frame.write()


def test_files_are_as_large_as_was_asked_for(raw: bayou.Lake) -> None:
    report = raw.read("raw.sales").write("out/", rows_per_file=4)
    assert max(count for _, _, count in report.files) == 4
    assert sum(count for _, _, count in report.files) == 15


def test_nothing_is_seen_of_a_write_that_was_not_committed(raw: bayou.Lake) -> None:
    frame = raw.read("raw.sales")
    frame.write("out/t/", table="out.t")
    with pytest.raises(ZeroDivisionError), raw.job("j") as job:
        job.write(job.read("raw.sales"), table="out.t")
        assert rows(raw, "SELECT count(*) FROM out.t") == [(15,)]
        raise ZeroDivisionError
    assert rows(raw, "SELECT count(*) FROM out.t") == [(15,)]
    assert len(raw.bookmarks("j")) == 0


# -- bookmarks --------------------------------------------------------------------------------------


def test_a_job_reads_only_what_is_new(raw: bayou.Lake) -> None:
    first = raw.read("raw.sales", bookmark="j").write("out/", table="out.t")
    assert first.rows == 15
    assert raw.read("raw.sales", bookmark="j").count() == 0
    put(raw, "data/raw/sales/year=2019/month=09/c.csv", sales(100, 3))
    assert raw.read("raw.sales", bookmark="j").write(table="out.t").rows == 3
    put(raw, "data/raw/sales/year=2019/month=09/c.csv", sales(100, 4))
    assert raw.read("raw.sales", bookmark="j").count() == 4
    bookmarks = raw.bookmarks("j")
    assert bookmarks.runs == ["j-1", "j-2"]
    assert [entry["path"].rpartition("/")[2] for entry in bookmarks] == ["a.csv", "b.csv", "c.csv"]
    assert "<table>" in bookmarks._repr_html_()
    assert bookmarks.rewind("j-2") == 1
    assert raw.read("raw.sales", bookmark="j").count() == 4
    assert bookmarks.rewind() == 2
    assert raw.read("raw.sales", bookmark="j").count() == 19
    with pytest.raises(bayou.errors.ProgrammingError, match="no run `j-9`"):
        bookmarks.rewind("j-9")


def test_contexts_have_their_own_bookmarks(raw: bayou.Lake) -> None:
    with raw.job("j") as job:
        job.write(job.read("raw.sales", context="one"), "out/")
    with raw.job("j") as job:
        assert job.read("raw.sales", context="one").count() == 0
        assert job.read("raw.sales", context="two").count() == 15
    paused = raw.job("j", bookmarks="pause")
    assert paused.read("raw.sales", context="one").count() == 0
    paused.write(paused.read("raw.sales", context="three"), "out/")
    paused.commit()
    assert raw.job("j").read("raw.sales", context="three").count() == 15
    assert raw.job("j", bookmarks="disable").read("raw.sales", context="one").count() == 15


def test_of_two_runs_at_once_one_takes_the_files(raw: bayou.Lake) -> None:
    one, other = raw.job("j", run="a"), raw.job("j", run="b")
    for job in (one, other):
        job.write(job.read("raw.sales"), "out/", table="out.t")
    one.commit()
    with pytest.raises(OperationalError, match="processed by the run `a`"):
        other.commit()
    assert rows(raw, "SELECT count(*) FROM out.t") == [(15,)]
    root = Path(raw.url.removeprefix("file://"))
    assert len(list(root.glob("out/*.parquet"))) == len(raw.table("out.t").files())


def test_a_killed_job_leaves_no_row_twice_and_none_out(tmp_path: Path) -> None:
    """SIGKILL at any moment: the output always holds whole files, and in the end each row once."""
    lake = bayou.Lake(tmp_path / "lake")
    kills, delay = 0, 0.02
    for batch in range(6):
        for part in range(4):
            put(lake, f"data/raw/sales/f{batch}-{part}.csv", sales((batch * 4 + part) * 500, 500))
        lake.crawl("data/raw/sales/", database="raw")
        while True:
            job = subprocess.Popen([sys.executable, JOB, lake.url, "j"], stdout=subprocess.PIPE, text=True)
            assert job.stdout is not None
            assert job.stdout.readline() == "ready\n"
            time.sleep(delay)
            job.kill()
            done = "committed" in job.stdout.read()
            job.wait()
            if "refined" in lake.databases():
                counts = rows(lake, "SELECT count(*), count(DISTINCT id) FROM refined.sales")
                assert counts[0][0] == counts[0][1] and counts[0][0] % 500 == 0
                assert rows(lake, "SELECT count(*) FROM refined.days")[0][0] == counts[0][0]
            if done:
                break
            kills += 1
            delay *= 1.25
        delay = max(0.02, delay / 2)
    assert kills > 0
    assert rows(lake, "SELECT count(*), count(DISTINCT id), sum(id) FROM refined.sales") == [
        (12_000, 12_000, 12_000 * 11_999 // 2)
    ]


def test_a_vacuum_deletes_what_dead_writers_left(raw: bayou.Lake) -> None:
    raw.read("raw.sales").write("out/", table="out.t")
    root = Path(raw.url.removeprefix("file://"))
    code = (
        "import os, signal, sys, bayou\n"
        "lake = bayou.Lake(sys.argv[1])\n"
        "job = lake.job('j')\n"
        "job.write(job.read('raw.sales'), table='out.t')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, raw.url], check=False)
    staged = raw.vacuum(older_than=0, dry_run=True)
    assert staged and {orphan["reason"] for orphan in staged} == {"its writer is gone"}
    assert raw.vacuum(older_than=3600) == []
    assert len(raw.vacuum(older_than=0)) == len(staged)
    assert raw.vacuum(older_than=0) == []
    assert list((root / ".bayou").rglob("*.parquet")) == []
    assert rows(raw, "SELECT count(*) FROM out.t") == [(15,)]


def test_files_of_an_earlier_try_do_not_become_visible(raw: bayou.Lake) -> None:
    raw.read("raw.sales").limit(0).write("out/", table="out.t")
    job = raw.job("j")
    job.write(job.read("raw.sales"), table="out.t")
    path = job.commit()[0].files[0][0]
    put(raw, "data/raw/sales/year=2019/month=09/c.csv", sales(15, 3, 4))
    raw.crawl("data/raw/sales/", database="raw")
    job = raw.job("j")
    job.write(job.read("raw.sales"), table="out.t")
    root = Path(raw.url.removeprefix("file://"))
    # As if this run had been killed before, when it had published more files than it has now.
    leftover = root / path.replace("-1-1_", "-2-1_").replace("_00000-00000", "_00007-00003")
    assert leftover.name not in path
    leftover.write_bytes((root / path).read_bytes())
    job.commit()
    assert rows(raw, "SELECT count(*) FROM out.t") == [(18,)]
    assert not leftover.exists()


def test_reports_show_themselves(raw: bayou.Lake) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = raw.read("raw.sales").write("out/", table="out.t")
    assert "15 rows" in str(report) and "table out.t" in str(report)
    assert "<table>" in report._repr_html_()
    assert "Frame(id bigint" in repr(raw.read("raw.sales"))
    assert "table" in raw.read("raw.sales")._repr_html_()
