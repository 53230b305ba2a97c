"""Refits as batches of dense solves in torch, in double precision: the path for a GPU, and a check of the kernels.

Nothing is shared between candidates but the data, so this does far more arithmetic than the compiled kernels, in the
large batches that a GPU wants.
"""

import numpy as np
import torch

from npal_cli.classifiers import SVM, Classifier, Logistic
from npal_cli.refit.base import Confusions, RefitProblem, joined
from npal_cli.refit.batched.logistic import refit_logistic
from npal_cli.refit.batched.svm import refit_svm
from npal_cli.refit.sequential import refit_sequential

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
    present = np.unique(problem.labels)
    if len(present) < 2:
        raise ValueError(f"a training set needs two classes or more; found only class {present[0]}")
    match classifier:
        case SVM():
            solve, size = refit_svm, len(problem.labels) + 2
        case Logistic():
            solve, size = refit_logistic, len(present) * (problem.features.shape[1] + 1)
        case _:
            return refit_sequential(problem, classifier)
    known = np.isin(problem.candidate_labels, present)
    batch = max(1, MEMORY[device.type] // (8 * size * size))
    parts, done = [], []
    for begin in range(0, max(len(known), 1), batch):
        part = slice(begin, begin + batch)
        counts, solved = solve(problem.of_candidates(part), present, classifier.options.C, device)
        parts.append(counts)
        done.append(solved[1:] & known[part])
        if not solved[0]:
            return refit_sequential(problem, classifier)
    result = joined(parts)
    left = np.flatnonzero(~np.concatenate(done))
    if len(left):
        result.after[left] = refit_sequential(problem.of_candidates(left), classifier).after
    return result
