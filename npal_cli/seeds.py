"""Seeds as text: ``7`` or ``1..50``."""

from collections.abc import Iterable
from itertools import pairwise


def parse_seeds(text: str) -> range:
    """The seeds that ``text`` names: one number, or the first and the last of several.

    >>> list(parse_seeds("7")), list(parse_seeds("1..3"))
    ([7], [1, 2, 3])

    Raises:
        ValueError: if it is neither, or counts down.
    """
    first, dots, last = text.partition("..")
    seeds = range(int(first), int(last if dots else first) + 1)
    if not seeds:
        raise ValueError(f"{last} is below {first}")
    return seeds


def format_seeds(seeds: Iterable[int]) -> list[str]:
    """The shortest texts that :func:`parse_seeds` reads as ``seeds``.

    >>> format_seeds({1, 2, 3, 7})
    ['1..3', '7']
    """
    ordered = sorted(set(seeds))
    breaks = [0, *(i for i, (one, other) in enumerate(pairwise(ordered), start=1) if other != one + 1), len(ordered)]
    groups = [ordered[start:end] for start, end in pairwise(breaks)]
    return [f"{group[0]}..{group[-1]}" if len(group) > 1 else f"{group[0]}" for group in groups if group]
