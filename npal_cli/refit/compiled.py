"""Refits by compiled kernels that solve the candidates of a problem together; scikit-learn does what they cannot."""

import logging

import numpy as np

from npal_cli.classifiers import SVM, Classifier, Logistic
from npal_cli.refit.base import Confusions, RefitProblem
from npal_cli.refit.kernels import cache_is_empty, logistic, multinomial, one_vs_one
from npal_cli.refit.sequential import refit_sequential

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
    present = np.flatnonzero(np.bincount(problem.labels))
    if len(present) < 2:
        raise ValueError(f"a training set needs two classes or more; found only class {present[0]}")
    try:
        match classifier:
            case SVM():
                before, after, done = _refit_svm(problem, classifier)
            case Logistic() if len(present) == 2:
                before, after, done = _refit_two_classes(problem, classifier, present)
            case Logistic():
                before, after, done = _refit_many_classes(problem, classifier, present)
            case _:
                return refit_sequential(problem, classifier)
    except np.linalg.LinAlgError:  # features so large that rounding makes a Hessian indefinite
        return refit_sequential(problem, classifier)
    if not done[-1]:
        return refit_sequential(problem, classifier)
    left = np.flatnonzero(~done[:-1])
    if len(left):
        after[left] = refit_sequential(problem.of_candidates(left), classifier).after
    return Confusions(before, after)


def _refit_svm(problem: RefitProblem, classifier: SVM) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return one_vs_one.refit(
        np.ascontiguousarray(problem.features),
        problem.labels,
        np.ascontiguousarray(problem.candidate_features),
        problem.candidate_labels,
        problem.evaluation_features,
        problem.evaluation_labels,
        classifier.options.C * problem.training_weights,
    )


def _refit_many_classes(
    problem: RefitProblem, classifier: Logistic, present: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    classes = len(problem.training_weights)
    known = _among(problem.candidate_labels, present, classes)
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
    )
    done[:-1] &= known
    return _widen(before, present, classes), _widen(after, present, classes), done


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


def _refit_two_classes(
    problem: RefitProblem, classifier: Logistic, present: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    negative, positive = present
    classes = len(problem.training_weights)
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
    )
    totals = np.bincount(problem.evaluation_labels, minlength=classes)
    before = np.zeros((classes, classes), dtype=np.int32)
    after = np.zeros((len(problem.candidate_labels), classes, classes), dtype=np.int32)
    for counts, positives in ((before, positives_before), (after, positives_after)):
        counts[..., positive] = positives
        counts[..., negative] = totals - positives
    done[:-1] &= _among(problem.candidate_labels, present, classes)
    return before, after, done
