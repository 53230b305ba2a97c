"""Batches whose rows do not tell the same: no near-duplicates, and one of each cluster of the best."""

import warnings

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits

from npal_cli.randomness import draw_seed

Features = Float[np.ndarray, "row feature"]

NEAR = 0.1
"""Rows nearer to each other than this share of the median distance of two rows are near-duplicates."""
PAIRS = 1000
"""Pairs of rows that the median distance is taken of."""
SPREAD = 5
"""Times as many rows as a batch has, the best, are what it is spread over."""


def apart(features: Features, ranked: Int[np.ndarray, " ranked"], size: int) -> Int[np.ndarray, " batch"]:
    """The first rows that are no near-duplicates of those before; then these, if there are too few others."""
    limit = NEAR * typical_distance(features)
    kept: list[int] = []
    near: list[int] = []
    for row in ranked.tolist():
        if len(kept) == size:
            return np.array(kept)
        is_apart = not kept or np.linalg.norm(features[kept] - features[row], axis=1).min() > limit
        (kept if is_apart else near).append(row)
    return np.array([*kept, *near][:size])


def spread(
    features: Float[np.ndarray, "best feature"],
    beliefs: Float[np.ndarray, "best class"],
    scores: Float[np.ndarray, " best"],
    unit: float,
    size: int,
    draws: np.random.Generator,
) -> Int[np.ndarray, " batch"]:
    """Positions of ``size`` of the best rows, one of each cluster of them, the largest score first.

    Rows are alike if their features are and the task model takes them for the same, so a batch holds rows of several
    classes. Rows count in a cluster's centre as much as their score is above the least (Zhdanov, 2019, "Diverse
    mini-batch active learning", section 4, with class probabilities beside the features), and the one that is nearest
    to the centre is chosen.

    Args:
        features: Of the best rows.
        beliefs: The probability of each class, by the task model.
        scores: The larger the better.
        unit: The distance of features that counts as much as a class that is sure.
        size: How many rows to choose.
        draws: Draws the first centres.
    """
    if size >= len(scores):
        return np.argsort(-scores, kind="stable")
    places = np.hstack([features / unit, beliefs])
    weights = scores - scores.min()
    if not weights.any():
        weights = np.ones(len(scores))
    clusters, centres = _clusters(places, weights, size, draws)
    chosen: list[int] = []
    for cluster, centre in enumerate(centres):
        distances = np.linalg.norm(places - centre, axis=1)
        distances[clusters != cluster] += np.ptp(distances) + 1  # its own rows first; it may have none
        distances[chosen] = np.inf
        chosen.append(int(distances.argmin()))
    return np.array(sorted(chosen, key=lambda row: (-scores[row], row)))


def typical_distance(features: Features) -> float:
    """The median distance of two rows; 1 if that is 0."""
    draws = np.random.default_rng(0)
    one, other = draws.integers(len(features), size=(2, PAIRS))
    distances = np.linalg.norm(features[one] - features[other], axis=1)[one != other]
    return float(np.median(distances)) or 1.0 if len(distances) else 1.0


def _clusters(
    places: Float[np.ndarray, "row place"],
    weights: Float[np.ndarray, " row"],
    size: int,
    draws: np.random.Generator,
) -> tuple[Int[np.ndarray, " row"], Float[np.ndarray, "size place"]]:
    from sklearn.cluster import KMeans

    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore")  # of fewer distinct rows than clusters
        found = KMeans(size, n_init=3, random_state=draw_seed(draws)).fit(places, sample_weight=weights)
    return found.labels_, found.cluster_centers_
