"""Glue scripts as they are: imports, arguments, transforms, DataFrames, bookmarks."""

# ruff: noqa: E501

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.errors import DataWarning, GlueScriptError, InterfaceError, ObjectNotFoundError

pytest.importorskip("sqlframe")

TUTORIAL = Path(__file__).parents[2] / "shared" / "tutorial"

HEAD = """
import sys, datetime
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import Row, Window
import pyspark.sql.functions as F
from pyspark.sql.functions import *
from pyspark.sql.types import *
sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
c = glueContext.create_dynamic_frame.from_catalog(database="raw", table_name="c", transformation_ctx="c")
df = c.toDF()
def rows(frame):
    return [tuple(row) for row in frame.orderBy("id").collect()]
"""

ORDERS = "Id,Name,Amount,Day\n1,Ann,10.5,01/02/2019\n2,Bob,x,31/12/2019\n3,,7,\n"


def put(lake: bayou.Lake, path: str, text: str) -> None:
    target = Path(lake.url.removeprefix("file://")) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> bayou.Lake:
    lake = bayou.Lake(tmp_path_factory.mktemp("lake"))
    put(lake, "data/raw/c/year=2019/month=08/a.csv", ORDERS)
    put(lake, "data/raw/c/year=2019/month=09/a.csv", "Id,Name,Amount,Day\n4,Cid,1.5,05/06/2019\n")
    put(
        lake,
        "data/raw/j/a.json",
        '{"id":1,"arr":[{"x":1,"y":"p"},{"x":2,"y":"q"}],"st":{"a":1,"b":{"c":"z"}},"js":"{\\"k\\":1}"}\n'
        '{"id":2,"arr":[],"st":null,"js":null}\n',
    )
    lake.crawl("data/raw/", database="raw")
    return lake


def run(lake: bayou.Lake, tmp_path: Path, body: str, **args: str) -> dict[str, Any]:
    script = tmp_path / "script.py"
    script.write_text(HEAD + textwrap.dedent(body))
    return lake.run_glue_script(script, args={"JOB_NAME": "j", **args}, buckets={"b": ""}).variables


# What a script computes, and what its variable `found` is then.
FRAGMENTS: list[tuple[str, Any]] = [
    ("found = (df.columns, df.count(), dict(df.dtypes)['id'])", (["id", "name", "amount", "day", "year", "month"], 4, "bigint")),
    ("found = rows(df.withColumn('Amount', col('Amount').cast('double')).select('id', 'Amount'))", [(1, 10.5), (2, None), (3, 7.0), (4, 1.5)]),
    ("found = rows(df.select('id', to_date('day', 'dd/MM/yyyy').alias('d')).where('id = 2'))[0][1].isoformat()", "2019-12-31"),
    ("found = rows(df.filter((df.id > 1) & col('name').isNotNull()).select('id', (col('id') * 2).alias('twice')))", [(2, 4), (3, 6), (4, 8)]),
    ("found = [tuple(r) for r in df.groupBy('month').agg(F.count('*').alias('n'), F.sum('id')).orderBy('month').collect()]", [("08", 3, 6), ("09", 1, 4)]),
    ("found = [tuple(r) for r in df.groupBy('year').pivot('month').agg(F.max('id')).collect()]", [(2019, 3, 4)]),
    ("found = df.agg({'id': 'max'}).first()[0]", 4),
    ("a = df.alias('a'); b = df.alias('b'); found = a.join(b, col('a.id') == col('b.id')).select('a.id', 'b.name').columns", ["id", "name"]),
    ("found = df.join(df.select('id', col('name').alias('other')), 'id', 'left').where('id = 1').first()['other']", "Ann"),
    ("df.createOrReplaceTempView('t'); found = [tuple(r) for r in spark.sql('select month, count(*) n from t where id >= 2 group by month order by 1').collect()]", [("08", 2), ("09", 1)]),
    ("found = spark.sql(\"select name from raw.c where month = '08' and id = 1\").first().name", "Ann"),
    ("found = [r.v for r in spark.createDataFrame([(1, 'a'), (2, None)], ['k', 'v']).collect()]", ["a", None]),
    ("s = StructType([StructField('a', IntegerType(), True)]); found = spark.createDataFrame([(1,), (None,)], s).dtypes", [("a", "int")]),
    ("r = spark.read.option('header', 'true').csv('s3://b/data/raw/c/year=2019/month=08/a.csv'); found = (r.columns[:4], dict(r.dtypes)['Id'], r.where('Id = 3').first()['Name'])", (["Id", "Name", "Amount", "Day"], "string", None)),
    ("found = dict(spark.read.csv('s3://b/data/raw/c/', header=True, inferSchema=True).dtypes)['Id']", "bigint"),
    ("found = spark.read.schema('Id int, Name string, Amount double, Day string').option('header', True).csv('s3://b/data/raw/c/year=2019/month=09/').first()['Amount']", 1.5),
    ("df.write.mode('overwrite').partitionBy('year', 'month').parquet('s3://b/out/p/'); found = spark.read.parquet('s3://b/out/p/').count()", 4),
    ("df.coalesce(1).write.csv('s3://b/out/c', header=True, mode='overwrite'); found = spark.read.csv('s3://b/out/c', header=True).count()", 4),
    ("df.write.mode('overwrite').option('path', 's3://b/out/saved/').saveAsTable('raw.saved'); df.write.insertInto('raw.saved'); found = spark.table('raw.saved').count()", 8),
    ("d = ApplyMapping.apply(frame=c, mappings=[('id', 'long', 'Key', 'string'), ('amount', 'string', 'n.amount', 'double')]); found = d.toDF().where(\"Key = '1'\").select('n.amount').first()[0]", 10.5),
    ("found = (Filter.apply(frame=c, f=lambda r: r['id'] > 2).count(), c.filter(lambda r: r['nope']).count())", (2, 0)),
    ("def f(rec):\n    rec['z'] = rec['id'] * 10\n    return rec\nfound = rows(Map.apply(frame=c, f=f).toDF().select('id', 'z'))[0]", (1, 10)),
    ("found = Join.apply(c, c.rename_field('name', 'n2'), 'id', 'id').toDF().columns[6:8]", [".id", "n2"]),
    ("j = glueContext.create_dynamic_frame.from_catalog('raw', 'j'); r = Relationalize.apply(frame=j, staging_path='s3://b/t/', name='root'); found = (list(r.keys()), r.select('root_arr').toDF().columns)", (["root", "root_arr"], ["id", "index", "arr.val.x", "arr.val.y"])),
    ("j = glueContext.create_dynamic_frame.from_catalog('raw', 'j').toDF(); found = [tuple(r) for r in j.select('id', explode('arr').alias('e')).select('id', 'e.x').orderBy('x').collect()]", [(1, 1), (1, 2)]),
    ("j = glueContext.create_dynamic_frame.from_catalog('raw', 'j').toDF(); found = [tuple(r) for r in j.select('st.a', col('st.b.c').alias('c')).orderBy('a').collect()][0]", (None, None)),
    ("x = SplitRows.apply(c, {'id': {'>': 1, '<': 4}}); found = (x['frame1'].count(), x['frame2'].count())", (2, 2)),
    ("found = c.select_fields(['id', 'name']).drop_fields(['name']).toDF().columns", ["id"]),
    ("found = dict(ResolveChoice.apply(c, specs=[('amount', 'cast:double')]).toDF().dtypes)['amount']", "double"),
    ("x = glueContext.create_dynamic_frame.from_options('s3', {'paths': ['s3://b/data/raw/c/'], 'recurse': True}, 'csv', {'withHeader': True}); found = x.count()", 4),
    ("w = Window.partitionBy('month').orderBy(col('id').desc()); found = rows(df.withColumn('rn', row_number().over(w)).select('id', 'rn'))", [(1, 3), (2, 2), (3, 1), (4, 1)]),
    ("found = rows(df.select('id', when(col('id') > 2, 'big').otherwise('small'), concat(col('name'), lit('-'), col('id'))))[0]", (1, "small", "Ann-1")),
    ("found = (df.dropDuplicates(['month']).count(), df.union(df).distinct().count(), df.drop('name').columns[1], df.limit(2).count())", (2, 4, "amount", 2)),
    ("found = df.where('id = 1').select(unix_timestamp('day', 'dd/MM/yyyy').cast(TimestampType()).alias('t'), date_format(to_timestamp('day', 'dd/MM/yyyy'), 'yyyy-MM')).first()[1]", "2019-02"),
    ("found = rows(df.where('id < 3').select('id', split('day', '/').getItem(2), regexp_extract('day', '(\\\\d+)/', 1), upper('name')))", [(1, "2019", "01", "ANN"), (2, "2019", "31", "BOB")]),
    ("found = rows(df.filter('month = 8 and year = \"2019\"').select('id'))", [(1,), (2,), (3,)]),
    ("found = (sum([1, 2]), max(1, 2), min([3, 1]), round(2.567, 1), abs(-3), len('ab'), sorted([2, 1]), str(datetime.date(2019, 1, 1)))", (3, 2, 1, 2.6, 3, 2, [1, 2], "2019-01-01")),
    ("found = (df.toPandas().shape, df.head(2)[0].asDict()['id'] in (1, 2, 3, 4), len(df.take(3)))", ((4, 6), True, 3)),
    ("stage = DynamicFrame.fromDF(spark.createDataFrame([(1, 'New')], ['id', 'name']), glueContext, 's'); found = rows(c.mergeDynamicFrame(stage, ['id']).toDF().select('id', 'name'))[0]", (1, "New")),
    ("found = df.selectExpr('id + 1 as next', 'nvl(name, \"-\") as nm').where('next = 2').first().nm", "Ann"),
    ("found = hasattr(c, 'nothing_like_it')", False),
    ("s = glueContext.getSink(path='s3://b/out/sink/', connection_type='s3', updateBehavior='UPDATE_IN_DATABASE', partitionKeys=['month'], enableUpdateCatalog=True); s.setCatalogInfo(catalogDatabase='raw', catalogTableName='sunk'); s.setFormat('glueparquet'); s.writeFrame(c); found = spark.table('raw.sunk').count()", 4),
    ("found = Unbox.apply(frame=glueContext.create_dynamic_frame.from_catalog('raw', 'j'), path='js', format='json').toDF().where('id = 1').select('js.k').first()[0]", 1),
    ("found = [r[1] for r in df.describe('id').collect()][:2]", ["4", "2.5"]),
    ("spark.sql('MSCK REPAIR TABLE raw.c'); spark.sql('insert into raw.saved select * from raw.saved limit 1'); found = spark.table('raw.saved').count()", 9),
]  # fmt: skip


@pytest.mark.parametrize(("body", "found"), FRAGMENTS, ids=[str(number) for number in range(len(FRAGMENTS))])
def test_scripts_compute_what_they_do_in_glue(shop: bayou.Lake, tmp_path: Path, body: str, found: Any) -> None:
    assert run(shop, tmp_path, body)["found"] == found


JOB = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME", "month"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
source = glueContext.create_dynamic_frame.from_catalog(
    database="raw", table_name="c", push_down_predicate="(month == " + args["month"] + ")", transformation_ctx="source"
)
mapped = ApplyMapping.apply(frame=source, mappings=[("id", "long", "id", "string"), ("month", "string", "month", "string")])
clean = DropNullFields.apply(frame=mapped, transformation_ctx="clean")
glueContext.write_dynamic_frame.from_options(
    frame=clean, connection_type="s3", connection_options={"path": "s3://bucket/refined/c/", "partitionKeys": ["month"]},
    format="parquet", transformation_ctx="sink",
)
"""


def test_a_job_keeps_bookmarks_and_glue_only_appends(shop: bayou.Lake, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(JOB + "job.commit()\n")
    args = {"JOB_NAME": "raw-refined", "month": "08"}
    done = shop.run_glue_script(script, args=args, buckets={"bucket": ""})
    assert [report.rows for report in done.writes] == [3]
    assert done.output == "null_fields []\n"
    assert "3 rows in 1 files" in str(done)
    shop.run_glue_script(script, args=args, buckets={"bucket": ""})
    assert shop.read("refined/c/").count() == 6
    kept = {**args, "job-bookmark-option": "job-bookmark-enable"}
    assert shop.run_glue_script(script, args=kept, buckets={"bucket": ""}).writes[0].rows == 3
    assert shop.run_glue_script(script, args=kept, buckets={"bucket": ""}).writes[0].rows == 0
    assert shop.read("refined/c/").count() == 9
    assert len(shop.bookmarks("raw-refined")) == 1
    script.write_text(JOB)
    with pytest.warns(DataWarning, match=r"without `job.commit\(\)`"):
        shop.run_glue_script(script, args={**kept, "JOB_NAME": "other"}, buckets={"bucket": ""})
    assert shop.read("refined/c/").count() == 12
    assert len(shop.bookmarks("other")) == 0


def test_a_bucket_without_a_folder_is_one_of_its_name_or_the_lake(shop: bayou.Lake, tmp_path: Path) -> None:
    put(shop, "known/x.csv", "a,b\n1,2\n")
    body = "found = (spark.read.csv('s3://known/x.csv').count(), spark.read.csv('s3://other/known/x.csv').count())"
    assert run(shop, tmp_path, body)["found"] == (2, 2)


def test_errors_name_the_scripts_line(shop: bayou.Lake, tmp_path: Path) -> None:
    with pytest.raises(
        GlueScriptError, match=r"line 21, `df\.select\('nope'\)\.show\(\)`: SqlError: COLUMN_NOT_FOUND: Column 'nope'"
    ):
        run(shop, tmp_path, "x = 1\ndf.select('nope').show()\n")
    with pytest.raises(GlueScriptError, match=r"`DynamicFrame.nope` is not there"):
        run(shop, tmp_path, "c.nope()")
    with pytest.raises(GlueScriptError, match=r"`pyspark.sql.functions.nope` is not there"):
        run(shop, tmp_path, "F.nope(1)")
    with pytest.raises(GlueScriptError, match=r"no partition key of `raw.c`"):
        run(shop, tmp_path, "glueContext.create_dynamic_frame.from_catalog('raw', 'c', push_down_predicate='id = 1')")
    with pytest.raises(GlueScriptError, match="arguments are required: --x"):
        run(shop, tmp_path, "getResolvedOptions(sys.argv, ['JOB_NAME', 'x'])")
    with pytest.raises(GlueScriptError, match="line 20: SyntaxError"):
        run(shop, tmp_path, "if x\n")
    with pytest.raises(GlueScriptError, match="status 3"):
        run(shop, tmp_path, "sys.exit(3)")
    with pytest.raises(GlueScriptError, match=r"`rdd` is not there|`DataFrame.rdd` is not there"):
        run(shop, tmp_path, "df.rdd")
    with pytest.raises(ObjectNotFoundError, match="neither on this machine nor in the lake"):
        shop.run_glue_script("no/such.py")


def test_nothing_of_a_script_stays(shop: bayou.Lake, tmp_path: Path) -> None:
    before = list(sys.argv)
    variables = run(shop, tmp_path, "found = getResolvedOptions(sys.argv, ['JOB_NAME', 'day'])", day="08")
    assert variables["found"]["day"] == "08"
    assert sys.argv == before
    assert not [name for name in sys.modules if name.partition(".")[0] in ("awsglue", "pyspark")]
    with pytest.raises(InterfaceError, match="no lake to work on"):
        from bayou.compat.spark.context import active

        active()


def test_a_script_may_lie_in_the_lake(shop: bayou.Lake) -> None:
    put(shop, "scripts/hello.py", "print('hello')\n")
    assert shop.run_glue_script("scripts/hello.py").output == "hello\n"


def test_options_are_resolved_as_in_glue() -> None:
    from bayou.compat.awsglue.utils import GlueArgumentError, getResolvedOptions

    argv = [
        "x.py",
        "--a",
        "1",
        "--b-c",
        "2",
        "--JOB_ID",
        "j",
        "--job-bookmark-option",
        "job-bookmark-enable",
        "--other",
        "3",
    ]
    found = getResolvedOptions(argv, ["a", "b-c"])
    assert (found["a"], found["b-c"], found["JOB_ID"]) == ("1", "2", "j")
    assert found["job_bookmark_option"] == "job-bookmark-enable"
    with pytest.raises(GlueArgumentError):
        getResolvedOptions(argv, ["missing"])
    with pytest.raises(RuntimeError):
        getResolvedOptions(argv, ["JOB_RUN_ID"])
    with pytest.raises(RuntimeError):
        getResolvedOptions(["x.py", "--job-bookmark-from", "1"], [])


def test_purge_deletes_what_is_old(shop: bayou.Lake, tmp_path: Path) -> None:
    put(shop, "old/a.csv", "1\n")
    run(shop, tmp_path, "glueContext.purge_s3_path('s3://b/old/')")
    assert (Path(shop.url.removeprefix("file://")) / "old/a.csv").exists()
    run(shop, tmp_path, "glueContext.purge_s3_path('s3://b/old/', {'retentionPeriod': 0})")
    assert not (Path(shop.url.removeprefix("file://")) / "old/a.csv").exists()


# -- the tutorials' own scripts -----------------------------------------------------------------------


@pytest.mark.skipif(not TUTORIAL.exists(), reason="the tutorials' scripts are not here")
def test_the_tutorials_scripts_run_as_they_are(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    head = "email_id,retailer_name,units_purchased,purchase_date,sale_id\n"
    for day in (21, 22):
        lines = [f"u{n}@x.com,S{n},{n},{1 + n % 28:02}/08/2019,{day * 100 + n}\n" for n in range(50)]
        put(lake, f"data/raw/customers/year=2019/month=08/day={day}/customers.csv", head + "".join(lines))
        put(lake, "data/raw/retail_sales/x.csv", head + "".join(lines))
    lake.crawl("data/raw/customers/", database="raw")
    lake.crawl("data/raw/retail_sales/", database="merchandise", table="raw_retail_sales")
    args = {"JOB_NAME": "raw-refined", "year": "2019", "month": "08", "day": "21"}
    done = lake.run_glue_script(TUTORIAL / "glue_raw_refined.py", args=args, buckets={"bucketname": ""})
    assert [report.rows for report in done.writes] == [50]
    lake.crawl("data/refined/", database="refined")
    found = lake.sql("SELECT count(*), min(sale_id), max(day) FROM refined.customers").to_tuples()
    assert found == [(50, "2100", "21")]
    done = lake.run_glue_script(
        TUTORIAL / "glue_retail_raw_refined.py", args={"JOB_NAME": "retail"}, buckets={"test-787": "data"}
    )
    assert done.writes[0].folder.startswith("data/refined/retail_sales/year=")
    lake.crawl("data/refined/", database="refined")
    found = lake.sql("SELECT count(*), max(purchase_date) = TIMESTAMP '2019-08-28 00:00:00' FROM refined.retail_sales")
    assert found.to_tuples() == [(50, True)]
