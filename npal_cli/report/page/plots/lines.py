"""Curves of all runs of a strategy, their paired differences, and means with standard errors."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from npal_cli.report.results import EVALUATIONS, QUANTITIES, ExperimentResults


@dataclass(frozen=True)
class Lines:
    """The curves of one strategy or of the AL average, and where each of its runs is."""

    values: np.ndarray
    """(run, evaluation, quantity, state)"""
    where: dict[Any, int]

    def less(self, other: "Lines") -> np.ndarray:
        """The differences in the runs that both have."""
        common = [run for run in self.where if run in other.where]
        return self.values[[self.where[run] for run in common]] - other.values[[other.where[run] for run in common]]


def lines_of(result: ExperimentResults, name: str) -> Lines:
    """The curves of a strategy."""
    runs = result.runs(name)
    values = [[result.curve(name, evaluation, quantity) for quantity in QUANTITIES] for evaluation in EVALUATIONS]
    return Lines(np.array(values).transpose(2, 0, 1, 3), {run: i for i, run in enumerate(runs)})


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over the runs where the value is defined; NaN for the error of a single one, and for both where there is none."""
    if not len(values):
        undefined = np.full(values.shape[1:], np.nan)
        return undefined, undefined
    defined = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / defined
        squares = np.nansum(np.square(values - mean), axis=0)
        return mean, np.sqrt(squares / np.maximum(defined - 1, 0) / defined)
