"""Many almost identical classifier fits at once: one training set, and each candidate point added to it in turn.

Three implementations of one thing: ``numba`` (compiled kernels, the default), ``sequential`` (scikit-learn, one fit at
a time: the truth) and ``torch`` (batched dense solves, on a GPU if there is one).
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM
from npal_cli.engine import Engine
from npal_cli.objectives import Scorer
from npal_cli.refit import sequential
from npal_cli.refit.base import Confusions, RefitProblem, RefitScores, SoftPredictions, joined

__all__ = ["Confusions", "RefitProblem", "RefitScores", "refit", "refit_and_score"]

FEW = 8
"""Candidates in one piece of work where each fit takes long."""

SOFT_NUMBERS = 2**21
"""How many soft predictions each worker holds at once: 16 MiB."""

WORTH_TELLING = 10.0
"""Seconds of refits from which on their cost is told before they start."""

log = logging.getLogger("npal")

Piece = tuple[RefitProblem, Callable[[RefitProblem], Any]]


def refit(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> list[Confusions]:
    """Fit ``classifier`` to each problem's training set, then anew with each of its candidates added.

    Candidates are worked on in pieces of bounded size, so memory does not grow with the pool.

    Raises:
        ValueError: if a training set holds one class only, a feature is not finite, or a class weight not positive.
    """
    for problem in problems:
        problem.check()
    how = _implementation(engine, problems, classifier)
    function = partial(how.refit, classifier=classifier)
    tasks = [_Task(problem, function, how.size) for problem in problems]
    return [joined(parts) for parts in _map(tasks, how, engine)]


def refit_and_score(
    problems: Sequence[RefitProblem], scorers: Sequence[Scorer], classifier: Classifier, engine: Engine
) -> list[RefitScores]:
    """The same, each problem's fits scored by its scorer from their soft predictions of its evaluation points.

    Raises:
        ValueError: if a training set holds one class only, a feature is not finite, or a class weight not positive.
    """
    for problem in problems:
        problem.check()
    how = _implementation(engine, problems, classifier)
    tasks = []
    for problem, scorer in zip(problems, scorers, strict=True):
        numbers = len(problem.evaluation_labels) * len(problem.training_weights)
        size = min(how.size, max(SOFT_NUMBERS // max(numbers, 1), 1))
        tasks.append(_Task(problem, partial(_score, how.refit_softly, classifier, scorer), size))
    parts = _map(tasks, how, engine)
    return [RefitScores(part[0].before, np.concatenate([each.after for each in part])) for part in parts]


class _Task(NamedTuple):
    """A problem, what to do with pieces of it, and how many candidates these have: whatever else is worked on."""

    problem: RefitProblem
    function: Callable[[RefitProblem], Any]
    size: int


class _Implementation(NamedTuple):
    refit: Callable[..., Confusions]
    """Of a problem and a classifier."""
    refit_softly: Callable[..., SoftPredictions]
    size: int
    """How many candidates it takes at once."""
    threads: bool
    """Whether threads can share its work."""
    fit: Classifier | None = None
    """The classifier, where each fit takes as long as it takes."""


def _implementation(engine: Engine, problems: Sequence[RefitProblem], classifier: Classifier) -> _Implementation:
    if not isinstance(classifier, Logistic | SVM):  # whatever else can be fitted is, one by one, in other processes
        one_by_one = sequential.refit_sequential, sequential.refit_softly_sequential
        return _Implementation(*one_by_one, FEW, False, classifier)
    match engine.refits:
        case "numba":
            from npal_cli.refit import compiled  # numba is slow to import

            compiled.announce(problems, classifier)
            return _Implementation(compiled.refit_compiled, compiled.refit_softly_compiled, compiled.PIECE, True)
        case "torch":
            from npal_cli.refit import batched  # torch is slow to import

            device = engine.torch_device()
            count = partial(batched.refit_batched, device=device)
            return _Implementation(count, partial(batched.refit_softly_batched, device=device), batched.PIECE, True)
        case "sequential":
            one_by_one = sequential.refit_sequential, sequential.refit_softly_sequential
            return _Implementation(*one_by_one, sequential.PIECE, False)


def _score(
    refit_softly: Callable[..., SoftPredictions], classifier: Classifier, scorer: Scorer, problem: RefitProblem
) -> RefitScores:
    soft = refit_softly(problem, classifier)
    return RefitScores(float(scorer(soft.before)), scorer(soft.after))


def _map(tasks: Sequence[_Task], how: _Implementation, engine: Engine) -> list[list[Any]]:
    """What the function of each task makes of its pieces."""
    if how.fit is not None and not engine.tally["refits"]:
        _tell_cost(tasks, how.fit, engine)
    engine.tally["refits"] += sum(len(task.problem.candidate_labels) for task in tasks)
    pieces = [[(piece, task.function) for piece in _pieces(task.problem, task.size)] for task in tasks]
    bundles = _bundles([piece for part in pieces for piece in part], how.size)
    done = engine.map(_run, bundles, label="refits", unit="bundle", threads=how.threads)
    results = (result for bundle in list(done) for result in bundle)
    return [[next(results) for _ in part] for part in pieces]


def _tell_cost(tasks: Sequence[_Task], classifier: Classifier, engine: Engine) -> None:
    """Log what the first refits of a command will take, where it is long: measured on a fit of the first problem."""
    refits = sum(len(task.problem.candidate_labels) for task in tasks)
    problem = tasks[0].problem
    start = time.perf_counter()
    classifier.fit(problem.features, problem.labels, problem.training_weights)
    seconds = time.perf_counter() - start
    total = refits * seconds / engine.workers
    if total >= WORTH_TELLING:
        log.info(
            "%s is refitted one by one: %d refits of %.2g s, about %.0f s at each step; fewer with guided.candidates",
            *(classifier.name, refits, seconds, total),
        )


def _pieces(problem: RefitProblem, size: int) -> Iterator[RefitProblem]:
    """The problem with up to ``size`` of its candidates at a time; one piece without any if it has none."""
    for start in range(0, max(len(problem.candidate_labels), 1), size):
        yield problem.of_candidates(slice(start, start + size))


def _bundles(pieces: Sequence[Piece], size: int) -> Iterator[list[Piece]]:
    """Consecutive pieces together, of up to ``size`` candidates where there is more than one."""
    bundle: list[Piece] = []
    total = 0
    for piece in pieces:
        candidates = len(piece[0].candidate_labels)
        if bundle and total + candidates > size:
            yield bundle
            bundle, total = [], 0
        bundle.append(piece)
        total += candidates
    if bundle:
        yield bundle


def _run(bundle: list[Piece]) -> list[Any]:
    return [function(problem) for problem, function in bundle]
