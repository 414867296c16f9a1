"""A job that a test kills: it processes what is new and commits. Arguments: lake, job."""

import sys

import bayou

lake = bayou.Lake(sys.argv[1])
print("ready", flush=True)
with lake.job(sys.argv[2]) as job:
    frame = job.read("raw.sales")
    job.write(frame.apply_mapping([("id", "id"), ("name", "name")]), "data/refined/", table="refined.sales")
    job.write(frame.select("id", "day"), "data/days/", table="refined.days", partition_by=["day"])
print("committed", flush=True)
