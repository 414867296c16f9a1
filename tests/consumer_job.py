"""A worker of a consumer that a test kills. Arguments: lake, stream, consumer. Prints what it has processed."""

import sys

import bayou

consumer = bayou.Lake(sys.argv[1]).open_stream(sys.argv[2]).consumer(sys.argv[3], limit=50)
print("ready", flush=True)
for records in consumer:
    for data in records.to_pydict()["data"]:
        print(data.decode(), flush=True)
    consumer.checkpoint()
