"""Refits that solve the candidates of a problem together, by compiled kernels; scikit-learn does what they cannot."""

from collections.abc import Sequence
from functools import cache
from typing import Literal, final

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, softmax

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM, soft_votes
from npal_cli.kernels import CACHE
from npal_cli.kernels.cache import compile_once
from npal_cli.kernels.logistic import multinomial, two_class
from npal_cli.kernels.svm import one_vs_one
from npal_cli.refit.backends.base import Backend, Refitted, Solved, completed
from npal_cli.refit.backends.many_classes import refit_many_classes
from npal_cli.refit.backends.sklearn import OneByOne
from npal_cli.refit.problem import RefitProblem

MANY = 12
"""Classes from which on nothing is compiled: the fixed points of the kernels would take longer than Newton's method."""

Family = Literal["logistic", "multinomial", "svm"]
"""Kernels that are compiled together."""


def _family(problem: RefitProblem, classifier: Classifier) -> Family | None:
    present = np.count_nonzero(np.bincount(problem.labels))
    match classifier:
        case SVM() if present > 1:
            return "svm"
        case Logistic() if 1 < present < MANY:
            return "logistic" if present == 2 else "multinomial"
        case _:
            return None


@cache
def _compile(family: Family) -> None:
    """Unless it was done before, by whichever process: a small refit calls, and so compiles, all that a large one does.

    That is so because :func:`_refit` gives kernels arrays of the same types, whatever the problem.
    """
    classes = 3 if family == "multinomial" else 2
    labels = np.arange(3 * classes) % classes
    x = np.random.default_rng(0).normal(size=(len(labels), 2))
    problem = RefitProblem(x, labels, x[:2], labels[:2], x, labels, np.ones(classes))
    classifier = SVM() if family == "svm" else Logistic()
    takes = "one and a half minutes (SVM)" if family == "svm" else "half a minute (logistic)"
    compile_once(CACHE, family, lambda: _refit(problem, classifier, soft=False), takes)


@final
class Compiled(Backend):
    """Solves the candidates of a problem together, each to the precision of one fit by scikit-learn."""

    piece = 2048
    """Many, since each piece solves the base problem again."""
    threads = True

    @classmethod
    def ready_for(cls, problems: Sequence[RefitProblem], classifier: Classifier) -> "Compiled":
        """With all that these refits call compiled, before threads or processes share them."""
        families = {_family(problem, classifier) for problem in problems}
        for family in sorted(each for each in families if each):
            _compile(family)
        return cls()

    def confusions(self, problem: RefitProblem, classifier: Classifier) -> Int[np.ndarray, "fit class class"]:
        """See :class:`Backend`; a fit that a kernel cannot vouch for (nearly singular problems) is scikit-learn's."""
        found = _refit(problem, classifier, soft=False)
        solved = None if found is None else Solved(np.concatenate([found.after, found.before[None]]), found.trusted)
        return completed(solved, OneByOne().confusions, problem, classifier)

    def soft_predictions(
        self, problem: RefitProblem, classifier: Classifier
    ) -> Float[np.ndarray, "fit evaluation class"]:
        """The same for soft predictions, to 1e-6 of the decision values."""
        found = _refit(problem, classifier, soft=True)
        solved = None if found is None else Solved(found.soft, found.trusted)
        return completed(solved, OneByOne().soft_predictions, problem, classifier)


def _refit(problem: RefitProblem, classifier: Classifier, *, soft: bool) -> Refitted | None:
    """What a kernel makes of a problem; None if it is not for kernels."""
    present = np.flatnonzero(np.bincount(problem.labels))
    if len(present) < 2:
        raise ValueError(f"a training set needs two classes or more; found only class {present[0]}")
    problem = _plain(problem)
    try:
        match classifier:
            case SVM():
                return _refit_svm(problem, classifier, soft=soft)
            case Logistic():
                return _refit_logistic(problem, classifier, present, soft=soft)
            case _:
                return None
    except np.linalg.LinAlgError:  # features so large that rounding makes a Hessian indefinite
        return None


def _refit_logistic(problem: RefitProblem, classifier: Logistic, present: np.ndarray, *, soft: bool) -> Refitted:
    """By a kernel; by Newton's method where that leaves something, or there is none."""
    if len(present) == 2:
        found = _refit_two_classes(problem, classifier, present, soft=soft)
        left = np.flatnonzero(~_among(problem.candidate_labels, present, len(problem.training_weights)))
    else:
        if len(present) >= MANY:
            return refit_many_classes(problem, classifier.options.C, present, soft=soft)
        found = _refit_few_classes(problem, classifier, present, soft=soft)
        if not found.trusted[-1]:
            return refit_many_classes(problem, classifier.options.C, present, soft=soft)
        left = np.flatnonzero(~found.trusted[:-1])
    if len(left):
        others = refit_many_classes(problem.of_candidates(left), classifier.options.C, present, soft=soft)
        found.after[left], found.trusted[left] = others.after, others.trusted[:-1]
        if soft:
            found.soft[left] = others.soft[:-1]
    return found


def _plain(problem: RefitProblem) -> RefitProblem:
    """The same with arrays of one type each, for each other type would be compiled anew."""
    return RefitProblem(
        _array(problem.features, np.float64),
        _array(problem.labels, np.int64),
        _array(problem.candidate_features, np.float64),
        _array(problem.candidate_labels, np.int64),
        _array(problem.evaluation_features, np.float64),
        _array(problem.evaluation_labels, np.int64),
        _array(problem.training_weights, np.float64),
    )


def _array(values: np.ndarray, dtype: type) -> np.ndarray:
    """These values in a C-ordered array that can be written, as fast as can be where they are in one."""
    flags = values.flags
    if values.dtype == dtype and flags.c_contiguous and flags.writeable:
        return values
    return np.array(values, dtype, order="C")


def _refit_svm(problem: RefitProblem, classifier: SVM, *, soft: bool) -> Refitted:
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
    return Refitted(*found, soft_votes(values, classes) if soft else values)


def _refit_few_classes(problem: RefitProblem, classifier: Logistic, present: np.ndarray, *, soft: bool) -> Refitted:
    """Of three classes to :data:`MANY`: those that a fixed point finds."""
    problem, classes = problem.centred(), len(problem.training_weights)
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
    probabilities = np.zeros((*values.shape[:2], classes))
    probabilities[..., present] = softmax(values, axis=-1) if soft else values
    return Refitted(_widen(before, present, classes), _widen(after, present, classes), done, probabilities)


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


def _refit_two_classes(problem: RefitProblem, classifier: Logistic, present: np.ndarray, *, soft: bool) -> Refitted:
    problem = problem.centred()
    negative, positive = present
    classes = len(problem.training_weights)
    values = _space(problem, len(problem.evaluation_labels), soft=soft)
    positives_before, positives_after, done = two_class.refit(
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
    probabilities = np.zeros((*values.shape, classes))
    probabilities[..., positive] = expit(values)
    probabilities[..., negative] = expit(-values)
    done[:-1] &= _among(problem.candidate_labels, present, classes)
    return Refitted(before, after, done, probabilities)
