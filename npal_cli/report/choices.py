"""Which points were chosen: how balanced, and where in the space of features."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA

from npal_cli.problems.dataset import is_image
from npal_cli.randomness import Run, stream
from npal_cli.report.results import ExperimentResults

SHOWN = 400
"""Points of a kind that a map shows at most, drawn at random: of the pool, annotated, chosen by a strategy."""


@dataclass(frozen=True)
class Map:
    """One run's points on their first two principal components, fitted to the pool points shown and the annotated."""

    run: Run
    pool: Int[np.ndarray, " pool"]
    annotated: Int[np.ndarray, " annotated"]
    chosen: Mapping[str, Int[np.ndarray, "step batch"]]
    """Rows of each strategy that has the run."""
    places: Float[np.ndarray, "row 2"]
    """Of the rows that are shown; NaN for the others."""


def rare_share(result: ExperimentResults, strategy: str) -> Float[np.ndarray, " step"]:
    """The share of rare-class points among those acquired up to each step, mean over runs."""
    record = result.acquired[strategy]
    rare = np.isin(result.problems.labels[record.chosen], result.problems.rare_classes)
    _, steps, batch = rare.shape
    return np.asarray(rare.sum(axis=2).cumsum(axis=1).mean(axis=0) / (batch * np.arange(1, steps + 1)))


def rare_share_of_pool(result: ExperimentResults) -> float:
    """The share of rare-class points in the pool before the first step, mean over runs."""
    return float(np.isin(result.problems.labels[result.problems.pool], result.problems.rare_classes).mean())


def map_of(result: ExperimentResults) -> Map:
    """The map of the run that most strategies have, the first of these."""
    runs = {name: result.runs(name) for name in result.acquired}
    count = Counter(run for each in runs.values() for run in each)
    run = max(sorted(count), key=lambda each: count[each])
    problems = result.problems
    i = problems.runs.index(run)
    chosen = {name: result.acquired[name].chosen[each.index(run)] for name, each in runs.items() if run in each}
    chosen = {name: rows[:, : max(SHOWN // len(rows), 1)] for name, rows in chosen.items()}
    draws = stream("map", *run)
    pool, annotated = (_some(rows[i], draws) for rows in (problems.pool, problems.annotated))
    shown = np.unique(np.concatenate([pool, annotated, *(rows.ravel() for rows in chosen.values())]))
    places = np.full((len(problems.labels), 2), np.nan)
    fitted = PCA(min(2, _vectors(problems.features[:1]).shape[1]), svd_solver="covariance_eigh")
    fitted.fit(_vectors(problems.features[np.concatenate([pool, annotated])]))
    found = fitted.transform(_vectors(problems.features[shown]))
    places[shown] = np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    return Map(run, np.sort(pool), annotated, chosen, places)


def _some(rows: Int[np.ndarray, " _"], draws: np.random.Generator) -> Int[np.ndarray, " _"]:
    return draws.choice(rows, size=SHOWN, replace=False) if len(rows) > SHOWN else rows


def _vectors(features: np.ndarray) -> Float[np.ndarray, "row feature"]:
    """Features, or images as vectors of values in [0, 1]."""
    if not is_image(features):
        return features
    return features.reshape(len(features), -1) / 255
