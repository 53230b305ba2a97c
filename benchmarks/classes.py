"""Refits of logistic regression by the number of classes, against scikit-learn one fit at a time.

``python -m benchmarks.classes``. Points lie around a centre for each class, as far from each other as they scatter. One
core. What is converged is ``newton-cholesky`` to 1e-10; default is scikit-learn's own, which stops at 1e-4.
"""

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from npal_cli.classifiers import ClassifierOptions
from npal_cli.classifiers.logistic import Logistic
from npal_cli.engine import Engine
from npal_cli.refit import RefitProblem, refit
from npal_cli.refit.backends.numba import Compiled

CANDIDATES, FITS, TIMES = 200, 6, 3
"""Refits; of them those that scikit-learn makes; and how often each is timed, the fastest counting."""


class Case(NamedTuple):
    """What is refitted."""

    classes: int
    points: int = 100
    features: int = 20
    C: float = 1.0
    new: bool = False
    """Whether candidates are of a class without a point."""


CASES = (
    *(Case(classes) for classes in (2, 3, 5, 10, 20, 30)),
    *(Case(classes, points=1000) for classes in (3, 10)),
    *(Case(classes, C=1e3) for classes in (3, 10, 20)),
    *(Case(classes, new=True) for classes in (2, 3, 10)),
)


SOLVERS: dict[str, dict[str, Any]] = {
    "converged": {"solver": "newton-cholesky", "tol": 1e-10, "max_iter": 1000},
    "default": {},
}


def main() -> None:
    """Measure and print a table."""
    rows = []
    for case in CASES:
        problem, classifier = drawn(case), Logistic(ClassifierOptions(case.C))
        Compiled.ready_for([problem], classifier)
        each = fastest(partial(refit, [problem], classifier, Engine())) / CANDIDATES
        slow = {name: fastest(partial(loop, problem, C=case.C, **how)) / FITS for name, how in SOLVERS.items()}
        row = {"classes": case.classes, "points": case.points, "C": case.C, "of a new class": case.new}
        rows.append(row | {"ms a refit": 1e3 * each} | {f"{name} loop": value / each for name, value in slow.items()})
        print(rows[-1], flush=True)
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3g"))


def drawn(case: Case) -> RefitProblem:
    """A problem of a case."""
    draws = np.random.default_rng(case.classes)
    centres = draws.normal(size=(case.classes + 1, case.features))

    def points(labels: np.ndarray) -> np.ndarray:
        return centres[labels] + draws.normal(size=(len(labels), case.features))

    known = np.arange(case.points) % case.classes
    candidates = draws.integers(case.classes, size=CANDIDATES) if not case.new else np.full(CANDIDATES, case.classes)
    seen = draws.integers(case.classes, size=100)
    return RefitProblem(
        points(known), known, points(candidates), candidates, points(seen), seen, np.ones(case.classes + case.new)
    )


def loop(problem: RefitProblem, **how: Any) -> None:
    """Fit and predict with the first candidates, one at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(FITS):
            x = np.vstack([problem.features, problem.candidate_features[i]])
            model = LogisticRegression(**how).fit(x, np.append(problem.labels, problem.candidate_labels[i]))
            model.predict(problem.evaluation_features)


def fastest(work: Callable[[], object]) -> float:
    """Seconds that it takes at best."""
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
