"""A share of the runs, for many machines without a scheduler of npal's: ``3/40``."""

from pathlib import Path
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")

FOLDER = "parts"
"""Under the root: where each part has a root of its own, so that no two write to the same place."""


class Part(NamedTuple):
    """One of equal shares."""

    number: int
    """From 1 on."""
    of: int

    def share(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Every ``of``-th item.

        >>> Part(2, 3).share((10, 11, 12, 13, 14))
        (11, 14)
        """
        return items[self.number - 1 :: self.of]

    def root(self, root: Path) -> Path:
        """Where its artifacts are."""
        return root / FOLDER / f"{self.number:0{len(str(self.of))}d}_of_{self.of}"


def parse_part(text: str) -> Part:
    """The part that ``text`` names.

    >>> parse_part("3/40")
    Part(number=3, of=40)

    Raises:
        ValueError: if it is no number, a slash, and one that is not smaller.
    """
    number, _, of = text.partition("/")
    part = Part(int(number), int(of))
    if not 1 <= part.number <= part.of:
        raise ValueError(f"{part.number} is not from 1 to {part.of}")
    return part
