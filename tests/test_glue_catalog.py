"""Catalogs copied from AWS Glue and to it; Glue is moto's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.errors import InvalidOptionError

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with moto.mock_aws():
        yield boto3.client("glue", region_name="us-east-1")


def put(lake: bayou.Lake, path: str, text: str) -> None:
    target = Path(lake.url.removeprefix("file://")) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def table_input(name: str, location: str, keys: list[str]) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string"}],
            "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"field.delim": ","},
            },
        },
    }


def test_tables_of_glue_are_read_from_the_lakes_folders(lake: bayou.Lake, glue: Any) -> None:
    put(lake, "data/sales/day=21/a.csv", "id,name\n1,a\n2,b\n")
    put(lake, "data/sales/day=22/a.csv", "id,name\n3,c\n")
    glue.create_database(DatabaseInput={"Name": "shop"})
    location = "s3://bucketname/data/sales/"
    glue.create_table(DatabaseName="shop", TableInput=table_input("sales", location, ["day"]))
    for day in ("21", "22"):
        storage = {**table_input("sales", location, [])["StorageDescriptor"], "Location": f"{location}day={day}/"}
        partition = {"Values": [day], "StorageDescriptor": storage}
        glue.create_partition(DatabaseName="shop", TableName="sales", PartitionInput=partition)
    view = {**table_input("v", location, []), "TableType": "VIRTUAL_VIEW"}
    glue.create_table(DatabaseName="shop", TableInput=view)
    done = lake.import_glue_catalog(buckets={"bucketname": ""}, client=glue)
    assert (done.created, done.partitions) == (["shop.sales"], 2)
    assert "it is a view" in str(done)
    assert lake.sql("SELECT day, count(*) FROM shop.sales GROUP BY 1 ORDER BY 1").to_tuples() == [("21", 2), ("22", 1)]
    again = lake.import_glue_catalog("shop", buckets={"bucketname": ""}, client=glue)
    assert (again.created, again.unchanged, again.partitions) == ([], ["shop.sales"], 0)
    changed = table_input("sales", location, ["day"])
    changed["StorageDescriptor"]["Columns"].append({"Name": "extra", "Type": "string"})
    glue.update_table(DatabaseName="shop", TableInput=changed)
    assert lake.import_glue_catalog(buckets={"bucketname": ""}, client=glue).updated == ["shop.sales"]
    assert lake.sql("SELECT count(*), count(extra) FROM shop.sales").to_tuples() == [(3, 0)]
    with pytest.raises(InvalidOptionError, match="`bucketname` is not mapped"):
        lake.import_glue_catalog(buckets={"other": ""}, client=glue)


def test_tables_of_the_lake_are_known_to_glue(lake: bayou.Lake, glue: Any) -> None:
    for day in range(10, 13):
        put(lake, f"data/sales/day={day}/a.csv", "id,name\n1,a\n")
    lake.crawl("data/sales/", database="shop")
    with pytest.raises(InvalidOptionError, match="says where a copy of them is"):
        lake.export_glue_catalog(client=glue)
    done = lake.export_glue_catalog("shop", location="s3://bucketname/lake", client=glue)
    assert (done.created, done.partitions) == (["shop.sales"], 3)
    table = glue.get_table(DatabaseName="shop", Name="sales")["Table"]
    assert table["StorageDescriptor"]["Location"] == "s3://bucketname/lake/data/sales/"
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["id", "name"]
    partitions = glue.get_partitions(DatabaseName="shop", TableName="sales")["Partitions"]
    assert {partition["StorageDescriptor"]["Location"] for partition in partitions} == {
        f"s3://bucketname/lake/data/sales/day={day}/" for day in range(10, 13)
    }
    put(lake, "data/sales/day=13/a.csv", "id,name\n1,a\n")
    lake.crawl("data/sales/", database="shop")
    again = lake.export_glue_catalog(location="s3://bucketname/lake", client=glue)
    assert again.partitions == 1 and again.created == []
