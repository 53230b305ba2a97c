"""``python -m benchmarks.exactness``: how often the fast refits differ from scikit-learn's, one at a time.

Problems are generated (clusters; a few values, so that points repeat, some with opposite labels) and real, with 2 to
12 classes, some of them with 1 to 3 points, class weights up to 10 : 1, and 3 to 110 points.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from tabulate import tabulate
from tqdm import tqdm

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.classifiers.svm import FittedSVM
from npal_cli.errors import NpalError
from npal_cli.objectives import confusion_counts
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.sources import sources_from_environment
from npal_cli.refit import RefitProblem
from npal_cli.refit.backends.numba import Compiled
from npal_cli.refit.backends.torch import Batched

CANDIDATES, EVALUATION = 20, 40
UNDECIDED = 1e-6
"""Decision values nearer to zero than this times the largest bound of beta (or 1) are libsvm's rounding: its kernel
entries are single precision. Of logistic regression, logits nearer to each other than this."""

FEW_POINTS = "The number of unique classes"


@dataclass
class Counts:
    """Refits of one kind, and of how many ..."""

    refits: int = 0
    undecided: int = 0
    """... scikit-learn's prediction of a point is a matter of rounding, or its solver gave up: not compared."""
    numba: int = 0
    """... the compiled kernels differ from scikit-learn."""
    torch: int = 0
    """... the batched solves do."""
    no_free: int = 0
    """... a pair of classes has no free support vector."""
    bias_matters: int = 0
    """... the middle of the optimal biases predicts some point differently than the one that libsvm returns."""


def main(
    refits: Annotated[int, typer.Option(help="How many, about.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the problems.")] = 1,
    raw: Annotated[Path, typer.Option(help="Folder of raw data files.")] = Path("data/raw"),
) -> None:
    """Compare refits and print a table of them by kind."""
    warnings.filterwarnings("ignore", FEW_POINTS)
    counts = measure(refits, np.random.default_rng(seed), tables(raw), progress=True)
    rows = [[*kind, *(getattr(found, field.name) for field in fields(Counts))] for kind, found in counts.items()]
    rows.sort()
    rows.append(["all", "", "", "", *(sum(row[4 + a] for row in rows) for a in range(len(fields(Counts))))])
    headers = ["classifier", "data", "weights", "classes", *(field.name for field in fields(Counts))]
    print(tabulate(rows, headers, tablefmt="github"))


Kind = tuple[str, str, str, str]
"""Classifier, origin of the data, whether weighted, two classes or more."""


def measure(
    refits: int, draws: np.random.Generator, known: dict[str, tuple[np.ndarray, np.ndarray]], *, progress: bool = False
) -> dict[Kind, Counts]:
    """Counts by kind, of about so many refits."""
    found: dict[Kind, Counts] = {}
    torch.set_num_threads(1)
    with tqdm(total=refits, disable=not progress, unit=" refits") as bar:
        for data, problem in problems(draws, known):
            weighted = "weighted" if np.ptp(problem.training_weights) > 0 else "equal"
            present = len(np.unique(problem.labels))
            for name in ("logistic", "svm"):
                kind = (name, data, weighted, "two" if present == 2 else "more")
                compare(problem, name, found.setdefault(kind, Counts()))
                bar.update(len(problem.candidate_labels))
                if sum(each.refits for each in found.values()) >= refits:
                    return found
    raise AssertionError("problems never end")


def compare(problem: RefitProblem, name: str, counts: Counts) -> None:
    """Add the refits of one problem to the counts."""
    task = make_classifier(name, ClassifierOptions())
    numba = Compiled.ready_for([problem], task).confusions(problem, task)
    dense = Batched(torch.device("cpu")).confusions(problem, task)
    classes = len(problem.training_weights)
    for j, (point, label) in enumerate(zip(problem.candidate_features, problem.candidate_labels, strict=True)):
        x, y = np.vstack([problem.features, point]), np.append(problem.labels, label)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", FEW_POINTS)
            fit = task.fit(x, y, problem.training_weights)
        counts.refits += 1
        if isinstance(fit, FittedSVM):
            counts.no_free += bool((fit.shifts != 0).any())
            values = fit.decision_values(problem.evaluation_features)
            counts.bias_matters += bool(((values > 0) != (values - fit.shifts[:, None] > 0)).any())
            clear = np.abs(values).min() > UNDECIDED * max(1.0, problem.training_weights.max())
        else:
            clear = fit.boundary_distances(problem.evaluation_features).min() > UNDECIDED
        if caught or not clear:
            counts.undecided += 1
            continue
        predicted = fit.predict(problem.evaluation_features)
        expected = confusion_counts(predicted[None], problem.evaluation_labels, classes)[0]
        counts.numba += bool((numba[j] != expected).any())
        counts.torch += bool((dense[j] != expected).any())


def problems(
    draws: np.random.Generator, known: dict[str, tuple[np.ndarray, np.ndarray]]
) -> Iterator[tuple[str, RefitProblem]]:
    """Real and generated ones in turns, for ever."""
    names = sorted(known)
    while True:
        for name in names:
            yield "real", sample(*known[name], draws)
            yield "generated", sample(*generate(draws), draws)


def generate(draws: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels: clusters, or few values."""
    classes, d = int(draws.choice([2, 2, 2, 3, 4, 6, 9, 12])), int(draws.integers(1, 31))
    labels = draws.integers(classes, size=400)
    if draws.random() < 0.3:
        return draws.integers(-2, 3, size=(400, min(d, 6))) * draws.choice([0.01, 1.0, 30.0]), labels
    centres = draws.normal(size=(classes, d)) * draws.uniform(0.2, 2.0)
    return centres[labels] + draws.normal(size=(400, d)) * draws.choice([1.0, 5.0], size=d), labels


def sample(features: np.ndarray, labels: np.ndarray, draws: np.random.Generator) -> RefitProblem:
    """A problem of some points of a table: few of some classes, class weights or none."""
    classes = labels.max() + 1
    order = draws.permutation(len(labels))
    size = int(draws.choice([3, 6, 11, 20, 50, 80, 110])) + classes
    seen, rest = order[:EVALUATION], order[EVALUATION:]
    rest = rest[: size + 5 * CANDIDATES]
    rare = draws.random(classes) < 0.2
    kept = np.array([True] * len(rest))
    for label in np.flatnonzero(rare):
        kept[np.flatnonzero(labels[rest] == label)[int(draws.integers(1, 4)) :]] = False
    annotated, pool = rest[:size][kept[:size]], rest[size:]
    if len(np.unique(labels[annotated])) < 2:
        annotated = np.array([np.flatnonzero(labels == label)[0] for label in np.unique(labels)[:2]])
    pool = pool[np.isin(labels[pool], labels[annotated])][:CANDIDATES]
    match int(draws.integers(3)):
        case 0:
            weights = np.ones(classes)
        case 1:
            weights = np.where(np.arange(classes) == draws.integers(classes), 10.0, 1.0)
        case _:
            counts = np.maximum(np.bincount(labels[annotated], minlength=classes), 1)
            weights = len(annotated) / (classes * counts)
    weights = weights * draws.choice([0.1, 1.0])
    return RefitProblem(
        features[annotated], labels[annotated], features[pool], labels[pool], features[seen], labels[seen], weights
    )


def tables(raw: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Real tables, standardised over all columns at once: scikit-learn's, and the study's where they can be had."""
    found = {}
    for load in (load_breast_cancer, load_digits, load_iris, load_wine):
        data = load()
        found[load.__name__] = data.data, data.target
    for name in ("waveform", "mushrooms", "adult"):
        try:
            data = load_dataset(name, sources_from_environment(raw, progress=False))
        except NpalError as error:
            print(f"skipping {name}: {error}")
            continue
        found[name] = data.features, data.labels
    return {name: ((x - x.mean()) / x.std(), np.asarray(y, np.int64)) for name, (x, y) in found.items()}


if __name__ == "__main__":
    typer.run(main)
