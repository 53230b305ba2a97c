"""Refits by compiled kernels that solve the candidates of a problem together; scikit-learn does what they cannot."""

import logging
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

from npal_cli.classifiers import SVM, Classifier, Logistic
from npal_cli.classifiers.svm import soft_votes
from npal_cli.refit.base import Confusions, RefitProblem, SoftPredictions
from npal_cli.refit.kernels import cache_is_empty, logistic, multinomial, one_vs_one
from npal_cli.refit.sequential import refit_sequential, refit_softly_sequential

log = logging.getLogger("npal")

PIECE = 2048
"""Candidates in one piece of work: many, since each piece solves the base problem again."""


def announce() -> None:
    """Say why the first refits on a machine take long."""
    if cache_is_empty():
        log.info("compiling the refits for this machine, once: half a minute (logistic) or one and a half (SVM)")


def refit_compiled(problem: RefitProblem, classifier: Classifier) -> Confusions:
    """Fit to the training set and with each candidate added, each to the precision of :func:`refit_sequential`.

    A candidate whose fit a kernel cannot vouch for (some nearly singular problems, other classifiers) is refitted by
    scikit-learn.

    Raises:
        ValueError: if the training set holds one class only.
    """
    found = _refit(problem, classifier, soft=False)
    if found is None:
        return refit_sequential(problem, classifier)
    left = np.flatnonzero(~found.done[:-1])
    if len(left):
        found.after[left] = refit_sequential(problem.of_candidates(left), classifier).after
    return Confusions(found.before, found.after)


def refit_softly_compiled(problem: RefitProblem, classifier: Classifier) -> SoftPredictions:
    """The same for soft predictions, to 1e-6 of the decision values."""
    found = _refit(problem, classifier, soft=True)
    if found is None:
        return refit_softly_sequential(problem, classifier)
    left = np.flatnonzero(~found.done[:-1])
    if len(left):
        found.soft[left] = refit_softly_sequential(problem.of_candidates(left), classifier).after
    return SoftPredictions(found.soft[-1], found.soft[:-1])


class _Found(NamedTuple):
    """What a kernel found, and which of it can be trusted; the last of ``done`` and ``soft`` is before any refit."""

    before: np.ndarray
    after: np.ndarray
    done: np.ndarray
    soft: np.ndarray


def _refit(problem: RefitProblem, classifier: Classifier, *, soft: bool) -> _Found | None:
    """What a kernel makes of a problem; None if it is not for kernels."""
    present = np.flatnonzero(np.bincount(problem.labels))
    if len(present) < 2:
        raise ValueError(f"a training set needs two classes or more; found only class {present[0]}")
    try:
        match classifier:
            case SVM():
                found = _refit_svm(problem, classifier, soft=soft)
            case Logistic() if len(present) == 2:
                found = _refit_two_classes(problem, classifier, present, soft=soft)
            case Logistic():
                found = _refit_many_classes(problem, classifier, present, soft=soft)
            case _:
                return None
    except np.linalg.LinAlgError:  # features so large that rounding makes a Hessian indefinite
        return None
    return found if found.done[-1] else None


def _refit_svm(problem: RefitProblem, classifier: SVM, *, soft: bool) -> _Found:
    classes = len(problem.training_weights)
    values = _space(problem, classes * (classes - 1) // 2, len(problem.evaluation_labels), soft=soft)
    found = one_vs_one.refit(
        np.ascontiguousarray(problem.features),
        problem.labels,
        np.ascontiguousarray(problem.candidate_features),
        problem.candidate_labels,
        problem.evaluation_features,
        problem.evaluation_labels,
        classifier.options.C * problem.training_weights,
        values,
    )
    return _Found(*found, soft_votes(values, classes) if soft else values)


def _refit_many_classes(problem: RefitProblem, classifier: Logistic, present: np.ndarray, *, soft: bool) -> _Found:
    classes = len(problem.training_weights)
    known = _among(problem.candidate_labels, present, classes)
    values = _space(problem, len(problem.evaluation_labels), len(present), soft=soft)
    before, after, done = multinomial.refit_multinomial(
        np.ascontiguousarray(problem.features),
        np.searchsorted(present, problem.labels),
        problem.training_weights[problem.labels],
        np.ascontiguousarray(problem.candidate_features),
        np.where(known, np.searchsorted(present, problem.candidate_labels), 0),
        problem.training_weights[problem.candidate_labels],
        problem.evaluation_features,
        problem.evaluation_labels,
        len(present),
        1.0 / classifier.options.C,
        values,
    )
    done[:-1] &= known
    chances = np.zeros((*values.shape[:2], classes))
    chances[..., present] = softmax(values, axis=-1) if soft else values
    return _Found(_widen(before, present, classes), _widen(after, present, classes), done, chances)


def _space(problem: RefitProblem, *shape: int, soft: bool) -> np.ndarray:
    """Room for what all fits decide, the last before any refit; none if that is not asked for."""
    return np.zeros((len(problem.candidate_labels) + 1 if soft else 0, *shape))


def _among(labels: np.ndarray, present: np.ndarray, classes: int) -> np.ndarray:
    """Which labels are of present classes; numpy's ``isin`` takes longer than a small problem's refits."""
    table = np.zeros(classes, dtype=bool)
    table[present] = True
    return table[labels]


def _widen(counts: np.ndarray, present: np.ndarray, classes: int) -> np.ndarray:
    """Confusion counts with all classes, from those with the true classes found and the annotated ones predicted."""
    result = np.zeros((*counts.shape[:-2], classes, classes), dtype=np.int32)
    result[..., : counts.shape[-2], present] = counts
    return result


def _refit_two_classes(problem: RefitProblem, classifier: Logistic, present: np.ndarray, *, soft: bool) -> _Found:
    negative, positive = present
    classes = len(problem.training_weights)
    values = _space(problem, len(problem.evaluation_labels), soft=soft)
    positives_before, positives_after, done = logistic.refit(
        np.ascontiguousarray(problem.features),
        (problem.labels == positive).astype(np.float64),
        problem.training_weights[problem.labels],
        np.ascontiguousarray(problem.candidate_features),
        (problem.candidate_labels == positive).astype(np.float64),
        problem.training_weights[problem.candidate_labels],
        problem.evaluation_features,
        problem.evaluation_labels,
        classes,
        1.0 / classifier.options.C,
        values,
    )
    totals = np.bincount(problem.evaluation_labels, minlength=classes)
    before = np.zeros((classes, classes), dtype=np.int32)
    after = np.zeros((len(problem.candidate_labels), classes, classes), dtype=np.int32)
    for counts, positives in ((before, positives_before), (after, positives_after)):
        counts[..., positive] = positives
        counts[..., negative] = totals - positives
    done[:-1] &= _among(problem.candidate_labels, present, classes)
    chances = np.zeros((*values.shape, classes))
    chances[..., positive] = expit(values)
    chances[..., negative] = expit(-values)
    return _Found(before, after, done, chances)
