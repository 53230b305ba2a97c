"""Refits as batches of dense solves in torch, in double precision: the path for a GPU, and a check of the kernels.

Nothing is shared between candidates but the data, so this does far more arithmetic than the compiled kernels, in the
large batches that a GPU wants.
"""

import numpy as np
import torch
from scipy.special import softmax

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM, soft_votes
from npal_cli.objectives import confusion_counts
from npal_cli.refit.base import Confusions, RefitProblem, SoftPredictions
from npal_cli.refit.batched.logistic import refit_logistic
from npal_cli.refit.batched.svm import refit_svm, winners
from npal_cli.refit.sequential import refit_sequential, refit_softly_sequential

PIECE = 2048
MEMORY = {"cpu": 2**26, "cuda": 2**31}
"""Bytes of matrices solved at once."""


def refit_batched(problem: RefitProblem, classifier: Classifier, device: torch.device) -> Confusions:
    """Fit to the training set and with each candidate added, each to the precision of :func:`refit_sequential`.

    Candidates of classes that are not annotated yet, fits that do not converge and other classifiers are left to
    scikit-learn.

    Raises:
        ValueError: if the training set holds one class only.
    """
    found = _refit(problem, classifier, device)
    if found is None:
        return refit_sequential(problem, classifier)
    decisions, done = found
    classes = len(problem.training_weights)
    predictions = winners(decisions, classes) if isinstance(classifier, SVM) else decisions.argmax(axis=2)
    counts = confusion_counts(predictions, problem.evaluation_labels, classes)
    left = np.flatnonzero(~done[1:])
    if len(left):
        counts[1 + left] = refit_sequential(problem.of_candidates(left), classifier).after
    return Confusions(counts[0], counts[1:])


def refit_softly_batched(problem: RefitProblem, classifier: Classifier, device: torch.device) -> SoftPredictions:
    """The same for soft predictions."""
    found = _refit(problem, classifier, device)
    if found is None:
        return refit_softly_sequential(problem, classifier)
    decisions, done = found
    classes = len(problem.training_weights)
    soft = soft_votes(decisions, classes) if isinstance(classifier, SVM) else softmax(decisions, axis=2)
    left = np.flatnonzero(~done[1:])
    if len(left):
        soft[1 + left] = refit_softly_sequential(problem.of_candidates(left), classifier).after
    return SoftPredictions(soft[0], soft[1:])


def _refit(problem: RefitProblem, classifier: Classifier, device: torch.device) -> tuple[np.ndarray, np.ndarray] | None:
    """What all fits decide, and which can be trusted, first without a candidate; None if they are left to others."""
    present = np.unique(problem.labels)
    if len(present) < 2:
        raise ValueError(f"a training set needs two classes or more; found only class {present[0]}")
    match classifier:
        case SVM():
            solve, size = refit_svm, len(problem.labels) + 2
        case Logistic():
            solve, size = refit_logistic, len(present) * (problem.features.shape[1] + 1)
        case _:
            return None
    rows = np.flatnonzero(np.append(True, np.isin(problem.candidate_labels, present)))
    some = problem.of_candidates(rows[1:] - 1)
    batch = max(1, MEMORY[device.type] // (8 * size * size))
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    for begin in range(0, max(len(some.candidate_labels), 1), batch):
        part = slice(begin, begin + batch)
        decisions, solved = solve(some.of_candidates(part), present, classifier.options.C, device)
        if not solved[0]:
            return None
        parts.append((decisions[bool(parts) :], solved[bool(parts) :]))
    values = np.concatenate([decisions for decisions, _ in parts])
    every = np.zeros((1 + len(problem.candidate_labels), *values.shape[1:]))
    done = np.zeros(len(every), dtype=bool)
    every[rows], done[rows] = values, np.concatenate([solved for _, solved in parts])
    return every, done
