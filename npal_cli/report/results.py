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
from npal_cli.report.names import PUBLISHED_DATA, hand_made_for, position_of
from npal_cli.report.published import has_published_options, has_published_splits, protocol_of

Evaluation = Literal["test", "held_out"]
"""``test``: the paper's protocol, on the points that Oracle chooses on; ``held_out``: on points nobody selects on."""
EVALUATIONS: tuple[Evaluation, ...] = get_args(Evaluation)

Quantity = Literal["score", "rare_precision", "rare_recall"]
"""What a curve shows: class-weighted accuracy, or the precision or recall of the rare classes, their mean."""
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

    def as_published(self, strategy: str) -> bool:
        """Whether a strategy was run with the paper's set sizes, steps and options, so that its figures compare."""
        protocol = protocol_of(self.classifier)
        data = PUBLISHED_DATA.get(self.data, self.data)
        return (
            self.acquired[strategy].chosen.shape[1:] == (protocol.steps, protocol.batch_size)
            and has_published_splits(self.problems, data, self.setting, self.classifier)
            and has_published_options(self.made_from[strategy].parameters)
        )

    @property
    def ordered(self) -> list[str]:
        """The names of the artifacts, as strategies are ordered in tables."""
        return sorted(self.acquired, key=position_of)

    @property
    def has_rare(self) -> bool:
        """Whether some classes are rarer than others here."""
        return self.setting != "balanced" and len(self.problems.rare_classes) < len(self.problems.class_weights)

    @property
    def hand_made(self) -> list[str]:
        """The strategies here that the AL average is taken over."""
        return [name for name in hand_made_for(self.classifier) if name in self.acquired]

    def runs(self, strategy: str) -> list[Run]:
        """The runs of a strategy, or those that all hand-made ones have for the AL average."""
        return self.common_runs(self.hand_made) if strategy == AL_AVERAGE else list(self._rows[strategy])

    def common_runs(self, strategies: Sequence[str]) -> list[Run]:
        """The runs that all of ``strategies`` acquired, so that differences can be paired."""
        return sorted(set.intersection(*(set(self.runs(name)) for name in strategies))) if strategies else []

    def curve(
        self, strategy: str, evaluation: Evaluation, quantity: Quantity = "score", runs: Sequence[Run] | None = None
    ) -> Float[np.ndarray, "run state"]:
        """Acquisition curves, or those of the rare classes' mean precision or recall.

        NaN where a precision is undefined because no rare class is ever predicted.
        """
        if strategy == AL_AVERAGE:
            common = self.runs(strategy) if runs is None else runs
            return np.mean([self.curve(name, evaluation, quantity, common) for name in self.hand_made], axis=0)
        values: np.ndarray = getattr(self.acquired[strategy], f"{evaluation}_{quantity.removeprefix('rare_')}")
        if runs is not None:
            values = values[[self._rows[strategy][run] for run in runs]]
        return values if quantity == "score" else _mean_of_defined(values[..., self.problems.rare_classes])

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


def _mean_of_defined(values: Float[np.ndarray, "*curve class"]) -> Float[np.ndarray, "*curve"]:
    defined = np.isfinite(values).sum(axis=-1)
    return np.where(defined > 0, np.nansum(values, axis=-1) / np.maximum(defined, 1), np.nan)


def grouped(results: Sequence[ExperimentResults]) -> dict[tuple[str, str], list[ExperimentResults]]:
    """The results of each (data, classifier), settings in the paper's order."""
    groups: dict[tuple[str, str], list[ExperimentResults]] = {}
    for result in sorted(results, key=lambda r: (r.data, r.classifier, SETTINGS.index(r.setting))):
        groups.setdefault((result.data, result.classifier), []).append(result)
    return groups
