"""Crawlers under names: what they do, and what they remember."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bayou
from bayou.errors import (
    CrawlerRunningError,
    InvalidOptionError,
    ObjectNotFoundError,
    UnknownCrawlerError,
)

HOLD = """
import sys, bayou
crawler = bayou.Lake(sys.argv[1]).crawler("raw")
with crawler._locked():
    print("held", flush=True)
    sys.stdin.readline()
"""


def put(lake: bayou.Lake, path: str, text: str) -> None:
    target = Path(lake.url.removeprefix("file://")) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def test_a_crawler_remembers_its_runs(lake: bayou.Lake) -> None:
    crawler = lake.crawler("raw", "data/raw/", database="raw")
    assert (crawler.state, crawler.last_run, lake.crawlers()[0].name) == ("READY", None, "raw")
    with pytest.raises(ObjectNotFoundError):
        crawler.run()
    assert crawler.last_run is not None and crawler.last_run["status"] == "FAILED"
    put(lake, "data/raw/sales/a.csv", "id,name\n1,a\n")
    assert crawler.run().is_change
    assert lake.tables("raw") == ["sales"]
    metrics = bayou.Lake(lake.url).crawler("raw").metrics()
    assert metrics["TablesCreated"] == 1 and metrics["LastRuntimeSeconds"] > 0
    put(lake, "data/raw/sales/b.csv", "id,name,extra\n1,a,2\n")
    crawler.run()
    assert [run["status"] for run in crawler.runs()] == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert "SUCCEEDED" in repr(crawler) and "<table>" in crawler._repr_html_()
    lake.crawler("raw", "data/raw/", database="other")
    assert lake.crawler("raw").options["database"] == "other"
    crawler.delete()
    assert lake.crawlers() == []


def test_a_crawler_runs_once_at_a_time_and_a_dead_process_holds_nothing(lake: bayou.Lake) -> None:
    put(lake, "data/raw/sales/a.csv", "id,name\n1,a\n")
    crawler = lake.crawler("raw", "data/raw/", database="raw")
    other = subprocess.Popen([sys.executable, "-c", HOLD, lake.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    assert crawler.state == "RUNNING"
    with pytest.raises(CrawlerRunningError, match="is running"):
        crawler.run()
    other.kill()
    other.wait()
    assert crawler.state == "READY"
    crawler.run()


def test_wrong_names_and_options_say_what_there_is(lake: bayou.Lake) -> None:
    with pytest.raises(UnknownCrawlerError, match="there are none"):
        lake.crawler("raw")
    lake.crawler("raw", "data/raw/")
    with pytest.raises(UnknownCrawlerError, match="there are `raw`"):
        lake.crawler("rew")
    with pytest.raises(InvalidOptionError, match="no option of a crawl"):
        lake.crawler("raw", "data/raw/", databse="x")
    with pytest.raises(InvalidOptionError, match="come with its target"):
        lake.crawler("raw", database="x")
    with pytest.raises(InvalidOptionError):
        lake.crawler("../x", "data/")


def test_state_machines_start_crawlers_by_their_names(lake: bayou.Lake) -> None:
    put(lake, "data/raw/sales/a.csv", "id,name\n1,a\n")
    lake.crawler("raw", "data/raw/", database="raw")
    start = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:startCrawler", "Parameters": {"Name": "raw"}}
    get = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getCrawler", "Parameters": {"Name": "raw"}}
    states = {"Start": {**start, "ResultPath": None, "Next": "Get"}, "Get": {**get, "End": True}}
    output = lake.state_machine({"StartAt": "Start", "States": states}).start({}).output
    assert output["Crawler"] == {"Name": "raw", "State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}
    assert lake.tables("raw") == ["sales"]
