"""Which points were chosen: how balanced, and where in the space of features."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA

from npal_cli.randomness import Run, stream
from npal_cli.report.results import ExperimentResults

POOL_SHOWN = 400
"""Pool points that a map shows at most, drawn at random."""


@dataclass(frozen=True)
class Map:
    """One run's points on their first two principal components, fitted to the pool points shown and the annotated."""

    run: Run
    pool: Int[np.ndarray, " pool"]
    annotated: Int[np.ndarray, " annotated"]
    chosen: Mapping[str, Int[np.ndarray, "step batch"]]
    """Rows of each strategy that has the run."""
    places: Float[np.ndarray, "row 2"]
    """Of every row of the data set."""


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
    size = min(POOL_SHOWN, problems.pool.shape[1])
    shown = stream("map", *run).choice(problems.pool[i], size=size, replace=False)
    components = min(2, problems.features.shape[1])
    fitted = PCA(components, svd_solver="covariance_eigh").fit(problems.features[[*shown, *problems.annotated[i]]])
    places = np.pad(fitted.transform(problems.features), ((0, 0), (0, 2 - components)))
    return Map(run, np.sort(shown), problems.annotated[i], chosen, places)
