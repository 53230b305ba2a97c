"""Refits one by one with scikit-learn: the plain truth that the fast implementations are tested against."""

import numpy as np
from sklearn import config_context

from npal_cli.classifiers import Classifier
from npal_cli.objectives import confusion_counts
from npal_cli.refit.base import Confusions, RefitProblem

PIECE = 100
"""Candidates in one piece of work: small enough to balance workers, large enough to hide the cost of sending it."""


def refit_sequential(problem: RefitProblem, classifier: Classifier) -> Confusions:
    """Fit ``classifier`` to the training set, then anew with each of the candidates added.

    Raises:
        ValueError: if the training set holds one class only.
    """
    classes = len(problem.training_weights)
    # The inputs are npal's own arrays: checking them again at each of a million fits would cost a third of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        base = classifier.fit(problem.features, problem.labels, problem.training_weights)
        before = confusion_counts(base.predict(problem.evaluation_features), problem.evaluation_labels, classes)
        after = np.empty((len(problem.candidate_labels), classes, classes), dtype=np.int32)
        features = np.concatenate([problem.features, problem.features[:1]])
        labels = np.append(problem.labels, 0)
        for i, (point, label) in enumerate(zip(problem.candidate_features, problem.candidate_labels, strict=True)):
            features[-1], labels[-1] = point, label
            predictions = classifier.fit(features, labels, problem.training_weights).predict(
                problem.evaluation_features
            )
            after[i] = confusion_counts(predictions, problem.evaluation_labels, classes)
        return Confusions(before, after)
