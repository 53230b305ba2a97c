"""Refits one by one with scikit-learn: the plain truth that the fast implementations are tested against."""

from collections.abc import Iterator

import numpy as np

from npal_cli.classifiers import Classifier, FittedClassifier
from npal_cli.objectives import confusion_counts
from npal_cli.refit.base import Confusions, RefitProblem, SoftPredictions

PIECE = 100
"""Candidates in one piece of work: small enough to balance workers, large enough to hide the cost of sending it."""


def refit_sequential(problem: RefitProblem, classifier: Classifier) -> Confusions:
    """Fit ``classifier`` to the training set, then anew with each of the candidates added.

    Raises:
        ValueError: if the training set holds one class only.
    """
    classes = len(problem.training_weights)
    predictions = [fit.predict(problem.evaluation_features) for fit in _fits(problem, classifier)]
    counts = confusion_counts(np.stack(predictions), problem.evaluation_labels, classes)
    return Confusions(counts[0], counts[1:])


def refit_softly_sequential(problem: RefitProblem, classifier: Classifier) -> SoftPredictions:
    """The same for soft predictions."""
    predictions = [fit.soft_predictions(problem.evaluation_features) for fit in _fits(problem, classifier)]
    return SoftPredictions(predictions[0], np.array(predictions[1:]).reshape(-1, *predictions[0].shape))


def _fits(problem: RefitProblem, classifier: Classifier) -> Iterator[FittedClassifier]:
    """The fit to the training set, then with each candidate."""
    from sklearn import config_context

    # The inputs are npal's own arrays: checking them again at each of a million fits would cost a third of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        yield classifier.fit(problem.features, problem.labels, problem.training_weights)
        features = np.concatenate([problem.features, problem.features[:1]])
        labels = np.append(problem.labels, 0)
        for point, label in zip(problem.candidate_features, problem.candidate_labels, strict=True):
            features[-1], labels[-1] = point, label
            yield classifier.fit(features, labels, problem.training_weights)
