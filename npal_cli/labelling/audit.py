"""Rows that are kept apart to measure on.

Each row without a label draws a number from its own name; those below the audit's share are never given to a strategy,
and batch after batch takes some of them, in the order of their numbers. So the audited rows are a random sample of all
rows that came without a label, whatever the strategy chose, and rows that are added later do not change who they are.
No model is trained on them, until all labels are used to predict.
"""

import hashlib
from collections.abc import Iterable


def draw(name: str, seed: int) -> float:
    """The number of a row, uniform in [0, 1).

    >>> 0 <= draw("17", 1) < 1, draw("17", 1) == draw("17", 1), draw("17", 1) == draw("17", 2)
    (True, True, False)
    """
    digest = hashlib.sha256(f"audit/{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def reserve(names: Iterable[str], share: float, seed: int) -> list[str]:
    """Those of the rows that are kept apart, in the order in which they are asked for."""
    drawn = sorted((draw(name, seed), name) for name in names)
    return [name for number, name in drawn if number < share]


def due(share: float, asked: int, audited: int, batch: int) -> int:
    """How many rows of the next batch are audited, so that their share of all that was asked for is kept.

    >>> [due(0.2, 5 * i, i, 5) for i in range(3)], due(0.2, 3, 0, 1), due(0.2, 4, 0, 1), due(1.0, 0, 0, 5)
    ([1, 1, 1], 0, 1, 5)
    """
    return min(max(int(share * (asked + batch) + 1e-9) - audited, 0), batch)
