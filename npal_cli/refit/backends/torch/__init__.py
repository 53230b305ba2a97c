"""Refits as batches of dense solves in torch, in double precision: the path for a GPU, and a check of the kernels.

Nothing is shared between candidates but the data, so this does far more arithmetic than the compiled kernels, in the
large batches that a GPU wants.
"""

from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.special import softmax

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM, soft_votes
from npal_cli.objectives import confusion_counts
from npal_cli.refit.backends.base import Backend, Solved, completed
from npal_cli.refit.backends.sklearn import OneByOne
from npal_cli.refit.backends.torch.logistic import refit_logistic
from npal_cli.refit.backends.torch.svm import refit_svm, winners
from npal_cli.refit.problem import RefitProblem

MEMORY = {"cpu": 2**26, "cuda": 2**31}
"""Bytes of matrices solved at once."""


@final
class Batched(Backend):
    """Solves each fit from nothing, many at once, each to the precision of one fit by scikit-learn.

    Candidates of classes that are not annotated yet and fits that do not converge are scikit-learn's.
    """

    piece = 2048
    threads = True

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def confusions(self, problem: RefitProblem, classifier: Classifier) -> Int[np.ndarray, "fit class class"]:
        """See :class:`Backend`."""
        solved = _refit(problem, classifier, self.device)
        if solved is not None:
            values, classes = solved.values, len(problem.training_weights)
            predictions = winners(values, classes) if isinstance(classifier, SVM) else values.argmax(axis=2)
            solved = Solved(confusion_counts(predictions, problem.evaluation_labels, classes), solved.trusted)
        return completed(solved, OneByOne().confusions, problem, classifier)

    def soft_predictions(
        self, problem: RefitProblem, classifier: Classifier
    ) -> Float[np.ndarray, "fit evaluation class"]:
        """See :class:`Backend`."""
        solved = _refit(problem, classifier, self.device)
        if solved is not None:
            values, classes = solved.values, len(problem.training_weights)
            soft = soft_votes(values, classes) if isinstance(classifier, SVM) else softmax(values, axis=2)
            solved = Solved(soft, solved.trusted)
        return completed(solved, OneByOne().soft_predictions, problem, classifier)


def _refit(problem: RefitProblem, classifier: Classifier, device: torch.device) -> Solved | None:
    """What all fits decide; None if the one without a candidate cannot be trusted, or the classifier is another."""
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
    every[rows - 1], done[rows - 1] = values, np.concatenate([solved for _, solved in parts])  # first becomes last
    return Solved(every, done)
