"""What makes refits, in whatever way; and the one way in which fast ones leave to scikit-learn what they cannot do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from npal_cli.classifiers import Classifier
from npal_cli.refit.problem import RefitProblem


class Backend(ABC):
    """Makes the refits of a problem: of each candidate in turn and, last, the fit without any."""

    piece: ClassVar[int]
    """Candidates in one piece of work."""
    threads: bool
    """Whether threads can share the work."""

    @abstractmethod
    def confusions(self, problem: RefitProblem, classifier: Classifier) -> Int[np.ndarray, "fit class class"]:
        """How many evaluation points of each class (rows) each fit predicts to be of each class (columns).

        Raises:
            ValueError: if the training set holds one class only.
        """

    @abstractmethod
    def soft_predictions(
        self, problem: RefitProblem, classifier: Classifier
    ) -> Float[np.ndarray, "fit evaluation class"]:
        """How much each fit believes in each class of each evaluation point.

        Raises:
            ValueError: if the training set holds one class only.
        """


class Solved(NamedTuple):
    """What a fast backend found."""

    values: Num[np.ndarray, "fit *_"]
    trusted: Bool[np.ndarray, " fit"]
    """Which of the fits it vouches for."""


class Refitted(NamedTuple):
    """What was found of a problem, and what of it can be trusted; last of ``trusted`` and ``soft`` is before any."""

    before: Int[np.ndarray, "class class"]
    after: Int[np.ndarray, "candidate class class"]
    trusted: Bool[np.ndarray, " fit"]
    soft: Float[np.ndarray, "fit evaluation class"]
    """Empty where it was not asked for."""


Plain = Callable[[RefitProblem, Classifier], np.ndarray]
"""The same values of scikit-learn's fits."""


def completed(found: Solved | None, plain: Plain, problem: RefitProblem, classifier: Classifier) -> np.ndarray:
    """The values that were ``found``, with those of ``plain`` for fits that are not trusted; for all if none was found.

    That is so, too, where the fit without a candidate is not trusted: it is what the others were solved from.
    """
    if found is None or not found.trusted[-1]:
        return plain(problem, classifier)
    left = np.flatnonzero(~found.trusted)
    if len(left):
        found.values[left] = plain(problem.of_candidates(left), classifier)[:-1]
    return found.values
