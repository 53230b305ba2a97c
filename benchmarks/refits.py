"""Refits a second of each implementation, and their ratio to a plain scikit-learn loop, in turns on one core."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from benchmarks.shapes import Shape
from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine, Refits
from npal_cli.objectives import confusion_counts
from npal_cli.refit import RefitProblem, refit

PEERS: dict[str, Callable[[], LogisticRegression | SVC]] = {
    "logistic": lambda: LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000),
    "svm": lambda: SVC(tol=1e-8),
}
ROUNDS = 5
PEER_SECONDS = 1.0
"""How long the slow ones work in a round, on as many candidates as they manage."""

LEAST_SECONDS = 0.1
"""How long the fast ones work in a round, again and again where a shape takes them less."""


@dataclass(frozen=True)
class Measured:
    """One shape: medians over rounds."""

    shape: str
    classifier: str
    refits: int
    target: int
    sklearn: float
    """Refits a second of the plain loop."""
    rates: dict[str, float]
    """Refits a second of each implementation."""
    ratios: dict[str, float]
    """Medians of the ratios to the plain loop within a round."""
    differing: int
    """Refits of the plain loop whose confusion counts another implementation differs from."""
    limit: float
    """Refits a second of one core at its measured speed of matrix products, for the products that every refit needs."""


def measure(shape: Shape, gflops: float) -> Measured:
    """Measure one shape on one core."""
    task = make_classifier(shape.classifier, ClassifierOptions())
    implementations: tuple[Refits, ...] = ("sequential", "numba", "torch")
    some = _some(shape.problems)
    with threadpool_limits(1):
        torch.set_num_threads(1)
        refit(shape.problems[:1], task, Engine(1, refits="numba"))  # compiles
        rates: dict[str, list[float]] = {name: [] for name in ("sklearn", *implementations)}
        differing = 0
        for _ in range(ROUNDS):
            done, expected, seconds = _plain_loop(some, shape.classifier)
            rates["sklearn"].append(done / seconds)
            for name in implementations:
                work = shape.problems if name == "numba" else _first(some, done)
                start, times, seconds = time.perf_counter(), 0, 0.0
                while seconds < LEAST_SECONDS:
                    results = refit(work, task, Engine(1, refits=name, device="cpu"))
                    times, seconds = times + 1, time.perf_counter() - start
                rates[name].append(times * sum(len(problem.candidate_labels) for problem in work) / seconds)
                if name == "numba":
                    results = refit(_first(some, done), task, Engine(1, refits=name))
                counts = np.concatenate([result.after for result in results])[:done]
                differing = max(differing, int((counts != expected).any(axis=(1, 2)).sum()))
    ratios: dict[str, float] = {
        name: float(np.median(np.divide(rates[name], rates["sklearn"]))) for name in implementations
    }
    return Measured(
        shape=shape.name,
        classifier=shape.classifier,
        refits=shape.refits,
        target=shape.target,
        sklearn=float(np.median(rates["sklearn"])),
        rates={name: float(np.median(rates[name])) for name in implementations},
        ratios=ratios,
        differing=differing,
        limit=gflops * 1e9 / _least_arithmetic(shape),
    )


def gflops() -> float:
    """Billions of floating-point operations a second in a large matrix product on one core."""
    with threadpool_limits(1):
        a = np.random.default_rng(0).normal(size=(1500, 1500))
        best = min(_seconds(lambda: a @ a) for _ in range(8))
    return 2 * 1500**3 / best / 1e9


def two_cores(problem: RefitProblem, classifier: str) -> float:
    """How much faster two workers are than one, on a large pool: the median of rounds."""
    task = make_classifier(classifier, ClassifierOptions())
    ratios = []
    for _ in range(ROUNDS):
        one = _seconds(lambda: refit([problem], task, Engine(1)))
        ratios.append(one / _seconds(lambda: refit([problem], task, Engine(2))))
    return float(np.median(ratios))


def as_row(measured: Measured) -> dict[str, str | int | float]:
    """One row of the table."""
    values = asdict(measured)
    return {
        "shape": measured.shape,
        "classifier": measured.classifier,
        "scikit-learn": round(measured.sklearn),
        **{f"{name}": round(rate) for name, rate in values["rates"].items()},
        "limit": float(f"{measured.limit:.2g}"),
        "numba / scikit-learn": f"{measured.ratios['numba']:.0f}x",
        "target": f"{measured.target}x",
        "differing": measured.differing,
    }


def _some(problems: list[RefitProblem]) -> list[RefitProblem]:
    """Enough problems for the slow ones, drawn evenly, and their candidates in turn."""
    return problems[:: max(1, len(problems) // 30)]


def _first(problems: list[RefitProblem], count: int) -> list[RefitProblem]:
    """The problems that hold the first ``count`` candidates."""
    result = []
    for problem in problems:
        if count <= 0:
            break
        result.append(problem.of_candidates(slice(0, count)))
        count -= len(problem.candidate_labels)
    return result


def _plain_loop(problems: list[RefitProblem], classifier: str) -> tuple[int, np.ndarray, float]:
    """Fit, predict and count with scikit-learn as one would: how many refits, their counts, and the seconds."""
    counts = []
    start = time.perf_counter()
    for problem in problems:
        for point, label in zip(problem.candidate_features, problem.candidate_labels, strict=True):
            x = np.vstack([problem.features, point])
            y = np.append(problem.labels, label)
            model = PEERS[classifier]().fit(x, y, sample_weight=problem.training_weights[y])
            predicted = model.predict(problem.evaluation_features)
            counts.append(confusion_counts(predicted, problem.evaluation_labels, len(problem.training_weights)))
            if time.perf_counter() - start > PEER_SECONDS:
                return len(counts), np.stack(counts), time.perf_counter() - start
    return len(counts), np.stack(counts), time.perf_counter() - start


def _least_arithmetic(shape: Shape) -> float:
    """Operations of the matrix products that each refit needs at least once, on average.

    Logistic: whiten the candidate, map the step to the points and back, predict. SVM: distances to points and
    evaluation points; then, in each pair of classes that the candidate joins, how the free points answer to it, what
    that does to the others, and to the decision values.
    """
    total = 0.0
    for problem in shape.problems:
        (n, d), e = problem.features.shape, len(problem.evaluation_labels)
        k = len(np.unique(problem.labels))
        if shape.classifier == "logistic":
            p = (d + 1) * (k if k > 2 else 1)
            each = 2 * (p * p + (2 * n + e) * (d + 1) * (k if k > 2 else 1))
            total += each * len(problem.candidate_labels)
        else:
            total += 2 * (n + e) * d * len(problem.candidate_labels)
            gamma = 1 / (d * problem.features.var())
            for pair in combinations(np.unique(problem.labels), 2):
                rows = np.isin(problem.labels, pair)
                free = _free_points(problem, rows, gamma)
                joined = np.isin(problem.candidate_labels, pair).sum()
                total += 2 * free * (free + rows.sum() + e) * joined
    return total / shape.refits


def _free_points(problem: RefitProblem, rows: np.ndarray, gamma: float) -> int:
    """How many points of the base problem of two classes are neither right by more than a margin nor at their bound."""
    weights = problem.training_weights[problem.labels[rows]]
    model = SVC(gamma=gamma, tol=1e-8).fit(problem.features[rows], problem.labels[rows], sample_weight=weights)
    return int((np.abs(model.dual_coef_[0]) < weights[model.support_] * (1 - 1e-9)).sum())


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
