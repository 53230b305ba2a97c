"""A forest of extremely randomised trees, in compiled code."""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, ClassifierMixin

Features = Float[np.ndarray, "point feature"]


class ExtraTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """As scikit-learn's ``ExtraTreesClassifier`` with its defaults, but for the random generator, and much faster.

    Source: Geurts et al. (2006), *Extremely randomized trees*.

    >>> x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    >>> ExtraTrees(100, 0).fit(x, np.array([0, 1, 1, 1, 0])).predict_proba(x).tolist()[0]
    [1.0, 0.0]
    """

    def __init__(self, trees: int = 100, seed: int = 0) -> None:
        self.trees = trees
        self.seed = seed

    def fit(self, features: Features, labels: Int[np.ndarray, " point"]) -> "ExtraTrees":
        """Grow the trees."""
        from npal_cli.kernels.trees import grow

        _compile()
        self.classes_, labels = np.unique(labels, return_inverse=True)
        tried = max(int(features.shape[1] ** 0.5), 1)
        known = _plain(features), labels.astype(np.int64), len(self.classes_)
        self._forest = grow(*known, self.trees, tried, self.seed % 2**32)
        return self

    def predict_proba(self, features: Features) -> Float[np.ndarray, "point class"]:
        """The mean of the trees, for the classes that were seen, in the order of ``classes_``."""
        from npal_cli.kernels.trees import mean_shares

        return np.asarray(mean_shares(_plain(features), *self._forest))

    def predict(self, features: Features) -> Any:
        """The likeliest class of each point."""
        return self.classes_[self.predict_proba(features).argmax(axis=1)]


def _plain(features: Features) -> Features:
    """In an array of the one type that is compiled for."""
    return np.array(features, np.float64, order="C") if _is_odd(features) else features


def _is_odd(features: Features) -> bool:
    flags = features.flags
    return features.dtype != np.float64 or not (flags.c_contiguous and flags.writeable)


@cache
def _compile() -> None:
    """Unless it was done before, by whichever process."""
    from npal_cli.kernels import CACHE
    from npal_cli.kernels.cache import compile_once
    from npal_cli.kernels.trees import grow, mean_shares

    def call() -> None:
        x, y = np.array([[0.0], [1.0]]), np.array([0, 1], dtype=np.int64)
        mean_shares(x, *grow(x, y, 2, 1, 1, 0))

    compile_once(CACHE, "trees", call, "a few seconds (trees)")
