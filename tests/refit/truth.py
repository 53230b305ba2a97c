"""The plain truth about refits: scikit-learn's converged fits in a loop."""

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

MODELS = {
    "logistic": lambda: LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000),
    "svm": lambda: SVC(tol=1e-8, decision_function_shape="ovo"),
}
UNDECIDED = 1e-7
"""Decision values this close to zero may fall either way."""


def confusion(model, problem, undecided):
    """Confusion counts of a fitted model, or None if a decision value is too close to zero to tell."""
    decisions = np.reshape(model.decision_function(problem.evaluation_features), (len(problem.evaluation_labels), -1))
    if isinstance(model, LogisticRegression) and decisions.shape[1] > 1:
        ordered = np.sort(decisions, axis=1)
        decisions = ordered[:, -1:] - ordered[:, -2:-1]
    if np.abs(decisions).min() < undecided:
        return None
    counts = np.zeros((len(problem.training_weights),) * 2, dtype=int)
    np.add.at(counts, (problem.evaluation_labels, model.predict(problem.evaluation_features)), 1)
    return counts


def plain_loop(problem, classifier, undecided=UNDECIDED):
    """Confusion counts before and after each refit; None where undecided or not converged."""

    def fit(x, y):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = MODELS[classifier]().fit(x, y, sample_weight=problem.training_weights[y])
        # Of a nearly singular fit scikit-learn says that it turns to L-BFGS, which then does not converge.
        return confusion(model, problem, undecided) if not caught else None

    after = [
        fit(np.vstack([problem.features, point]), np.append(problem.labels, label))
        for point, label in zip(problem.candidate_features, problem.candidate_labels, strict=True)
    ]
    return fit(problem.features, problem.labels), after


def assert_equal_truth(result, problem, classifier, decided=0.9, undecided=UNDECIDED):
    """Equal counts everywhere but where the truth is undecided, which is rare."""
    before, after = plain_loop(problem, classifier, undecided)
    if before is not None:
        np.testing.assert_array_equal(result.before, before)
    known = [i for i, counts in enumerate(after) if counts is not None]
    wrong = [i for i in known if (result.after[i] != after[i]).any()]
    assert not wrong
    assert len(known) >= decided * len(after)
