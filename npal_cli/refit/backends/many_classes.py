"""Refits of a logistic regression of many classes, by Newton's method: nothing is compiled.

A candidate may be the first of its class: it is then solved from the same fit with one class more.
"""

import numpy as np
from jaxtyping import Int
from scipy.special import softmax

from npal_cli.refit.backends import softmax_newton
from npal_cli.refit.backends.base import Refitted
from npal_cli.refit.problem import RefitProblem


def refit_many_classes(
    problem: RefitProblem, C: float, present: Int[np.ndarray, " present"], *, soft: bool
) -> Refitted:
    """The refits of a problem whose points are of the classes ``present``, two or more.

    Raises:
        numpy.linalg.LinAlgError: if features are so large that rounding makes a Hessian indefinite.
    """
    problem, classes, count = problem.centred(), len(problem.training_weights), len(problem.candidate_labels)
    base = softmax_newton.fit_base(
        problem.features,
        np.searchsorted(present, problem.labels),
        problem.training_weights[problem.labels],
        len(present),
        1.0 / C,
    )
    counts = np.zeros((count + 1, classes, classes), dtype=np.int32)
    trusted = np.append(np.zeros(count, dtype=bool), base.trusted)
    values = np.zeros((count + 1 if soft else 0, len(problem.evaluation_labels), classes))

    def keep(fits: np.ndarray, logits: softmax_newton.Logits, of: np.ndarray) -> None:
        """Of some fits, whose logits are of the classes ``of`` (fit, class)."""
        predicted = np.take_along_axis(of, logits.argmax(axis=0), axis=1)
        cells = (np.arange(len(fits))[:, None] * classes + problem.evaluation_labels) * classes + predicted
        found = np.bincount(cells.ravel(), minlength=len(fits) * classes**2)
        counts[fits] = found.reshape(len(fits), classes, classes)
        if soft:
            values[fits[:, None], :, of] = softmax(logits, axis=0).transpose(1, 0, 2)

    keep(np.array([count]), base.evaluate(problem.evaluation_features)[:, None], present[None])
    known = np.isin(problem.candidate_labels, present)
    for which in (np.flatnonzero(known), np.flatnonzero(~known)):
        if not len(which):
            continue
        labels, is_new = problem.candidate_labels[which], not known[which[0]]
        of = np.tile(present, (len(which), 1))
        of = np.column_stack([of, labels]) if is_new else of
        start = softmax_newton.with_new_class(base) if is_new else base
        targets = np.full(len(which), len(present)) if is_new else np.searchsorted(present, labels)
        points, weights = problem.candidate_features[which], problem.training_weights[labels]
        for found in softmax_newton.refit(start, points, targets, weights, problem.evaluation_features):
            keep(which[found.block], found.logits, of[found.block])
            trusted[which[found.block]] = found.trusted
    return Refitted(counts[-1], counts[:-1], trusted, values)
