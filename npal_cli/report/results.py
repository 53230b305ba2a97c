"""What a report is made of: the acquired runs of each experiment, and what they were made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from npal_cli.artifacts import Provenance
from npal_cli.objectives import SETTINGS, Setting, auac
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord, PreparedRecord
from npal_cli.report.names import HAND_MADE

Evaluation = Literal["test", "held_out"]
"""``test``: the paper's protocol, on the points that Oracle chooses on; ``held_out``: on points nobody selects on."""
EVALUATIONS: tuple[Evaluation, ...] = get_args(Evaluation)

Quantity = Literal["score", "rare_precision", "rare_recall"]
"""What a curve shows: class-weighted accuracy, or the precision or recall of the rare class."""
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)

METRICS = {
    "auac": "AUAC",
    "final_accuracy": "Accuracy",
    "rare_precision": "Precision",
    "rare_recall": "Recall",
}
"""What tables show of a run, and its column title."""

AL_AVERAGE = "al_average"
"""The mean of the hand-made strategies, run by run: the paper's baseline beside Random."""

PUBLISHED_STEPS = (10, 1)
"""Acquisition steps and points at each in the paper's UCI study (section 4)."""


PUBLISHED_SIZES = {"annotated": 100, "reward": 100, "test": 200}
"""Points in each of the paper's sets (supplement B.2)."""


@dataclass(frozen=True)
class ExperimentResults:
    """The acquired artifacts of one experiment, by artifact name."""

    data: str
    setting: Setting
    classifier: str
    problems: PreparedRecord
    """The problems that they started from."""
    acquired: Mapping[str, AcquiredRecord]
    made_from: Mapping[str, Provenance]
    """Parameters and input digests of each acquired artifact."""
    timings: Mapping[str, Mapping[str, Any]]
    """What the last computation of an artifact took, where that is known: seconds, runs, refits, networks."""

    @property
    def rare_class(self) -> int:
        """Whose precision and recall are shown."""
        return int(self.problems.rare_classes[0])

    @property
    def as_published(self) -> bool:
        """Whether it was run with the paper's set sizes, steps and classifier options, so that figures compare."""
        sizes = tuple(getattr(self.problems, name).shape[1] for name in PUBLISHED_SIZES)
        options = [provenance.parameters["options"] for provenance in self.made_from.values()]
        return (
            sizes == tuple(PUBLISHED_SIZES.values())
            and all(made_with == {"C": 1.0} for made_with in options)
            and all(record.chosen.shape[1:] == PUBLISHED_STEPS for record in self.acquired.values())
        )

    @property
    def hand_made(self) -> list[str]:
        """The strategies here that the AL average is taken over."""
        return [name for name in HAND_MADE if name in self.acquired]

    def runs(self, strategy: str) -> list[Run]:
        """The runs of a strategy, or those that all hand-made ones have for the AL average."""
        return self.common_runs(self.hand_made) if strategy == AL_AVERAGE else list(self._rows[strategy])

    def common_runs(self, strategies: Sequence[str]) -> list[Run]:
        """The runs that all of ``strategies`` acquired, so that differences can be paired."""
        return sorted(set.intersection(*(set(self.runs(name)) for name in strategies))) if strategies else []

    def curve(
        self, strategy: str, evaluation: Evaluation, quantity: Quantity = "score", runs: Sequence[Run] | None = None
    ) -> Float[np.ndarray, "run state"]:
        """Acquisition curves; NaN where a precision is undefined because the class is never predicted."""
        if strategy == AL_AVERAGE:
            wanted = self.runs(strategy) if runs is None else runs
            return np.mean([self.curve(name, evaluation, quantity, wanted) for name in self.hand_made], axis=0)
        values: np.ndarray = getattr(self.acquired[strategy], f"{evaluation}_{quantity.removeprefix('rare_')}")
        if runs is not None:
            values = values[[self._rows[strategy][run] for run in runs]]
        return values if quantity == "score" else values[..., self.rare_class]

    def metric(
        self, strategy: str, metric: str, evaluation: Evaluation = "test", runs: Sequence[Run] | None = None
    ) -> Float[np.ndarray, " run"]:
        """One value a run; NaN where a precision is undefined."""
        match metric:
            case "auac":
                return auac(self.curve(strategy, evaluation, "score", runs))
            case "final_accuracy":
                return self.curve(strategy, evaluation, "score", runs)[:, -1]
            case "rare_precision" | "rare_recall":
                return self.curve(strategy, evaluation, metric, runs)[:, -1]
        raise KeyError(metric)

    @cached_property
    def _rows(self) -> dict[str, dict[Run, int]]:
        """Where each run of each strategy is."""
        return {name: {run: i for i, run in enumerate(record.runs)} for name, record in self.acquired.items()}


def grouped(results: Sequence[ExperimentResults]) -> dict[tuple[str, str], list[ExperimentResults]]:
    """The results of each (data, classifier), settings in the paper's order."""
    groups: dict[tuple[str, str], list[ExperimentResults]] = {}
    for result in sorted(results, key=lambda r: (r.data, r.classifier, SETTINGS.index(r.setting))):
        groups.setdefault((result.data, result.classifier), []).append(result)
    return groups
