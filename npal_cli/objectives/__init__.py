"""What is to be improved: settings, class weights, and the scores that improvements are measured in.

The paper's score of a classifier is its class-weighted accuracy: each point counts with the inverse relative frequency
of its class, so that all classes matter equally however rare they are. Others are for other aims, or say more of a
refit.
"""

import numpy as np
from jaxtyping import Float

from npal_cli.objectives.counts import class_precision_recall, confusion_counts, expected_counts, weighted_accuracy
from npal_cli.objectives.objective import OBJECTIVES, Objective, Scorer, scorer
from npal_cli.objectives.settings import (
    PAPER_SETTINGS,
    SETTINGS,
    Setting,
    class_weights,
    is_imbalanced,
    is_natural,
    trains_weighted,
)

__all__ = [
    "OBJECTIVES",
    "PAPER_SETTINGS",
    "SETTINGS",
    "Objective",
    "Scorer",
    "Setting",
    "auac",
    "class_precision_recall",
    "class_weights",
    "confusion_counts",
    "expected_counts",
    "is_imbalanced",
    "is_natural",
    "scorer",
    "trains_weighted",
    "weighted_accuracy",
]


def auac(curve: Float[np.ndarray, "*runs step"]) -> Float[np.ndarray, "*runs"]:
    """Area under the acquisition curve: trapezoids over steps 0..T, one wide (section 3).

    >>> float(auac(np.array([0.8, 0.9, 1.0])))
    1.8
    """
    return np.asarray(np.trapezoid(curve, axis=-1))
