"""The batch job, step by step: what `bayou demo-batch` and `make demo-batch` run.

A file of customers arrives in the landing folder; its arrival starts a state machine that copies it to the raw folder,
verifies, crawls, refines CSV to Parquet by day, crawls again, archives and empties the landing folder. The next day a
second file arrives, and only that one is processed. In the end every row is in the refined table exactly once.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayou.demo_steps import Steps, fresh
from bayou.errors import BayouError

if TYPE_CHECKING:
    from bayou.arrival import ArrivalTrigger
    from bayou.etl import WriteReport
    from bayou.lake import Lake
    from bayou.pipeline import StateMachine

HEADER = "email_id,retailer_name,units_purchased,purchase_date,sale_id"

CUSTOMERS_TEMPLATE = """{{internet.email}},"{{random.arrayElement(
    ["Meyer, Sons and Co","Blue Door","The \'Corner\' Shop","Harbour Market","Field & Stone"]
)}}",{{random.number({"min":1,"max":12})}},DAY,{{random.uuid}}"""

# Where a day's files are: below the landing folder by name, below the others by date as well.
_DAY = "customers/year={}/month={}/day={}/', $.year, $.month, $.day)"
_RAW = f"States.Format('data/raw/{_DAY}"
_ARCHIVE = f"States.Format('data/archive/{_DAY}"


def _task(resource: str, parameters: dict[str, Any], then: str | None, **more: Any) -> dict[str, Any]:
    """A state whose result is not kept, and whose failure ends the execution by the state `Failed`."""
    end = {"End": True} if then is None else {"Next": then}
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Failed"}]
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        "ResultPath": None,
        "Catch": catch,
        **more,
        **end,
    }


_AGAIN = [{"ErrorEquals": ["VerificationFailed"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}]

MACHINE: dict[str, Any] = {
    "Comment": "One day of customers: landing, raw, refined, archive",
    "StartAt": "CopyToRaw",
    "States": {
        "CopyToRaw": _task("bayou:copy", {"source.$": "$.path", "destination.$": _RAW}, "VerifyRaw"),
        "VerifyRaw": _task("bayou:verify", {"source.$": "$.path", "destination.$": _RAW}, "CrawlRaw", Retry=_AGAIN),
        "CrawlRaw": _task("bayou:crawl", {"target": "data/raw/", "database": "raw"}, "Refine"),
        "Refine": _task(
            "arn:aws:states:::glue:startJobRun.sync",
            {
                "JobName": "raw-refined",
                "Arguments": {"--year.$": "$.year", "--month.$": "$.month", "--day.$": "$.day"},
            },
            "CrawlRefined",
        ),
        "CrawlRefined": _task("bayou:crawl", {"target": "data/refined/", "database": "refined"}, "Archive"),
        "Archive": _task("bayou:copy", {"source.$": "$.path", "destination.$": _ARCHIVE}, "VerifyArchive"),
        "VerifyArchive": _task(
            "bayou:verify", {"source.$": "$.path", "destination.$": _ARCHIVE}, "EmptyLanding", Retry=_AGAIN
        ),
        "EmptyLanding": _task("bayou:delete", {"prefix.$": "$.path"}, None),
        "Failed": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
    },
}


def day_of(file: dict[str, Any]) -> dict[str, str]:
    """The machine's input: the path of a file that arrived, and the day in its name."""
    path = str(file["path"])
    day = dt.datetime.strptime(Path(path).stem.rpartition("_")[2], "%Y%m%d")
    return {"path": path, "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}


def land(lake: Lake, day: dt.date, rows: int, seed: int) -> str:
    """Write a day's file of customers, and let it arrive at once; gives its path in the lake."""
    import bayou

    name = f"customers_{day:%Y%m%d}.csv"
    folder = Path(lake.url.removeprefix("file://")) / "data" / "landing" / "customers"
    folder.mkdir(parents=True, exist_ok=True)
    generator = bayou.Generator(CUSTOMERS_TEMPLATE.replace("DAY", f"{day:%d/%m/%Y}"), seed=seed)
    unfinished = folder / f".{name}.tmp"
    generator.write(unfinished, rows)
    with open(unfinished, "rb") as written, open(folder / f"{name}.tmp", "wb") as file:
        file.write(f"{HEADER}\n".encode())
        while block := written.read(1 << 20):
            file.write(block)
    unfinished.unlink()
    os.replace(folder / f"{name}.tmp", folder / name)
    return f"data/landing/customers/{name}"


def refine(lake: Lake, reports: list[WriteReport]) -> Any:
    """The job `raw-refined`: what is new in the raw table becomes Parquet, by day."""

    def job(arguments: dict[str, str]) -> dict[str, Any]:
        day = "year = '{year}' and month = '{month}' and day = '{day}'".format(**arguments)
        report = (
            lake.read("raw.customers", where=day, bookmark="raw-refined")
            .with_column("purchase_date", "CAST(date_parse(purchase_date, '%d/%m/%Y') AS date)")
            .apply_mapping(
                [
                    ("email_id", "string", "email_id", "string"),
                    ("retailer_name", "string", "retailer_name", "string"),
                    ("units_purchased", "long", "units_purchased", "int"),
                    ("purchase_date", "date", "purchase_date", "date"),
                    ("sale_id", "string", "sale_id", "string"),
                    ("year", "int", "year", "string"),
                    ("month", "string", "month", "string"),
                    ("day", "string", "day", "string"),
                ]
            )
            .resolve_choice("make_struct")
            .drop_null_fields()
            .write("data/refined/customers/", partition_by=["year", "month", "day"], table="refined.customers")
        )
        reports.append(report)
        return {"rows": report.rows}

    return job


def _arrive(trigger: ArrivalTrigger, machine: StateMachine) -> None:
    """Wait until the trigger has worked on what is there."""
    known = len(machine.executions())
    deadline = time.monotonic() + 120
    while len(machine.executions()) == known:
        trigger.poll()
        failed = [file["error"] for file in trigger.files().to_pylist() if file["error"]]
        if failed or time.monotonic() > deadline:
            raise BayouError(failed[0] if failed else "The file did not arrive within two minutes")
        time.sleep(0.05)
    execution = machine.executions()[0].wait()
    _ = execution.output  # raises when it failed


def run(
    directory: str | os.PathLike[str] = "demo-batch-lake",
    *,
    rows: int = 100_000,
    seed: int = 7,
    picture: str | os.PathLike[str] | None = None,
) -> dict[str, int]:
    """Run the batch job for two days in a folder of its own.

    Args:
        directory: Folder of the lake; emptied first when an earlier demo made it.
        rows: Rows of each day's file.
        seed: Seed of the generator.
        picture: SVG of the state machine to draw; `machine.svg` in the folder when None.

    Returns:
        The counts: landed, refined, processed_second_day.

    Raises:
        BayouError: A row was lost or is there twice, or a step failed.
    """
    import bayou

    folder = Path(directory)
    fresh(folder)
    steps = Steps()
    lake = bayou.Lake(folder)
    reports: list[WriteReport] = []
    machine = lake.state_machine(MACHINE, tasks={"raw-refined": refine(lake, reports)}, name="customers")
    trigger = lake.on_arrival("data/landing/", suffix=".csv", run=machine, input=day_of)
    days = [dt.date(2019, 8, 21), dt.date(2019, 8, 22)]
    for number, day in enumerate(days):
        path = land(lake, day, rows, seed + number)
        steps.done(f"A file arrives: {path}", rows, "rows")
        _arrive(trigger, machine)
        steps.done("State machine: copy, verify, crawl, refine, crawl, archive", reports[-1].rows, "refined")

    counts = {
        "landed": rows * len(days),
        "refined": _number(lake, "SELECT count(DISTINCT sale_id) FROM refined.customers"),
        "processed_second_day": reports[-1].rows,
    }
    frame = lake.sql("SELECT * FROM refined.customers").to_pandas()
    steps.done("SELECT * FROM refined.customers into pandas", len(frame), "rows")
    target = Path(picture) if picture is not None else folder / "machine.svg"
    execution = machine.executions()[0]
    execution.plot().save(target)
    steps.done("Draw the state machine with the states of the last run", execution.history().num_rows, "events")

    print()
    by_day = frame.groupby(["day", "retailer_name"])["units_purchased"].agg(["count", "sum"])
    print(by_day.unstack(0).to_string())
    print()
    _check(lake, counts, len(frame), rows)
    print(f"State machine: {target}")
    print(f"Total: {steps.total():.2f} s")
    return counts


def _number(lake: Lake, query: str) -> int:
    return int(lake.sql(query).to_tuples()[0][0])


def _check(lake: Lake, counts: dict[str, int], found: int, rows: int) -> None:
    left = list((Path(lake.url.removeprefix("file://")) / "data" / "landing").rglob("*.csv"))
    archived = list((Path(lake.url.removeprefix("file://")) / "data" / "archive").rglob("*.csv"))
    problems = {
        f"{counts['landed']:,} rows landed, {found:,} are refined": found != counts["landed"],
        f"{found - counts['refined']:,} rows are there twice": found != counts["refined"],
        f"the second day processed {counts['processed_second_day']:,} rows": counts["processed_second_day"] != rows,
        f"{len(left)} files are left in the landing folder": bool(left),
        f"{len(archived)} files are in the archive": len(archived) != 2,
    }
    wrong = [problem for problem, is_there in problems.items() if is_there]
    if wrong:
        raise BayouError(f"The batch job went wrong: {'; '.join(wrong)}")
    print(f"Each of {found:,} rows is there once; the second day processed its own {rows:,} only; landing is empty")
