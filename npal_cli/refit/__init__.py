"""Many almost identical classifier fits at once: one training set, and each candidate point added to it in turn."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Scorer
from npal_cli.refit.backends import backend_of, is_fast
from npal_cli.refit.backends.base import Backend
from npal_cli.refit.problem import Confusions, RefitProblem, RefitScores

__all__ = ["Confusions", "Measure", "RefitProblem", "RefitScores", "refit", "refit_and_measure", "refit_and_score"]

FEW = 8
"""Candidates in one piece of work where each fit takes long."""

SOFT_NUMBERS = 2**21
"""How many soft predictions each worker holds at once: 16 MiB."""

ON_A_CLUSTER = 2**16
"""Candidates in one task of a cluster, of fast refits: about a second's."""

WORTH_TELLING = 10.0
"""Seconds of refits from which on their cost is told before they start."""

log = logging.getLogger("npal")

Measure = Callable[[Float[np.ndarray, "fit evaluation class"]], Num[np.ndarray, "fit *_"]]
"""Numbers of each fit, from the soft predictions of the evaluation points by the fits with candidates and, last,
by that without any."""

Piece = tuple[RefitProblem, Callable[[RefitProblem], np.ndarray]]


def refit(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> list[Confusions]:
    """Fit ``classifier`` to each problem's training set, then anew with each of its candidates added.

    Candidates are worked on in pieces of bounded size, so memory does not grow with the pool.

    Raises:
        ValueError: if a training set holds one class only, a feature is not finite, or a class weight not positive.
    """
    backend, size = _prepare(problems, classifier, engine)
    function = partial(backend.confusions, classifier=classifier)
    counts = _map([_Task(problem, function, size) for problem in problems], backend, size, engine)
    return [Confusions(each[-1], each[:-1]) for each in counts]


def refit_and_score(
    problems: Sequence[RefitProblem], scorers: Sequence[Scorer], classifier: Classifier, engine: Engine
) -> list[RefitScores]:
    """The same, each problem's fits scored by its scorer from their soft predictions of its evaluation points.

    Raises:
        ValueError: if a training set holds one class only, a feature is not finite, or a class weight not positive.
    """
    measured = refit_and_measure(problems, scorers, classifier, engine)
    return [RefitScores(float(each[-1]), each[:-1]) for each in measured]


def refit_and_measure(
    problems: Sequence[RefitProblem], measures: Sequence[Measure], classifier: Classifier, engine: Engine
) -> list[Num[np.ndarray, "fit *_"]]:
    """The same, with all numbers that each problem's measure makes of its fits, last without candidate.

    Raises:
        ValueError: if a training set holds one class only, a feature is not finite, or a class weight not positive.
    """
    backend, size = _prepare(problems, classifier, engine)
    tasks = []
    for problem, measure in zip(problems, measures, strict=True):
        numbers = len(problem.evaluation_labels) * len(problem.training_weights)
        few = min(size, max(SOFT_NUMBERS // max(numbers, 1), 1))
        tasks.append(_Task(problem, partial(_measure, backend, classifier, measure), few))
    return _map(tasks, backend, size, engine)


class _Task(NamedTuple):
    """A problem, what to do with pieces of it, and how many candidates these have: whatever else is worked on."""

    problem: RefitProblem
    function: Callable[[RefitProblem], np.ndarray]
    """Something of each fit: of each candidate and, last, of the fit without any."""
    size: int


def _prepare(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> tuple[Backend, int]:
    """What makes the refits, and how many candidates there are in a piece of work."""
    for problem in problems:
        problem.check()
    takes_long = not is_fast(classifier)
    if takes_long and not engine.tally["refits"]:
        _tell_cost(problems, classifier, engine)
    backend = backend_of(engine, problems, classifier)
    return backend, FEW if takes_long else backend.piece


def _measure(backend: Backend, classifier: Classifier, measure: Measure, problem: RefitProblem) -> np.ndarray:
    return measure(backend.soft_predictions(problem, classifier))


def _map(tasks: Sequence[_Task], backend: Backend, size: int, engine: Engine) -> list[np.ndarray]:
    """What the function of each task makes of its pieces, joined."""
    engine.tally["refits"] += sum(len(task.problem.candidate_labels) for task in tasks)
    pieces = [[(piece, task.function) for piece in _pieces(task.problem, task.size)] for task in tasks]
    together = ON_A_CLUSTER if engine.cluster is not None and backend.threads else size
    bundles = list(_bundles([piece for part in pieces for piece in part], together))
    sizes = [sum(len(problem.candidate_labels) for problem, _ in bundle) for bundle in bundles]
    done = engine.map(_run, bundles, label="refitting", unit="refit", sizes=sizes, threads=backend.threads)
    results = (result for bundle in list(done) for result in bundle)
    return [_joined([next(results) for _ in part]) for part in pieces]


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """All candidates of a problem, and once the fit without any."""
    return parts[0] if len(parts) == 1 else np.concatenate([*(part[:-1] for part in parts), parts[0][-1:]])


def _tell_cost(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> None:
    """Log what the first refits of a command will take, where it is long: measured on a fit of the first problem."""
    refits = sum(len(problem.candidate_labels) for problem in problems)
    problem = problems[0]
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


def _run(bundle: list[Piece]) -> list[np.ndarray]:
    return [function(problem) for problem, function in bundle]
