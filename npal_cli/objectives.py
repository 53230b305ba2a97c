"""What is to be improved: settings, class weights and scores (supplement B.1 and B.2).

The score of a classifier is its class-weighted accuracy: each point counts with the inverse relative frequency of its
class, so that all classes matter equally however rare they are.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int

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


def weighted_accuracy(
    predictions: Int[np.ndarray, "*fits point"],
    labels: Int[np.ndarray, " point"],
    weights: Float[np.ndarray, " class"],
) -> Float[np.ndarray, "*fits"]:
    """Class-weighted accuracy, in [0, 1], of one or many sets of predictions of the same points.

    Correct points are counted by class before they are weighted, so that equal counts give equal floats and ties
    between candidates are exact.

    >>> labels, weights = np.array([0, 1, 1, 1]), np.array([1.5, 0.5])
    >>> weighted_accuracy(np.array([[0, 1, 1, 0], [1, 1, 1, 1]]), labels, weights).round(3).tolist()
    [0.833, 0.5]
    """
    one_hot = labels[:, None] == np.arange(len(weights))
    correct = (predictions == labels).astype(np.float64) @ one_hot.astype(np.float64)
    return np.asarray((correct * weights).sum(-1) / (one_hot.sum(0) * weights).sum())


def class_precision_recall(
    predictions: Int[np.ndarray, " point"], labels: Int[np.ndarray, " point"], classes: int
) -> tuple[Float[np.ndarray, " class"], Float[np.ndarray, " class"]]:
    """Precision and recall of every class; the recall is the per-class accuracy.

    Precision is NaN where a class is never predicted, recall where it has no point.

    >>> precision, recall = class_precision_recall(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2)
    >>> precision.tolist(), recall.round(3).tolist()
    ([0.5, 1.0], [1.0, 0.667])
    """
    predicted: Bool[np.ndarray, "point class"] = predictions[:, None] == np.arange(classes)
    true: Bool[np.ndarray, "point class"] = labels[:, None] == np.arange(classes)
    hits = (predicted & true).sum(0)
    with np.errstate(invalid="ignore"):
        return hits / predicted.sum(0), hits / true.sum(0)


def auac(curve: Float[np.ndarray, "*runs step"]) -> Float[np.ndarray, "*runs"]:
    """Area under the acquisition curve: trapezoids over steps 0..T, one wide (section 3).

    >>> float(auac(np.array([0.8, 0.9, 1.0])))
    1.8
    """
    return np.asarray(np.trapezoid(curve, axis=-1))
