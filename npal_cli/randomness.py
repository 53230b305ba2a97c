"""Named random streams.

Every random draw of the project comes from a stream that is named by its purpose and keyed by the run (and the
acquisition step) it serves. A stream does not depend on what was drawn before it, so results do not depend on the
order of the work, on the number of workers, or on which strategies are compared.
"""

import hashlib
from typing import NamedTuple

import numpy as np


class Run(NamedTuple):
    """One repetition of an experiment: the paper has 3 data seeds x 3 seeds = 9 of them (supplement B.2).

    ``data_seed`` draws what is balanced away, the test set and the reward set; ``seed`` draws everything else: the
    initial annotated set, simulated problems, networks, ties.
    """

    data_seed: int
    seed: int

    def __str__(self) -> str:
        return f"{self.data_seed}-{self.seed}"


def stream(purpose: str, *key: int | str) -> np.random.Generator:
    """The random stream for ``purpose``, keyed by ``key``: equal names give equal draws, others are independent.

    >>> stream("split", 1).integers(100) == stream("split", 1).integers(100)
    np.True_
    >>> stream("split", 1).integers(2**32) == stream("split", 2).integers(2**32)
    np.False_
    """
    name = "/".join([purpose, *(str(part) for part in key)])
    entropy = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def draw_seed(generator: np.random.Generator) -> int:
    """An integer seed (below 2**31) drawn from ``generator``, for libraries that take no generator."""
    return int(generator.integers(2**31))
