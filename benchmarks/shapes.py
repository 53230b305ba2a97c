"""The problems that refits are measured on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from npal_cli.errors import NpalError
from npal_cli.objectives import Setting
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.sets.images import read_idx
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.problems.sources import sources_from_environment
from npal_cli.problems.split import PrepareOptions, kept_counts, split, weights_of
from npal_cli.problems.standardise import standardise
from npal_cli.randomness import Run, stream
from npal_cli.refit import RefitProblem


@dataclass(frozen=True)
class Shape:
    """Problems of one kind, for one classifier, and how much faster than scikit-learn they are meant to be."""

    name: str
    classifier: str
    problems: list[RefitProblem]
    target: int

    @property
    def refits(self) -> int:
        """How many refits they are."""
        return sum(len(problem.candidate_labels) for problem in self.problems)


def shapes(raw: Path, mnist: Path | None) -> Iterator[Shape]:
    """All shapes whose data can be had."""
    settings: list[tuple[str, Setting]] = [
        ("waveform", "balanced"),
        ("mushrooms", "balanced"),
        ("adult", "balanced"),
        ("adult", "imbalanced_weighted"),
    ]
    for data, setting in settings:
        try:
            one, many = _experiment(data, setting, raw)
        except NpalError as error:
            print(f"skipping {data}: {error}")
            continue
        label = f"{data}, {setting.replace('_', ' ')}"
        for classifier in ("logistic", "svm"):
            alone = {"logistic": 300 if data == "adult" else 1000, "svm": 100 if data == "adult" else 150}
            simulated = {"logistic": 300 if data == "adult" else 600, "svm": 100}
            yield Shape(f"{label}: one pool of {len(one.candidate_labels)}", classifier, [one], alone[classifier])
            yield Shape(f"{label}: 300 simulated problems", classifier, many, simulated[classifier])
    digits = load_digits()
    ten = _ten_classes(digits.data, digits.target)
    yield Shape(f"digits, ten classes: one pool of {len(ten.candidate_labels)}", "logistic", [ten], 100)
    yield Shape(f"digits, ten classes: one pool of {len(ten.candidate_labels)}", "svm", [ten], 70)
    if mnist is not None:
        ten = _ten_classes(*read_mnist(mnist))
        yield Shape(f"MNIST, ten classes: one pool of {len(ten.candidate_labels)}", "svm", [ten], 70)


def _experiment(name: str, setting: Setting, raw: Path) -> tuple[RefitProblem, list[RefitProblem]]:
    """The true pool against the test set, and simulated pools against the reward set, of the first run."""
    data, options = load_dataset(name, sources_from_environment(raw, progress=False)), PrepareOptions()
    rows = split(data, setting, Run(1, 1), options)
    x, y = standardise(data.features, "overall"), data.labels
    weights = weights_of(kept_counts(y, 2, setting, options), setting)[1]

    def problem(annotated: np.ndarray, pool: np.ndarray, evaluation: np.ndarray) -> RefitProblem:
        return RefitProblem(x[annotated], y[annotated], x[pool], y[pool], x[evaluation], y[evaluation], weights)

    masks = simulate(y[rows.annotated], SimulateOptions(), stream("benchmark"), reward=True).annotated
    many = [problem(rows.annotated[kept], rows.annotated[~kept], rows.reward) for kept in masks]
    return problem(rows.annotated, rows.pool, rows.test), many


def _ten_classes(features: np.ndarray, labels: np.ndarray) -> RefitProblem:
    """100 annotated points, up to 3,000 in the pool, 200 to evaluate on."""
    order = stream("benchmark").permutation(len(labels))
    x, y = standardise(features.astype(np.float64), "overall"), labels.astype(np.int64)
    annotated, seen, pool = order[:100], order[100:300], order[300:3300]
    return RefitProblem(x[annotated], y[annotated], x[pool], y[pool], x[seen], y[seen], np.ones(10))


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of the test images in gzipped IDX files."""
    images, labels = (read_idx(folder / f"t10k-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    return images.reshape(len(labels), -1), labels


def large_pool(size: int) -> RefitProblem:
    """100 annotated points of waveform's shape (21 features) and a pool of any size, normally distributed."""
    draws = stream("benchmark", size)
    y = draws.integers(2, size=300 + size)
    x = draws.normal(size=(300 + size, 21))
    x += 0.5 * y[:, None]
    return RefitProblem(x[:100], y[:100], x[300:], y[300:], x[100:300], y[100:300], np.ones(2))
