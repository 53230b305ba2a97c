"""What is to be improved: settings, class weights and scores (supplement B.1 and B.2).

The score of a classifier is its class-weighted accuracy: each point counts with the inverse relative frequency of its
class, so that all classes matter equally however rare they are.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int, Real

Setting = Literal["balanced", "imbalanced", "imbalanced_weighted"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)


def is_imbalanced(setting: Setting) -> bool:
    """Whether the rare classes of this setting are undersampled."""
    return setting != "balanced"


def trains_weighted(setting: Setting) -> bool:
    """Whether this setting also weights the training loss by class."""
    return setting == "imbalanced_weighted"


def class_weights(counts: Int[np.ndarray, " class"]) -> Float[np.ndarray, " class"]:
    """Weights by inverse relative frequency, with mean 1 over the classes (supplement B.1).

    >>> class_weights(np.array([10, 100])).round(3).tolist()
    [1.818, 0.182]
    """
    inverse = 1.0 / counts
    return np.asarray(inverse / inverse.mean())


def confusion_counts(
    predictions: Int[np.ndarray, "*fits point"], labels: Int[np.ndarray, " point"], classes: int
) -> Int[np.ndarray, "*fits class class"]:
    """How many points of each class (rows) were predicted to be of each class (columns), after one or many fits.

    Every objective here is a function of these counts.

    >>> confusion_counts(np.array([0, 1, 1, 0]), np.array([0, 1, 1, 1]), 2).tolist()
    [[1, 0], [1, 2]]
    """
    true = (labels[:, None] == np.arange(classes)).astype(np.float64)
    counts = [(predictions == each).astype(np.float64) @ true for each in range(classes)]
    return np.stack(counts, axis=-1).astype(np.int32)


def weighted_accuracy(
    counts: Real[np.ndarray, "*fits class class"], weights: Float[np.ndarray, " class"]
) -> Float[np.ndarray, "*fits"]:
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


def auac(curve: Float[np.ndarray, "*runs step"]) -> Float[np.ndarray, "*runs"]:
    """Area under the acquisition curve: trapezoids over steps 0..T, one wide (section 3).

    >>> float(auac(np.array([0.8, 0.9, 1.0])))
    1.8
    """
    return np.asarray(np.trapezoid(curve, axis=-1))
