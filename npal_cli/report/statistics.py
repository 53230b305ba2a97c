"""Means with their uncertainty, paired over runs; ranks; distances to reported figures."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata, sem

REPORTED_RUNS = 9
"""The runs that a UCI figure of the paper rests on."""


@dataclass(frozen=True)
class Summary:
    """One value over runs."""

    mean: float
    std: float
    """With ddof = 1; NaN for a single run."""
    runs: int

    @property
    def standard_error(self) -> float:
        """Of the mean."""
        return float(self.std / np.sqrt(self.runs)) if self.runs else float("nan")


def summarise(values: Float[np.ndarray, " run"]) -> Summary:
    """Mean and standard deviation over the runs where the value is defined.

    >>> summarise(np.array([1.0, 2.0, 3.0, np.nan]))
    Summary(mean=2.0, std=1.0, runs=3)
    """
    defined = values[np.isfinite(values)]
    if not len(defined):
        return Summary(float("nan"), float("nan"), 0)
    std = float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")
    return Summary(float(defined.mean()), std, len(defined))


def paired_difference(values: Float[np.ndarray, " run"], baseline: Float[np.ndarray, " run"]) -> Summary:
    """The difference to a baseline over the same runs, which share what makes a run easy or hard.

    >>> paired_difference(np.array([8.0, 9.0]), np.array([7.0, 8.0]))
    Summary(mean=1.0, std=0.0, runs=2)
    """
    return summarise(values - baseline)


def standard_errors_apart(ours: Summary, mean: float, std: float, runs: int = REPORTED_RUNS) -> float:
    """How many standard errors our mean is from a reported one, both uncertain (Welch's z); NaN for a single run.

    >>> round(standard_errors_apart(Summary(8.8, 0.3, 9), 8.5, 0.3), 2)
    2.12
    """
    error = np.hypot(ours.standard_error, std / np.sqrt(runs))
    return float((ours.mean - mean) / error) if error > 0 else float("nan")


def mean_and_band(curves: Float[np.ndarray, "run state"]) -> tuple[np.ndarray, np.ndarray]:
    """The mean curve and twice its standard error, as the paper's figures show; no band for a single run."""
    band = 2 * sem(curves, axis=0, ddof=1) if len(curves) > 1 else np.zeros(curves.shape[1])
    return curves.mean(axis=0), np.asarray(band)


def auac_ranks(auac: Float[np.ndarray, "experiment strategy"]) -> Float[np.ndarray, "experiment strategy"]:
    """The rank of each strategy in each experiment, 1 for the largest AUAC; ties share their mean rank.

    >>> auac_ranks(np.array([[8.6, 8.8, 8.6]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    return np.asarray(rankdata(-auac, axis=1))
