"""Refits one by one with scikit-learn: the plain truth that the fast backends are tested against."""

from collections.abc import Iterator
from typing import final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers import Classifier, FittedClassifier
from npal_cli.objectives import confusion_counts
from npal_cli.refit.backends.base import Backend
from npal_cli.refit.problem import RefitProblem


@final
class OneByOne(Backend):
    """Fits anew with each candidate; any classifier.

    ``threads`` gain little, as Python runs one at a time, but spare the seconds that other processes take to start.
    """

    piece = 100
    """Small enough to balance workers, large enough to hide the cost of sending it."""

    def __init__(self, *, threads: bool = False) -> None:
        self.threads = threads

    def confusions(self, problem: RefitProblem, classifier: Classifier) -> Int[np.ndarray, "fit class class"]:
        """See :class:`Backend`."""
        predictions = [fit.predict(problem.evaluation_features) for fit in _fits(problem, classifier)]
        return confusion_counts(np.stack(predictions), problem.evaluation_labels, len(problem.training_weights))

    def soft_predictions(
        self, problem: RefitProblem, classifier: Classifier
    ) -> Float[np.ndarray, "fit evaluation class"]:
        """See :class:`Backend`."""
        return np.stack([fit.soft_predictions(problem.evaluation_features) for fit in _fits(problem, classifier)])


def _fits(problem: RefitProblem, classifier: Classifier) -> Iterator[FittedClassifier]:
    """The fit with each candidate, then the one to the training set."""
    from sklearn import config_context

    # The inputs are npal's own arrays: checking them again at each of a million fits would cost a third of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        features = np.concatenate([problem.features, problem.features[:1]])
        labels = np.append(problem.labels, 0)
        for point, label in zip(problem.candidate_features, problem.candidate_labels, strict=True):
            features[-1], labels[-1] = point, label
            yield classifier.fit(features, labels, problem.training_weights)
        yield classifier.fit(problem.features, problem.labels, problem.training_weights)
