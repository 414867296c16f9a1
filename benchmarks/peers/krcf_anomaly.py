"""krcf: COUNT. The same forest as RANDOM_CUT_FOREST over one column: score a reading, then learn it."""

import random
import sys

from krcf import RandomCutForest
from tell import tell


def main() -> None:
    """Score every reading."""
    count = int(sys.argv[1])
    draw = random.Random(7)
    readings = [[draw.gauss(20, 5)] for _ in range(count)]
    options = {"dimensions": 1, "shingle_size": 1, "num_trees": 100, "sample_size": 256, "output_after": 256}
    forest = RandomCutForest({**options, "lambda": 1 / 100_000, "random_seed": 7})

    def work() -> None:
        for reading in readings:
            forest.score(reading)
            forest.update(reading)

    tell(count, work)


main()
