"""The settings, and the class weights that they score and train with (supplement B.1); ``natural`` is ours."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Real

Setting = Literal["balanced", "imbalanced", "imbalanced_weighted", "natural"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)
PAPER_SETTINGS: tuple[Setting, ...] = ("balanced", "imbalanced", "imbalanced_weighted")


def is_imbalanced(setting: Setting) -> bool:
    """Whether the rare classes of this setting are undersampled."""
    return setting in ("imbalanced", "imbalanced_weighted")


def is_natural(setting: Setting) -> bool:
    """Whether classes are as frequent as they are, and every point counts the same."""
    return setting == "natural"


def trains_weighted(setting: Setting) -> bool:
    """Whether this setting also weights the training loss by class."""
    return setting == "imbalanced_weighted"


def class_weights(counts: Real[np.ndarray, " class"]) -> Float[np.ndarray, " class"]:
    """Weights by inverse frequency, with mean 1 over the classes (supplement B.1).

    >>> class_weights(np.array([10, 100])).round(3).tolist()
    [1.818, 0.182]
    """
    inverse = 1.0 / counts
    return np.asarray(inverse / inverse.mean())
