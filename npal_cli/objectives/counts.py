"""Scores that are functions of confusion counts: how many points of each class were predicted to be of each class."""

import numpy as np
from jaxtyping import Bool, Float, Int, Real

Counts = Real[np.ndarray, "*fits class class"]
"""True classes in rows, predicted ones in columns; of one or many fits."""
Weights = Float[np.ndarray, " class"]
Scores = Float[np.ndarray, "*fits"]


def confusion_counts(
    predictions: Int[np.ndarray, "*fits point"], labels: Int[np.ndarray, " point"], classes: int
) -> Int[np.ndarray, "*fits class class"]:
    """How many points of each class (rows) were predicted to be of each class (columns), after one or many fits.

    >>> confusion_counts(np.array([0, 1, 1, 0]), np.array([0, 1, 1, 1]), 2).tolist()
    [[1, 0], [1, 2]]
    """
    true = (labels[:, None] == np.arange(classes)).astype(np.float64)
    counts = [(predictions == each).astype(np.float64) @ true for each in range(classes)]
    return np.stack(counts, axis=-1).astype(np.int32)


def weighted_accuracy(counts: Counts, weights: Weights) -> Scores:
    """Class-weighted accuracy, in [0, 1], of one or many fits from their confusion counts.

    Points are counted by class before they are weighted, so that equal counts give equal floats and ties between
    candidates are exact.

    >>> weighted_accuracy(np.array([[[1, 0], [1, 2]], [[0, 1], [0, 3]]]), np.array([1.5, 0.5])).round(3).tolist()
    [0.833, 0.5]
    """
    correct = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.asarray((correct * weights).sum(-1) / (counts.sum(-1) * weights).sum(-1))


def expected_counts(
    counts: Int[np.ndarray, "*fits class class"], class_sizes: Int[np.ndarray, " class"]
) -> Float[np.ndarray, "*fits class class"]:
    """The confusion counts to be expected in a sample with ``class_sizes``, from those in another sample.

    What is known of a class with other points carries over to a test set that has the class in another share: the
    rows are scaled. A class without a point stays empty.

    >>> expected_counts(np.array([[30, 10], [1, 9]]), np.array([4, 100])).tolist()
    [[3.0, 1.0], [10.0, 90.0]]
    """
    present = counts.sum(-1, keepdims=True)
    return np.asarray(counts * class_sizes[:, None] / np.maximum(present, 1))


def class_precision_recall(
    counts: Real[np.ndarray, "*fits class class"],
) -> tuple[Float[np.ndarray, "*fits class"], Float[np.ndarray, "*fits class"]]:
    """Precision and recall of every class from confusion counts; the recall is the per-class accuracy.

    Precision is NaN where a class is never predicted, recall where it has no point.

    >>> precision, recall = class_precision_recall(np.array([[1, 0], [1, 2]]))
    >>> precision.tolist(), recall.round(3).tolist()
    ([0.5, 1.0], [1.0, 0.667])
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore"):
        return hits / counts.sum(-2), hits / counts.sum(-1)


def balanced_accuracy(counts: Counts, _weights: Weights) -> Scores:
    """The mean recall of the classes that have points, whatever the class weights.

    >>> balanced_accuracy(np.array([[3, 1], [5, 5]]), np.ones(2)).round(3).tolist()
    0.625
    """
    sizes = counts.sum(-1)
    recall = np.diagonal(counts, axis1=-2, axis2=-1) / np.where(sizes > 0, sizes, 1)
    return np.asarray(recall.sum(-1) / (sizes > 0).sum(-1))


def rare(weights: Weights) -> Bool[np.ndarray, " class"]:
    """The classes that count more than the mean does; all of them where none does.

    >>> rare(np.array([1.8, 0.2])).tolist(), rare(np.ones(2)).tolist()
    ([True, False], [True, True])
    """
    return weights > 1 if (weights > 1).any() else np.ones(len(weights), dtype=bool)


def f1(counts: Counts, which: Bool[np.ndarray, " class"]) -> Scores:
    """The mean F1 score of some classes; 0 for one that is neither there nor predicted.

    >>> f1(np.array([[2, 2], [1, 9]]), rare(np.array([1.8, 0.2]))).round(3).tolist()
    0.571
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1)[..., which]
    total = (counts.sum(-1) + counts.sum(-2))[..., which]
    return np.asarray((2 * hits / np.where(total > 0, total, 1)).mean(-1))


def negative_cost(counts: Counts, costs: Float[np.ndarray, "class class"]) -> Scores:
    """Minus the mean cost of a point, from the cost of each true class (rows) predicted to be each class (columns).

    >>> negative_cost(np.array([[2, 2], [1, 5]]), np.array([[0.0, 10.0], [1.0, 0.0]])).tolist()
    -2.1
    """
    return np.asarray(-(counts * costs).sum((-2, -1)) / counts.sum((-2, -1)))
