"""How teacher-guided strategies are configured."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval


@dataclass(frozen=True)
class GuidanceOptions:
    """What the teacher-guided strategies, and a network that is told what a teacher says, have in common."""

    batches: Literal["top", "fantasised"] = "top"
    """``top``: a batch is the points with the largest scores; ``fantasised``: point after point, each given the label
    that the teacher thinks likeliest until the batch is complete."""
    error: Literal["hard", "soft"] = "hard"
    """What errors are expected: of the class that the task model predicts, or by how much it believes in each."""
    evaluation_points: Annotated[int, Interval(ge=1, le=1_000_000)] = 400
    """Pool points, drawn anew at each step, that refits are scored on, besides the reward set."""
    candidates: Annotated[int, Interval(ge=1, le=1_000_000)] | None = 150
    """How many pool points, those of the largest expected error, are tried by refitting; null for all of them."""
