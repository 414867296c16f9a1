"""The PyAthena of the registry, unmodified, over `lake.aws_session()`."""

from __future__ import annotations

import io
from typing import Any

import pyathena
import pytest
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.cursor import S3FSCursor

import bayou

SQL = """SELECT * FROM (VALUES (1, 'a', DECIMAL '1.50', ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[1]), X'3132', 1e10),
    (2, '', NULL, NULL, NULL, NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL)) AS v(n, s, d, l, m, b, f)
    ORDER BY n"""


def connect(lake: bayou.Lake, **options: Any) -> Any:
    return pyathena.connect(session=lake.aws_session(), s3_staging_dir="s3://lake/results/", **options)


def test_the_same_values_come_from_pyathena_and_from_bayou(lake: bayou.Lake) -> None:
    theirs = connect(lake).cursor().execute(SQL)
    ours = bayou.dbapi.connect(lake).cursor().execute(SQL)
    assert theirs.description == ours.description
    rows = theirs.fetchall()
    assert rows == ours.fetchall()
    assert [row[1] for row in rows] == ["a", "", None] and rows[0][4] == {"k": "1"} and rows[0][5] == b"12"


def test_pages_are_followed_to_the_end(lake: bayou.Lake) -> None:
    sql = "SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n"
    cursor = connect(lake).cursor().execute(sql)
    assert [row[0] for row in cursor.fetchall()] == list(range(1, 2501))


def test_every_cursor_without_a_bucket_of_its_own_works(lake: bayou.Lake) -> None:
    connection = connect(lake)
    assert connection.cursor(DictCursor).execute("SELECT 1 AS a").fetchall() == [{"a": 1}]
    frame = connection.cursor(PandasCursor).execute(SQL).as_pandas()
    assert frame["n"].tolist() == [1, 2, 3] and str(frame["n"].dtype) == "Int64"
    assert connection.cursor(PolarsCursor).execute("SELECT 1 AS a, 'x' AS s").as_polars().rows() == [(1, "x")]
    assert connection.cursor(S3FSCursor).execute("SELECT 1 AS a, 'x' AS s").fetchall() == [(1, "x")]
    query_id, future = connection.cursor(AsyncCursor).execute("SELECT 1 AS a")
    assert future.result().fetchall() == [(1,)] and query_id


def test_statements_that_write_are_counted(lake: bayou.Lake) -> None:
    cursor = connect(lake).cursor()
    cursor.execute("CREATE TABLE t AS SELECT * FROM (VALUES 1, 2) AS v(a)")
    assert cursor.rowcount == 2
    cursor.execute("INSERT INTO t SELECT 3")
    assert cursor.rowcount == 1
    assert cursor.execute("SHOW TABLES").fetchall() == [("t",)]
    assert cursor.get_table_metadata("t").columns[0].name == "a"
    assert [table.name for table in cursor.list_table_metadata()] == ["t"]


def test_bad_sql_is_an_operational_error_with_the_reason(lake: bayou.Lake) -> None:
    with pytest.raises(pyathena.error.OperationalError, match="nope"):
        connect(lake).cursor().execute("SELECT nope")


def test_parameters_of_both_styles_arrive(lake: bayou.Lake) -> None:
    cursor = connect(lake).cursor()
    assert cursor.execute("SELECT %(a)s", {"a": "it's"}).fetchone() == ("it's",)
    assert cursor.execute("SELECT ?", ["'x'"], paramstyle="qmark").fetchone() == ("x",)


def test_unloaded_results_are_read_as_parquet(lake: bayou.Lake) -> None:
    frame = connect(lake).cursor(PandasCursor, unload=True).execute("SELECT 1 AS a, 'x' AS s").as_pandas()
    assert frame["a"].tolist() == [1] and frame["s"].tolist() == ["x"]


def test_s3_reads_and_writes_the_lakes_folder(lake: bayou.Lake) -> None:
    s3 = lake.aws_session().client("s3")
    s3.put_object(Bucket="b", Key="raw/a.json", Body=b'{"v": 1}\n')
    s3.upload_fileobj(io.BytesIO(b'{"v": 2}\n'), "b", "raw/sub/b.json")
    assert s3.get_object(Bucket="b", Key="raw/a.json", Range="bytes=1-3")["Body"].read() == b'"v"'
    listed = s3.list_objects_v2(Bucket="b", Prefix="raw/", Delimiter="/")
    assert [item["Key"] for item in listed["Contents"]] == ["raw/a.json"]
    assert listed["CommonPrefixes"] == [{"Prefix": "raw/sub/"}]
    first = s3.list_objects_v2(Bucket="b", Prefix="raw/", MaxKeys=1)
    rest = s3.list_objects_v2(Bucket="b", Prefix="raw/", ContinuationToken=first["NextContinuationToken"])
    assert [item["Key"] for item in rest["Contents"]] == ["raw/sub/b.json"]
    upload = s3.create_multipart_upload(Bucket="b", Key="big")["UploadId"]
    for number in (1, 2):
        s3.upload_part(Bucket="b", Key="big", UploadId=upload, PartNumber=number, Body=b"%d" % number)
    parts = [{"PartNumber": 1}, {"PartNumber": 2}]
    s3.complete_multipart_upload(Bucket="b", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket="b", Key="big")["ContentLength"] == 2
    s3.copy_object(Bucket="b", Key="copy", CopySource={"Bucket": "b", "Key": "big"})
    s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "big"}]})
    for wrong in ("big", "../outside"):
        with pytest.raises(Exception, match=r"NoSuchKey|AccessDenied"):
            s3.get_object(Bucket="b", Key=wrong)
    lake.sql(
        """CREATE EXTERNAL TABLE raw (v int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
           LOCATION 's3://b/raw/'"""
    )
    assert lake.sql("SELECT sum(v) AS v FROM raw").to_pydict() == {"v": [3]}


def test_glue_makes_and_tells_tables_and_partitions(lake: bayou.Lake) -> None:
    glue = lake.aws_session().client("glue")
    glue.create_database(DatabaseInput={"Name": "shop"})
    glue.create_table(
        DatabaseName="shop",
        TableInput={
            "Name": "orders",
            "StorageDescriptor": {
                "Columns": [{"Name": "id", "Type": "int", "Comment": "it's"}],
                "Location": "s3://b/orders/",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                },
            },
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
            "Parameters": {"classification": "parquet"},
        },
    )
    glue.batch_create_partition(
        DatabaseName="shop", TableName="orders", PartitionInputList=[{"Values": ["1"]}, {"Values": ["2"]}]
    )
    glue.delete_partition(DatabaseName="shop", TableName="orders", PartitionValues=["1"])
    table = glue.get_table(DatabaseName="shop", Name="orders")["Table"]
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "it's" and table["Name"] == "orders"
    partitions = glue.get_partitions(DatabaseName="shop", TableName="orders")["Partitions"]
    assert [partition["Values"] for partition in partitions] == [["2"]]
    assert [found["Name"] for found in glue.get_tables(DatabaseName="shop")["TableList"]] == ["orders"]
    glue.delete_table(DatabaseName="shop", Name="orders")
    with pytest.raises(Exception, match="EntityNotFoundException"):
        glue.get_table(DatabaseName="shop", Name="orders")


def test_a_running_statement_can_be_stopped(lake: bayou.Lake) -> None:
    athena = lake.aws_session().client("athena")
    sql = (
        "SELECT count(*) FROM UNNEST(sequence(1, 9999)) AS a(x), UNNEST(sequence(1, 9999)) AS b(y) WHERE x * y % 7 = 3"
    )
    query_id = athena.start_query_execution(QueryString=f"{sql} AND length(CAST(x * y AS varchar)) > 1")
    athena.stop_query_execution(QueryExecutionId=query_id["QueryExecutionId"])
    state = athena.get_query_execution(QueryExecutionId=query_id["QueryExecutionId"])["QueryExecution"]["Status"][
        "State"
    ]
    assert state in ("CANCELLED", "SUCCEEDED")
