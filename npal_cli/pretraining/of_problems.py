"""Records of what was found in drawn problems."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from npal_cli.arrays import Record, array


@dataclass(frozen=True)
class OfProblems(Record):
    """Rows that are of problems, numbered from 0 in each block."""

    problem: np.ndarray = array("row")
    """Which rows are of one problem."""

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """All rows of the parts, whose problems stay apart."""
        found = list(parts)
        values = {each.name: np.concatenate([getattr(part, each.name) for part in found]) for each in fields(cls)}
        counts = [int(part.problem.max(initial=-1)) + 1 for part in found]
        before = np.repeat(np.cumsum([0, *counts[:-1]]), [len(part.problem) for part in found])
        return cls(**values | {"problem": (values["problem"] + before).astype(np.int32)})
