"""What the computation of an artifact will take, by what like ones took on this machine."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npal_cli.pipeline.build import Target, missing_runs
from npal_cli.pipeline.places import timing_path

COUNTED = ("seconds", "refits", "networks")
"""What is written of a computation, of all its runs together."""


@dataclass(frozen=True)
class Estimate:
    """Of the runs of an artifact that are not there."""

    runs: int
    steps: int
    """Of each."""
    took: Mapping[str, float] | None
    """What so many runs took, by name (:data:`COUNTED`); None where nothing like it was computed here."""

    @property
    def seconds(self) -> float | None:
        """How long they will take; None if nobody knows."""
        return 0.0 if self.runs == 0 else None if self.took is None else self.took["seconds"]

    def row(self) -> dict[str, Any]:
        """As it is printed."""
        work = {name: round(self.took[name]) if self.took else None for name in COUNTED[1:]}
        return {"to_make": self.runs, "steps": self.steps, **work, "estimate": self.seconds}


def estimate(target: Target[Any], *, force: bool) -> Estimate:
    """What is to be done for an artifact of ``npal acquire``: all its runs with ``force``.

    Measured on the same strategy and classifier: on the same data set and setting if it can be, else on any.

    Raises:
        ArtifactError: if what is there cannot be read.
    """
    runs = len(target.inputs if force else missing_runs(target))
    steps, own = target.parameters["steps"], timing_path(target.root, target.path)
    like = target.root.joinpath("timings", "acquired").glob(f"*/*/{own.parent.name}/{own.name}")
    known = list(_read([own])) or list(_read(sorted(like)))
    done = sum(each["runs"] * each["steps"] for each in known)
    took = {name: runs * steps * sum(each.get(name, 0) for each in known) / done for name in COUNTED} if done else None
    return Estimate(runs, steps, took)


def _read(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["runs"] * found["steps"] > 0 and math.isfinite(found["seconds"]):
                yield found
        except (OSError, ValueError, TypeError, KeyError):
            continue
