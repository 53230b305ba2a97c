"""``python -m benchmarks.teachers``: how long a teacher takes beside scikit-learn's, and whether it knows as much.

The peer is what the two models are by definition: logistic regression after Nystroem's map of all points, converged,
and ``ExtraTreesClassifier``. One thread.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from tabulate import tabulate
from threadpoolctl import threadpool_limits

from npal_cli.teachers import TeacherOptions, teach

ROUNDS = 10
POOL = 500
DATA = {"breast cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}
KNOWN = {"breast cancer": (20, 60), "wine": (20, 60), "digits": (60, 300)}


class Lesson(NamedTuple):
    """What is known, and what is asked."""

    features: np.ndarray
    labels: np.ndarray
    pool: np.ndarray
    truth: np.ndarray
    n_classes: int
    seed: int


def main() -> None:
    """Teach both from the same labels, ten times each, and print the medians."""
    rows = []
    with threadpool_limits(limits=1):
        _timed(_ours, _lesson("wine", 20, 0))  # compiles
        for name in DATA:
            for known in KNOWN[name]:
                lessons = [_lesson(name, known, seed) for seed in range(ROUNDS)]
                theirs, ours = ([_timed(way, lesson) for lesson in lessons] for way in (_theirs, _ours))
                seconds = [np.median([each[0] for each in found]) for found in (theirs, ours)]
                losses = np.array([[each[1] for each in found] for found in (theirs, ours)])
                error = 2 * np.std(losses[1] - losses[0], ddof=1) / ROUNDS**0.5
                rows.append(
                    [
                        f"{name}: {known} labels, {lessons[0].n_classes} classes",
                        *(1e3 * each for each in seconds),
                        f"{seconds[0] / seconds[1]:.0f}x",
                        f"{losses[0].mean():.3f}",
                        f"{np.mean(losses[1] - losses[0]):+.4f} +- {error:.4f}",
                    ]
                )
    names = ["task", "scikit-learn (ms)", "npal (ms)", "ratio", "log loss", "npal less scikit-learn"]
    print(tabulate(rows, names, tablefmt="github", floatfmt=".1f"))


def _lesson(name: str, known: int, seed: int) -> Lesson:
    features, labels = DATA[name](return_X_y=True)
    features = (features - features.mean(axis=0)) / np.where(features.std(axis=0) > 0, features.std(axis=0), 1)
    n_classes = int(labels.max()) + 1
    order = np.random.default_rng(seed).permutation(len(labels))
    first = [order[labels[order] == each][0] for each in range(n_classes)]
    order = np.concatenate([first, order[~np.isin(order, first)]])
    taught, asked = order[:known], order[known : known + POOL]
    return Lesson(features[taught], labels[taught], features[asked], labels[asked], n_classes, seed)


def _theirs(lesson: Lesson) -> np.ndarray:
    width = float(np.median(pdist(lesson.features, "sqeuclidean")))
    kernel = Nystroem(gamma=1 / width, n_components=len(lesson.features), random_state=0)
    models = (
        make_pipeline(kernel, LogisticRegression(C=1 / TeacherOptions().penalty, max_iter=1000)),
        ExtraTreesClassifier(TeacherOptions().trees, random_state=lesson.seed),
    )
    fitted = [model.fit(lesson.features, lesson.labels) for model in models]
    found = sum(model.predict_proba(lesson.pool) for model in fitted) / len(models)
    known = np.bincount(lesson.labels, minlength=lesson.n_classes)
    total = known.sum()
    return np.asarray((total * found + (known + 1) / (total + lesson.n_classes)) / (total + 1))


def _ours(lesson: Lesson) -> np.ndarray:
    draws = np.random.default_rng(lesson.seed)
    taught = teach(lesson.features, lesson.labels, lesson.n_classes, TeacherOptions(), draws)
    return taught.probabilities(lesson.pool)


def _timed(way: Callable[[Lesson], np.ndarray], lesson: Lesson) -> tuple[float, float]:
    start = time.perf_counter()
    found = way(lesson)
    return time.perf_counter() - start, log_loss(lesson.truth, found, labels=np.arange(lesson.n_classes))


if __name__ == "__main__":
    main()
