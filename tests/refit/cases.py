"""Problems to try refits on, and each implementation of them."""

import numpy as np

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective, scorer
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.split import PrepareOptions, kept_counts, split, weights_of
from npal_cli.problems.standardise import standardise
from npal_cli.randomness import Run
from npal_cli.refit import RefitProblem, refit, refit_and_score

IMPLEMENTATIONS = ["sequential", "numba", "torch"]
FAST = ["numba", "torch"]
CLASSIFIERS = ["logistic", "svm"]
DATA = ["waveform_uci", "mushrooms", "adult"]


def refit_with(implementation, problems, classifier, workers=1, **options):
    task = make_classifier(classifier, ClassifierOptions(**options))
    return refit(problems, task, Engine(workers, refits=implementation, device="cpu"))


def soft_scores(implementation, problems, classifier, workers=1, objective="soft_accuracy"):
    """What the refits score on the evaluation points, each class weighted as it is in training."""
    task = make_classifier(classifier, ClassifierOptions())
    engine = Engine(workers, refits=implementation, device="cpu")
    weights = [problem.training_weights for problem in problems]
    targets = [np.eye(len(w))[p.evaluation_labels] for p, w in zip(problems, weights, strict=True)]
    scorers = [scorer(Objective(objective), t, w) for t, w in zip(targets, weights, strict=True)]
    return refit_and_score(problems, scorers, task, engine)


def refit_problem(name, setting, sources, annotated=100, candidates=25):
    """A real problem with ``annotated`` points of both classes; for more candidates than the pool, also unused rows."""
    data, options = load_dataset(name, sources), PrepareOptions()
    rows = split(data, setting, Run(1, 1), options)
    x, y = standardise(data.features, "overall"), data.labels
    known = np.concatenate([rows.annotated, rows.pool])
    first = np.array([known[y[known] == label][0] for label in (0, 1)])
    known = np.concatenate([first, known[~np.isin(known, first)]])
    used = np.concatenate([known, rows.test, rows.reward])
    pool = np.concatenate([known[annotated:], np.setdiff1d(np.arange(len(y)), used)])[:candidates]
    weights = weights_of(kept_counts(y, 2, setting, options), setting)[1]
    known = known[:annotated]
    return RefitProblem(x[known], y[known], x[pool], y[pool], x[rows.test], y[rows.test], weights)


def many_classes(load, annotated, candidates=12, evaluation=50, drop=None):
    data = load()
    x, y = (data.data - data.data.mean()) / data.data.std(), data.target
    order = np.random.default_rng(0).permutation(len(y))
    known, pool, seen = np.split(order[: annotated + candidates + evaluation], [annotated, annotated + candidates])
    known = known[y[known] != drop]
    weights = np.linspace(0.5, 1.5, y.max() + 1)
    return RefitProblem(x[known], y[known], x[pool], y[pool], x[seen], y[seen], weights)


def toy_problem(candidates):
    draws = np.random.default_rng(candidates)
    labels, new = np.tile([0, 1], 8), draws.integers(2, size=candidates)
    x, seen = draws.normal(size=(16, 2)) + labels[:, None], draws.normal(size=(9, 2))
    return RefitProblem(x, labels, draws.normal(size=(candidates, 2)), new, seen, np.arange(9) % 2, np.ones(2))
