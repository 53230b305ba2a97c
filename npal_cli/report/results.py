"""What a report is made of: the acquired runs of each experiment, and the figures that the paper reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from npal_cli.artifacts import take_runs
from npal_cli.objectives import SETTINGS, Setting
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from npal_cli.report.names import PUBLISHED_DATA, reported_name

METRICS = {
    "auac": "AUAC",
    "final_accuracy": "Test acc.",
    "rare_precision": "Precision",
    "rare_recall": "Recall",
}
"""What tables show of a run, and its column title."""


PUBLISHED_STEPS = (10, 1)
"""Acquisition steps and points at each in the paper's UCI study (section 4)."""


@dataclass(frozen=True)
class ExperimentResults:
    """The acquired artifacts of one experiment, by artifact name."""

    data: str
    setting: Setting
    classifier: str
    rare_class: int
    """Whose precision and recall are shown."""
    acquired: Mapping[str, AcquiredRecord]

    @property
    def as_published(self) -> bool:
        """Whether it was run for as many steps as the paper's, a point at each, so that figures can be compared."""
        return all(record.chosen.shape[1:] == PUBLISHED_STEPS for record in self.acquired.values())

    def metric(self, strategy: str, metric: str, runs: Sequence[Run] | None = None) -> Float[np.ndarray, " run"]:
        """One value a run; NaN where a precision is undefined because the class is never predicted."""
        record = self.acquired[strategy]
        record = take_runs(record, runs) if runs is not None else record
        match metric:
            case "auac":
                return record.auac
            case "final_accuracy":
                return record.score[:, -1]
            case "rare_precision":
                return record.class_precision[:, -1, self.rare_class]
            case "rare_recall":
                return record.class_recall[:, -1, self.rare_class]
        raise KeyError(metric)

    def common_runs(self, strategies: Sequence[str]) -> list[Run]:
        """The runs that all of ``strategies`` acquired, so that differences can be paired."""
        shared = set.intersection(*(set(self.acquired[name].runs) for name in strategies))
        return sorted(shared)


def grouped(results: Sequence[ExperimentResults]) -> dict[tuple[str, str], list[ExperimentResults]]:
    """The results of each (data, classifier), settings in the paper's order."""
    groups: dict[tuple[str, str], list[ExperimentResults]] = {}
    for result in sorted(results, key=lambda r: (r.data, r.classifier, SETTINGS.index(r.setting))):
        groups.setdefault((result.data, result.classifier), []).append(result)
    return groups


@cache
def reported_results() -> pd.DataFrame:
    """The paper's tables as rows of (table, data, classifier, strategy, setting, metric, mean, std)."""
    return pd.read_csv(Path(__file__).with_name("reported_results.csv"))


def reported(data: str, classifier: str, strategy: str, setting: str, metric: str) -> tuple[float, float] | None:
    """The mean and standard deviation over nine runs that the paper reports, if it does.

    >>> reported("waveform", "logistic", "random", "balanced", "auac")
    (8.65, 0.23)
    """
    name = (PUBLISHED_DATA.get(data, data), classifier, reported_name(strategy), setting, metric)
    return _reported_by_name().get(name)


@cache
def _reported_by_name() -> dict[tuple[str, str, str, str, str], tuple[float, float]]:
    rows = reported_results().to_dict("records")
    keys = ("data", "classifier", "strategy", "setting", "metric")
    named = [(tuple(str(row[key]) for key in keys), row) for row in rows]
    return {(a, b, c, d, e): (float(row["mean"]), float(row["std"])) for (a, b, c, d, e), row in named}
