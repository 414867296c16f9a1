"""A process that a test kills. Arguments: lake, stream, what to do and its own arguments.

`produce PREFIX FROM`: puts `PREFIX-NUMBER` records on and on, and prints the first number that is not acknowledged yet.
`reshard SEED`: splits and merges on and on, and prints each number of shards that it has reached.
"""

import itertools
import random
import sys

import bayou


def produce(stream: bayou.Stream, prefix: str, first: str) -> None:
    """Batches of 1 to 50 records under one key."""
    dice = random.Random(prefix)
    number = int(first)
    while True:
        count = dice.randint(1, 50)
        texts = [f"{prefix}-{number + place}" for place in range(count)]
        stream.put_records(texts, partition_keys=[prefix] * count)
        number += count
        print(number, flush=True)


def reshard(stream: bayou.Stream, seed: str) -> None:
    """Any number of shards up to six."""
    dice = random.Random(seed)
    for _ in itertools.count():
        count = dice.randint(1, 6)
        stream.update_shard_count(count)
        print(count, flush=True)


stream = bayou.Lake(sys.argv[1]).open_stream(sys.argv[2])
{"produce": produce, "reshard": reshard}[sys.argv[3]](stream, *sys.argv[4:])
