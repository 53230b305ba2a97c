"""Statistics of a report: everything is paired over runs, which share what makes a run easy or hard."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, rankdata, sem, studentized_range, wilcoxon
from statsmodels.stats.proportion import proportion_confint

from npal_cli.randomness import stream

CONFIDENCE = 0.95
POWER = 0.8
LEVEL_QUANTILE, POWER_QUANTILE = float(norm.ppf((1 + CONFIDENCE) / 2)), float(norm.ppf(POWER))
RESAMPLES = 4000
FEWEST_RUNS = 5
"""With fewer, an interval or a test says nothing."""
MOST_EXACT = 13
"""Differences up to which all their signs are tried for an exact p-value."""


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


@dataclass(frozen=True)
class Comparison:
    """The paired difference of a strategy to a baseline, over the runs where both are defined."""

    mean: float
    std: float
    low: float
    high: float
    """The 95 % interval of the mean; NaN for fewer than :data:`FEWEST_RUNS` runs, or equal ones."""
    p_value: float
    """Two-sided Wilcoxon signed-rank test; NaN for fewer than :data:`FEWEST_RUNS` runs."""
    effect_size: float
    """Cohen's d of paired data: the mean difference in its own standard deviations."""
    wins: float
    """The share of runs that the strategy wins, a tie being half a win ..."""
    wins_low: float
    wins_high: float
    """... and Wilson's 95 % interval of it: the probability of beating the baseline."""
    runs_needed: float
    """Runs from which on such a difference is told apart; infinite if there is none."""
    runs: int


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


def compare(values: Float[np.ndarray, " run"], baseline: Float[np.ndarray, " run"]) -> Comparison:
    """Compare a strategy with a baseline over the same runs.

    >>> found = compare(np.array([8.0, 9.0, 9.5, 7.0, 8.0]), np.array([7.0, 8.5, 9.0, 7.5, 7.5]))
    >>> found.mean, found.wins, found.runs
    (0.4, 0.8, 5)
    """
    differences = values - baseline
    differences = differences[np.isfinite(differences)]
    found = summarise(differences)
    low, high = bootstrap_interval(differences)
    won = (differences > 0).sum() + 0.5 * (differences == 0).sum()
    wins = (won / found.runs, *proportion_confint(won, found.runs, method="wilson")) if found.runs else (np.nan,) * 3
    effect = found.mean / found.std if found.std > 0 else float("nan")
    return Comparison(
        mean=found.mean,
        std=found.std,
        low=low,
        high=high,
        p_value=signed_rank_test(differences),
        effect_size=effect,
        wins=float(wins[0]),
        wins_low=float(wins[1]),
        wins_high=float(wins[2]),
        runs_needed=runs_needed(effect),
        runs=found.runs,
    )


def bootstrap_interval(values: Float[np.ndarray, " run"]) -> tuple[float, float]:
    """A 95 % interval of the mean: the bootstrap of Student's t, which also holds for few runs.

    Resampled means are measured in their own standard errors, so that the interval widens as a t-interval does, and
    leans as the data do. A resample's error counts as a fifth of the observed one at least: where most runs do not
    differ, some resamples hardly vary, and the interval would know no bound. In samples of nine (normal, exponential,
    three in five zero) it covers the mean 92 to 95 times in a hundred; the percentile interval of normal ones, 90
    times. Where fewer runs differ it covers less often, and where none does there is no interval (NaN).

    Source: Efron and Tibshirani (1993), section 12.5.
    """
    runs = len(values)
    if runs < FEWEST_RUNS:
        return float("nan"), float("nan")
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(runs)
    if error == 0:
        return float("nan"), float("nan")
    counts = _resamples(runs)
    centred = values - mean  # small numbers: the difference of squares below stays exact enough
    means = centred @ counts / runs
    errors = np.sqrt(np.maximum(np.square(centred) @ counts / runs - np.square(means), 0) / (runs - 1))
    tails = np.quantile(means / np.maximum(errors, 0.2 * error), [(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2])
    return float(mean - tails[0] * error), float(mean - tails[1] * error)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction of several p-values; an undefined one stays undefined and counts for nothing.

    >>> [round(p, 3) for p in holm([0.01, 0.04, float("nan"), 0.03])]
    [0.03, 0.06, nan, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values)[: np.isfinite(values).sum()]  # undefined ones sort last
    corrected = np.full(len(values), np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)), 1.0)
    return [float(p) for p in corrected]


def runs_needed(effect_size: float) -> float:
    """Runs that a paired t-test at the 5 % level needs to find this effect in 80 % of all cases; infinite for none.

    >>> runs_needed(0.5), runs_needed(0.0)
    (34.0, inf)

    Source: Guenther (1981), the normal approximation with its correction for t; within one run of the exact number.
    """
    if not np.isfinite(effect_size):
        return float("nan")
    if effect_size == 0:
        return float("inf")
    return float(np.ceil(((LEVEL_QUANTILE + POWER_QUANTILE) / effect_size) ** 2 + LEVEL_QUANTILE**2 / 2))


def standard_errors_apart(ours: Summary, mean: float, std: float, runs: int) -> float:
    """How many standard errors our mean is from a reported one over ``runs`` (Welch's z); NaN for a single run of ours.

    >>> round(standard_errors_apart(Summary(8.8, 0.3, 9), 8.5, 0.3, 9), 2)
    2.12
    """
    error = np.hypot(ours.standard_error, std / np.sqrt(runs))
    return float((ours.mean - mean) / error) if error > 0 else float("nan")


def mean_and_band(curves: Float[np.ndarray, "run state"]) -> tuple[np.ndarray, np.ndarray]:
    """The mean curve and twice its standard error, as the paper's figures show; no band for a single run."""
    band = 2 * sem(curves, axis=0, ddof=1) if len(curves) > 1 else np.zeros(curves.shape[1])
    return curves.mean(axis=0), np.asarray(band)


def auac_ranks(auac: Float[np.ndarray, "problem strategy"]) -> Float[np.ndarray, "problem strategy"]:
    """The rank of each strategy in each run or experiment, 1 for the largest AUAC; ties share their mean rank.

    >>> auac_ranks(np.array([[8.6, 8.8, 8.6]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    return np.asarray(rankdata(-auac, axis=1))


def critical_difference(strategies: int, experiments: int) -> float:
    """How far apart two mean ranks must be to differ at the 5 % level, all pairs considered (Nemenyi's test).

    >>> round(critical_difference(4, 14), 2)
    1.25

    Source: Demsar (2006), section 3.2.2.
    """
    quantile = studentized_range.ppf(CONFIDENCE, strategies, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(strategies * (strategies + 1) / (6 * experiments)))


def signed_rank_test(differences: Float[np.ndarray, " run"]) -> float:
    """The two-sided p-value of Wilcoxon's test of paired differences; NaN for fewer than :data:`FEWEST_RUNS`.

    Exact for few runs, whatever ties there are; SciPy's own ways of that take a hundred times as long.
    """
    differences = differences[np.isfinite(differences)]
    if len(differences) < FEWEST_RUNS:
        return float("nan")
    changed = differences[differences != 0]
    if len(changed) < 2:
        return 1.0
    if len(changed) > MOST_EXACT:
        return float(wilcoxon(changed).pvalue)
    ranks = rankdata(np.abs(changed))
    possible = np.abs(_signs(len(ranks)) @ ranks)
    return float((possible >= np.abs(np.sign(changed) @ ranks)).mean())  # ranks are halves, so that sums are exact


@cache
def _signs(count: int) -> np.ndarray:
    """Every way in which so many differences can have their signs."""
    return np.array(list(product((-1.0, 1.0), repeat=count)))


@cache
def _resamples(runs: int) -> np.ndarray:
    """How often each run is in each resample: the same draws for every comparison over as many runs."""
    return stream("bootstrap", runs).multinomial(runs, np.full(runs, 1 / runs), size=RESAMPLES).T.astype(np.float64)
