"""Tables without end: what a strategy that is learned once learns from.

A table is drawn in the order in which data come to be: points in a latent space, classes by a ground truth over it,
noise, and then the columns that somebody happened to record. As the prior of prior-data fitted networks, Mueller et
al. (2022), *Transformers can do Bayesian inference*, and Hollmann et al. (2023), *TabPFN*; but its ground truths are of
the kinds that classifiers are made for, so that task models of every quality occur.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from npal_cli.pretraining.log_uniform import log_integer, log_number

Draws = np.random.Generator
Latent = Float[np.ndarray, "point latent"]
Scores = Float[np.ndarray, "point class"]
Shares = Float[np.ndarray, " class"]

MOST_CLASSES = 10
MOST_FEATURES = 100
MOST_LATENT = 20
RAREST = 100.0
"""How many times rarer than the most frequent class one may be."""


@dataclass(frozen=True)
class Table:
    """A drawn data set: what its columns say, and the class of each point."""

    features: Float[np.ndarray, "point feature"]
    labels: Int[np.ndarray, " point"]
    probabilities: Float[np.ndarray, "point class"]
    """What the classes were drawn from, which no data set tells: noise is part of it, and none is left in it."""
    shares: Shares
    """The classes' shares where the points come from."""
    seen: int = 0
    """How many of the first rows have these shares; the others need not."""


def draw_classes(draws: Draws, several: float) -> int:
    """How many classes there are: two, or with probability ``several`` three to ten."""
    return log_integer(draws, 3, MOST_CLASSES) if draws.random() < several else 2


def draw_shares(draws: Draws, n_classes: int) -> Shares:
    """How frequent classes are by nature: alike, or up to a hundred times rarer than the most frequent one."""
    if draws.random() < 0.3:
        return np.full(n_classes, 1 / n_classes)
    rarity = draws.random(n_classes)
    rarity[draws.permutation(n_classes)[:2]] = 0, 1
    shares = log_number(draws, 1, RAREST) ** -rarity
    return np.asarray(shares / shares.sum())


def draw_table(draws: Draws, points: int, shares: Shares) -> Table:
    """A table of ``points`` whose classes have ``shares`` on average.

    >>> table = draw_table(np.random.default_rng(0), 2000, np.array([0.9, 0.1]))
    >>> len(table.features), bool(abs(table.labels.mean() - 0.1) < 0.03)
    (2000, True)
    """
    truth = GROUND_TRUTHS[draws.integers(len(GROUND_TRUTHS))]
    latent = _latent(draws, points)
    scores = truth(draws, latent, len(shares))
    probabilities = _probabilities(draws, scores, shares)
    labels = _drawn(draws, probabilities)
    features = _recorded(draws, latent)
    if draws.random() < 0.15:  # some rows are others over again
        copies = draws.choice(points, int(points * draws.uniform(0, 0.2)), replace=False)
        originals = draws.choice(points, len(copies))
        for values in (features, labels, probabilities):
            values[copies] = values[originals]
    found = np.bincount(labels, minlength=len(shares)) / points
    return Table(features, labels, probabilities, found, points)


def _latent(draws: Draws, points: int) -> Latent:
    """Points that are normal, even, heavy-tailed or in clusters, with directions of unequal length."""
    size = log_integer(draws, 2, MOST_LATENT)
    kind = draws.integers(4)
    if kind == 0:
        values = draws.normal(size=(points, size))
    elif kind == 1:
        values = draws.uniform(-1.7, 1.7, size=(points, size))
    elif kind == 2:
        values = draws.standard_t(log_number(draws, 3, 10), size=(points, size))
    else:
        centres = draws.normal(size=(log_integer(draws, 2, 30), size))
        spread = log_number(draws, 0.05, 0.7)
        weights = draws.dirichlet(np.ones(len(centres)))
        values = centres[draws.choice(len(centres), points, p=weights)] + draws.normal(size=(points, size)) * spread
    if draws.random() < 0.5:
        values = values @ _rotation(draws, size) * log_number(draws, 0.1, 1) ** np.linspace(0, 1, size)
    return _standardised(values)


def _linear(draws: Draws, latent: Latent, n_classes: int) -> Scores:
    """What logistic regression is made for, on some of the directions."""
    weights = draws.normal(size=(latent.shape[1], n_classes)) * _used(draws, latent.shape[1])[:, None]
    return latent @ weights


def _neural(draws: Draws, latent: Latent, n_classes: int) -> Scores:
    """A random network of one to three layers."""
    values = latent * _used(draws, latent.shape[1])
    activation = (np.tanh, np.sin, lambda x: np.maximum(x, 0))[draws.integers(3)]
    for _ in range(draws.integers(1, 4)):
        width = log_integer(draws, 4, 32)
        weights = draws.normal(size=(values.shape[1], width)) / np.sqrt(values.shape[1])
        values = activation(log_number(draws, 0.7, 3) * values @ weights + draws.normal(size=width))
    return values @ draws.normal(size=(values.shape[1], n_classes))


def _trees(draws: Draws, latent: Latent, n_classes: int) -> Scores:
    """The sum of a few trees whose cuts are along the axes."""
    scores = np.zeros((len(latent), n_classes))
    used = np.flatnonzero(_used(draws, latent.shape[1]))
    for _ in range(log_integer(draws, 1, 8)):
        leaf = np.zeros(len(latent), dtype=np.int64)
        for _ in range(draws.integers(2, 7)):
            column = latent[:, draws.choice(used)]
            leaf = 2 * leaf + (column > np.quantile(column, draws.uniform(0.1, 0.9)))
        leaves, position = np.unique(leaf, return_inverse=True)
        scores += draws.normal(size=(len(leaves), n_classes))[position]
    return scores


def _mixture(draws: Draws, latent: Latent, n_classes: int) -> Scores:
    """Nearness to the closest of each class's centres, which are points."""
    centres = latent[draws.choice(len(latent), (n_classes, log_integer(draws, 1, 5)))]
    squares = ((latent[:, None, None] - centres) ** 2 * _used(draws, latent.shape[1])).sum(axis=3)
    return np.asarray(-squares.min(axis=2))


GROUND_TRUTHS: tuple[Callable[[Draws, Latent, int], Scores], ...] = (_linear, _neural, _trees, _mixture)


def _probabilities(draws: Draws, scores: Scores, shares: Shares) -> Float[np.ndarray, "point class"]:
    """A softmax of scores, as sharp as may be, moved until classes have their shares; some labels may be wrong."""
    logits = _standardised(scores) * log_number(draws, 1, 30)
    offsets = np.log(shares)
    for _ in range(60):
        expected = _softmax(logits + offsets).mean(axis=0)
        offsets = offsets + 0.7 * np.clip(np.log(shares / np.maximum(expected, 1e-12)), -3, 3)
    wrong = draws.uniform(0, 0.15) if draws.random() < 0.3 else 0.0
    return (1 - wrong) * _softmax(logits + offsets) + wrong * shares


def _drawn(draws: Draws, probabilities: Float[np.ndarray, "point class"]) -> Int[np.ndarray, " point"]:
    """A class for each point."""
    cumulative = probabilities.cumsum(axis=1)
    return np.asarray((draws.random((len(probabilities), 1)) > cumulative[:, :-1]).sum(axis=1))


def _recorded(draws: Draws, latent: Latent) -> Float[np.ndarray, "point feature"]:
    """What was measured of the latent points: columns bent, rounded, made categories of, repeated, and noise."""
    columns = [_measured(draws, column) for column in latent.T]
    if draws.random() < 0.4:
        mixed = latent @ draws.normal(size=(latent.shape[1], log_integer(draws, 1, MOST_FEATURES - MOST_LATENT)))
        mixed += draws.normal(size=mixed.shape) * log_number(draws, 0.01, 1)
        columns += [_measured(draws, column) for column in _standardised(mixed).T]
    if draws.random() < 0.4:
        noise = draws.normal(size=(log_integer(draws, 1, 20), len(latent)))
        columns += [_measured(draws, column) for column in noise]
    features = np.concatenate(columns, axis=1)
    features = features[:, draws.permutation(features.shape[1])[:MOST_FEATURES]]
    kept = np.ptp(features, axis=0) > 0
    return _standardised(features[:, kept] if kept.any() else latent)


def _measured(draws: Draws, column: Float[np.ndarray, " point"]) -> Float[np.ndarray, "point _"]:
    """A column as it may be recorded; categories have a column each."""
    kind = draws.random()
    if kind < 0.5:
        return column[:, None]
    if kind < 0.65:
        bent = (np.exp, np.cbrt, np.tanh, lambda x: np.sign(x) * x**2)[draws.integers(4)]
        return np.asarray(bent(np.clip(column, -6, 6)))[:, None]
    if kind < 0.85:
        return _rounded(column, log_number(draws, 0.1, 2))[:, None]
    cuts = np.quantile(column, np.sort(draws.random(log_integer(draws, 1, 6))))
    categories = draws.permutation(len(cuts) + 1)[np.searchsorted(cuts, column)]
    return np.eye(len(cuts) + 1)[categories]


def _rounded(values: np.ndarray, step: float) -> np.ndarray:
    return np.asarray(np.round(values / step) * step)


def _used(draws: Draws, size: int) -> Float[np.ndarray, " latent"]:
    """Which directions the ground truth depends on: 1 or 0, of one at least."""
    used = draws.random(size) < draws.uniform(0.3, 1)
    used[draws.integers(size)] = True
    return used.astype(np.float64)


def _rotation(draws: Draws, size: int) -> Float[np.ndarray, "latent latent"]:
    return np.linalg.qr(draws.normal(size=(size, size)))[0]


def _standardised(values: np.ndarray) -> np.ndarray:
    deviation = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0))


def _softmax(logits: Scores) -> Scores:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
